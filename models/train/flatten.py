"""Painting: photo detail becomes flat strokes, in a fine and a bold brush, and thin coherent structure comes back.

Works on OKLab whose chroma channels are doubled, so that colour edges hold as well as lightness edges.
"""
from dataclasses import dataclass

import cv2
import numpy as np

from .colour import masks
from .smooth import F, bilateral, blur, ramp, spread

CHROMA_DOUBLE = F([1, 2, 2])
_SECTORS = 8
_LARGEST = 5            # strokes wider than this many pixels are painted on a reduced picture
_SHARP = 8.             # the higher, the more the calmest sector wins
_CALM = .003            # a spread as small as this is as good as none
_FEATURE = .35          # how much darker than in the photo eyes, brows and mouths are drawn


@dataclass
class Painting:
    """lab HxWx3 OKLab (chroma as usual); the rest are soft masks HxW in [0, 1]."""
    lab: np.ndarray
    leafy: np.ndarray       # texture without direction: foliage, rock
    sky: np.ndarray
    bold: np.ndarray        # where the bold brush was used
    face: np.ndarray        # skin around, so eyes and mouth are near


def _sector_kernels(r):
    """Eight soft wedges of a disc of radius r, each summing to 1; all share the centre pixel."""
    y, x = np.mgrid[-r:r + 1, -r:r + 1].astype(F)
    angle, distance = np.arctan2(y, x), np.hypot(x, y)
    disc = np.exp(-(distance / (.55 * r)) ** 2 / 2) * (distance <= r + .5)
    kernels = []
    for i in range(_SECTORS):
        d = np.angle(np.exp(1j * (angle - 2 * np.pi * i / _SECTORS)))
        w = np.clip(np.cos(d * _SECTORS / 4 * .9), 0, None) ** 2 * (np.abs(d) < 2 * np.pi / _SECTORS)
        w[r, r] = 2 / _SECTORS
        w = w * disc
        kernels.append((w / w.sum()).astype(F))
    return kernels


def kuwahara(x, radius):
    """Generalised Kuwahara filter (Papari et al. 2007): each pixel takes the mean of its calmest sectors."""
    if radius > _LARGEST:
        f, (h, w) = radius / _LARGEST, x.shape[:2]
        small = cv2.resize(x, (max(8, round(w / f)), max(8, round(h / f))), interpolation=cv2.INTER_AREA)
        return cv2.resize(kuwahara(small, _LARGEST), (w, h), interpolation=cv2.INTER_CUBIC)
    squares, means, spreads = (x * x).sum(2), [], []
    for k in _sector_kernels(max(2, int(round(radius)))):
        mean = cv2.filter2D(x, -1, k, borderType=cv2.BORDER_REFLECT)
        variance = cv2.filter2D(squares, -1, k, borderType=cv2.BORDER_REFLECT) - (mean * mean).sum(2)
        means.append(mean)
        spreads.append(np.sqrt(np.clip(variance, 0, None)) + _CALM)
    calmest = np.minimum.reduce(spreads)            # relative: strokes hold in dark hair as well as in bright leaves
    weights = [((calmest / s) ** _SHARP)[..., None] for s in spreads]
    return (sum(m * w for m, w in zip(means, weights)) / sum(weights)).astype(F)


def _crisp(lab, unit):
    """Sharpen borders between areas; never beyond the values on either side, so nothing gets a halo."""
    sharp, near = lab + 1.1 * (lab - blur(lab, 1.6 * unit)), spread(unit, 3)
    return np.clip(sharp, cv2.erode(lab, near), cv2.dilate(lab, near))


def paint(clean, flow, unit):
    """`clean` is the lightly cleaned photo, OKLab with chroma doubled; returns a Painting."""
    x = bilateral(clean, .030, 3 * unit, 1)
    fine, bold = kuwahara(x, 4.5 * unit), kuwahara(x, 9. * unit)
    leafy = ramp(.010, .028, flow.texture) * (1 - ramp(.45, .8, blur(flow.coherence, 3 * unit)))
    seen = masks(clean / CHROMA_DOUBLE)
    sky = blur(seen.blue * ramp(.55, .68, clean[..., 0]), 3 * unit)
    use_bold = np.clip(leafy * (1 - .85 * blur(seen.skin, 3 * unit)) + .6 * sky, 0, 1) * .85
    lab = fine + (bold - fine) * blur(use_bold, 2 * unit)[..., None]
    lab = bilateral(lab, .030, 4.5 * unit, 2)
    # wires, lashes, glasses and window bars return; leaf speckle does not
    lost = blur(np.abs(clean - lab).max(2), 1. * unit)
    face = ramp(.30, .60, blur(seen.skin, 7 * unit)) * (1 - ramp(.25, .6, blur(leafy, 14 * unit)))
    back = np.maximum(ramp(.032, .10, lost) * ramp(.25, .6, flow.coherence) * (1 - .7 * use_bold),
                      face * ramp(.022, .07, lost))
    detail = (clean - lab) * back[..., None]
    detail[..., 0] += _FEATURE * np.minimum(detail[..., 0], 0) * face
    lab = lab + detail
    lab = _crisp(lab, unit)
    return Painting(lab / CHROMA_DOUBLE, leafy, sky, use_bold, face)
