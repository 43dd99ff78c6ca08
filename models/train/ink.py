"""Dark lines along edges: flow-guided difference of Gaussians (Kang et al. 2007), specks removed."""
import cv2
import numpy as np

from .smooth import F, blur, ramp, spread

_WIDTH, _THRESHOLD = 1.25, .0050
_OUTER = 1.6            # outer Gaussian, relative to the inner
_REACH = 9.             # how far a line is averaged along itself, in units


def _at(plane, x, y, how=cv2.INTER_LINEAR):
    return cv2.remap(plane, x, y, how, borderMode=cv2.BORDER_REFLECT)


def _across(lab, flow, X, Y, unit, chroma):
    """Difference of Gaussians across the edge: negative on the dark side.  Colour edges count as much as `chroma`
    (HxW) allows."""
    s = _WIDTH * unit
    step = max(1., s * .8)
    n = int(np.ceil(2.5 * s * _OUTER / step))
    inner = outer = inner_sum = outer_sum = 0
    for i in range(-n, n + 1):
        d = i * step
        v = _at(lab, X + d * flow.nx, Y + d * flow.ny)
        a, b = np.exp(-d * d / (2 * s * s)), np.exp(-d * d / (2 * (_OUTER * s) ** 2))
        inner, outer, inner_sum, outer_sum = inner + a * v, outer + b * v, inner_sum + a, outer_sum + b
    D = (inner / inner_sum - outer / outer_sum).astype(F)
    return np.minimum(D[..., 0], -.9 * chroma * np.maximum(np.abs(D[..., 1]), np.abs(D[..., 2]))).astype(F)


def _along(D, flow, X, Y, unit):
    """Weighted mean of D along the edge, walked both ways pixel by pixel."""
    tx, ty, total, weight = -flow.ny, flow.nx, D.copy(), 1.
    step = max(1., 1.2 * unit)
    for sign in (1, -1):
        px, py, vx, vy = X.copy(), Y.copy(), sign * tx, sign * ty
        for i in range(1, int(_REACH * unit / step) + 1):
            px, py = px + step * vx, py + step * vy
            ux, uy = _at(tx, px, py, cv2.INTER_NEAREST), _at(ty, px, py, cv2.INTER_NEAREST)
            turn = np.where(ux * vx + uy * vy < 0, -1, 1).astype(F)    # tangents have no sign: keep going forward
            vx, vy = ux * turn, uy * turn
            w = np.exp(-(i * step) ** 2 / (2 * (_REACH * unit / 2.1) ** 2))
            total += w * _at(D, px, py)
            weight += w
    return total / weight


def sharpness(L, unit):
    """HxW, 0 for soft edges to 1 for sharp ones: soft ones (clouds, background out of focus) get no line.

    A step keeps its slope when looked at closely; a slow change has the same slope at every scale."""
    slope = lambda sigma: np.hypot(*(cv2.Sobel(blur(L, sigma * unit), cv2.CV_32F, *d) for d in ((1, 0), (0, 1))))
    widest = lambda t: cv2.dilate(t, spread(unit, 3))
    return blur(ramp(1.0, 1.4, widest(slope(.9)) / (widest(slope(3.)) + 1e-3)), 1.5 * unit)


def ink(lab, flow, skin, sharp, unit):
    """Ink cover HxW in [0, 1]; `sharp` as `sharpness` gives it.

    Fewer lines on skin, and no colour edges on and around it: keeps lips clean."""
    h, w = lab.shape[:2]
    Y, X = np.mgrid[0:h, 0:w].astype(F)
    across = _across(np.ascontiguousarray(lab), flow, X, Y, unit, 1 - ramp(.15, .6, blur(skin, 5 * unit)))
    D = _along(across, flow, X, Y, unit)
    cover = ramp(0, .017, -D - _THRESHOLD * (1 + .35 * blur(skin, 2 * unit)))
    cover *= sharp
    _, label, stats, _ = cv2.connectedComponentsWithStats((cover > .2).astype(np.uint8), connectivity=8)
    length = np.hypot(stats[:, cv2.CC_STAT_WIDTH], stats[:, cv2.CC_STAT_HEIGHT]) / unit
    keep = ramp(11, 24, length) * ramp(18, 45, stats[:, cv2.CC_STAT_AREA] / unit ** 2)
    keep[0] = 0                                                 # label 0 is the ground
    return blur(cover * cv2.dilate(keep[label].astype(F), spread(unit, 2)), .5 * unit)
