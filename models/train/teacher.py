"""The teacher: a slow, deterministic pipeline that turns a photo into a painted picture.  The student copies it.

    python -m models.train.teacher photo.jpg painted.png --style meadow

Every length but the last blur's is in units of (longer side / 640), so a small and a large version of one photo come out
alike.
Stages: clean, edge flow, paint (flatten.py), tone bands (bands.py), palette (palette.py), ink (ink.py), glow, soften.
"""
import argparse
from dataclasses import dataclass

import cv2
import numpy as np

from . import palette
from .bands import band_base, band_offset
from .colour import masks, to_oklab, to_rgb
from .flatten import CHROMA_DOUBLE, Painting, paint
from .flow import edge_flow
from .ink import ink, sharpness
from .palette import STYLES
from .smooth import F, bilateral, blur, guided, ramp

_REFERENCE_SIDE = 640
_OPEN = .75             # exponent on lightness before painting: dark hair and rock keep their strokes
_INK_TONE = F([.34, .75, .75])          # ink is a dark version of the local colour, never plain black
_GLOW_TINT = F([1., .93, 1.])
_SOFT = .6              # pixels of blur at the end: strokes and lines are cut pixel by pixel, and looked like stairs


@dataclass
class Drawing:
    """What all styles share: a painting without bands or palette, and its lines.  Planes are HxW."""
    unit: float
    painting: Painting
    base: np.ndarray        # smoothed lightness that chooses the band
    skin: np.ndarray        # smoothed skin mask
    cover: np.ndarray       # ink, 0 to 1
    warm: np.ndarray        # where ink keeps the skin's tint
    focus: np.ndarray       # 1 near sharp edges, 0 where the photo is out of focus or plain


def _calm_skin(lab, skin, unit):
    """Skin without pores, blotches and small shadows; features, which differ more from it, stay."""
    L = lab[..., 0]
    calm = guided(L, L, 6 * unit, .004)
    amount = skin * (1 - ramp(.02, .06, blur(np.abs(L - calm), .8 * unit)))
    lab = lab.copy()
    lab[..., 0] = L + (calm - L) * amount
    return lab


def draw(photo):
    """uint8 RGB HxWx3 -> Drawing."""
    unit = max(photo.shape[:2]) / _REFERENCE_SIDE
    lab = to_oklab(photo.astype(F) / 255)
    lab[..., 0] = np.clip(lab[..., 0], 0, 1) ** _OPEN
    clean = bilateral(lab * CHROMA_DOUBLE, .036, 2.2 * unit, 2)
    flow = edge_flow(clean[..., 0], unit)
    painting = paint(clean, flow, unit)
    lab = painting.lab
    skin = np.clip(guided(masks(lab).skin, lab[..., 0], 4 * unit, .01), 0, 1)
    painting.lab = lab = _calm_skin(lab, skin, unit)
    lips = masks(lab).lips * blur(skin, 6 * unit)
    near_skin = blur(skin, 8 * unit)
    seen = lab + (clean / CHROMA_DOUBLE - lab) * .5 * (1 - skin)[..., None]      # no wrinkles drawn
    sharp = sharpness(seen[..., 0], unit)
    cover = ink(seen, flow, np.maximum(skin, lips), sharp, unit)
    warm = blur(np.maximum(skin, lips * ramp(.1, .4, near_skin)), 1.5 * unit)
    cover = cover * (1 - .12 * warm) * (1 - .45 * painting.bold * painting.leafy)
    focus = ramp(.02, .20, blur(sharp, 16 * unit))
    return Drawing(unit, painting, band_base(lab[..., 0], unit), skin, cover, warm, focus)


def _tone(drawing, bands):
    """The painting's OKLab with lightness bands, weaker in the sky, out of focus (where they drew rings around lamps
    and blotches into soft backgrounds) and around, not on, faces."""
    p, skin = drawing.painting, drawing.skin
    shine = skin * ramp(.80, .95, drawing.base)                 # a band edge across a shining forehead looks like paint
    amount = .95 * (.35 + .65 * drawing.focus) * (1 - .5 * p.sky) * (1 - .6 * p.face * (1 - skin)) * (1 - .8 * shine)
    toned = p.lab.copy()
    toned[..., 0] += band_offset(drawing.base, bands, drawing.unit) * amount
    return toned


def _glow(rgb, L, amount, unit):
    """Screen a blur of the brightest parts over the picture."""
    light = rgb * ramp(.66, .97, L)[..., None]
    return 1 - (1 - rgb) * (1 - amount * blur(light, 11 * unit) * _GLOW_TINT)


def colour(drawing, name):
    """Drawing -> uint8 RGB HxWx3 in one style."""
    style, unit = STYLES[name], drawing.unit
    lab = _tone(drawing, style.bands)
    seen = masks(lab)
    seen.skin = np.maximum(seen.skin * .6 + .4 * drawing.skin, seen.lips * blur(drawing.skin, 6 * unit))
    coloured = palette.apply(lab, seen, name)
    dark = coloured * _INK_TONE
    dark[..., 0] = np.minimum(dark[..., 0] + .04, coloured[..., 0] * .8)
    dark[..., 1:] += F(style.ink) * (1 - drawing.warm[..., None])
    inked = coloured + (dark - coloured) * np.clip(drawing.cover * style.line, 0, 1)[..., None]
    rgb = to_rgb(inked)
    if style.glow:
        rgb = _glow(rgb, inked[..., 0], style.glow, unit)
    return (np.clip(blur(rgb, _SOFT), 0, 1) * 255 + .5).astype(np.uint8)


def stylise(photo, name="meadow"):
    """uint8 RGB HxWx3 -> uint8 RGB of the same size."""
    return colour(draw(photo), name)


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
