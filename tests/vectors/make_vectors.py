"""Write the test vectors: models, and what onnxruntime makes of seeded inputs.  See README.md.

    python -m tests.vectors.make_vectors
"""
import hashlib
import json
import os

import numpy as np
import onnx
import torch
from onnx import numpy_helper

from models.train.export import drawn_by_engine, export, run
from models.train.networks import AnimeGANv2

from . import seeded, tiny

HERE = "tests/vectors"
SCRATCH = "target/vectors"
SHIPPED = "models/meadow-{}.onnx"
STORED = 32             # float initializers with fewer values than this stay in the file
AFFINE_SPREAD = .1      # GroupNorm gains are 1 +- this, biases 0 +- this


def rule(dims, scales):
    """(centre, bound) of an initializer: convolutions keep the variance of their input, the rest barely matter."""
    if len(dims) == 4:
        return 0., float(np.float32((3 / np.prod(dims[1:])) ** .5))
    return (1. if scales else 0.), float(np.float32(AFFINE_SPREAD))


def strip(model):
    """Empty the large float initializers of `model` in place; returns how to fill them again, in file order."""
    scaled = {name for node in model.graph.node if node.op_type == "Mul" for name in node.input}
    recipe = []
    for tensor in model.graph.initializer:
        if tensor.data_type == onnx.TensorProto.FLOAT and np.prod(tensor.dims) >= STORED:
            centre, bound = rule(tensor.dims, tensor.name in scaled)
            recipe.append(dict(name=tensor.name, dims=list(tensor.dims), centre=centre, bound=bound))
            tensor.raw_data = b""
    for node in model.graph.node:
        node.ClearField("doc_string")
    return recipe


def fill(model, recipe):
    """The inverse of strip: what the Rust tests do before they load the file."""
    tensors = {t.name: t for t in model.graph.initializer}
    for r in recipe:
        values = seeded.weights(r["name"], r["dims"], r["centre"], r["bound"])
        tensors[r["name"]].CopyFrom(numpy_helper.from_array(values, r["name"]))


def make_animeganv2():
    """AnimeGANv2's generator: animeganv2.onnx without weights, and a filled copy for onnxruntime."""
    whole, bare = f"{SCRATCH}/animeganv2.onnx", f"{HERE}/animeganv2.onnx"
    torch.manual_seed(0)
    net = AnimeGANv2()
    for p in net.parameters():                  # the exporter would merge tensors that are still alike
        torch.nn.init.normal_(p)
    export(net, whole, names=("input", "output"))
    model = onnx.load(whole)
    recipe = strip(model)
    onnx.save(model, bare)
    fill(model, recipe)
    onnx.save(model, whole)
    return bare, whole, recipe


def expected(name, path, layout, sides, seed):
    """Run one case; writes its output and returns its row."""
    h, w = sides
    shape = [1, 3, h, w] if layout == "NCHW" else [1, h, w, 3]
    output = run(drawn_by_engine(path), seeded.picture(seed, shape), max(sides))
    file = f"{name}-{h}x{w}.f32"
    output.astype("<f4").tofile(f"{HERE}/{file}")
    print(f"{file}: mean {output.mean():+.3f}, standard deviation {output.std():.3f}, "
          f"beyond 0.99 {(np.abs(output) > .99).mean():.1%}")
    return dict(input_shape=shape, input_seed=seed, expected=file, output_shape=list(output.shape))


def entry(name, file, run_file, layout, sizes, recipe=()):
    """One model's entry; `run_file` is what onnxruntime runs, `file` what is committed."""
    with open(file, "rb") as f:
        digest = hashlib.sha256(f.read()).hexdigest()
    cases = [expected(name, run_file, layout, s, seed) for seed, s in enumerate(sizes, 1)]
    quantised = any(t.name.endswith(".i8") for t in onnx.load(file).graph.initializer)
    return dict(name=name, file=file, sha256=digest, layout=layout, quantised=quantised, fill=list(recipe), cases=cases)


def make_bad():
    """Files that must be refused; `why` is for people."""
    made = []
    for name, build, why in (("classifier", tiny.classifier, "its output is ten scores, not a picture"),
                             ("two-inputs", tiny.two_inputs, "it wants two inputs"),
                             ("not-a-picture", tiny.not_a_picture, "its input has two dimensions, not four"),
                             ("whole-numbers", tiny.whole_numbers, "its input is int64")):
        onnx.save(build(), f"{HERE}/bad-{name}.onnx")
        made.append((name, why))
    half = tiny.fixed().SerializeToString()
    noise = seeded.signed_unit(99, 256).tobytes()
    for name, data, why in (("truncated", half[:len(half) // 2], "the second half is missing"),
                            ("garbage", noise, "it is not a protobuf"),
                            ("empty", b"", "it has no bytes")):
        with open(f"{HERE}/bad-{name}.onnx", "wb") as f:
            f.write(data)
        made.append((name, why))
    return [dict(name=n, file=f"{HERE}/bad-{n}.onnx", why=why) for n, why in made]


def main():
    os.makedirs(SCRATCH, exist_ok=True)
    for name in ("nhwc", "fixed"):
        onnx.save(getattr(tiny, name)(), f"{HERE}/{name}.onnx")
    bare, whole, recipe = make_animeganv2()
    fast, fine = map(SHIPPED.format, ("fast", "fine"))
    good = [entry("animeganv2", bare, whole, "NCHW", ((64, 64), (64, 96)), recipe),
            entry("fast", fast, fast, "NCHW", ((64, 64), (60, 100))),
            entry("fine", fine, fine, "NCHW", ((64, 64), (56, 104))),
            entry("nhwc", f"{HERE}/nhwc.onnx", f"{HERE}/nhwc.onnx", "NHWC", ((32, 32), (40, 28))),
            entry("fixed", f"{HERE}/fixed.onnx", f"{HERE}/fixed.onnx", "NCHW", ((64, 64),))]
    with open(f"{HERE}/vectors.json", "w") as f:
        json.dump(dict(tolerance=1e-3, good=good, bad=make_bad()), f, indent=1)
        f.write("\n")


if __name__ == "__main__":
    main()
