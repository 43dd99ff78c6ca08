"""How much of the photo one output pixel depends on, found from the layers themselves."""
import copy

import torch
from torch import nn

from .networks import paint

_SIDE = 768         # must exceed any bounded reach by a wide margin
_WIDTH = 32         # rows alone are looked at, columns are alike
_STEP = 8           # the generators repeat every eight pixels at most


def receptive_field(net):
    """Side in pixels of the square of photo that one output pixel can depend on, or "global".

    Measured on a copy in double precision whose weights are all positive, so that no contribution cancels: the
    pixels with a gradient are exactly those that the layers connect.  The largest over the four phases counts.
    """
    if any(isinstance(m, nn.GroupNorm) for m in net.modules()):
        return "global"
    net = copy.deepcopy(net).double()
    with torch.no_grad():
        for p in net.parameters():
            p.fill_(1 / p[0].numel() if p.dim() > 1 else 0)
    return max(high - low + 1 for low, high in (span(net, _SIDE // 2 + phase) for phase in range(_STEP)))


def span(net, at):
    """First and last row of photo that output row `at` depends on; columns are alike."""
    photo = torch.zeros(1, 3, _SIDE, _WIDTH, dtype=torch.double, requires_grad=True)
    paint(net, photo, torch.full((1, 1, 1, 1), 512., dtype=torch.double))[0, 0, at, _WIDTH // 2].backward()
    rows = photo.grad[0].abs().sum((0, 2)).nonzero()
    return int(rows.min()), int(rows.max())
