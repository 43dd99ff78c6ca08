"""The teacher: a slow, deterministic pipeline that turns a photo into an anime picture.  The student copies it.

    python -m models.train.teacher photo.jpg drawn.png --style meadow [--faces photo.npz]

First the photo is redrawn (redraw.py), then coloured: structure in three layers, tone, palette, ink, glow.  Lengths are in
units of (longer side / 640), so a small and a large version of one photo come out alike, but for the upscaler's strokes.
Pictures are 1x3xHxW.
"""
import argparse
from dataclasses import dataclass

import cv2
import numpy as np
import torch

from . import palette, portrait, redraw, upscaler
from .bands import band_base, band_offset
from .colour import masks, to_oklab, to_rgb
from .flow import edge_flow
from .ink import ink, sharpness
from .palette import STYLES
from .smooth import bilateral, blur, guided, ramp

_REFERENCE_SIDE = 640
_DRIFT = 9.             # units: lower frequencies are the photo's, for the upscaler's tones drift
_SMALL_FACE = 130.      # pixels across under which a face's features come from the photo: redrawn, they would be wiped out
_SHARP_FACE = 60.
_INK_CHROMA = .8


@dataclass
class Drawing:
    """What styles share: OKLab without bands or palette, and its lines.  Planes are 1x1xHxW."""
    unit: float
    lab: torch.Tensor
    seen: object            # colour.Masks of lab
    skin: torch.Tensor      # smoothed skin mask
    cover: torch.Tensor     # ink
    base: torch.Tensor      # smoothed lightness that chooses the band
    focus: torch.Tensor     # 1 near sharp edges, 0 where the photo is out of focus or plain
    sky: torch.Tensor
    faces: portrait.Faces


def _double(lab):
    """OKLab with chroma doubled, so that colour edges hold as well as lightness edges; and back."""
    return lab * torch.tensor([1., 2, 2], device=lab.device).view(1, 3, 1, 1)


def _flatten(lab, sigma, space, times):
    return bilateral(_double(lab), sigma, space, times) * torch.tensor([1., .5, .5], device=lab.device).view(1, 3, 1, 1)


def layers(calm, far, near, faces, unit):
    """OKLab of the three copies -> (OKLab, how much came from the photo itself, foliage)."""
    flow, small = edge_flow(near[:, :1], unit), edge_flow(calm[:, :1], .55)
    leafy = ramp(.012, .03, flow.texture) * (1 - ramp(.35, .7, blur(flow.coherence, 3 * unit)))
    leafy = leafy * (1 - ramp(.2, .5, blur(portrait.skin(faces, *calm.shape[-2:], calm.device), 8 * unit)))
    fine = ramp(.03, .09, blur((near - far).abs().amax(1, keepdim=True), 1.2 * unit)) * ramp(.25, .65, flow.coherence)
    lab = far + (near - far) * blur(fine, 1.5 * unit)
    clean = _flatten(calm, .018, 1.3, 1)
    lost = (clean - lab).abs().amax(1, keepdim=True)
    tiny = ramp(.018, .06, blur(lost, 1.)) * ramp(.15, .5, small.coherence)
    tiny = blur(tiny * (1 - .75 * leafy), .8) * .9
    for p in faces.points:
        s = portrait.size(p)
        if s < _SMALL_FACE:
            parts = [portrait.grown(p[e], 1.3) for e in portrait.EYES] + [portrait.grown(p[portrait.LIPS], 1.1)]
            features = portrait.polygons(*calm.shape[-2:], parts, calm.device, .02 * s + .5)
            tiny = torch.maximum(tiny, features * (1 - float(ramp(_SHARP_FACE, _SMALL_FACE, torch.tensor(s)))))
    lab = lab + (clean - lab) * tiny
    return lab + blur(calm, _DRIFT * unit) - blur(lab, _DRIFT * unit), tiny, leafy


def draw(rgb, calm, far, near, faces, side=0):
    """The photo, its calmed copy, and that redrawn from far and from near -> Drawing.  Of a part of a photo, `side` is the
    whole's longer side."""
    h, w = rgb.shape[-2:]
    unit = (side or max(h, w)) / _REFERENCE_SIDE
    calm, far, near = map(to_oklab, (calm, far, near))
    lab, tiny, leafy = layers(calm, far, near, faces, unit)
    m = masks(lab)
    on_face = portrait.skin(faces, h, w, rgb.device)
    skin = torch.maximum(guided(m.skin, lab[:, :1], 4 * unit, .01).clamp(0, 1), on_face)
    flat = _flatten(lab, .027, 3 * unit, 2)
    lab = lab + (flat - lab) * (.8 * (1 - .8 * tiny))
    clumps = _flatten(lab, .045, 2.4 * unit, 2)                     # leaves become clumps, not speckle
    lab = lab + (clumps - lab) * (.7 * blur(leafy, 2 * unit) * (1 - tiny))
    original = calm[:, :1]
    sharp = sharpness(original, unit)
    focus = ramp(.02, .2, blur(sharp, 16 * unit))
    sky = blur(m.blue * ramp(.5, .65, lab[:, :1]), 3 * unit)
    # no ink around clouds, in crowds and letters (it would swallow them), little in leaves (it would worm)
    airy = (1.6 * blur(ramp(.35, .6, blur(m.blue * ramp(.55, .7, lab[:, :1]), 2 * unit)), 6 * unit)).clamp(0, 1)
    cover = ink(lab, edge_flow(near[:, :1], unit), torch.maximum(skin, on_face), sharp, unit)
    cover = cover * (1 - .9 * airy) * (1 - .75 * ramp(.1, .4, blur(tiny, 4 * unit))) * (1 - .6 * leafy)
    return Drawing(unit, lab, m, skin, cover, band_base(lab[:, :1], unit), focus, sky, faces)


def _tone(d, style):
    """OKLab with lightness bands, weaker in the sky, on skin and out of focus, where they would draw rings."""
    amount = style.band * (.35 + .65 * d.focus) * (1 - .5 * d.sky) * (1 - .3 * d.skin)
    return torch.cat([d.lab[:, :1] + band_offset(d.base, style.bands, d.unit) * amount, d.lab[:, 1:]], 1)


def colour(d, name):
    """Drawing -> sRGB 1x3xHxW in one style."""
    style = STYLES[name]
    lab = _tone(d, style)
    if name == "portrait":
        lab = portrait.paint(lab, d)
    seen = masks(lab)
    skin = torch.maximum(seen.skin * .5 + .5 * d.skin, seen.lips * blur(d.skin, 6 * d.unit)).clamp(0, 1)
    coloured = palette.apply(lab, seen, skin, name)
    tone = torch.tensor([style.line_tone, _INK_CHROMA, _INK_CHROMA], device=lab.device).view(1, 3, 1, 1)
    cover = d.cover
    if style.thick:
        cover = (1.7 * blur(cover, style.thick * d.unit)).clamp(0, 1)
    inked = coloured + (coloured * tone - coloured) * (cover * style.line * (1 - .25 * d.skin)).clamp(0, 1)
    rgb = to_rgb(inked)
    if style.glow:
        light = rgb * ramp(.70, .98, inked[:, :1])
        tint = torch.tensor([1., .94, 1.], device=lab.device).view(1, 3, 1, 1)
        rgb = 1 - (1 - rgb) * (1 - style.glow * blur(light, 12 * d.unit) * tint)
    if name == "portrait":
        rgb = portrait.draw_eyes(rgb, d.faces)
    return rgb.clamp(0, 1)


class Teacher:
    """`far`, `near`: upscalers (redraw.redrawn)."""

    def __init__(self, far, near):
        self.far, self.near = far, near

    def _draw(self, rgb, faces, side, farther=1.):
        calm = redraw.calm(rgb, faces, side)
        far, near = redraw.factors(side or max(rgb.shape[-2:]))
        return draw(rgb, calm, redraw.redrawn(self.far, calm, far * farther), redraw.redrawn(self.near, calm, near), faces,
                    side)

    @torch.no_grad()
    def __call__(self, rgb, faces, styles=tuple(STYLES), side=0):
        """1x3xHxW in [0, 1] -> one picture for each style.  Portraits are redrawn anew, with larger eyes."""
        plain = self._draw(rgb, faces, side) if set(styles) - {"portrait"} or not faces.points else None
        drawings = {name: plain for name in styles}
        if "portrait" in styles and faces.points:
            drawings["portrait"] = self._draw(*portrait.enlarge_eyes(rgb, faces), side, portrait.FARTHER)
        return [colour(drawings[name], name) for name in styles]


def load(folder, device):
    """The teacher with the upscalers of `folder`; on a GPU they compute in float16."""
    one = lambda name: upscaler.Upscaler(folder, name, half=device != "cpu").to(device)
    return Teacher(one(upscaler.FAR), one(upscaler.NEAR))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("photo")
    ap.add_argument("out")
    ap.add_argument("--style", default="meadow", choices=STYLES)
    ap.add_argument("--side", type=int, default=0, help="reduce the longer side to this first")
    ap.add_argument("--faces", default="", help="the file that models.train.faces wrote of this photo")
    ap.add_argument("--upscaler", default="", help="folder of the upscalers' files; usually the installed package's")
    ap.add_argument("--device", default="cpu")
    a = ap.parse_args()
    photo = cv2.imread(a.photo)
    if photo is None:
        raise SystemExit(f"cannot read {a.photo}")
    scale = a.side / max(photo.shape[:2]) if a.side else 1
    if scale < 1:
        photo = cv2.resize(photo, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    rgb = torch.from_numpy(np.ascontiguousarray(photo[..., ::-1])).to(a.device).permute(2, 0, 1)[None].float() / 255
    faces = portrait.read(a.faces, *photo.shape[:2], a.device)
    drawn = load(a.upscaler or upscaler.installed(), a.device)(rgb, faces, (a.style,))[0]
    cv2.imwrite(a.out, (drawn[0].permute(1, 2, 0) * 255 + .5).byte().cpu().numpy()[..., ::-1])


if __name__ == "__main__":
    main()
