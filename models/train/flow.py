"""Where edges run, and how busy a place is: the structure tensor of a lightness plane."""
from dataclasses import dataclass

import cv2
import numpy as np

from .smooth import F, blur


@dataclass
class Flow:
    """Planes HxW.  (nx, ny) is the unit normal of the local edge; coherence is 0 (no direction) to 1 (one edge);
    texture is the root of the mean squared gradient."""
    nx: np.ndarray
    ny: np.ndarray
    coherence: np.ndarray
    texture: np.ndarray


def edge_flow(L, unit):
    """`L` is lightness in [0, 1]; `unit` the teacher's unit of length in pixels."""
    gx, gy = cv2.Sobel(L, cv2.CV_32F, 1, 0) / 8 * unit, cv2.Sobel(L, cv2.CV_32F, 0, 1) / 8 * unit
    a, b, c = (blur(t, 2.6 * unit) for t in (gx * gx, gx * gy, gy * gy))
    root = np.sqrt((a - c) ** 2 + 4 * b * b)
    larger = .5 * (a + c + root)
    nx, ny = b, larger - a
    axis = np.hypot(nx, ny) < 1e-9                  # tensor already diagonal: take the stronger axis
    nx, ny = np.where(axis, (a >= c) * 1., nx), np.where(axis, (a < c) * 1., ny)
    length = np.hypot(nx, ny) + 1e-12
    return Flow((nx / length).astype(F), (ny / length).astype(F), root / (a + c + 1e-7),
                np.sqrt(blur(a + c, 3 * unit)))
