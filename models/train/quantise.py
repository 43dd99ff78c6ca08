"""Store the weights of a generator's 1×1 convolutions in 8-bit integers, and measure how far that takes it from itself.

    python -m models.train.quantise --photos photos --model room/*-fast.onnx --out models

Weights W become int8, with one step per output channel: W = Cast(int8) · step.  To every other engine the file is a
generator in floats.  Ours also rounds what such a convolution reads, pixel by pixel, to 127 levels between plus and minus
the largest value among the pixel's channels (per-token dynamic quantisation, as Dettmers et al. 2022, "LLM.int8()", do for
language models), so that it adds whole numbers; `simulated` is that in floats.  Channels that differ much in size
would share such levels badly: those between a depthwise convolution and the next 1×1 are made alike first, which changes
nothing that the generator computes (cross-layer equalisation, Nagel et al. 2019), by what they reach on training photos.
"""
import argparse
import csv
import os
import random

import cv2
import numpy as np
import onnx
import onnxruntime
from onnx import helper, numpy_helper

from .measures import psnr

LEVELS = 63         # on either side of zero: with 7 bits the sums of pairs that processors make cannot saturate
_MULTIPLE = 32
_LEAST = 1e-30


class Model:
    """An exported generator: its nodes, and its initializers in float32."""

    def __init__(self, path):
        self.model = onnx.load(path)
        held = {i.name: numpy_helper.to_array(i) for i in self.model.graph.initializer}
        self.values = floats(held)
        self.halves = {name for name in self.values if f"{name}.f16" in held}
        made = {*self.values, *(f"{name}.whole" for name in self.values)}
        self.nodes = [n for n in self.model.graph.node if n.output[0] not in made]
        self.pointwise = [n for n in self.nodes if self._kernel(n)[1:] == (1, 1)]
        self.image, *side = [i for i in self.model.graph.input if i.name not in held]
        self.side = side[0] if side else None
        self.output = self.model.graph.output[0].name

    def _kernel(self, node):
        """Inputs of each output and both sides of a dense convolution's kernel."""
        shape = self.values[node.input[1]].shape[1:] if node.op_type == "Conv" and node.input[1] in self.values else (1,)
        return shape if shape[0] > 1 else ()

    def share(self):
        """Of all weights, those that become int8."""
        return sum(self.values[n.input[1]].size for n in self.pointwise) / sum(v.size for v in self.values.values())

    def written(self, nodes, values, also=()):
        """A model of these nodes and initializers; `also` names further outputs."""
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for field, items in (("node", nodes), ("initializer", [numpy_helper.from_array(v, k) for k, v in values.items()])):
            del getattr(model.graph, field)[:]
            getattr(model.graph, field).extend(items)
        model.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in also)
        return model

    def session(self, nodes=None, values=None, also=()):
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        model = self.written(nodes or self.nodes, values or self.values, also)
        return onnxruntime.InferenceSession(model.SerializeToString(), options)

    def run(self, session, photo, names=()):
        given = {self.image.name: photo}
        if self.side is not None:
            shape = [d.dim_value or 1 for d in self.side.type.tensor_type.shape.dim]
            given[self.side.name] = np.full(shape, max(photo.shape[2:]), np.float32)
        return session.run(list(names) or [self.output], given)

    def between(self):
        """Depthwise convolutions, each with the LeakyReLU after it and the 1×1 convolution that alone reads that."""
        of = {n.output[0]: n for n in self.nodes}
        for node in self.pointwise:
            leaky = of.get(node.input[0])
            before = of.get(leaky.input[0]) if leaky is not None and leaky.op_type == "LeakyRelu" else None
            readers = [n for n in self.nodes if leaky is not None and leaky.output[0] in n.input]
            if before is not None and before.op_type == "Conv" and self._kernel(before) == () and len(readers) == 1:
                yield before, leaky, node

    def equalise(self, photos):
        """Makes channels between a depthwise and a 1×1 convolution alike, by the square root of what they mostly are."""
        found = list(self.between())
        names = [leaky.output[0] for _, leaky, _ in found]
        session = self.session(also=names)
        squares = [np.mean(each, 0) for each in zip(*([np.square(value).mean((0, 2, 3)) for value in self.run(session, photo, names)]
                                                      for photo in photos))]
        for (before, _, node), square in zip(found, squares):
            factor = np.maximum(square, 1e-8) ** -.25
            self.values[before.input[1]] = self.values[before.input[1]] * factor[:, None, None, None].astype(np.float32)
            self.values[before.input[2]] = self.values[before.input[2]] * factor.astype(np.float32)
            self.values[node.input[1]] = self.values[node.input[1]] / factor[None, :, None, None].astype(np.float32)

    def integers(self):
        """By name of the weights: the integers and their steps."""
        made = {}
        for node in self.pointwise:
            weights = self.values[node.input[1]]
            step = np.maximum(np.abs(weights).max((1, 2, 3), keepdims=True), _LEAST).astype(np.float32) / np.float32(127)
            made[node.input[1]] = np.round(weights / step).astype(np.int8), step
        return made

    def quantised(self):
        """The generator as a file holds it, all other weights as they were stored."""
        made, values, first = self.integers(), {}, []
        for name, value in self.values.items():
            if name in made:
                values[f"{name}.i8"], values[f"{name}.step"] = made[name]
                first += [helper.make_node("Cast", [f"{name}.i8"], [f"{name}.whole"], to=onnx.TensorProto.FLOAT),
                          helper.make_node("Mul", [f"{name}.whole", f"{name}.step"], [name])]
            elif name in self.halves:
                values[f"{name}.f16"] = value.astype(np.float16)
                first.append(helper.make_node("Cast", [f"{name}.f16"], [name], to=onnx.TensorProto.FLOAT))
            else:
                values[name] = value
        model = self.written([*first, *self.nodes], values)
        onnx.checker.check_model(model)
        return model

    def simulated(self, levels=LEVELS):
        """A session that computes what our engine does of the quantised generator."""
        values, nodes = dict(self.values), []
        for name, (integers, step) in self.integers().items():
            values[name] = integers.astype(np.float32)
            values[f"{name}.step"] = step.reshape(1, -1, 1, 1)
        values.update({"levels": np.float32(levels), "least": np.float32(_LEAST)})
        for node in self.nodes:
            if node not in self.pointwise:
                nodes.append(node)
                continue
            x, name, to = node.input[0], node.input[1], node.output[0]
            if len(node.input) > 2:
                values[node.input[2]] = values[node.input[2]].reshape(1, -1, 1, 1)
            conv = helper.make_node("Conv", [f"{to}.level", name], [f"{to}.sum"])
            conv.attribute.extend(node.attribute)
            last = f"{to}.scaled" if len(node.input) > 2 else to
            nodes += [helper.make_node("Abs", [x], [f"{to}.abs"]),
                      helper.make_node("ReduceMax", [f"{to}.abs"], [f"{to}.most"], axes=[1], keepdims=1),
                      helper.make_node("Max", [f"{to}.most", "least"], [f"{to}.range"]),
                      helper.make_node("Div", ["levels", f"{to}.range"], [f"{to}.rate"]),
                      helper.make_node("Mul", [x, f"{to}.rate"], [f"{to}.fraction"]),
                      helper.make_node("Round", [f"{to}.fraction"], [f"{to}.level"]), conv,
                      helper.make_node("Div", [f"{to}.range", "levels"], [f"{to}.unit"]),
                      helper.make_node("Mul", [f"{to}.sum", f"{name}.step"], [f"{to}.steps"]),
                      helper.make_node("Mul", [f"{to}.steps", f"{to}.unit"], [last])]
            if len(node.input) > 2:
                nodes.append(helper.make_node("Add", [last, node.input[2]], [to]))
        return self.session(nodes, values)


def floats(held):
    """A file's initializers by name, as the floats that its graph makes of them."""
    found = {name.removesuffix(".f16"): value.astype(np.float32) for name, value in held.items() if not name.endswith((".i8", ".step"))}
    integers = {name.removesuffix(".i8"): value for name, value in held.items() if name.endswith(".i8")}
    return found | {name: value.astype(np.float32) * held[f"{name}.step"] for name, value in integers.items()}


def load(path, side):
    """1×3×H×W in -1..1, sides multiples of what every generator takes."""
    photo = cv2.imread(path)[..., ::-1]
    share = side / max(photo.shape[:2])
    h, w = (max(_MULTIPLE, int(s * share) // _MULTIPLE * _MULTIPLE) for s in photo.shape[:2])
    small = cv2.resize(photo, (w, h), interpolation=cv2.INTER_AREA).astype(np.float32)
    return small.transpose(2, 0, 1)[None] / 127.5 - 1


def picture(y):
    return ((y[0].transpose(1, 2, 0).clip(-1, 1) + 1) * 127.5 + .5).astype(np.uint8)


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--photos", required=True)
    ap.add_argument("--model", required=True, nargs="+", help="generators in floats")
    ap.add_argument("--out", required=True, help="folder for the same in integers")
    ap.add_argument("--side", type=int, default=384)
    ap.add_argument("--learn", type=int, default=60, help="training photos that channels are made alike by")
    ap.add_argument("--judge", type=int, default=None, help="how many validation photos; all by default")
    a = ap.parse_args(argv)
    with open(os.path.join(a.photos, "photos.csv"), newline="") as f:
        rows = sorted(csv.DictReader(f), key=lambda row: row["file"])
    random.Random(0).shuffle(rows)

    def of(split, count):
        files = [row["file"] for row in rows if row["split"] == split][:count]
        return [load(os.path.join(a.photos, file), a.side) for file in files]

    learn, judge = of("train", a.learn), of("val", a.judge)
    for path in a.model:
        model, out = Model(path), os.path.join(a.out, os.path.basename(path))
        whole = model.session()
        before = [picture(model.run(whole, photo)[0]) for photo in judge]
        model.equalise(learn)
        onnx.save(model.quantised(), out)
        session = model.simulated()
        each = sorted(psnr(one, picture(model.run(session, photo)[0])) for one, photo in zip(before, judge))
        print(f"{out}: {os.path.getsize(path)} to {os.path.getsize(out)} bytes, {model.share():.0%} of the weights int8; of "
              f"{len(each)} photos at {a.side} PSNR least {each[0]:.1f}, median {float(np.median(each)):.1f} dB", flush=True)


if __name__ == "__main__":
    main()
