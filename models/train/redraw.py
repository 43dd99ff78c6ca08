"""Redraws a photo in clean lines and flat fills: made smaller, then enlarged by an upscaler that learnt from drawings.

What a photo has and drawings have not is calmed first, or it is redrawn: pores become wrinkles, noise becomes speckle.
"""
import torch
import torch.nn.functional as F

from . import portrait
from .colour import masks, to_oklab, to_rgb
from .smooth import bilateral, blur, guided, ramp

_NOISE = .0035          # lightness; a photo with less is clean
_SKIN_FACES = .92       # how much of the skin's texture goes, where a face was found


def noise(lab):
    """Standard deviation of a picture's noise: the median of the Laplacian's size (after Immerkaer 1996), robust to edges."""
    kernel = torch.tensor([[1., -2, 1], [-2, 4, -2], [1, -2, 1]], device=lab.device).view(1, 1, 3, 3)
    return float(F.conv2d(lab[:, :1], kernel).abs().median()) / (6 * .6745)


def calm(rgb, faces, side=0):
    """Nx3xHxW in [0, 1] -> the same without noise, with smooth skin and every feature.  `side`: as in teacher.draw."""
    unit = (side or max(rgb.shape[-2:])) / 640
    lab = to_oklab(rgb)
    grain = noise(lab)
    if grain > _NOISE:
        double = torch.tensor([1., 2, 2], device=lab.device).view(1, 3, 1, 1)
        lab = bilateral(lab * double, min(3. * grain, .06), 1.6, 1) / double
    L = lab[:, :1]
    by_colour = guided(masks(lab).skin, L, 4 * unit, .01).clamp(0, 1)
    by_colour = by_colour * ramp(.25, .6, blur(by_colour, 10 * unit))
    smooth = guided(L, L, 5 * unit, .0035)
    kept = 1 - ramp(.03, .08, blur((L - smooth).abs(), .8 * unit))
    amount = .85 * by_colour * kept
    for p in faces.points:
        reach = portrait.size(p) * .045
        on = portrait.skin(portrait.Faces([p]), *rgb.shape[-2:], rgb.device)
        softer = guided(L, L, reach, .006)
        strong = _SKIN_FACES * on * (1 - ramp(.07, .16, blur((L - softer).abs(), .2 * reach)))
        smooth = smooth + (softer - smooth) * on
        amount = torch.maximum(amount, strong)
    plain = torch.cat([guided(lab[:, i:i + 1], lab[:, i:i + 1], 6 * unit, .004) for i in (1, 2)], 1)
    calmed = torch.cat([L + (smooth - L) * amount, lab[:, 1:] + (plain - lab[:, 1:]) * amount.clamp(max=.8)], 1)
    return to_rgb(calmed)


def factors(side):
    """How many times smaller the far and the near copy of a picture with this longer side are.

    In pixels, for the upscaler draws strokes of a pixel's width; less for small pictures, of which little would be left."""
    far = min(max(2. * (side / 640) ** .45, 1.35), 2.4)
    return far, 1 + (far - 1) * .32


def redrawn(upscale, rgb, k):
    """Nx3xHxW in [0, 1] -> the same size, redrawn from a copy `k` times smaller."""
    h, w = rgb.shape[-2:]
    small = F.interpolate(rgb, (max(16, round(h / k)), max(16, round(w / k))), mode="bicubic", antialias=True).clamp(0, 1)
    return F.interpolate(upscale(small), (h, w), mode="bicubic", antialias=True).clamp(0, 1)
