"""How far a generator with 8-bit integers is from itself: 1×1 convolutions with int8 weights and 7-bit activations.

    python -m models.train.int8 --photos photos --model models/meadow-fast.onnx

Each input channel has the range that it reaches on training photos, in 128 levels: with 7 bits the sums of pairs that
processors make cannot saturate.  Weights have one scale per output channel, after the input's scales were multiplied in.
Only the rounding is simulated, in float32; what runs is ONNX Runtime.  Validation photos are in neither range.
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

_MULTIPLE = 32


class Model:
    """An exported generator whose 1×1 convolutions can be rounded."""

    def __init__(self, path):
        self.model = onnx.load(path)
        self.nodes = list(self.model.graph.node)
        self.weights = {i.name: numpy_helper.to_array(i) for i in self.model.graph.initializer}
        for node in [n for n in self.nodes if n.op_type == "Cast" and n.input[0] in self.weights]:
            self.weights[node.output[0]] = self.weights.pop(node.input[0]).astype(np.float32)
            self.nodes.remove(node)
        self.pointwise = [n for n in self.nodes if n.op_type == "Conv" and n.input[1] in self.weights
                          and self.weights[n.input[1]].shape[1] > 1 and self.weights[n.input[1]].shape[2:] == (1, 1)]
        self.image, *side = [i for i in self.model.graph.input if i.name not in self.weights]
        self.side = side[0] if side else None
        self.output = self.model.graph.output[0].name

    def share(self):
        """Of all weights, those that would be int8."""
        return sum(self.weights[n.input[1]].size for n in self.pointwise) / sum(w.size for w in self.weights.values())

    def session(self, nodes, weights, also=()):
        model = onnx.ModelProto()
        model.CopyFrom(self.model)
        for field, values in (("node", nodes), ("initializer", [numpy_helper.from_array(w, k) for k, w in weights.items()])):
            del getattr(model.graph, field)[:]
            getattr(model.graph, field).extend(values)
        model.graph.output.extend(helper.make_tensor_value_info(name, onnx.TensorProto.FLOAT, None) for name in also)
        options = onnxruntime.SessionOptions()
        options.log_severity_level = 3
        return onnxruntime.InferenceSession(model.SerializeToString(), options)

    def run(self, session, photo, names):
        given = {self.image.name: photo}
        if self.side is not None:
            shape = [d.dim_value or 1 for d in self.side.type.tensor_type.shape.dim]
            given[self.side.name] = np.full(shape, max(photo.shape[2:]), np.float32)
        return session.run(names, given)

    def ranges(self, photos):
        """By name of what a 1×1 convolution reads: least and most of each channel."""
        names = list(dict.fromkeys(n.input[0] for n in self.pointwise))
        session = self.session(self.nodes, self.weights, names)
        found = {}
        for photo in photos:
            for name, value in zip(names, self.run(session, photo, names)):
                low, high = value.min((0, 2, 3)), value.max((0, 2, 3))
                before = found.get(name, (low, high))
                found[name] = np.minimum(before[0], low), np.maximum(before[1], high)
        return found

    def rounded(self, ranges, bits=7):
        """A session that computes as if in integers."""
        weights, nodes = dict(self.weights), []
        most = 2 ** bits - 1
        weights["int8.none"], weights["int8.most"] = np.float32(0), np.float32(most)
        for node in self.nodes:
            if node not in self.pointwise:
                nodes.append(node)
                continue
            name, (low, high) = node.output[0], ranges[node.input[0]]
            scale = np.maximum((high - low) / most, 1e-9).reshape(1, -1, 1, 1).astype(np.float32)
            weights[f"{name}.scale"], weights[f"{name}.low"] = scale, low.reshape(1, -1, 1, 1).astype(np.float32)
            at, steps = node.input[0], [("Sub", "low"), ("Div", "scale"), ("Clip", None), ("Round", None),
                                        ("Mul", "scale"), ("Add", "low")]
            for i, (kind, by) in enumerate(steps):
                more = ["int8.none", "int8.most"] if kind == "Clip" else [f"{name}.{by}"] if by else []
                nodes.append(helper.make_node(kind, [at, *more], [f"{name}.{i}"]))
                at = f"{name}.{i}"
            scaled = self.weights[node.input[1]] * scale
            step = np.abs(scaled).max((1, 2, 3), keepdims=True) / 127
            weights[f"{name}.weights"] = (np.round(scaled / step) * step / scale).astype(np.float32)
            conv = onnx.NodeProto()
            conv.CopyFrom(node)
            conv.input[0], conv.input[1] = at, f"{name}.weights"
            nodes.append(conv)
        return self.session(nodes, weights)


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
    ap = argparse.ArgumentParser()
    ap.add_argument("--photos", required=True)
    ap.add_argument("--model", required=True, nargs="+")
    ap.add_argument("--side", type=int, default=384)
    ap.add_argument("--learn", type=int, default=60, help="training photos that give the ranges")
    ap.add_argument("--judge", type=int, default=20, help="validation photos")
    a = ap.parse_args(argv)
    with open(os.path.join(a.photos, "photos.csv"), newline="") as f:
        rows = sorted(csv.DictReader(f), key=lambda row: row["file"])
    random.Random(0).shuffle(rows)
    def of(split, count):
        files = [row["file"] for row in rows if row["split"] == split][:count]
        return [load(os.path.join(a.photos, file), a.side) for file in files]

    learn, judge = of("train", a.learn), of("val", a.judge)
    for path in a.model:
        model = Model(path)
        whole = model.session(model.nodes, model.weights)
        rounded = model.rounded(model.ranges(learn))
        pictures = [[picture(model.run(s, photo, [model.output])[0]) for s in (whole, rounded)] for photo in judge]
        each = sorted(psnr(one, other) for one, other in pictures)
        print(f"{os.path.basename(path)}: {model.share():.0%} of the weights int8; of {len(each)} photos at {a.side} "
              f"PSNR least {each[0]:.1f}, median {float(np.median(each)):.1f} dB", flush=True)


if __name__ == "__main__":
    main()
