"""The teacher: a slow, deterministic pipeline that turns a photo into a painted picture.  The student copies it.

    python -m models.train.teacher photo.jpg painted.png --style meadow

Every length is in units of (longer side / 640), so a small and a large version of one photo come out alike.
Stages: clean, edge flow, paint (flatten.py), tone bands (bands.py), palette (palette.py), ink (ink.py), glow.
"""
import argparse

import cv2
import numpy as np

from . import palette
from .bands import band_offset
from .colour import masks, to_oklab, to_rgb
from .flatten import CHROMA_DOUBLE, paint
from .flow import edge_flow
from .ink import ink
from .palette import STYLES
from .smooth import F, bilateral, blur, guided, ramp

_REFERENCE_SIDE = 640
_INK_TONE = F([.34, .75, .75])          # ink is a dark version of the local colour, never plain black
_GLOW_TINT = F([1., .93, 1.])


def _tone(painting, unit):
    """Apply the bands, weaker on skin, sky and faces; returns (lab, smoothed skin mask)."""
    lab, L = painting.lab, painting.lab[..., 0]
    skin = np.clip(guided(masks(lab).skin, L, 4 * unit, .01), 0, 1)
    amount = .95 * (1 - .3 * skin) * (1 - .5 * painting.sky) * (1 - .6 * painting.face * (1 - skin))
    toned = lab.copy()
    toned[..., 0] = L + band_offset(L, unit) * amount
    return toned, skin


def _draw(coloured, cover, warm, style):
    """Lay ink (cover HxW) over the picture; `warm` keeps the ink's tint away from skin."""
    dark = coloured * _INK_TONE
    dark[..., 0] = np.minimum(dark[..., 0] + .04, coloured[..., 0] * .8)
    dark[..., 1:] += F(style.ink) * (1 - warm[..., None])
    return coloured + (dark - coloured) * np.clip(cover, 0, 1)


def _glow(rgb, L, amount, unit):
    """Screen a blur of the brightest parts over the picture."""
    light = rgb * ramp(.66, .97, L)[..., None]
    return 1 - (1 - rgb) * (1 - amount * blur(light, 11 * unit) * _GLOW_TINT)


def stylise(photo, name="meadow"):
    """uint8 RGB HxWx3 -> uint8 RGB of the same size."""
    style, unit = STYLES[name], max(photo.shape[:2]) / _REFERENCE_SIDE
    clean = bilateral(to_oklab(photo.astype(F) / 255) * CHROMA_DOUBLE, .055, 2.2 * unit, 2)
    flow = edge_flow(clean[..., 0], unit)
    painting = paint(clean, flow, unit)
    lab, skin = _tone(painting, unit)
    seen = masks(lab)
    seen.skin = np.maximum(seen.skin * .6 + .4 * skin, seen.lips * blur(skin, 6 * unit))
    coloured = palette.apply(lab, seen, name)
    near_skin = blur(skin, 8 * unit)
    cover = ink(.5 * (lab + clean / CHROMA_DOUBLE), flow, np.maximum(skin, seen.lips * near_skin), unit)
    warm = blur(np.maximum(skin, seen.lips * ramp(.1, .4, near_skin)), 1.5 * unit)
    cover = (cover * (1 - .40 * warm) * (1 - .45 * painting.bold * painting.leafy))[..., None]
    inked = _draw(coloured, cover, warm, style)
    rgb = to_rgb(inked)
    if style.glow:
        rgb = _glow(rgb, inked[..., 0], style.glow, unit)
    return (np.clip(rgb, 0, 1) * 255 + .5).astype(np.uint8)


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("photo")
    ap.add_argument("out")
    ap.add_argument("--style", default="meadow", choices=STYLES)
    ap.add_argument("--side", type=int, default=0, help="reduce the longer side to this first")
    a = ap.parse_args()
    photo = cv2.imread(a.photo)
    if photo is None:
        raise SystemExit(f"cannot read {a.photo}")
    if 0 < a.side < max(photo.shape[:2]):
        photo = cv2.resize(photo, None, fx=a.side / max(photo.shape[:2]), fy=a.side / max(photo.shape[:2]),
                           interpolation=cv2.INTER_AREA)
    cv2.imwrite(a.out, stylise(np.ascontiguousarray(photo[..., ::-1]), a.style)[..., ::-1])


if __name__ == "__main__":
    main()
