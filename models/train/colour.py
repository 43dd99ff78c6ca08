"""sRGB and OKLab (Ottosson 2020), and what a pixel's colour alone says about it.

sRGB is HxWx3 in [0, 1]; OKLab is HxWx3 with lightness in [0, 1], chroma up to about 0.3; all float32.
"""
from dataclasses import dataclass

import numpy as np

from .smooth import F, bump, ramp

TO_LMS = np.array([[.4122214708, .5363325363, .0514459929], [.2119034982, .6806995451, .1073969566],
                   [.0883024619, .2817188376, .6299787005]], F)
FROM_LMS = np.array([[.2104542553, .7936177850, -.0040720468], [1.9779984951, -2.4285922050, .4505937099],
                     [.0259040371, .7827717662, -.8086757660]], F)
_LMS_BACK, _LAB_BACK = np.linalg.inv(TO_LMS).astype(F), np.linalg.inv(FROM_LMS).astype(F)
_SLACK = .004           # this far outside [0, 1] still counts as displayable
_BISECTIONS = 7


def to_oklab(rgb):
    linear = np.where(rgb <= .04045, rgb / 12.92, ((np.maximum(rgb, 0) + .055) / 1.055) ** 2.4).astype(F)
    return np.cbrt(linear @ TO_LMS.T) @ FROM_LMS.T


def _to_linear(lab):
    return (lab @ _LAB_BACK.T) ** 3 @ _LMS_BACK.T


def _fit_chroma(lab):
    """Nx3 OKLab outside sRGB -> linear RGB with the most chroma that still fits; lightness and hue stay.

    Found by bisection: fixed steps left rings in skies."""
    scaled = lambda k: _to_linear(lab * np.concatenate([np.ones_like(k), k, k], 1))
    low, step = np.zeros((len(lab), 1), F), .5
    for _ in range(_BISECTIONS):
        v = scaled(low + step)
        fits = (v.max(1, keepdims=True) < 1 + _SLACK) & (v.min(1, keepdims=True) > -_SLACK)
        low = low + fits * F(step)
        step *= .5
    return scaled(low)


def to_rgb(lab):
    """OKLab -> sRGB; colours out of gamut lose chroma, never hue."""
    lab = lab.copy()
    lab[..., 0] = np.clip(lab[..., 0], 0, 1)
    linear = _to_linear(lab)
    outside = (linear.max(2) > 1 + _SLACK) | (linear.min(2) < -_SLACK)
    if outside.any():
        linear[outside] = _fit_chroma(lab[outside])
    linear = np.clip(linear, 0, 1)
    return np.where(linear <= .0031308, linear * 12.92, 1.055 * linear ** (1 / 2.4) - .055).astype(F)


@dataclass
class Masks:
    """Soft classes in [0, 1], HxW, from colour alone: sand, wood and brick can pass for skin."""
    skin: np.ndarray
    lips: np.ndarray
    green: np.ndarray
    blue: np.ndarray
    hue: np.ndarray         # degrees
    chroma: np.ndarray


def masks(lab):
    L, C = lab[..., 0], np.hypot(lab[..., 1], lab[..., 2])
    h = np.degrees(np.arctan2(lab[..., 2], lab[..., 1]))
    return Masks(
        skin=bump(h, 52, 34) ** .5 * ramp(.018, .04, C) * (1 - ramp(.135, .18, C)) * ramp(.28, .42, L),
        lips=bump(h, 12, 34) ** .5 * ramp(.035, .07, C) * ramp(.3, .45, L),
        green=bump(h, 125, 55) * ramp(.02, .06, C),
        blue=bump(h, 250, 60) * ramp(.015, .05, C),
        hue=h, chroma=C)
