"""Smoothing and soft thresholds on pictures NxCxHxW and planes Nx1xHxW, float32; borders are mirrored."""
import math

import torch
import torch.nn.functional as F

_WIDEST = 4.        # a wider blur works on a picture reduced by whole numbers
_FARTHEST = 1.5     # of sigma: how far a bilateral filter looks


def ramp(low, high, x):
    """Smoothstep: 0 below `low`, 1 above `high`."""
    t = ((x - low) / (high - low)).clamp(0, 1)
    return t * t * (3 - 2 * t)


def bump(x, centre, width):
    """Soft bump on a circle of 360: 1 at `centre`, 0 from `width` away."""
    return ramp(0, 1, 1 - ((x - centre + 180) % 360 - 180).abs() / width)


def mirrored(x, left, right, top, bottom):
    """Reflection that also holds where the border is wider than the picture."""
    while max(left, right, top, bottom) > 0:
        h, w = x.shape[-2:]
        step = min(left, w - 1), min(right, w - 1), min(top, h - 1), min(bottom, h - 1)
        x = F.pad(x, step, mode="reflect")
        left, right, top, bottom = (a - b for a, b in zip((left, right, top, bottom), step))
    return x


def blur(x, sigma):
    """Gaussian; `sigma` in pixels, at least 0.3."""
    sigma = max(float(sigma), .3)
    if sigma > _WIDEST:
        f, (h, w) = int(sigma / _WIDEST * 2), x.shape[-2:]
        small = F.avg_pool2d(mirrored(x, 0, -w % f, 0, -h % f), f)
        small = blur(small, math.sqrt(max(sigma ** 2 - (f * f - 1) / 12, 0)) / f)
        return F.interpolate(small, scale_factor=f, mode="bilinear")[..., :h, :w]
    r = math.ceil(3 * sigma)
    k = torch.exp(-torch.arange(-r, r + 1, device=x.device, dtype=torch.float32) ** 2 / (2 * sigma ** 2))
    k = k / k.sum()
    n, c, h, w = x.shape
    y = mirrored(x, r, r, r, r).reshape(n * c, 1, h + 2 * r, w + 2 * r)
    return F.conv2d(F.conv2d(y, k.view(1, 1, 1, -1)), k.view(1, 1, -1, 1)).view(n, c, h, w)


def box(x, r):
    """Mean of a square of 2r + 1 pixels."""
    x = mirrored(x, r, r, r, r)
    return F.avg_pool2d(F.avg_pool2d(x, (1, 2 * r + 1), 1), (2 * r + 1, 1), 1)


def guided(plane, guide, radius, eps):
    """Smooth `plane` but keep the edges of `guide` (He et al., Guided Image Filtering, 2010)."""
    r = max(1, round(radius))
    mean_p, mean_g, both, square = box(torch.cat([plane, guide, plane * guide, guide * guide], 1), r).chunk(4, 1)
    a = (both - mean_p * mean_g) / (square - mean_g * mean_g + eps)
    a, b = box(torch.cat([a, mean_p - a * mean_g], 1), r).chunk(2, 1)
    return a * guide + b


def bilateral(x, sigma_colour, sigma_space, times):
    """Tomasi and Manduchi 1998; colour distance over all channels, a square of neighbours taken row by row."""
    sigma_space = max(float(sigma_space), .8)
    r = max(1, math.ceil(_FARTHEST * sigma_space))
    h = x.shape[-2]
    across = torch.arange(-r, r + 1, device=x.device, dtype=torch.float32) ** 2 / (2 * sigma_space ** 2)
    for _ in range(times):
        y, total, weight = mirrored(x, r, r, r, r), 0., 0.
        for dy in range(2 * r + 1):
            v = y[..., dy:dy + h, :].unfold(3, 2 * r + 1, 1)
            k = ((v - x[..., None]).square().sum(1, keepdim=True) * (-.5 / sigma_colour ** 2) - across).exp_()
            k *= math.exp(-(dy - r) ** 2 / (2 * sigma_space ** 2))
            total, weight = total + (v * k).sum(-1), weight + k.sum(-1)
        x = total / weight
    return x


def widest(x, side):
    """Maximum over a square of `side` pixels, odd."""
    return F.max_pool2d(x, side, 1, side // 2)


def spread(unit, units):
    """An odd number of pixels, at least 3, about `units` wide."""
    return max(3, 2 * round(unit * units / 2) + 1)


def gradient(x):
    """Central differences of a plane: across, down."""
    y = mirrored(x, 1, 1, 1, 1)
    row = torch.tensor([1., 2., 1.], device=x.device) / 8
    across = F.conv2d(y, torch.outer(row, torch.tensor([-1., 0., 1.], device=x.device)).view(1, 1, 3, 3))
    down = F.conv2d(y, torch.outer(torch.tensor([-1., 0., 1.], device=x.device), row).view(1, 1, 3, 3))
    return across, down
