"""Write what users may bring: models with seeded weights in the graph spellings of published exports, and what
onnxruntime makes of seeded pictures.  Few channels: the spelling is tested, not the width.

    python -m tests.vectors.make_user_models        # from the repository's root

user/user.json lists the models.  A good one: `file`, `input` and `output` (names), `layout`, `range` (the values of 0
and 255, at both ends), `multiple` (the least one of the sides that gives an output of the input's size), `sides`
("dynamic" or [height, width]) and `cases`.  A case: `height`, `width`, `seed` of its picture, `expected`, `shape`,
`stride`, `mean`.

The picture: 8-bit RGB, rows from the top, a pixel's channels together, whatever the model's layout; byte i is
floor((u + 1) * 128) of value i of signed_unit(seed) (seeded.py, exact), and the model is given
black + byte * (white - black) / 255 in its layout.  `expected` is a file of little-endian f32 in C order and of
`shape`, the output in the model's layout with every `stride`-th row and column from the first; `mean` is that of the
whole output.
"""
import json
import os

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import TensorProto, checker, helper, numpy_helper
from torch import nn

from models.train.export import OPSET, session
from models.train.networks import AnimeGANv2, InvertedResidual, norm_conv

from . import seeded, tiny
from .make_vectors import rule

HERE = "tests/vectors/user"
F32, I32, I64 = TensorProto.FLOAT, TensorProto.INT32, TensorProto.INT64
TO_NCHW, TO_NHWC = [0, 3, 1, 2], [0, 2, 3, 1]
SPREAD = .1             # least standard deviation of an output, as a share of its range
SATURATED = .03         # largest share of an output's values within a hundredth of the range from its ends
LARGE = 128 * 128       # outputs with more pixels are stored with stride 4


# ----------------------------------------------------------------------------------------------- PyTorch
class Narrow(AnimeGANv2):
    """AnimeGANv2's generator with an eighth of its channels and fewer blocks."""

    def __init__(self, c=4):
        nn.Module.__init__(self)
        self.down = nn.Sequential(norm_conv(3, c, 7), norm_conv(c, 2 * c, 3, 2), norm_conv(2 * c, 2 * c))
        self.trunk = nn.Sequential(norm_conv(2 * c, 4 * c, 3, 2), InvertedResidual(4 * c, 4 * c),
                                   InvertedResidual(4 * c, 2 * c))
        self.up_half = norm_conv(2 * c, 2 * c)
        self.up_full = nn.Sequential(norm_conv(2 * c, 2 * c), norm_conv(2 * c, c, 7))
        self.paint = nn.Conv2d(c, 3, 1, bias=False)


def unit_range(c=8):
    """What other PyTorch style networks use: zero pads, InstanceNorm, PReLU, the three other ways up, Sigmoid."""
    return nn.Sequential(nn.Conv2d(3, c, 5, padding=2), nn.InstanceNorm2d(c, affine=True), nn.ReLU(),
                         nn.Conv2d(c, c, 4, 2, 1), nn.BatchNorm2d(c), nn.PReLU(c),
                         nn.Conv2d(c, 2 * c, 3, 2, 1), nn.InstanceNorm2d(2 * c), nn.SiLU(),
                         nn.Conv2d(2 * c, 2 * c, 3, 2, 1), nn.Hardswish(),
                         nn.ConvTranspose2d(2 * c, 2 * c, 4, 2, 1), nn.ReLU6(),
                         nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(2 * c, 12, 3, padding=1),
                         nn.InstanceNorm2d(12), nn.PixelShuffle(2), nn.Sigmoid())


def export(net, name, axes, fixed=None, **options):
    """Give `net` weights, seeded with their own names, and write it as the older PyTorch exporter does."""
    for key, p in net.named_parameters():
        values = seeded.weights(f"user.{key}", p.shape, *rule(p.shape, key.endswith("weight")))
        p.data = torch.from_numpy(values)
    torch.onnx.export(net.eval(), torch.zeros(1, 3, *(fixed or (64, 64))), f"{HERE}/{name}.onnx", dynamo=False,
                      opset_version=OPSET, input_names=["input"], output_names=["output"],
                      dynamic_axes=axes and {n: axes for n in ("input", "output")}, **options)


# -------------------------------------------------------------------------------------------- TensorFlow
class Graph:
    """A graph in the making, its nodes named as tf2onnx names TensorFlow's; every method returns an output's name."""

    def __init__(self, scope, source):
        self.scope, self.source, self.nodes, self.tensors = scope, source, [], {}

    def add(self, op, *inputs, name=None, **attributes):
        name = name or f"{self.scope}/{op}_{len(self.nodes)}:0"
        self.nodes.append(helper.make_node(op, inputs, [name], name[:-2], **attributes))
        return name

    def const(self, values, dtype=np.float32):
        """A constant has one name for each place it is used in."""
        name = f"const_{len(self.tensors)}"
        self.tensors[name] = np.asarray(values, dtype)
        return name

    def weights(self, *dims, scales=False):
        """Seeded with the scope and their number, so that all differ."""
        return self.const(seeded.weights(f"{self.scope}.{len(self.tensors)}", dims, *rule(dims, scales)))

    # ------------------------------------------------------------------------------------ operators, NHWC
    def planes(self, x, op, *inputs, **attributes):
        """An operator of planes, between two Transposes."""
        x = self.add("Transpose", x, perm=TO_NCHW)
        return self.add("Transpose", self.add(op, x, *inputs, **attributes), perm=TO_NHWC)

    def conv(self, x, cin, cout, k=3, stride=1, group=1, **pads):
        weights = self.weights(cout, cin // group, k, k)
        return self.planes(x, "Conv", weights, kernel_shape=[k, k], strides=[stride] * 2, dilations=[1, 1],
                           group=group, **pads)

    def mirror(self, x, before, after):
        """MirrorPad, on NHWC."""
        return self.add("Pad", x, self.const([0, before, before, 0, 0, after, after, 0], np.int64), mode="reflect")

    def mirror_conv(self, x, cin, cout, k=3, stride=1):
        """AnimeGAN pads by reflection: around at stride 1, right and bottom at stride 2."""
        if k > 1:
            x = self.mirror(x, *((0, 1) if stride == 2 else (k // 2, k // 2)))
        return self.conv(x, cin, cout, k, stride)

    def moments(self, x, axes):
        """tf.nn.moments: mean and variance, kept as axes of one."""
        mean = self.add("ReduceMean", x, axes=axes, keepdims=1)
        away = self.add("Sub", x, mean)
        return mean, self.add("ReduceMean", self.add("Mul", away, away), axes=axes, keepdims=1)

    def layer_norm(self, x, c):
        """tf.contrib.layers.layer_norm: over the whole picture, an affine for each channel."""
        mean, variance = self.moments(x, [1, 2, 3])
        inverse = self.add("Reciprocal", self.add("Sqrt", self.add("Add", variance, self.const(1e-12))))
        gain = self.add("Mul", inverse, self.weights(c, scales=True))
        rest = self.add("Sub", self.weights(c), self.add("Mul", mean, gain))
        return self.add("Add", self.add("Mul", x, gain), rest)

    def lade(self, x, c):
        """AnimeGANv3's normalisation: a channel takes mean and deviation of a 1x1 convolution of itself."""
        mean, variance = self.moments(self.conv(x, c, c, 1), [1, 2])
        own_mean, own_variance = self.moments(x, [1, 2])
        deviation, own = (self.add("Sqrt", self.add("Add", v, self.const(1e-5))) for v in (variance, own_variance))
        x = self.add("Div", self.add("Sub", x, own_mean), own)
        return self.add("Add", self.add("Mul", x, deviation), mean)

    def side(self, shape, axis):
        """tf.shape(x)[axis], a 32-bit scalar; `shape` is all of tf.shape(x)."""
        ends = (self.const([n], np.int64) for n in (axis, axis + 1, 0))
        return self.add("Squeeze", self.add("Slice", shape, *ends), axes=[0])

    def shape(self, x):
        return self.add("Cast", self.add("Shape", x), to=I32)

    def pack(self, *sides):
        """A shape from 32-bit scalars."""
        sides = [self.add("Unsqueeze", side, axes=[0]) for side in sides]
        return self.add("Cast", self.add("Concat", *sides, axis=0), to=I64)

    def double(self, x, mode):
        """tf.image.resize to twice the sides: `mode` is "asymmetric" from TensorFlow 1, "half_pixel" from 2."""
        shape = self.shape(x)
        sides = self.pack(*(self.add("Mul", self.side(shape, axis), self.const(2, np.int32)) for axis in (1, 2)))
        x = self.add("Transpose", x, perm=TO_NCHW)
        kept = self.add("Slice", self.add("Shape", x), self.const([0], np.int64), self.const([2], np.int64))
        target = self.add("Concat", kept, sides, axis=0)
        x = self.add("Resize", x, self.const([]), self.const([]), target, mode="linear", nearest_mode="floor",
                     coordinate_transformation_mode=mode)
        return self.add("Transpose", x, perm=TO_NHWC)

    def save(self, path, output, dims, output_dims, opset):
        value = helper.make_tensor_value_info
        graph = helper.make_graph(self.nodes, "tf2onnx", [value(self.source, F32, dims)],
                                  [value(output, F32, output_dims)],
                                  [numpy_helper.from_array(t, name) for name, t in self.tensors.items()])
        model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", opset)], ir_version=6,
                                  producer_name="tf2onnx", producer_version="1.8.4")
        onnx.save(model, path)


def tf_dynamic(path):
    """AnimeGANv2 from TensorFlow 1 (layer_norm by moments, asymmetric resizing); no side is known, nor the batch."""
    g = Graph("generator/G_MODEL", "generator_input:0")

    def block(x, cin, cout, k=3, stride=1):
        return g.add("LeakyRelu", g.layer_norm(g.mirror_conv(x, cin, cout, k, stride), cout), alpha=.2)

    x = block(block(block(g.source, 3, 4, 7), 4, 8, stride=2), 8, 8)
    x = trunk = block(x, 8, 8, stride=2)
    x = g.conv(g.mirror(block(x, 8, 16, 1), 1, 1), 16, 16, group=16)
    x = g.add("LeakyRelu", g.layer_norm(g.add("Add", x, g.weights(16)), 16), alpha=.2)
    x = g.add("Add", trunk, g.layer_norm(g.conv(x, 16, 8, 1), 8))
    x = block(g.double(x, "asymmetric"), 8, 8)
    x = block(g.double(x, "asymmetric"), 8, 4, 7)
    out = g.add("Tanh", g.conv(x, 4, 3, 1), name="generator/G_MODEL/out_layer/Tanh:0")
    g.save(path, out, ["unk__0", "unk__1", "unk__2", 3], ["unk__3", "unk__4", "unk__5", 3], 11)


def attention(g, x, c, k):
    """AnimeGANv3's external attention: the pixels as a sequence, two 1-D convolutions, softmax over the pixels."""
    shape = g.shape(x)
    flat = g.pack(g.side(shape, 0), g.const(-1, np.int32), g.const(c, np.int32))
    whole = g.pack(*(g.side(shape, axis) for axis in range(3)), g.const(c, np.int32))

    def conv_1d(x, cin, cout):
        return g.add("Squeeze", g.conv(g.add("Unsqueeze", x, axes=[1]), cin, cout, 1), axes=[1])

    y = conv_1d(g.add("Reshape", g.conv(x, c, c, 1), flat), c, k)
    y = g.add("Softmax", g.add("Transpose", y, perm=[0, 2, 1]), axis=2)
    y = g.add("Transpose", y, perm=[0, 2, 1])
    total = g.add("Add", g.add("ReduceSum", y, axes=[2], keepdims=1), g.const(1e-9))
    y = g.conv(g.add("Reshape", conv_1d(g.add("Div", y, total), k, c), whole), c, c, 1)
    y = g.add("Add", g.add("Mul", y, g.weights(c, scales=True)), g.weights(c))      # BatchNorm, folded
    return leaky(g, g.add("Add", y, x))


def leaky(g, x):
    """LeakyReLU where TensorFlow has no operator for it."""
    return g.add("Max", g.add("Mul", x, g.const(.2)), x)


def v3(path):
    """AnimeGANv3: LADE, attention at an eighth of the size, skips, SAME pads when halving; as TensorFlow 2 resizes."""
    g = Graph("generator_1/main", "AnimeGANv3_input:0")

    def block(x, cin, cout, k=3):
        return leaky(g, g.lade(g.mirror_conv(x, cin, cout, k), cout))

    def half(x, c):
        return leaky(g, g.lade(g.conv(x, c, c, 3, 2, auto_pad="SAME_UPPER"), c))

    x = full = block(g.source, 3, 4, 7)
    x = halved = block(half(x, 4), 4, 6)
    x = quarter = block(half(x, 6), 6, 8)
    x = attention(g, block(half(x, 8), 8, 8), 8, 12)
    for skip, cin, cout in ((quarter, 8, 8), (halved, 8, 6), (full, 6, 4)):
        x = block(g.double(x, "half_pixel"), cin, cout)
        x = block(g.add("Add", x, skip), cout, cout)
    out = g.add("Tanh", g.mirror_conv(x, 4, 3, 7), name="generator_1/main/out_layer:0")
    g.save(path, out, [1, "unk__0", "unk__1", 3], [1, None, None, 3], 12)


# ------------------------------------------------------------------------------------------------ broken
def broken():
    """What must be refused: name -> (model, why)."""
    node, value, model = helper.make_node, tiny._value, tiny._model
    weights, dims = seeded.weights, [1, 3, "height", "width"]
    photo, anime = value("photo", dims), value("anime", dims)
    sums = [node("GlobalAveragePool", ["photo"], ["mean"]), node("Flatten", ["mean"], ["flat"]),
            node("Gemm", ["flat", "w"], ["scores"], transB=1)]
    return {
        "two-inputs": (model([node("Add", ["photo", "style"], ["anime"])], [photo, value("style", dims)], [anime], {}),
                       "it wants two pictures"),
        "grey": (model([node("Tanh", ["photo"], ["anime"])], [value("photo", [1, 1, "height", "width"])],
                       [value("anime", [1, 1, "height", "width"])], {}), "one channel, not three"),
        "classifier": (model(sums, [value("photo", [1, 3, 224, 224])], [value("scores", [1, 1000])],
                             {"w": weights("user.classifier", (1000, 3), 0, 1)}), "it gives scores, not a picture"),
        "half-size": (model([node("Conv", ["photo", "w"], ["anime"], strides=[2, 2], pads=[0, 0, 1, 1])], [photo],
                            [value("anime", [1, 3, "half_height", "half_width"])],
                            {"w": weights("user.half-size", (3, 3, 3, 3), 0, .3)}), "its output is half as large"),
    }


# ------------------------------------------------------------------------------------------------- cases
def picture(seed, sides, layout, values):
    """What the model is given: see the top."""
    pixels = np.floor((seeded.signed_unit(seed, 3 * sides[0] * sides[1]) + 1) * 128).reshape(1, *sides, 3)
    black, white = (np.float32(v) for v in values)
    pixels = black + pixels * ((white - black) / np.float32(255))
    return np.ascontiguousarray(pixels.transpose(TO_NCHW) if layout == "NCHW" else pixels)


def case(name, layout, values, sides, seed):
    """Run one case, check that its output says something, write it; returns its row."""
    run, given = session(f"{HERE}/{name}.onnx"), picture(seed, sides, layout, values)
    output = run.run(None, {run.get_inputs()[0].name: given})[0]
    if output.shape != given.shape:
        raise SystemExit(f"{name}: {given.shape} became {output.shape}")
    share = (output - values[0]) / (values[1] - values[0])
    ends = float((np.abs(share - .5) > .49).mean())
    if share.std() < SPREAD or ends > SATURATED:
        raise SystemExit(f"{name}: standard deviation {share.std():.3f} of the range, {ends:.1%} at its ends")
    stride = 4 if sides[0] * sides[1] > LARGE else 1
    stored = output[:, :, ::stride, ::stride] if layout == "NCHW" else output[:, ::stride, ::stride]
    file = f"{name}-{sides[0]}x{sides[1]}.f32"
    stored.astype("<f4").tofile(f"{HERE}/{file}")
    print(f"{file}: mean {output.mean():+.3f}; of the range: standard deviation {share.std():.3f}, "
          f"{ends:.2%} at its ends")
    return dict(height=sides[0], width=sides[1], seed=seed, expected=file, shape=list(stored.shape), stride=stride,
                mean=round(float(output.mean(dtype=np.float64)), 6))


def entry(name, layout, multiple, sizes, sides="dynamic", values=(-1, 1)):
    """One good model's entry."""
    model = onnx.load(f"{HERE}/{name}.onnx")
    checker.check_model(model, full_check=True)
    weights = {t.name for t in model.graph.initializer}
    given = [v.name for v in model.graph.input if v.name not in weights]
    return dict(name=name, file=f"{name}.onnx", input=given[0], output=model.graph.output[0].name, layout=layout,
                range=list(values), multiple=multiple, sides=sides,
                cases=[case(name, layout, values, s, seed) for seed, s in enumerate(sizes, 1)])


def main():
    os.makedirs(HERE, exist_ok=True)
    ort.set_default_logger_severity(3)      # it warns of every weight that is an input
    batch = {0: "batch", 2: "height", 3: "width"}
    export(Narrow(), "torch-dynamic", batch)
    export(Narrow(), "torch-fixed-256", None, fixed=(256, 256))
    # The weights are inputs as well, as in files of PyTorch before 1.3.
    export(unit_range(), "unit-range", {2: "height", 3: "width"}, keep_initializers_as_inputs=True)
    tf_dynamic(f"{HERE}/tf-dynamic.onnx")
    v3(f"{HERE}/v3.onnx")
    good = [entry("torch-dynamic", "NCHW", 1, ((64, 96), (35, 50))),
            entry("torch-fixed-256", "NCHW", 1, ((256, 256),), sides=[256, 256]),
            entry("tf-dynamic", "NHWC", 4, ((64, 96), (36, 52))),
            entry("v3", "NHWC", 8, ((64, 96), (40, 56))),
            entry("unit-range", "NCHW", 8, ((64, 96), (40, 56)), values=(0, 1))]
    bad = []
    for name, (model, why) in broken().items():
        onnx.save(model, f"{HERE}/{name}.onnx")
        bad.append(dict(name=name, file=f"{name}.onnx", why=why))
    with open(f"{HERE}/user.json", "w") as f:
        json.dump(dict(tolerance=1e-3, good=good, bad=bad), f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
