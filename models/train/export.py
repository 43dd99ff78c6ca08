"""Write one style's generator as ONNX and check it against onnxruntime.

    python -m models.train.export --weights fast.pt --tier fast --style meadow --out room/meadow-fast.onnx --pairs pairs

Opset 17; input "photo" and output "anime": 1 x 3 x H x W, RGB in [-1, 1], H and W dynamic multiples of 4 (fast) or 8 (fine); all but
AnimeGANv2's also take "side", 1 x 1 x 1 x 1, the longer side of the whole picture in pixels.  Weights are stored as
float16 and cast to float32 in the graph, which halves the download, unless that changes a validation picture by more
than 1/255.  What is shipped went through quantise.py after that.
"""
import argparse
import glob
import os

import numpy as np
import onnx
import onnxruntime as ort
import torch
from onnx import helper, numpy_helper

from .networks import TIERS, paint
from .quantise import Model, floats

OPSET = 17
CHECKED = ((64, 64), (128, 192), (200, 152), (256, 256))
TOLERANCE = 1e-4
_SMALL = 16         # tensors with fewer numbers stay float32: sizes, slopes, the last biases


def export(net, path, names=("photo", "anime"), fixed=None):
    """Write `net`; `fixed` is (H, W) for a graph whose sides cannot change."""
    net = net.eval().to(memory_format=torch.contiguous_format)
    photo = torch.zeros(1, 3, *(fixed or (64, 64)))
    given = (photo, torch.full((1, 1, 1, 1), 512.)) if net.sized else (photo,)
    axes = None if fixed else {n: {2: "height", 3: "width"} for n in names}
    # The older exporter: the newer one writes a graph with more shape arithmetic for the same network.
    torch.onnx.export(net, given, path, dynamo=False, opset_version=OPSET, do_constant_folding=True,
                      input_names=[names[0], "side"][:len(given)], output_names=list(names[1:]), dynamic_axes=axes)


def halve(path, out):
    """Store the weights of `path` as float16, each followed by a Cast to float32."""
    model = onnx.load(path)
    casts = []
    for tensor in model.graph.initializer:
        value = numpy_helper.to_array(tensor)
        if value.dtype == np.float32 and value.size >= _SMALL:
            casts.append(helper.make_node("Cast", [tensor.name + ".f16"], [tensor.name], to=onnx.TensorProto.FLOAT))
            tensor.CopyFrom(numpy_helper.from_array(value.astype(np.float16), tensor.name + ".f16"))
    nodes = list(model.graph.node)
    del model.graph.node[:]
    model.graph.node.extend(casts + nodes)
    onnx.checker.check_model(model)
    onnx.save(model, out)


def weights_of(path, style, tier):
    """A generator's state dict: from a file that train.py wrote, or from a folder with `<style>-<tier>.onnx`."""
    if not os.path.isdir(path):
        return torch.load(path, map_location="cpu")[style]
    file = os.path.join(path, f"{style}-{tier}.onnx")
    held = floats({t.name: numpy_helper.to_array(t) for t in onnx.load(file).graph.initializer})
    wanted = TIERS[tier]().state_dict()
    strangers = [name for name, mine in wanted.items() if name not in held or held[name].shape != tuple(mine.shape)]
    if strangers:
        raise SystemExit(f"{file} is of another network: {', '.join(strangers[:3])} …")
    return {name: torch.from_numpy(held[name]) for name in wanted}


def drawn_by_engine(path):
    """A session that computes what our engine does of a file: `session`, but for integers."""
    quantised = any(t.name.endswith(".i8") for t in onnx.load(path).graph.initializer)
    return Model(path).simulated() if quantised else session(path)


def session(path):
    """A single-threaded onnxruntime session."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def run(generator, x, side=None):
    """1x3xHxW float32 -> the same; `side` defaults to the longer of the sides given."""
    given = {generator.get_inputs()[0].name: x}
    if len(generator.get_inputs()) > 1:
        given["side"] = np.full((1, 1, 1, 1), side or max(x.shape[2:]), np.float32)
    return generator.run(None, given)[0]


def worst_difference(net, path, sizes=CHECKED):
    """Largest |PyTorch - onnxruntime| over random pictures of the given sizes."""
    generator, worst = session(path), 0.
    for h, w in sizes:
        photo = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)) * 2 - 1
        side = torch.full((1, 1, 1, 1), float(max(h, w)))
        with torch.no_grad():
            ours = paint(net, photo, side).numpy()
        worst = max(worst, float(np.abs(ours - run(generator, photo.numpy())).max()))
    return worst


def halves_differ(path, half, pairs):
    """Largest difference, in 1/255, that float16 weights make on the validation pictures of one size."""
    a, b, worst = session(path), session(half), 0.
    for file in sorted(glob.glob(os.path.join(pairs, "val_*_256_*.npy"))):
        photo = np.load(file)[0]
        h, w = (s // 8 * 8 for s in photo.shape[:2])
        x = photo[:h, :w].transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
        worst = max(worst, float(np.abs(run(a, x) - run(b, x)).max()) * 127.5)
    return worst


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--tier", default="fast", choices=TIERS)
    ap.add_argument("--style", required=True)
    ap.add_argument("--pairs", required=True, help="validation pictures, to check the float16 weights on")
    a = ap.parse_args(argv)
    torch.set_num_threads(1)
    net = TIERS[a.tier]()
    net.load_state_dict(weights_of(a.weights, a.style, a.tier))
    export(net, a.out)
    worst = worst_difference(net, a.out)
    if worst > TOLERANCE:
        raise SystemExit(f"the export differs from the network by {worst:.1e}")
    halve(a.out, a.out + ".half")
    changed = halves_differ(a.out, a.out + ".half", a.pairs)
    if changed <= 1:
        os.replace(a.out + ".half", a.out)
    else:
        os.remove(a.out + ".half")
    print(f"{a.out}: {os.path.getsize(a.out)} bytes, max |PyTorch - onnxruntime| {worst:.1e}; float16 weights change "
          f"a picture by at most {changed:.2f}/255 and were {'kept' if changed <= 1 else 'dropped'}")


if __name__ == "__main__":
    main()
