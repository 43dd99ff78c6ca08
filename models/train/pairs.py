"""Training pictures on disk: `<split>_<F|S>_<side>_<variant>_<photo>.npy`, uint8, RGB, of shape (2 + styles)xHxWx3:
the photo, the teacher's picture in every style, in the order of palette.STYLES, and where the eyes are (0 to 255).

F is a portrait, S any other scene; side is the longer side of the whole photo as the teacher saw it.
"""
import glob
import os
import random
from collections import namedtuple

import numpy as np
import torch

from .palette import STYLES

# How often each working size is drawn.  At 256 lines are one pixel wide, and learnt last.
SIDE_WEIGHT = {256: .22, 384: .14, 512: .28, 768: .24, 1024: .12}
ENOUGH = 50         # a size with fewer pairs than this is drawn less often, so that they are not learnt by heart
FACE_SHARE = .45
DULL = 18.          # a crop whose photo varies less than this (standard deviation, of 255) is drawn again


EYE_SHARE = .5      # of the crops of pairs with eyes that hold one
_EYES_KEPT = 64     # places in eyes that are remembered of a pair

Pair = namedtuple("Pair", "layers side eyes")


def places(eyes, rng):
    """Some (row, column) inside the eyes of a plane HxW."""
    found = np.argwhere(eyes > 128)
    return [tuple(found[rng.randrange(len(found))]) for _ in range(_EYES_KEPT)] if len(found) else []


class Pairs:
    """Random crops of one folder's training pairs.  On a CPU files are memory-mapped, so workers share them; a GPU holds
    them all."""

    def __init__(self, folder, rng=None, device="cpu", styles=tuple(STYLES)):
        self.folder, self.rng, self.device = folder, rng or random.Random(0), torch.device(device)
        self.layers = [0] + [1 + list(STYLES).index(style) for style in styles] + [-1]
        self.files, self.groups = set(), {}
        self.refresh()

    def refresh(self, most=None):
        """Pick up pairs written since the last call, `most` of them at most."""
        new = sorted(set(glob.glob(os.path.join(self.folder, "train_*_*_*.npy"))) - self.files, key=os.path.getmtime)
        for path in new[:most]:
            _, kind, side, _ = os.path.basename(path).split("_", 3)
            pair = np.load(path, mmap_mode="r")
            eyes = places(pair[-1, ..., 0], self.rng)
            if self.device.type != "cpu":
                pair = torch.from_numpy(np.array(pair)).to(self.device)
            self.groups.setdefault(int(side), {}).setdefault(kind, []).append(Pair(pair, int(side), eyes))
            self.files.add(path)

    def _pick(self):
        sides = sorted(self.groups)
        plenty = lambda side: min(1, sum(map(len, self.groups[side].values())) / ENOUGH)
        group = self.groups[self.rng.choices(sides, [SIDE_WEIGHT.get(s, .2) * plenty(s) for s in sides])[0]]
        kind = "F" if "F" in group and ("S" not in group or self.rng.random() < FACE_SHARE) else "S"
        return self.rng.choice(group[kind])

    def crop(self, size):
        """One random crop, mirrored half the time: (2 + styles) x size x size x 3, uint8; the
        whole picture's longer side."""
        pair, side, eyes = self._pick()
        while min(pair.shape[1:3]) < size:
            pair, side, eyes = self._pick()
        _, h, w, _ = pair.shape
        near = self.rng.choice(eyes) if eyes and self.rng.random() < EYE_SHARE else None
        for _ in range(4 if self.device.type == "cpu" else 1):      # a GPU would have to be waited for
            r, c = self.rng.randint(0, h - size), self.rng.randint(0, w - size)
            if near:
                r, c = (min(max(int(at) - self.rng.randint(size // 5, size * 4 // 5), 0), end - size)
                        for at, end in zip(near, (h, w)))
            if near or self.device.type != "cpu" or pair[0, r:r + size:8, c:c + size:8].astype(np.float32).std() > DULL:
                break
        cut = pair[self.layers, r:r + size, c:c + size]
        if self.device.type == "cpu":
            cut = torch.from_numpy(np.array(cut))
        return (cut.flip(2) if self.rng.random() < .5 else cut), side

    def batch(self, n, size):
        """Photo, n x 3 x size x size, and the teacher's pictures of it, a list of the same; float32 in [-1, 1], channels last;
        longer sides, n x 1 x 1 x 1; where the eyes are, n x 1 x size x size, in [0, 1]."""
        cuts, sides = zip(*(self.crop(size) for _ in range(n)))
        cuts = torch.stack(cuts, 1).float() / 127.5 - 1
        photo, *teacher, eyes = cuts.permute(0, 1, 4, 2, 3)
        return photo, teacher, torch.tensor(sides, dtype=torch.float32, device=self.device).view(n, 1, 1, 1), eyes[:, :1] * .5 + .5
