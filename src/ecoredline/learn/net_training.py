"""Train the net: figures from places it has not seen, folds kept on disk, the same gate as the trees."""

import base64
import hashlib
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np

from ecoredline import __version__
from ecoredline.errors import InputError
from ecoredline.files import whole_file
from ecoredline.learn.net_graph import net_graph, onnx_library, reach_px, stride
from ecoredline.learn.net_inputs import channels
from ecoredline.learn.net_model import KIND, NET_FORMAT, Net, NetModel, check_runtime
from ecoredline.learn.net_places import NetPlace
from ecoredline.learn.pixel_training import (
    ANY_SENSOR,
    calibrate,
    check,
    folds_of,
    held_figures,
    thresholds,
)
from ecoredline.record import Job

WIDTHS = (16, 32, 64, 112)
STEPS, SEED = 200, 20260101
STRIP_PX = 1024


@dataclass(frozen=True)
class NetRecipe:
    """How a net is trained. Weights follow from `steps`, `seed`, `threads`, and from `minutes` (of each
    of the trainings, 0 = no limit) only when that ends one early; the card says so then.
    """

    steps: int = STEPS
    seed: int = SEED
    minutes: float = 0.0
    threads: int = 1
    widths: tuple[int, ...] = WIDTHS


def train_net(
    places: list[NetPlace], work: Path, recipe: NetRecipe = NetRecipe(), job: Job | None = None
) -> NetModel:
    """A model, not yet approved. Each place is predicted by a net that has not seen it.

    Finished trainings wait in `work`, half-way ones too: the same call goes on there. Raises
    `InputError` (bands differ, no PyTorch), `NotEnoughData`, `Cancelled`.
    """
    check(places)
    job = job or Job()
    folds = fold_nets(places, work, recipe, job)
    held = held_odds(places, folds)
    whole = weights_of(places, work, recipe, job, (len(folds), len(folds) + 1))
    return build_model(
        places, held, whole, card_of(places, held, recipe, [w for _, w in folds] + [whole])
    )


def build_model(places: list[NetPlace], held: dict, weights: dict, card: dict) -> NetModel:
    """The model of these weights, calibrated on what nets that have not seen a place said of it."""
    bands, curves = places[0].bands, calibrate(places, held)
    sizes = tuple(float(f(p.pixel_m for p in places)) for f in (min, max))
    full, half = (
        base64.b64encode(net_graph(weights, len(bands), h)).decode() for h in (False, True)
    )
    return NetModel(
        NET_FORMAT, KIND, bands, sizes, full, half, stride(weights), reach_px(weights), curves,
        thresholds(places, held, curves[ANY_SENSOR]), card,
    )  # fmt: skip


def fold_nets(places: list[NetPlace], work: Path, recipe: NetRecipe, job: Job):
    """For each group of places: their names, and weights of a net that has not seen them."""
    groups, found = folds_of(places), []
    for k, fold in enumerate(groups):
        others = [p for p in places if p.name not in fold]
        found.append((fold, weights_of(others, work, recipe, job, (k, len(groups) + 1))))
    return found


def weights_of(places: list[NetPlace], work: Path, recipe: NetRecipe, job: Job, turn) -> dict:
    """The weights of a net trained on these places: from `work` when they are there.

    `turn` is which training this is, of how many.
    """
    plan = replace(recipe, seed=recipe.seed + turn[0])
    known = repr((__version__, asdict(plan), [facts(p) for p in places]))
    path = Path(work) / f"net-{hashlib.sha256(known.encode()).hexdigest()[:16]}.npz"
    if not path.exists():
        found = trained(places, path.with_suffix(".pt"), plan, job, turn)
        with whole_file(path) as part, part.open("wb") as file:
            np.savez(file, **found)
    with np.load(path, allow_pickle=False) as had:
        return dict(had)


def trained(places: list[NetPlace], kept: Path, recipe: NetRecipe, job: Job, turn) -> dict:
    """Train one net, with progress; ends where it is when cancelled, and goes on from there."""
    try:
        from ecoredline.learn.net_torch import Recipe, fit
    except ImportError as fault:
        raise InputError(
            "got no PyTorch; wanted it to train a net: pip install 'ecoredline[net]' (using a net "
            "does not need it)"
        ) from fault
    onnx_library(), check_runtime(False)
    number, all_turns = turn

    def told(done: int, loss: float) -> None:
        part = min(1.0, done / recipe.steps)
        job.at("train", (number + part) / all_turns, f"{number + 1}/{all_turns} loss {loss:.3f}")

    kept.parent.mkdir(parents=True, exist_ok=True)
    minutes = recipe.minutes or float("inf")
    plan = Recipe(recipe.widths, recipe.steps, recipe.seed, minutes, recipe.threads)
    return fit(places, plan, kept, told)


def facts(place: NetPlace) -> tuple:
    """What tells one place's rasters from another's."""
    digest = hashlib.sha256(np.ascontiguousarray(place.labels).tobytes())
    digest.update(np.ascontiguousarray(place.inputs[:, ::16, ::16]).tobytes())
    return place.name, place.sensor, place.bands, digest.hexdigest()


def held_odds(places: list[NetPlace], folds) -> dict[str, np.ndarray]:
    """Log-odds of each place's even pixels by the net that has not seen it."""
    by_name = {p.name: p for p in places}
    return {
        name: place_odds(by_name[name], net_of(weights, by_name[name]))[by_name[name].even]
        for fold, weights in folds
        for name in fold
    }


def net_of(weights: dict, place: NetPlace) -> Net:
    """These weights ready to run."""
    return Net(net_graph(weights, len(place.bands)), stride(weights), reach_px(weights))


def place_odds(place: NetPlace, net: Net) -> np.ndarray:
    """Log-odds float32 (rows, cols) of a whole place, strip by strip."""
    margin, (rows, cols) = net.halo_px, place.labels.shape
    out = np.empty((rows, cols), np.float32)
    for top in range(0, rows, STRIP_PX):
        high = min(STRIP_PX, rows - top)
        ready = np.zeros((len(place.inputs), high + 2 * margin, cols + 2 * margin), np.float32)
        first, last = max(0, top - margin), min(rows, top + high + margin)
        here = np.s_[first - top + margin : last - top + margin, margin:-margin]
        ready[(slice(None), *here)] = place.inputs[:, first:last]
        out[top : top + high] = net.odds(ready, (top - margin, -margin), margin)
    return out


def card_of(places: list[NetPlace], held: dict, recipe: NetRecipe, nets: list[dict]) -> dict:
    """The model card: data, recipe, and figures on places not seen, beside the default's."""
    digest = hashlib.sha256(repr([facts(p) for p in places]).encode())
    steps = [int(w["steps"]) for w in nets]
    weights = sum(v.size for k, v in nets[-1].items() if k != "steps")
    return {
        "trained_at": datetime.now(UTC).isoformat(timespec="seconds"), "ecoredline": __version__,
        "places": len(places), "sensors": sorted({p.sensor for p in places}),
        "features": list(channels(places[0].bands)), "samples_sha256": digest.hexdigest(),
        "settings": asdict(recipe) | {
            "widths": list(recipe.widths), "weights": weights, "steps_done": steps, "ended_early": min(steps) < recipe.steps,
        },
        **held_figures(places, held),
    }  # fmt: skip
