"""Training pictures on disk: `<split>_<F|S>_<side>_<variant>_<photo>.npy`, uint8, RGB, of shape (1 + styles)xHxWx3:
the photo, then the teacher's picture in every style, in the order of palette.STYLES.

F is a portrait, S any other scene; side is the length of the longer side the teacher worked at.
"""
import glob
import os
import random

import numpy as np
import torch

from .palette import STYLES

# How often each working size is drawn.  At 256 lines are one pixel wide, and learnt last.
SIDE_WEIGHT = {256: .38, 384: .10, 512: .20, 768: .12, 1024: .2}
ENOUGH = 50         # a size with fewer pairs than this is drawn less often, so that they are not learnt by heart
FACE_SHARE = .35
DULL = 18.          # a crop whose photo varies less than this (standard deviation, of 255) is drawn again


class Pairs:
    """Random crops of one folder's training pairs.  Files are memory-mapped, so workers share them."""

    def __init__(self, folder, rng=None):
        self.folder, self.rng = folder, rng or random.Random(0)
        self.files, self.groups = set(), {}
        self.refresh()

    def refresh(self):
        """Pick up pairs written since the last call."""
        for path in sorted(set(glob.glob(os.path.join(self.folder, "train_*_*_*.npy"))) - self.files):
            _, kind, side, _ = os.path.basename(path).split("_", 3)
            self.groups.setdefault(int(side), {}).setdefault(kind, []).append(np.load(path, mmap_mode="r"))
            self.files.add(path)
        if not self.files:
            raise SystemExit(f"no training pairs in {self.folder}: run models.train.photos first")

    def _pick(self):
        sides = sorted(self.groups)
        plenty = lambda side: min(1, sum(map(len, self.groups[side].values())) / ENOUGH)
        group = self.groups[self.rng.choices(sides, [SIDE_WEIGHT.get(s, .2) * plenty(s) for s in sides])[0]]
        kind = "F" if "F" in group and ("S" not in group or self.rng.random() < FACE_SHARE) else "S"
        return self.rng.choice(group[kind])

    def crop(self, size, layer):
        """One random crop, mirrored half the time: 2 x size x size x 3, uint8; and the whole picture's longer side."""
        pair = self._pick()
        while min(pair.shape[1:3]) < size:
            pair = self._pick()
        _, h, w, _ = pair.shape
        for _ in range(4):
            r, c = self.rng.randint(0, h - size), self.rng.randint(0, w - size)
            if pair[0, r:r + size:8, c:c + size:8].astype(np.float32).std() > DULL:
                break
        cut = pair[[0, layer], r:r + size, c:c + size]
        return (cut[:, :, ::-1] if self.rng.random() < .5 else cut), max(h, w)

    def batch(self, n, size, style, device="cpu"):
        """Photo and teacher, each n x 3 x size x size, float32 in [-1, 1]; longer sides, n x 1 x 1 x 1.

        Photo and teacher lie channels last, as the networks want them."""
        layer = 1 + list(STYLES).index(style)
        cuts, sides = zip(*(self.crop(size, layer) for _ in range(n)))
        cuts = torch.from_numpy(np.stack(cuts, 1)).to(device).float() / 127.5 - 1
        photo, teacher = cuts.permute(0, 1, 4, 2, 3)
        return photo, teacher, torch.tensor(sides, dtype=torch.float32, device=device).view(n, 1, 1, 1)
