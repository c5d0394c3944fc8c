"""The small Siamese net in PyTorch, and how it is trained. Imported by `train --net` only.

The same encoder sees both dates; what goes on is the signed difference of its features, with the
weight-free scores at every scale, added to the default's own log-odds.
"""

import contextlib
import itertools
import os
import time
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch import nn
from torch.nn import functional as f

from ecoredline.files import whole_file
from ecoredline.learn.net_inputs import LARGEST_SAY, MAPS
from ecoredline.learn.net_places import UNKNOWN, NetPlace

CROP_PX, RIM_PX, BATCH = 96, 8, 8  # the rim of a crop, where the net sees less, has no say
LEARNING_RATE, WEIGHT_DECAY = 1e-3, 5e-2
WARM_UP = 40  # steps
AVERAGED = 0.99  # of the weights, from step to step
DROPPED = 0.15
CHANGED_CROPS = 0.5  # share of the crops that hold a change
BRIGHTER, SHIFTED, APART, SCALED_MAPS = 0.1, 0.2, 0.15, 0.1  # augmentation: one deviation of each
FIRST_ODDS = -4.0
PRIOR_WEIGHT = 3.0
SAVED_EVERY, TOLD_EVERY = 50, 5  # steps


class Convolutions(nn.Sequential):
    """Two 3 × 3 convolutions, each normalised over the batch, then cut at 0."""

    def __init__(self, given: int, wanted: int):
        super().__init__(
            nn.Conv2d(given, wanted, 3, padding=1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU(),
            nn.Conv2d(wanted, wanted, 3, padding=1, bias=False), nn.BatchNorm2d(wanted), nn.ReLU(),
        )  # fmt: skip


class SiameseNet(nn.Module):
    """Log-odds (n, 1, rows, cols) of change from inputs (n, channels, rows, cols)."""

    def __init__(self, bands: int, widths: tuple[int, ...]):
        super().__init__()
        self.bands, maps = bands, len(MAPS)
        given = (bands, *widths[:-1])
        self.down = nn.ModuleList(Convolutions(a, b) for a, b in zip(given, widths, strict=True))
        self.up = nn.ModuleList(
            Convolutions(deep + own + maps, own) for own, deep in itertools.pairwise(widths)
        )
        self.head = nn.Conv2d(widths[0], 1, 1, bias=False)
        self.prior = nn.Parameter(torch.tensor(PRIOR_WEIGHT))
        self.base = nn.Parameter(torch.tensor(FIRST_ODDS))
        nn.init.zeros_(self.head.weight)

    def forward(self, x):
        """The default's log-odds, corrected by at most `LARGEST_SAY`."""
        count, b = len(x), self.bands
        maps, seen = [x[:, 2 * b :]], torch.cat([x[:, :b], x[:, b : 2 * b]])
        steps = []
        for k, block in enumerate(self.down):
            seen = block(f.max_pool2d(seen, 2) if k else seen)
            steps.append(seen[count:] - seen[:count])
            if k:
                maps.append(f.avg_pool2d(maps[-1], 2))
        out = f.dropout2d(steps[-1], DROPPED, self.training)
        for k in reversed(range(len(self.up))):
            wide = f.interpolate(out, scale_factor=2.0, mode="nearest")
            out = self.up[k](torch.cat([wide, steps[k], maps[k]], dim=1))
        own = LARGEST_SAY * torch.tanh(self.head(out) / LARGEST_SAY)
        return own + self.base + self.prior * maps[0][:, -1:]


@dataclass(frozen=True)
class Recipe:
    """How a net is trained: what decides its weights, and how long it may take (minutes)."""

    widths: tuple[int, ...]
    steps: int
    seed: int
    minutes: float = float("inf")
    threads: int = 1


def fit(places: list[NetPlace], recipe: Recipe, kept: Path, told=lambda done, loss: None) -> dict:
    """Train a net from a random start; its weights as arrays, and how many steps it had.

    Half-way states are kept in `kept`, so that the same call goes on after an interruption.
    The same places, recipe and number of threads give the same weights, unless `minutes` ends it.
    """
    torch.set_num_threads(recipe.threads)
    torch.use_deterministic_algorithms(True, warn_only=True)
    os.environ.setdefault("CUBLAS_WORKSPACE_CONFIG", ":4096:8")
    device = torch.device("cuda" if torch.cuda.is_available() else "cpu")
    torch.manual_seed(recipe.seed)
    net = SiameseNet(len(places[0].bands), recipe.widths).to(
        device, memory_format=torch.channels_last
    )
    steps = Steps(net, recipe, device)
    steps.resume(kept)
    began = time.monotonic()
    with Batches(places, recipe, device) as batches:
        while steps.done < recipe.steps and time.monotonic() - began < 60 * recipe.minutes:
            loss = steps.one(batches.take(steps.done))
            if steps.done % SAVED_EVERY == 0:
                steps.save(kept)
            if steps.done % TOLD_EVERY == 0:
                steps.tell(told, loss, kept)
    kept.unlink(missing_ok=True)
    net.load_state_dict(steps.average)
    return folded(net.eval().cpu()) | {"steps": np.array(steps.done)}


class Steps:
    """A net under training: optimiser, running mean of the weights, steps done."""

    def __init__(self, net: SiameseNet, recipe: Recipe, device):
        self.net, self.recipe, self.done = net, recipe, 0
        self.half = device.type == "cuda"  # half precision where a GPU does it
        self.optimiser = torch.optim.AdamW(
            net.parameters(), LEARNING_RATE, weight_decay=WEIGHT_DECAY
        )
        self.scaler = torch.amp.GradScaler(device.type, enabled=self.half)
        self.average = {k: v.detach().clone() for k, v in net.state_dict().items()}

    def one(self, batch) -> float:
        """One step on a batch (inputs, labels); gives the loss."""
        x, truth = batch
        rate = learning_rate(self.done, self.recipe.steps)
        for group in self.optimiser.param_groups:
            group["lr"] = rate
        self.net.train()
        torch.manual_seed(self.recipe.seed * 1_000_003 + self.done)
        with torch.autocast(x.device.type, torch.float16, enabled=self.half):
            odds = self.net(x)
        loss = lost(odds.float()[:, 0], truth)
        self.optimiser.zero_grad(set_to_none=True)
        self.scaler.scale(loss).backward()
        self.scaler.step(self.optimiser)
        self.scaler.update()
        self.done += 1
        share = min(AVERAGED, self.done / (self.done + 10))
        for name, value in self.net.state_dict().items():
            if value.dtype.is_floating_point:
                self.average[name].lerp_(value.detach(), 1 - share)
            else:
                self.average[name].copy_(value)
        return float(loss.detach())

    def tell(self, told, loss: float, path: Path) -> None:
        """Say where it is; what stops it there finds the state kept."""
        try:
            told(self.done, loss)
        except BaseException:
            self.save(path)
            raise

    def save(self, path: Path) -> None:
        """Keep the half-way state, whole or not at all."""
        state = {
            "net": self.net.state_dict(), "optimiser": self.optimiser.state_dict(),
            "scaler": self.scaler.state_dict(), "average": self.average, "done": self.done,
        }  # fmt: skip
        with whole_file(path) as part:
            torch.save(state, part)

    def resume(self, path: Path) -> None:
        """Go on from a kept state, when there is one."""
        if not path.exists():
            return
        state = torch.load(path, map_location="cpu", weights_only=True)
        self.net.load_state_dict(state["net"])
        self.optimiser.load_state_dict(state["optimiser"])
        self.scaler.load_state_dict(state["scaler"])
        for name, value in state["average"].items():
            self.average[name].copy_(value)
        self.done = state["done"]


def learning_rate(done: int, steps: int) -> float:
    """Up over the first steps, then down by a cosine."""
    if done < WARM_UP:
        return LEARNING_RATE * (done + 1) / WARM_UP
    part = (done - WARM_UP) / max(1, steps - WARM_UP)
    return LEARNING_RATE * 0.5 * (1 + np.cos(np.pi * min(1.0, part))) + 1e-6


def lost(odds, truth):
    """Cross-entropy over the known pixels of a batch."""
    inner = slice(RIM_PX, -RIM_PX)
    odds, truth = odds[:, inner, inner], truth[:, inner, inner]
    known = (truth != UNKNOWN).float()
    change = (truth == 1).float()
    each = f.binary_cross_entropy_with_logits(odds, change, reduction="none")
    return (each * known).sum() / known.sum().clamp(min=1)


class Batches:
    """Crops by step: what a step sees follows from the seed and its number alone.

    The next batch is cut, by a thread of its own, while this one is learnt from.
    """

    def __init__(self, places: list[NetPlace], recipe: Recipe, device):
        self.places, self.recipe, self.device = places, recipe, device
        self.changed = [np.flatnonzero(p.labels.ravel() == 1) for p in places]
        self.ahead: dict[int, Future] = {}

    def __enter__(self):
        self.reader = ThreadPoolExecutor(1)
        return self

    def __exit__(self, *_fault):
        self.reader.shutdown(cancel_futures=True)

    def take(self, step: int):
        """The batch of a step on the device; the one after it is begun."""
        ready = self.ahead.pop(step, None) or self.reader.submit(self.cut, step)
        self.ahead[step + 1] = self.reader.submit(self.cut, step + 1)
        return self.sent(*ready.result())

    def cut(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Crops and truth of a step."""
        random = np.random.default_rng([self.recipe.seed, step])
        pairs = [self.crop(random, k) for k in range(BATCH)]
        return tuple(np.stack(v) for v in zip(*pairs, strict=True))

    def sent(self, crops: np.ndarray, wanted: np.ndarray):
        """Both as tensors on the device."""
        x, truth = torch.from_numpy(crops), torch.from_numpy(wanted)
        with contextlib.suppress(RuntimeError):
            if self.device.type == "cuda":
                x, truth = x.pin_memory(), truth.pin_memory()
        x = x.to(self.device, non_blocking=True).contiguous(memory_format=torch.channels_last)
        return x, truth.to(self.device, non_blocking=True)

    def crop(self, random, number: int) -> tuple[np.ndarray, np.ndarray]:
        """A crop of a place drawn at random, turned, with colours and scores a little other."""
        which = int(random.integers(len(self.places)))
        place, changed = self.places[which], self.changed[which]
        rows, cols = place.labels.shape
        row, col = int(random.integers(rows)), int(random.integers(cols))
        if number < CHANGED_CROPS * BATCH and len(changed):
            row, col = divmod(int(changed[random.integers(len(changed))]), cols)
            row, col = (
                v + int(random.integers(-CROP_PX // 3, CROP_PX // 3 + 1)) for v in (row, col)
            )
        x, truth = cut(place, row - CROP_PX // 2, col - CROP_PX // 2)
        x, truth = turned(x, truth, int(random.integers(8)))
        return disturbed(x, len(place.bands), random), truth


def cut(place: NetPlace, row: int, col: int) -> tuple[np.ndarray, np.ndarray]:
    """A crop from (row, col) on; beyond the place the input is 0 and nothing is known."""
    rows, cols = place.labels.shape
    x = np.zeros((len(place.inputs), CROP_PX, CROP_PX), np.float32)
    truth = np.full((CROP_PX, CROP_PX), UNKNOWN, np.uint8)
    r0, r1, c0, c1 = max(row, 0), min(row + CROP_PX, rows), max(col, 0), min(col + CROP_PX, cols)
    if r0 < r1 and c0 < c1:
        here = np.s_[r0 - row : r1 - row, c0 - col : c1 - col]
        x[(slice(None), *here)] = place.inputs[:, r0:r1, c0:c1]
        truth[here] = place.labels[r0:r1, c0:c1]
    return x, truth


def turned(x: np.ndarray, truth: np.ndarray, way: int) -> tuple[np.ndarray, np.ndarray]:
    """One of the eight ways to turn and mirror a crop."""
    x, truth = (np.rot90(v, way % 4, axes=(-2, -1)) for v in (x, truth))
    if way >= 4:
        x, truth = x[..., ::-1], truth[..., ::-1]
    return np.ascontiguousarray(x), np.ascontiguousarray(truth)


def disturbed(x: np.ndarray, bands: int, random) -> np.ndarray:
    """Both dates a little brighter or darker, together and apart; the scores a little stronger or weaker."""
    seen = (x != 0).any(axis=0)
    gain = np.exp(BRIGHTER * random.standard_normal(2 * bands)).astype(np.float32)
    both = SHIFTED * random.standard_normal(bands)
    shift = np.concatenate([both, both + APART * random.standard_normal(bands)])
    x[: 2 * bands] = (
        x[: 2 * bands] * gain[:, None, None] + shift[:, None, None].astype(np.float32)
    ) * seen
    x[2 * bands :] *= np.exp(SCALED_MAPS * random.standard_normal((len(MAPS), 1, 1))).astype(
        np.float32
    )
    return x


def folded(net: SiameseNet) -> dict[str, np.ndarray]:
    """The weights as arrays by layer, the normalisation folded into its convolution."""
    out = {"prior": np.float32(net.prior.detach().numpy())}
    for side in ("down", "up"):
        for k, block in enumerate(getattr(net, side)):
            for place, (one, norm) in enumerate(((block[0], block[1]), (block[3], block[4]))):
                scale = norm.weight / torch.sqrt(norm.running_var + norm.eps)
                name = f"{side}{k}{'ab'[place]}"
                out[f"{name}_w"] = (
                    (one.weight * scale[:, None, None, None]).detach().numpy().astype(np.float32)
                )
                out[f"{name}_b"] = (
                    (norm.bias - norm.running_mean * scale).detach().numpy().astype(np.float32)
                )
    out["head_w"], out["base"] = (
        np.float32(v.detach().numpy()) for v in (net.head.weight, net.base)
    )
    return {k: np.ascontiguousarray(v) for k, v in out.items()}
