"""What landmarks say about a face: its skin, its features, larger eyes before the redraw and drawn ones after it.

Points are those of MediaPipe's face mesh (faces.py), here in pixels: 478x2 for each face.
"""
import os
from dataclasses import dataclass, field

import cv2
import numpy as np
import torch
import torch.nn.functional as F

from .smooth import blur, guided, ramp

OVAL = [10, 338, 297, 332, 284, 251, 389, 356, 454, 323, 361, 288, 397, 365, 379, 378, 400, 377, 152, 148, 176, 149, 150, 136,
        172, 58, 132, 93, 234, 127, 162, 21, 54, 103, 67, 109]
LIPS = [61, 146, 91, 181, 84, 17, 314, 405, 321, 375, 291, 409, 270, 269, 267, 0, 37, 39, 40, 185]
INNER_LIPS = [78, 95, 88, 178, 87, 14, 317, 402, 318, 324, 308, 415, 310, 311, 312, 13, 82, 81, 80, 191]
BROWS = [70, 63, 105, 66, 107, 55, 65, 52, 53, 46], [300, 293, 334, 296, 336, 285, 295, 282, 283, 276]
NOSTRILS = [64, 98, 97, 2, 326, 327, 294, 278, 4, 48]
CHEEKS = 50, 280
LIDS = [33, 246, 161, 160, 159, 158, 157, 173, 133], [263, 466, 388, 387, 386, 385, 384, 398, 362]
EYES = LIDS[0] + [155, 154, 153, 145, 144, 163, 7], LIDS[1] + [382, 381, 380, 374, 373, 390, 249]
CORNERS = (33, 133), (263, 362)
IRISES = range(468, 473), range(473, 478)       # the first is the centre
_LEAST_IRIS = 1.6       # pixels of radius under which no eye is drawn
_LEAST_FACE = 24        # pixels across under which a face is left as it is
_DARK_GLASSES = .13     # spread of lightness over an open eye: less is behind dark glass


@dataclass
class Faces:
    """Of one picture: `points`, a list of 478x2 in pixels; `person`, 1x1xHxW in [0, 1], the person if there is one."""
    points: list = field(default_factory=list)
    person: torch.Tensor = None


def read(path, h, w, device="cpu", cut=(0., 0., 1., 1.)):
    """What faces.py found in a photo of which the part `cut` (left, top, width, height, as shares) is now `h` by `w` pixels;
    nothing where it was not asked."""
    if not path or not os.path.exists(path):
        return Faces()
    found, (left, top, width, height) = np.load(path), cut
    points = [((p - (left, top)) / (width, height) * (w, h)).astype(np.float32) for p in found["points"]]
    inside = lambda p: ((p > -.1 * np.float32([w, h])) & (p < 1.1 * np.float32([w, h]))).all()
    points = [p for p in points if np.ptp(p[:, 0]) >= _LEAST_FACE and inside(p)]
    if not points:
        return Faces()
    mask = found["person"]
    rows, columns = (np.linspace(a * n, (a + b) * n, m, endpoint=False) for a, b, n, m in (
        (top, height, mask.shape[0], h), (left, width, mask.shape[1], w)))
    person = cv2.remap(mask, *(t.astype(np.float32) - .5 for t in np.meshgrid(columns, rows)), cv2.INTER_CUBIC,
                       borderMode=cv2.BORDER_REPLICATE)
    return Faces(points, torch.from_numpy(person.astype(np.float32) / 255)[None, None].to(device))


def polygons(h, w, outlines, device, soft=1.):
    """1x1xHxW: 1 inside any of the outlines (Nx2 pixels)."""
    plane = np.zeros((h, w), np.float32)
    for outline in outlines:
        cv2.fillPoly(plane, [(outline * 16).astype(np.int32)], 1., cv2.LINE_AA, 4)
    return blur(torch.from_numpy(plane)[None, None].to(device), soft)


def strokes(h, w, lines, widths, device, soft=.5):
    plane = np.zeros((h, w), np.float32)
    for line, width in zip(lines, widths):
        cv2.polylines(plane, [(line * 16).astype(np.int32)], False, 1., max(1, round(width)), cv2.LINE_AA, 4)
    return blur(torch.from_numpy(plane)[None, None].to(device), soft)


def grown(outline, by):
    """An outline moved away from its middle."""
    middle = outline.mean(0)
    return middle + (outline - middle) * by


def size(points):
    """Width of a face in pixels."""
    return float(np.hypot(*(points[454] - points[234])))


def skin(faces, h, w, device):
    """1x1xHxW: the faces' skin with the forehead, without eyes, brows, nostrils and lips; zero where there is no face."""
    on = torch.zeros(1, 1, h, w, device=device)
    for p in faces.points:
        s = size(p)
        oval = p[OVAL].copy()
        up = p[10] - p[152]
        oval[:6] += .10 * up                     # the mesh ends below the hairline
        oval[-5:] += .10 * up
        inside = polygons(h, w, [oval], device, .02 * s)
        parts = [grown(p[e], 1.25) for e in EYES] + [grown(p[b], 1.1) for b in BROWS] + [grown(p[LIPS], 1.08), p[NOSTRILS]]
        on = torch.maximum(on, inside * (1 - polygons(h, w, parts, device, .012 * s)))
    return on


def eyes(faces, h, w, device):
    """1x1xHxW: the faces' eyes with their lashes; zero where there is no face."""
    on = torch.zeros(1, 1, h, w, device=device)
    for p in faces.points:
        for outline in EYES:
            soft = .12 * float(np.ptp(p[outline][:, 0])) + .5
            on = torch.maximum(on, polygons(h, w, [grown(p[outline], 1.35)], device, soft))
    return on


def _grid(h, w, device):
    y, x = torch.meshgrid(torch.arange(h, device=device, dtype=torch.float32),
                          torch.arange(w, device=device, dtype=torch.float32), indexing="ij")
    return x, y


def warp(picture, mx, my):
    """Nx.xHxW sampled where the planes HxW say, in pixels."""
    h, w = picture.shape[-2:]
    grid = torch.stack([(mx * 2 + 1) / w - 1, (my * 2 + 1) / h - 1], -1)[None]
    return F.grid_sample(picture, grid.expand(len(picture), -1, -1, -1), mode="bicubic", padding_mode="reflection", align_corners=False)


def enlarge_eyes(picture, faces, by=1.1):
    """(picture with larger eyes, faces with their points moved).  At 1.38 a small network drew black smears: it cannot tell
    to the pixel where such an eye ends."""
    h, w = picture.shape[-2:]
    x, y = _grid(h, w, picture.device)
    mx, my, moved = x.clone(), y.clone(), []
    for p in faces.points:
        new = p.copy()
        for corners in CORNERS:
            c = (p[corners[0]] + p[corners[1]]) / 2
            r = 1.2 * float(np.hypot(*(p[corners[0]] - p[corners[1]])))
            fall = lambda u, v, top: (1 - top(np.hypot if isinstance(u, np.ndarray) else torch.hypot, u, v)) ** 2
            near = lambda hyp, u, v: (hyp(u - float(c[0]), (v - float(c[1])) * 1.1) / r).clip(0, 1) ** 2
            k = fall(x, y, near)
            mx += (float(c[0]) - x) * (1 - 1 / (1 + (by - 1) * k))
            my += (float(c[1]) - y) * (1 - 1 / (1 + (by * 1.08 - 1) * k))
            k = fall(p[:, 0], p[:, 1], near)
            new += .9 * (p - c) * np.stack([k * (by - 1), k * (by * 1.08 - 1)], 1)
        moved.append(new.astype(np.float32))
    return (warp(picture, mx, my) if faces.points else picture), Faces(moved, faces.person)


FARTHER = 1.2           # a face is redrawn from a smaller copy: fewer, cleaner lines
_SHADE = .045           # of lightness below a face's light tone, where its shadow begins
_MOST_QUANTILE = 2 ** 24    # torch's quantile takes no more numbers
_LEAST_SHARE = .10      # a face narrower than this share of the picture gets no quiet background


def _axes(points):
    """Middle, unit vector to the top and to the side, of a face; in face widths v is up and u is right."""
    middle, up = points[OVAL].mean(0), points[10] - points[152]
    up = up / (np.hypot(*up) + 1e-6)
    return middle, up, np.array([-up[1], up[0]])


def _place(points, h, w, device):
    x, y = _grid(h, w, device)
    middle, up, right = _axes(points)
    s = size(points)
    dx, dy = (x - float(middle[0])) / s, (y - float(middle[1])) / s
    return (dx * float(right[0]) + dy * float(right[1]))[None, None], (dx * float(up[0]) + dy * float(up[1]))[None, None]


def _two_tone(lab, on, s):
    """Skin in a light and a shadow tone with a soft border, the shadow a little rosier."""
    L = lab[:, :1]
    smooth = guided(L, L, .05 * s, .004)
    inside = L[on > .6]
    if inside.numel() < 50:
        return lab
    light = float(inside.quantile(.65)) if inside.numel() < _MOST_QUANTILE else float(inside.median()) + .01
    on = on * (1 - ramp(.17, .27, light - smooth))                  # a beard is not skin
    lit = ramp(-.018, .018, smooth - (light - _SHADE))
    depth = (light - smooth).clamp(.05, .17) * .5 + .035
    want = light + .012 - (1 - lit) * depth
    # shine on skin is grey: fills take the skin's own colour
    own = torch.stack([lab[:, i:i + 1][(on > .6) & (smooth > light - _SHADE)].median() for i in (1, 2)]).view(1, 2, 1, 1)
    tint = lab[:, 1:] + (own - lab[:, 1:]) * .6 * on
    tint = tint * (1 + .10 * (1 - lit) * on) + torch.tensor([.010, 0.], device=lab.device).view(1, 2, 1, 1) * (1 - lit) * on
    return torch.cat([L + (want - smooth) * .8 * on, tint], 1)


def paint(lab, d):
    """OKLab of a Drawing -> the same as a portrait: skin in two tones, cheeks, shine in the hair, quiet background."""
    h, w = lab.shape[-2:]
    if not d.faces.points:
        return lab
    for p in d.faces.points:
        s = size(p)
        if s < 2 * _LEAST_FACE:
            continue
        on = skin(Faces([p]), h, w, lab.device)
        lab = _two_tone(lab, on, s)
        u, v = _place(p, h, w, lab.device)
        x, y = _grid(h, w, lab.device)
        for i in CHEEKS:
            near = torch.exp(-((x - float(p[i][0])) ** 2 + ((y - float(p[i][1])) * 1.5) ** 2) / (2 * (.095 * s) ** 2))[None, None]
            lab = lab + near * on * torch.tensor([-.012, .030, .008], device=lab.device).view(1, 3, 1, 1)
        lab = _shine(lab, d, p, u, v)
    return _quiet(lab, d)


def hair(lab, d, u, v):
    """1x1xHxW: the person around a face's upper half that is neither skin nor much lighter than it."""
    if d.faces.person is None:
        return torch.zeros_like(u)
    around = ramp(-.75, -.35, v) * (1 - ramp(.85, 1.0, torch.hypot(u / 1.05, (v - .1) / 1.3)))
    skin_near = torch.maximum(d.skin, skin(d.faces, *u.shape[-2:], u.device))
    return around * ramp(.4, .7, d.faces.person) * (1 - ramp(.15, .45, skin_near)) * (1 - ramp(.78, .9, lab[:, :1]))


def _shine(lab, d, p, u, v):
    """A band of light across the crown, broken up by the strands."""
    on = hair(lab, d, u, v)
    L = lab[:, :1]
    strands = ((L - blur(L, 3.5 * d.unit)) / .04).clamp(-1, 1)
    ring = torch.hypot(u / .72, (v + .05) / 1.02) + .05 * strands
    band = torch.exp(-((ring - .86) / .06) ** 2) * ramp(.25, .5, v) + .45 * torch.exp(-((ring - .72) / .03) ** 2) * ramp(.4, .6, v)
    gain = band * on * (.75 + .25 * strands)
    return torch.cat([L + gain * (.07 + .22 * L) * (1 - L), lab[:, 1:] * (1 + .15 * gain)], 1)


def _without(lab, person, sigma):
    """A blur that takes nothing from the person, whose colours would bleed into the background."""
    rest = (1 - person) + 1e-3
    return blur(lab * rest, sigma) / blur(rest, sigma)


def _quiet(lab, d):
    """What is not the person loses detail and contrast, and gets lighter."""
    if d.faces.person is None or max(map(size, d.faces.points)) < _LEAST_SHARE * max(lab.shape[-2:]):
        return lab
    person = guided(d.faces.person, lab[:, :1], 8 * d.unit, .002).clamp(0, 1)
    soft = _without(lab, person, 5 * d.unit)
    soft = torch.cat([.30 + .66 * soft[:, :1], soft[:, 1:] * .85], 1)
    return lab + (soft - lab) * (.85 * (1 - ramp(.25, .7, person)))


def draw_eyes(rgb, faces):
    """sRGB with a lash line, an iris lit from below, a dark pupil and two catchlights on every open eye that is large enough."""
    h, w = rgb.shape[-2:]
    device = rgb.device
    x, y = _grid(h, w, device)
    for p in faces.points:
        for lid, outline, iris in zip(LIDS, EYES, IRISES):
            ring = p[list(iris)]
            c, r = ring[0], float(np.mean(np.hypot(*(ring[1:] - ring[0]).T)))
            width, opening = np.hypot(*(p[lid[0]] - p[lid[-1]])), abs(p[lid[4]][1] - p[outline[12]][1])
            if r < _LEAST_IRIS:
                continue                                    # too small for drawn eyes
            eye = polygons(h, w, [p[outline]], device, .08 * r + .3)
            if _behind_glass(rgb, eye):
                continue
            lash = strokes(h, w, [p[lid]], [max(1., r * .34)], device, .06 * r + .3)
            rgb = rgb * (1 - .8 * lash * torch.tensor([1., 1, .94], device=device).view(1, 3, 1, 1))
            if opening < .13 * width:
                continue                                    # closed: the lash line is all
            cx, cy = float(c[0]), float(c[1])
            dist, t = torch.hypot(x - cx, y - cy)[None, None] / r, ((y - cy) / r).clamp(-1, 1)[None, None]
            white = eye * ramp(1.02, 1.2, dist)
            rgb = rgb + ((rgb * .6 + .4) - rgb) * (.55 * white * ramp(-.6, .2, t))
            grey = rgb.mean(1, keepdim=True)
            glow = .20 * ramp(-.1, .9, t) * (1 - ramp(.5, .95, dist))
            lit = (grey + (rgb - grey) * 2.0 + glow).clamp(0, 1) * (.5 + .5 * ramp(-.6, .9, t))
            rgb = rgb + (lit - rgb) * ((1 - ramp(.9, 1.12, dist)) * eye * .85)
            rim = torch.exp(-((dist - .95) / .12) ** 2)
            rgb = rgb * (1 - .45 * rim * eye) * (1 - .75 * (1 - ramp(.30, .44, dist)) * eye)
            inside = ramp(.2, .6, blur(eye, .6))
            for dx, dy, radius in ((-.33, -.36, .29), (.30, .34, .14)):
                spot = 1 - ramp(radius * .7, radius * 1.15, torch.hypot(x - cx - dx * r, y - cy - dy * r)[None, None] / r)
                rgb = rgb + (1 - rgb) * (.95 * spot * inside)
    return rgb.clamp(0, 1)


def _behind_glass(rgb, eye):
    """An eye that is dark all over is behind dark glass."""
    inside = rgb.mean(1, keepdim=True)[eye > .5]
    if inside.numel() < 4:
        return True
    low, high = inside.quantile(.1), inside.quantile(.95)
    return bool(high < .42) and bool(high - low < _DARK_GLASSES)
