"""sRGB and OKLab (Ottosson 2020), and what a pixel's colour alone says about it.

Pictures are Nx3xHxW float32: sRGB in [0, 1]; OKLab with lightness in [0, 1] and chroma up to about 0.3.
"""
from dataclasses import dataclass

import torch

from .smooth import bump, ramp

_TO_LMS = torch.tensor([[.4122214708, .5363325363, .0514459929], [.2119034982, .6806995451, .1073969566],
                        [.0883024619, .2817188376, .6299787005]])
_FROM_LMS = torch.tensor([[.2104542553, .7936177850, -.0040720468], [1.9779984951, -2.4285922050, .4505937099],
                          [.0259040371, .7827717662, -.8086757660]])
_LMS_BACK, _LAB_BACK = torch.linalg.inv(_TO_LMS), torch.linalg.inv(_FROM_LMS)
_BISECTIONS = 7
_LEAST = 1e-6           # a cube root's gradient in black must stay finite


def _mix(x, matrix):
    return torch.einsum("oc,nchw->nohw", matrix.to(x.device), x)


def to_oklab(rgb):
    rgb = rgb.clamp(0, 1)
    linear = torch.where(rgb <= .04045, rgb / 12.92, ((rgb + .055) / 1.055) ** 2.4)
    return _mix(_mix(linear, _TO_LMS).clamp_min(_LEAST) ** (1 / 3), _FROM_LMS)


def _to_linear(lab):
    return _mix(_mix(lab, _LAB_BACK) ** 3, _LMS_BACK)


def to_rgb(lab):
    """OKLab -> sRGB; colours out of gamut lose chroma, never hue, found by bisection: fixed steps left rings in skies."""
    lab = torch.cat([lab[:, :1].clamp(0, 1), lab[:, 1:]], 1)
    low = torch.zeros_like(lab[:, :1])
    fits = lambda k: ((v := _to_linear(torch.cat([lab[:, :1], lab[:, 1:] * k], 1))).amax(1, keepdim=True) < 1.004) & (
        v.amin(1, keepdim=True) > -.004)
    step = .5
    for _ in range(_BISECTIONS):
        low = low + fits(low + step) * step
        step *= .5
    low = torch.where(fits(torch.ones_like(low)), 1., low)
    linear = _to_linear(torch.cat([lab[:, :1], lab[:, 1:] * low], 1)).clamp(0, 1)
    return torch.where(linear <= .0031308, linear * 12.92, 1.055 * linear.clamp_min(1e-8) ** (1 / 2.4) - .055)


def chroma_hue(lab):
    """Planes: chroma, and hue in degrees from 0 to 360."""
    return torch.hypot(lab[:, 1:2], lab[:, 2:3]), torch.rad2deg(torch.atan2(lab[:, 2:3], lab[:, 1:2])) % 360


@dataclass
class Masks:
    """Soft classes in [0, 1], Nx1xHxW, from colour alone: sand, wood and brick can pass for skin."""
    skin: torch.Tensor
    lips: torch.Tensor
    green: torch.Tensor
    blue: torch.Tensor
    hue: torch.Tensor       # degrees, 0 to 360
    chroma: torch.Tensor


def masks(lab):
    L, (C, h) = lab[:, :1], chroma_hue(lab)
    return Masks(
        skin=bump(h, 52, 34) ** .5 * ramp(.018, .04, C) * (1 - ramp(.135, .18, C)) * ramp(.28, .42, L),
        lips=bump(h, 12, 34) ** .5 * ramp(.035, .07, C) * ramp(.3, .45, L),
        green=bump(h, 125, 55) * ramp(.02, .06, C),
        blue=bump(h, 250, 60) * ramp(.015, .05, C),
        hue=h, chroma=C)
