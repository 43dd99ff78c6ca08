"""Smoothing and soft thresholds.  Planes and pictures are float32, HxW or HxWxC; borders are mirrored."""
import cv2
import numpy as np

F = np.float32


def ramp(low, high, x):
    """Smoothstep: 0 below `low`, 1 above `high`."""
    t = np.clip((x - low) / (high - low), 0, 1)
    return (t * t * (3 - 2 * t)).astype(F)


def bump(x, centre, width):
    """Soft bump on a circle of 360: 1 at `centre`, 0 from `width` away."""
    return ramp(0, 1, 1 - np.abs((x - centre + 180) % 360 - 180) / width)


def blur(x, sigma):
    return cv2.GaussianBlur(x, (0, 0), max(float(sigma), 0.3), borderType=cv2.BORDER_REFLECT)


def _box(x, r):
    return cv2.blur(x, (2 * r + 1, 2 * r + 1), borderType=cv2.BORDER_REFLECT)


def guided(plane, guide, radius, eps):
    """Smooth `plane` but keep the edges of `guide` (He et al., Guided Image Filtering, 2010)."""
    r = max(1, int(round(radius)))
    mean_p, mean_g = _box(plane, r), _box(guide, r)
    a = (_box(plane * guide, r) - mean_p * mean_g) / (_box(guide * guide, r) - mean_g * mean_g + eps)
    return (_box(a, r) * guide + _box(mean_p - a * mean_g, r)).astype(F)


def spread(unit, units):
    """A square structuring element about `units` wide, odd and at least 3 pixels."""
    side = max(3, 2 * round(unit * units / 2) + 1)
    return np.ones((side, side), np.uint8)


def bilateral(x, sigma_colour, sigma_space, times):
    for _ in range(times):
        x = cv2.bilateralFilter(x, 0, sigma_colour, max(sigma_space, .8))
    return x
