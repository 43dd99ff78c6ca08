"""Photos with a licence -> training and validation pairs (see pairs.py for the files).

    python -m models.train.photos --photos photos --out pairs

`photos` holds JPEGs and photos.csv with the columns file, licence, split (train | val) and kind (face | scene).  Splits
are by source: no validation photo shares a source with a training photo.  Screenshots and diagrams are dropped.
The teacher's strokes are relative to picture size, so pairs are made at several working sizes.  Every file holds all
styles, which share the costly part of the teacher.
Pairs that are already there are kept, so a stopped run can go on.
"""
import argparse
import csv
import os
import random
import zlib
from multiprocessing import get_context

import cv2
import numpy as np

from .palette import STYLES
from .teacher import colour, draw

# (longer side, variant): plain; tone: other exposure and colours; crop: tone and, of large photos, a part;
# half: of some scenes only, because the teacher needs seconds at that size.
TRAIN_PLAN = ((256, "crop"), (384, "crop"), (256, "plain"), (512, "plain"), (768, "plain"), (1024, "half"),
              (512, "tone"), (384, "plain"), (256, "crop2"))
VAL_PLAN = ((256, "plain"), (512, "plain"), (1024, "plain"))
SCENES_ONLY = ("tone", "half", "crop2")
MOST_STRETCH = {"face": 1.3, "scene": 1.65}
VAL_STRETCH = {"face": 1.35, "scene": 1.8}
SHORTEST = 132          # a pair must hold a crop of 128


def is_photo(rgb, face):
    """Screenshots and diagrams have many exactly equal neighbours, much white and few colours."""
    if rgb.mean() < 12:
        return False
    step = np.abs(np.diff(rgb.astype(np.int16), axis=1)).sum(2)
    same = (step == 0).mean()
    white = ((step == 0) & (rgb[:, 1:].min(2) > 235)).mean()
    if face:                                    # portraits often stand before plain paper
        return white < .6 and same < .75
    return white < .15 and same < .38 and len(np.unique((rgb >> 4).reshape(-1, 3), axis=0)) > 60


def jitter(rgb, rng, part):
    """Other exposure, white balance and saturation; with `part`, a random half to three quarters of each side."""
    x = (rgb.astype(np.float32) / 255) ** rng.uniform(.6, 1.35)
    x *= np.array([rng.uniform(.9, 1.1) for _ in range(3)], np.float32)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(.8, 1.35)
    if part:
        share = rng.uniform(.5, .75)
        h, w = (int(s * share) for s in x.shape[:2])
        top, left = rng.randint(0, x.shape[0] - h), rng.randint(0, x.shape[1] - w)
        x = x[top:top + h, left:left + w]
    return (np.clip(x, 0, 1) * 255 + .5).astype(np.uint8)


def resize(rgb, side):
    """Longer side to `side`, aspect ratio kept."""
    s = side / max(rgb.shape[:2])
    if abs(s - 1) < .01:
        return rgb
    return cv2.resize(rgb, None, fx=s, fy=s, interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_CUBIC)


def variant(rgb, kind, side, how, rng):
    """The photo as the teacher shall see it, or None where this photo has no such variant."""
    face, longest = kind == "face", max(rgb.shape[:2])
    if how == "tone" or (how == "half" and rng.random() < .5):
        rgb = jitter(rgb, rng, False)
    if how.startswith("crop"):
        rgb = jitter(rgb, rng, longest >= (600 if face else 500))
    if side / max(rgb.shape[:2]) > MOST_STRETCH[kind]:
        return None
    rgb = resize(rgb, side)
    return rgb if min(rgb.shape[:2]) >= SHORTEST else None


def validation(rgb, kind, side):
    """Small portraits are shown as large as they may be stretched, but not at 1024."""
    limit = VAL_STRETCH[kind] * max(rgb.shape[:2])
    if side > limit and (side > 512 or kind == "scene"):
        return None
    return resize(rgb, min(side, round(limit)))


def make(job):
    """One pair; returns 1 if it is there afterwards, else 0."""
    row, side, how, a = job
    cv2.setNumThreads(1)
    kind, name = row["kind"], os.path.splitext(row["file"])[0]
    path = os.path.join(a.out, f"{row['split']}_{'F' if kind == 'face' else 'S'}_{side}_{how}_{name}.npy")
    if os.path.exists(path):
        return 1
    rng = random.Random(zlib.crc32(f"{name} {side} {how}".encode()))
    if kind == "face" and how in SCENES_ONLY:
        return 0
    if row["split"] == "train" and ((how == "half" and rng.random() < .4)
                                    or (side == 768 and kind == "face" and rng.random() < .5)):
        return 0
    bgr = cv2.imread(os.path.join(a.photos, row["file"]))
    if bgr is None or not is_photo(bgr, kind == "face"):
        return 0
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    x = validation(rgb, kind, side) if row["split"] == "val" else variant(rgb, kind, side, how, rng)
    if x is None:
        return 0
    drawing = draw(x)
    with open(path + ".new", "wb") as f:        # training may be reading the folder
        np.save(f, np.stack([x] + [colour(drawing, style) for style in STYLES]))
    os.replace(path + ".new", path)
    return 1


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--photos", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--split", default="both", choices=("train", "val", "both"))
    ap.add_argument("--sides", default="", help="only these, e.g. 256,512")
    ap.add_argument("--jobs", type=int, default=os.cpu_count())
    a = ap.parse_args(argv)
    os.makedirs(a.out, exist_ok=True)
    with open(os.path.join(a.photos, "photos.csv"), newline="") as f:
        rows = list(csv.DictReader(f))
    random.Random(0).shuffle(rows)
    sides = {int(s) for s in a.sides.split(",") if s}
    jobs = [(row, side, how, a) for split, plan in (("val", VAL_PLAN), ("train", TRAIN_PLAN)) for side, how in plan
            for row in rows if row["split"] == split and a.split in (split, "both") and (not sides or side in sides)]
    # Forked, a worker could inherit a lock that a thread of ours holds, and wait for ever.
    with get_context("spawn").Pool(a.jobs) as pool:
        print(f"{sum(pool.imap_unordered(make, jobs, chunksize=2))} pairs in {a.out}")


if __name__ == "__main__":
    main()
