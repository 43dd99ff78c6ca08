"""Soft lightness bands, the painted look of cel shading."""
import numpy as np

from .smooth import blur, guided

_BANDS, _SHARP = 7, 5.


def _to_band(L):
    """Pull lightness towards the middle of its band; the transition stays soft."""
    b = 1. / _BANDS
    middle = (np.floor(L / b) + .5) * b
    return middle + b / 2 * np.tanh(_SHARP * (L - middle) / b) / np.tanh(_SHARP / 2)


def band_offset(L, unit):
    """HxW to add to lightness L.  The band is chosen from a strongly smoothed L, so its contours are smooth and
    detail inside it survives."""
    smooth = guided(L, L, 9 * unit, .0035)
    smooth = guided(smooth, smooth, 6 * unit, .002)
    return blur(_to_band(smooth) - smooth, .7 * unit)
