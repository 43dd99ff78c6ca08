"""Write a generator as ONNX and check it against onnxruntime.

    python -m models.train.export --weights meadow-fast.pt --tier fast --out models/meadow-fast.onnx

Opset 17, f32, input "photo" and output "anime": 1 x 3 x H x W, RGB in [-1, 1], H and W dynamic multiples of 4.
"""
import argparse
import os

import numpy as np
import onnxruntime as ort
import torch

from .networks import TIERS

OPSET = 17
CHECKED = ((64, 64), (128, 192), (200, 148), (256, 256))
TOLERANCE = 1e-4


def export(net, path, names=("photo", "anime"), fixed=None):
    """Write `net`; `fixed` is (H, W) for a graph whose sides cannot change."""
    net = net.eval().to(memory_format=torch.contiguous_format)
    axes = None if fixed else {n: {2: "height", 3: "width"} for n in names}
    # The older exporter: the newer one writes a graph with more shape arithmetic for the same network.
    torch.onnx.export(net, torch.zeros(1, 3, *(fixed or (64, 64))), path, dynamo=False, opset_version=OPSET,
                      do_constant_folding=True, input_names=names[:1], output_names=names[1:], dynamic_axes=axes)


def session(path):
    """A single-threaded onnxruntime session."""
    options = ort.SessionOptions()
    options.intra_op_num_threads = 1
    return ort.InferenceSession(path, options, providers=["CPUExecutionProvider"])


def worst_difference(net, path, sizes=CHECKED):
    """Largest |PyTorch - onnxruntime| over random pictures of the given sizes."""
    run, worst = session(path), 0.
    for h, w in sizes:
        photo = torch.rand(1, 3, h, w, generator=torch.Generator().manual_seed(h)) * 2 - 1
        with torch.no_grad():
            ours = net(photo).numpy()
        theirs = run.run(None, {run.get_inputs()[0].name: photo.numpy()})[0]
        worst = max(worst, float(np.abs(ours - theirs).max()))
    return worst


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--weights", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--tier", default="fast", choices=TIERS)
    a = ap.parse_args(argv)
    torch.set_num_threads(1)
    net = TIERS[a.tier]()
    net.load_state_dict(torch.load(a.weights, map_location="cpu"))
    export(net, a.out)
    worst = worst_difference(net, a.out)
    print(f"{a.out}: {os.path.getsize(a.out)} bytes, max |PyTorch - onnxruntime| {worst:.1e}")
    if worst > TOLERANCE:
        raise SystemExit("the export differs from the network")


if __name__ == "__main__":
    main()
