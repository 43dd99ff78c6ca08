"""Dark lines along edges: flow-guided difference of Gaussians (Kang et al. 2007), short ones removed."""
import math

import torch
import torch.nn.functional as F

from .smooth import blur, gradient, ramp, spread, widest

_WIDTH, _THRESHOLD = .70, .0050
_OUTER = 1.6            # outer Gaussian, relative to the inner
_REACH = 9.             # how far a line is averaged along itself, in units
_LONG = 16.             # how far a line must go on to be one, in units


class _Walk:
    """Samples planes at places that move along or across the flow."""

    def __init__(self, flow):
        h, w = flow.nx.shape[-2:]
        device = flow.nx.device
        y, x = torch.meshgrid(torch.arange(h, device=device, dtype=torch.float32),
                              torch.arange(w, device=device, dtype=torch.float32), indexing="ij")
        self.x, self.y, self.h, self.w = x[None, None], y[None, None], h, w

    def at(self, plane, x, y, how="bilinear"):
        grid = torch.stack([(x * 2 + 1) / self.w - 1, (y * 2 + 1) / self.h - 1], -1)[:, 0]
        return F.grid_sample(plane, grid, mode=how, padding_mode="reflection", align_corners=False)


def _across(lab, flow, walk, unit, chroma):
    """Difference of Gaussians across the edge: negative on the dark side.  Colour edges count as much as `chroma`
    (a plane) allows."""
    s = _WIDTH * unit
    step = max(1., s * .8)
    n = math.ceil(2.5 * s * _OUTER / step)
    inner = outer = inner_sum = outer_sum = 0.
    for i in range(-n, n + 1):
        d = i * step
        v = walk.at(lab, walk.x + d * flow.nx, walk.y + d * flow.ny)
        a, b = math.exp(-d * d / (2 * s * s)), math.exp(-d * d / (2 * (_OUTER * s) ** 2))
        inner, outer, inner_sum, outer_sum = inner + a * v, outer + b * v, inner_sum + a, outer_sum + b
    D = inner / inner_sum - outer / outer_sum
    return torch.minimum(D[:, :1], -.9 * chroma * D[:, 1:].abs().amax(1, keepdim=True))


def _along(D, flow, walk, reach, step):
    """Weighted mean of D along the edge, walked both ways."""
    tangent = torch.cat([-flow.ny, flow.nx], 1)
    total, weight = D.clone(), 1.
    for sign in (1, -1):
        px, py = walk.x, walk.y
        v = sign * tangent
        for i in range(1, int(reach / step) + 1):
            px, py = px + step * v[:, :1], py + step * v[:, 1:]
            u = walk.at(tangent, px, py, "nearest")
            v = torch.where((u * v).sum(1, keepdim=True) < 0, -u, u)      # tangents have no sign: keep going forward
            k = math.exp(-(i * step) ** 2 / (2 * (reach / 2.1) ** 2))
            total = total + k * walk.at(D, px, py)
            weight += k
    return total / weight


def sharpness(L, unit):
    """0 for soft edges to 1 for sharp ones: soft ones (clouds, background out of focus) get no line.

    A step keeps its slope when looked at closely; a slow change has the same slope at every scale."""
    slope = lambda sigma: torch.hypot(*gradient(blur(L, sigma * unit))) * 8
    near = spread(unit, 3)
    return blur(ramp(1.0, 1.4, widest(slope(.9), near) / (widest(slope(3.), near) + 1e-3)), 1.5 * unit)


def ink(lab, flow, skin, sharp, unit):
    """Ink cover in [0, 1]; `sharp` as `sharpness` gives it.

    Fewer lines on skin, and no colour edges on and around it: keeps lips clean."""
    walk = _Walk(flow)
    D = _along(_across(lab, flow, walk, unit, 1 - ramp(.15, .6, blur(skin, 5 * unit))), flow, walk, _REACH * unit,
               max(1., 1.2 * unit))
    cover = ramp(0, .017, -D - _THRESHOLD * (1 + .35 * blur(skin, 2 * unit))) * sharp
    goes_on = _along(cover, flow, walk, _LONG * unit, max(1.5, 2 * unit))
    return blur(cover * ramp(.10, .34, goes_on), .5 * unit)
