"""The trained net as an ONNX graph, layer by layer from its weights; needs the package `onnx`, not PyTorch."""

import numpy as np

from ecoredline.errors import InputError
from ecoredline.learn.net_inputs import LARGEST_SAY, MAPS

OPSET, IR = 17, 8
INPUT, OUTPUT = "pair", "odds"


def onnx_library():
    """The package that writes graphs; raises `InputError` with what to install."""
    try:
        import onnx
    except ImportError as fault:
        raise InputError("got no package onnx; wanted it: pip install 'ecoredline[net]'") from fault
    return onnx


def net_graph(weights: dict, bands: int, half: bool = False) -> bytes:
    """The graph of folded weights: `pair` (1, channels, rows, cols) float32 → `odds` (1, 1, rows, cols).

    Rows and cols must be multiples of `stride`. With `half` all in between is float16, for a GPU.
    """
    onnx = onnx_library()
    draft = Draft(onnx.helper, weights, half)
    out = draft.whole(bands)
    helper, kind = onnx.helper, onnx.TensorProto.FLOAT
    shape = [1, 2 * bands + len(MAPS), "rows", "cols"]
    graph = helper.make_graph(
        draft.nodes, "siamese-net",
        [helper.make_tensor_value_info(INPUT, kind, shape)],
        [helper.make_tensor_value_info(out, kind, [1, 1, "rows", "cols"])],
        [onnx.numpy_helper.from_array(v, n) for n, v in draft.arrays.items()],
    )  # fmt: skip
    model = helper.make_model(
        graph,
        opset_imports=[helper.make_opsetid("", OPSET)],
        ir_version=IR,
        producer_name="ecoredline",
    )
    onnx.checker.check_model(model, full_check=True)
    return model.SerializeToString(deterministic=True)


def depth(weights: dict) -> int:
    """How many scales the encoder has."""
    return sum(name.startswith("down") and name.endswith("a_w") for name in weights)


def stride(weights: dict) -> int:
    """Pixels of the coarsest scale's pixel: what a tile's place and size are multiples of.

    >>> stride({"down0a_w": 0, "down1a_w": 0, "down2a_w": 0})
    4
    """
    return 2 ** (depth(weights) - 1)


def reach_px(weights: dict) -> int:
    """Upper bound of the pixels around a pixel that the net looks at, as a multiple of `stride`.

    Each scale's four convolutions (the coarsest's two) reach one of its own pixels; halving and
    doubling add less than one coarsest pixel each way.

    >>> reach_px({"down0a_w": 0, "down1a_w": 0})
    10
    """
    scales = [2**k for k in range(depth(weights))]
    reach = 4 * sum(scales[:-1]) + 2 * scales[-1] + scales[-1]
    return -(-reach // scales[-1]) * scales[-1]


class Draft:
    """Nodes and arrays of a graph as it grows."""

    def __init__(self, helper, weights: dict, half: bool):
        self.helper, self.weights, self.half = helper, weights, half
        self.nodes, self.arrays = [], {}

    def add(self, kind: str, inputs, out: str | list[str], **settings):
        """A node; gives its output's name (or names)."""
        outs = [out] if isinstance(out, str) else out
        self.nodes.append(self.helper.make_node(kind, list(inputs), outs, **settings))
        return out

    def array(self, name: str, values, plain: bool = False) -> str:
        """A constant; weights in half precision where that is wanted."""
        values = np.ascontiguousarray(values)
        self.arrays[name] = values if plain or not self.half else values.astype(np.float16)
        return name

    def layer(self, given: str, name: str) -> str:
        """A 3 × 3 convolution, cut at 0."""
        weights = [self.array(f"{name}_{p}", self.weights[f"{name}_{p}"]) for p in "wb"]
        out = self.add(
            "Conv", [given, *weights], f"{name}_sum", kernel_shape=[3, 3], pads=[1, 1, 1, 1]
        )
        return self.add("Relu", [out], f"{name}_out")

    def block(self, given: str, name: str) -> str:
        """Two layers."""
        return self.layer(self.layer(given, f"{name}a"), f"{name}b")

    def halved(self, kind: str, given: str, out: str) -> str:
        """A pool of 2 × 2."""
        return self.add(kind, [given], out, kernel_shape=[2, 2], strides=[2, 2])

    def whole(self, bands: int) -> str:
        """All nodes; gives the output's name."""
        given = INPUT
        if self.half:
            given = self.add("Cast", [given], "given_half", to=10)
        sizes = self.array("sizes", np.array([bands, bands, len(MAPS)], np.int64), plain=True)
        before, after, maps0 = self.add(
            "Split", [given, sizes], ["before", "after", "maps0"], axis=1
        )
        seen, maps, steps = self.add("Concat", [before, after], "dates", axis=0), [maps0], []
        for k in range(depth(self.weights)):
            seen = self.block(self.halved("MaxPool", seen, f"pooled{k}") if k else seen, f"down{k}")
            one, other = self.add("Split", [seen], [f"one{k}", f"other{k}"], axis=0)
            steps.append(self.add("Sub", [other, one], f"step{k}"))
            if k:
                maps.append(self.halved("AveragePool", maps[-1], f"maps{k}"))
        return self.ended(self.raised(steps, maps), maps0)

    def raised(self, steps: list[str], maps: list[str]) -> str:
        """Back to full scale."""
        # scales stay float32 whatever the weights are
        scales = self.array("scales", np.array([1, 1, 2, 2], np.float32), plain=True)
        out = steps[-1]
        for k in reversed(range(len(steps) - 1)):
            wide = self.add(
                "Resize", [out, "", scales], f"wide{k}", mode="nearest",
                nearest_mode="floor", coordinate_transformation_mode="asymmetric",
            )  # fmt: skip
            out = self.block(
                self.add("Concat", [wide, steps[k], maps[k]], f"all{k}", axis=1), f"up{k}"
            )
        return out

    def ended(self, out: str, maps: str) -> str:
        """The head's log-odds, and the default's."""
        own = self.add("Conv", [out, self.array("head_w", self.weights["head_w"])], "head")
        say = self.array("say", np.array([LARGEST_SAY], np.float32))
        own = self.add("Tanh", [self.add("Div", [own, say], "share")], "bounded")
        own = self.add("Mul", [own, say], "correction")
        own = self.add("Add", [own, self.array("base", self.weights["base"].reshape(1))], "own")
        sizes = self.array("map_sizes", np.array([len(MAPS) - 1, 1], np.int64), plain=True)
        _, default = self.add("Split", [maps, sizes], ["other_maps", "default"], axis=1)
        prior = self.add(
            "Mul", [default, self.array("prior", self.weights["prior"].reshape(1))], "told"
        )
        if not self.half:
            return self.add("Add", [own, prior], OUTPUT)
        return self.add("Cast", [self.add("Add", [own, prior], "odds_half")], OUTPUT, to=1)
