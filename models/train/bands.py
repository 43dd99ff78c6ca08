"""Soft lightness bands, the painted look of cel shading."""
import math

import torch

from .smooth import blur, guided

_SHARP = 6.


def band_base(L, unit):
    """Strongly smoothed lightness: bands chosen from it have smooth contours."""
    smooth = guided(L, L, 9 * unit, .0035)
    return guided(smooth, smooth, 6 * unit, .002)


def band_offset(base, bands, unit):
    """What to add to lightness: pulls `base` towards the middle of its band, one of `bands` between black and white.

    The offset alone is applied, so detail inside a band survives; the transition stays soft."""
    b = 1. / bands
    middle = ((base / b).floor() + .5) * b
    return blur(middle + b / 2 * torch.tanh(_SHARP * (base - middle) / b) / math.tanh(_SHARP / 2) - base, .7 * unit)
