"""The generators.  All map 1x3xHxW RGB in [-1, 1] to the same shape and range; H and W are multiples of 4.

Lean has no normalisation at all: one output pixel sees a bounded area, so pictures can be run in tiles.  Because the
teacher's lengths follow the picture's size, which a bounded area does not show, Lean is told it: `side`, Nx1x1x1, the
longer side of the whole picture in pixels.  Both tiers are Leans; fine is deeper.
AnimeGANv2 is the published generator (Chen et al. 2020, second version), written here from its layer table: 2,143,552
parameters, GroupNorm over the whole picture, so its output depends on every pixel, yet not on the photo's contrast: with
a norm after every convolution and no biases, f(x) = f(x / 2).
"""
import functools

import torch
import torch.nn.functional as F
from torch import nn

from .depthwise import Depthwise

SLOPE = 0.2
SIZES = -1.5, 1.5        # log2(longer side / 512) is kept in this range


# ------------------------------------------------------------------------------------------------ AnimeGANv2
def norm_conv(cin, cout, k=3, stride=1, groups=1):
    """Reflection pad, convolution, GroupNorm with one group, LeakyReLU; only the depthwise kind has a bias.

    A stride of 2 pads right and bottom only, so an even side halves exactly."""
    pad = (0, 1, 0, 1) if stride == 2 else ((k - 1) // 2,) * 4
    return nn.Sequential(nn.ReflectionPad2d(pad), nn.Conv2d(cin, cout, k, stride, groups=groups, bias=groups > 1),
                         nn.GroupNorm(1, cout), nn.LeakyReLU(SLOPE))


class InvertedResidual(nn.Module):
    """Inverted residual with expansion 2; the input is added when the channel counts agree."""

    def __init__(self, cin, cout):
        super().__init__()
        mid = 2 * cin
        self.path = nn.Sequential(norm_conv(cin, mid, 1), norm_conv(mid, mid, 3, groups=mid),
                                  nn.Conv2d(mid, cout, 1, bias=False), nn.GroupNorm(1, cout))
        self.residual = cin == cout

    def forward(self, x):
        y = self.path(x)
        return x + y if self.residual else y


class AnimeGANv2(nn.Module):
    """Stride-4 trunk, two bilinear steps up (corners aligned), no skips."""

    sized, multiple = False, 4
    own = ("up_full", "paint")          # what the styles do not share while they train together

    def __init__(self):
        super().__init__()
        self.down = nn.Sequential(norm_conv(3, 32, 7), norm_conv(32, 64, 3, 2), norm_conv(64, 64))
        self.trunk = nn.Sequential(norm_conv(64, 128, 3, 2), norm_conv(128, 128), norm_conv(128, 128),
                                   InvertedResidual(128, 256), *[InvertedResidual(256, 256) for _ in range(3)],
                                   norm_conv(256, 128))
        self.up_half = nn.Sequential(norm_conv(128, 128), norm_conv(128, 128))
        self.up_full = nn.Sequential(norm_conv(128, 64), norm_conv(64, 64), norm_conv(64, 32, 7))
        self.paint = nn.Conv2d(32, 3, 1, bias=False)

    def encode(self, photo, size=None):
        half = self.down(photo)
        t = self.trunk(half)
        return self.up_half(F.interpolate(t, half.shape[-2:], mode="bilinear", align_corners=True))

    def decode(self, seen, photo, size=None):
        t = self.up_full(F.interpolate(seen, photo.shape[-2:], mode="bilinear", align_corners=True))
        return torch.tanh(self.paint(t))

    def forward(self, photo):
        return self.decode(self.encode(photo), photo)


# ------------------------------------------------------------------------------------------------ Lean
def conv(cin, cout, k=3, stride=1, groups=1):
    """Zero-padded convolution with bias, then LeakyReLU."""
    return nn.Sequential(nn.Conv2d(cin, cout, k, stride, k // 2, groups=groups), nn.LeakyReLU(SLOPE, inplace=True))


class LeanBlock(nn.Module):
    """Inverted residual with expansion 2 and no normalisation; its last layer starts near zero, so it starts as
    the identity.  `size` (Nx1x1x1, 0 at 512 pixels) shifts every expanded channel by a learnt amount."""

    def __init__(self, c, dilation=1):
        super().__init__()
        last = nn.Conv2d(2 * c, c, 1)
        nn.init.normal_(last.weight, 0, .02)
        nn.init.zeros_(last.bias)
        self.expand, self.last = nn.Conv2d(c, 2 * c, 1), last
        self.by_size = nn.Parameter(torch.zeros(1, 2 * c, 1, 1))
        self.depthwise = Depthwise(2 * c, dilation)

    def forward(self, x, size):
        y = F.leaky_relu(self.expand(x) + (size * self.by_size).to(x.dtype), SLOPE)
        return x + self.last(F.leaky_relu(self.depthwise(y), SLOPE))


class Lean(nn.Module):
    """Space-to-depth stem, stride-4 trunk, depth-to-space up, one skip, and a head that sees the photo itself.

    `dilations`: of the trunk's blocks; `polish`: how many blocks follow at half size; `head`: channels of the layers at
    full size."""
    sized, multiple = True, 4
    own = ("up_half", "fuse", "polish", "up_full", "head", "last")

    def __init__(self, dilations, polish, head, narrow=32, wide=96):
        super().__init__()
        self.stem, self.down = conv(12, narrow), conv(narrow, wide, 3, 2)
        self.trunk = nn.ModuleList([LeanBlock(wide, d) for d in dilations])
        self.up_half, self.fuse = conv(wide, 4 * narrow, 1), conv(2 * narrow, narrow)
        self.polish = nn.ModuleList([LeanBlock(narrow) for _ in range(polish)])
        self.up_full = nn.Conv2d(narrow, 32, 3, 1, 1)
        self.head = nn.Sequential(*[conv(cin, cout) for cin, cout in zip((11, *head), head)])
        self.last = nn.Conv2d(head[-1], 3, 3, 1, 1)

    def encode(self, photo, size):
        """What is seen, the same for all styles: features at half size and at the trunk's."""
        half = self.stem(F.pixel_unshuffle(photo, 2))
        return half, blocks(self.trunk, self.down(half), size)

    def decode(self, seen, photo, size):
        half, t = seen
        up = self.fuse(torch.cat([F.pixel_shuffle(self.up_half(t), 2), half], 1))
        return self.picture(blocks(self.polish, up, size), photo)

    def picture(self, half, photo):
        """From features at half size to the picture; the head begins with the photo itself."""
        paint = self.head(torch.cat([F.pixel_shuffle(self.up_full(half), 2), photo], 1))
        return torch.tanh(self.last(paint) + 1.5 * photo)

    def forward(self, photo, side):
        size = relative_size(side)
        return self.decode(self.encode(photo, size), photo, size)


class Wide(Lean):
    """A Lean whose trunk goes on at an eighth of the size, where parameters cost little: it is wide and deep enough
    there to know a face, a sky and a letter.

    `quarter`, `eighth`: dilations of the blocks at those sizes; `back`: how many follow at a quarter on the way up."""
    multiple = 8
    own = ("up_quarter", "fuse_quarter", "back", *Lean.own)

    def __init__(self, quarter, eighth, back, polish, head, narrow=32, wide=96, widest=160):
        super().__init__(quarter, polish, head, narrow, wide)
        self.down_eighth = conv(wide, widest, 3, 2)
        self.deep = nn.ModuleList([LeanBlock(widest, d) for d in eighth])
        self.up_quarter, self.fuse_quarter = conv(widest, 4 * wide, 1), conv(2 * wide, wide)
        self.back = nn.ModuleList([LeanBlock(wide) for _ in range(back)])

    def encode(self, photo, size):
        half, quarter = super().encode(photo, size)
        return half, quarter, blocks(self.deep, self.down_eighth(quarter), size)

    def decode(self, seen, photo, size):
        half, quarter, t = seen
        up = self.fuse_quarter(torch.cat([F.pixel_shuffle(self.up_quarter(t), 2), quarter], 1))
        return super().decode((half, blocks(self.back, up, size)), photo, size)


def relative_size(side):
    """Longer sides in pixels -> how many doublings from 512, kept in range."""
    return (side / 512).log2().clamp(*SIZES)


def blocks(chain, x, size):
    for block in chain:
        x = block(x, size)
    return x


_DILATIONS = 1, 2, 4, 1, 2, 4, 2
_DEEP = 1, 1, 2, 1, 1, 2, 1, 1, 2, 1, 1, 2, 1
TIERS = {"fast": functools.partial(Lean, _DILATIONS, 1, (16, 16)),                               # 355,459 parameters
         "fine": functools.partial(Wide, (1, 1, 1, 1, 1), _DEEP, 1, 2, (24, 24)),
         "animeganv2": AnimeGANv2}


def paint(net, photo, side):
    """`net`'s picture; `side` goes to the networks that want it."""
    return net(photo, side) if net.sized else net(photo)


class Together(nn.Module):
    """One network for each style with all that looks at the photo in common: it is seen once and painted in every style.
    Lines, faces and skies are the same for all, so four train in little more than the time of two."""

    def __init__(self, tier, styles):
        super().__init__()
        self.nets = nn.ModuleDict({style: TIERS[tier]() for style in styles})
        first, *others = self.nets.values()
        for net in others:
            for name, part in first.named_children():
                if name not in net.own:
                    setattr(net, name, part)

    def forward(self, photo, side):
        """A picture for each style, in their order."""
        first = next(iter(self.nets.values()))
        size = relative_size(side)
        seen = first.encode(photo, size)
        return [net.decode(seen, photo, size) for net in self.nets.values()]
