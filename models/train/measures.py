"""How close a student's picture is to its teacher's, how drawn it looks, and what it keeps of the photo.

Pictures are uint8 RGB HxWx3.

psnr, ssim   student against teacher
flat         share of pixels with hardly any lightness gradient, relative to the photo's share
peak         99th percentile / median of the gradient: high means flat fills with crisp borders
line         share of thin dark ridges
structure    mean cosine of the gradients with the photo's where the photo has a coherent edge: lines, letters, outlines
burnt        share of pixels over 250 in all channels beyond the photo's
skin_turn    median turn of hue in degrees (OKLab), photo to picture, where the photo is skin
skin_tone    median lightness there (OKLab, 0 to 1)
"""
import cv2
import numpy as np
import torch
from skimage.metrics import structural_similarity

from .colour import masks, to_oklab

_LOOK_SIDE = 512            # style is measured on pictures reduced to this
_FLAT_STEP, _RIDGE = .006, .03
_EDGE, _COHERENT, _EDGE_SIGMA = .02, .6, .8     # of lightness a pixel; of the structure tensor; pixels
_BURNT = 250
_LEAST_SKIN = .03           # of the picture; less says nothing about skin


def psnr(a, b):
    return float(10 * np.log10(255 ** 2 / max(np.mean((a.astype(float) - b) ** 2), 1e-9)))


def ssim(a, b):
    return float(structural_similarity(a, b, channel_axis=2, data_range=255))


def _reduced(picture):
    s = _LOOK_SIDE / max(picture.shape[:2])
    return cv2.resize(picture, None, fx=s, fy=s, interpolation=cv2.INTER_AREA) if s < 1 else picture


def _lightness(picture):
    return cv2.cvtColor(picture, cv2.COLOR_RGB2Lab)[..., 0].astype(np.float32) / 255


def _gradient(L):
    return np.hypot(cv2.Sobel(L, -1, 1, 0) / 8, cv2.Sobel(L, -1, 0, 1) / 8)


def look(photo, picture):
    """flat, peak and line of `picture`, which was made from `photo`."""
    before, after = (_lightness(_reduced(p)) for p in (photo, picture))
    was, now = _gradient(before), _gradient(after)
    ridge = cv2.GaussianBlur(after, (0, 0), 2.4) - cv2.GaussianBlur(after, (0, 0), .8)
    return dict(flat=float((now < _FLAT_STEP).mean() / max((was < _FLAT_STEP).mean(), .02)),
                peak=float(np.percentile(now, 99) / max(np.median(now), 1e-3)),
                line=float((ridge > _RIDGE).mean()))


def _edges(picture):
    """Lightness gradients across and down, of a slightly blurred copy."""
    L = cv2.GaussianBlur(_lightness(picture), (0, 0), _EDGE_SIGMA)
    return cv2.Sobel(L, -1, 1, 0) / 8, cv2.Sobel(L, -1, 0, 1) / 8


def kept(photo, picture):
    """structure and burnt of `picture`, at its own size."""
    (ax, ay), (bx, by) = _edges(photo), _edges(picture)
    xx, xy, yy = (cv2.GaussianBlur(t, (0, 0), 2.) for t in (ax * ax, ax * ay, ay * ay))
    coherence = np.sqrt((xx - yy) ** 2 + 4 * xy * xy) / (xx + yy + 1e-9)
    on = (np.hypot(ax, ay) > _EDGE) & (coherence > _COHERENT)
    out = dict(burnt=max(0., float((picture.min(2) > _BURNT).mean() - (photo.min(2) > _BURNT).mean())))
    if on.any():
        cosine = (ax * bx + ay * by) / (np.hypot(ax, ay) * np.hypot(bx, by) + 1e-6)
        out["structure"] = float(cosine[on].mean())
    return out


def _oklab(picture):
    """HxWx3 and the masks, HxW, of a picture."""
    lab = to_oklab(torch.from_numpy(picture.astype(np.float32) / 255).permute(2, 0, 1)[None])
    return lab[0].permute(1, 2, 0).numpy(), masks(lab)


def skin(photo, picture):
    """structure    mean cosine of the gradients with the photo's where the photo has a coherent edge: lines, letters, outlines
burnt        share of pixels over 250 in all channels beyond the photo's
skin_turn and skin_tone, or nothing where too little skin shows."""
    (before, seen), (after, _) = (_oklab(_reduced(p)) for p in (photo, picture))
    on = seen.skin[0, 0].numpy() > .6
    if on.mean() <= _LEAST_SKIN:
        return {}
    hues = [np.arctan2(t[..., 2], t[..., 1])[on] for t in (before, after)]
    turn = np.degrees(np.angle(np.exp(1j * (hues[1] - hues[0]))))
    return dict(skin_turn=float(np.median(turn)), skin_tone=float(np.median(before[..., 0][on])))
