"""Where edges run, and how busy a place is: the structure tensor of a lightness plane."""
from dataclasses import dataclass

import torch

from .smooth import blur, gradient


@dataclass
class Flow:
    """Planes Nx1xHxW.  (nx, ny) is the unit normal of the local edge; coherence is 0 (no direction) to 1 (one edge);
    texture is the root of the mean squared gradient."""
    nx: torch.Tensor
    ny: torch.Tensor
    coherence: torch.Tensor
    texture: torch.Tensor


def edge_flow(L, unit):
    """`L` is lightness in [0, 1]; `unit` the teacher's unit of length in pixels."""
    gx, gy = (g * unit for g in gradient(L))
    a, b, c = blur(torch.cat([gx * gx, gx * gy, gy * gy], 1), 2.6 * unit).chunk(3, 1)
    root = ((a - c) ** 2 + 4 * b * b).sqrt()
    nx, ny = b, .5 * (a + c + root) - a
    axis = torch.hypot(nx, ny) < 1e-9               # tensor already diagonal: take the stronger axis
    nx, ny = torch.where(axis, (a >= c).float(), nx), torch.where(axis, (a < c).float(), ny)
    length = torch.hypot(nx, ny) + 1e-12
    return Flow(nx / length, ny / length, root / (a + c + 1e-7), blur(a + c, 3 * unit).clamp_min(0).sqrt())
