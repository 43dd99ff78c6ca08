"""Photos with a licence -> training and validation pairs (see pairs.py for the files).

    python -m models.train.photos --photos photos --faces faces --out pairs

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
import torch

from . import portrait, upscaler
from .teacher import load

# (longer side, variant): plain; tone: other exposure and colours; crop: tone and, of large photos, a part; face: a square
# around the largest face, with other colours, of a photo of this size.
TRAIN_PLAN = ((512, "plain"), (256, "crop"), (768, "plain"), (384, "crop"), (512, "tone"), (256, "plain"), (1024, "tone"),
              (768, "crop"), (384, "face"), (640, "face"), (1024, "face"))
VAL_PLAN = ((256, "plain"), (512, "plain"), (1024, "plain"))
MOST_STRETCH = 1.4
VAL_STRETCH = {"face": 1.35, "scene": 1.8}
SHORTEST = 192          # a pair must hold a crop of it
FACES, FACE_EDGES = (44, 200), (176, 288)       # pixels: a face's width, a square's edge
SMALL, MOST_ASPECT = 320, 1.33      # small pictures are cut to this, or they would be too narrow


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


def jitter(rgb, rng):
    """Other exposure, white balance and saturation."""
    x = (rgb.astype(np.float32) / 255) ** rng.uniform(.6, 1.4)
    x *= np.array([rng.uniform(.9, 1.1) for _ in range(3)], np.float32)
    grey = x.mean(2, keepdims=True)
    x = grey + (x - grey) * rng.uniform(.7, 1.35)
    return (np.clip(x, 0, 1) * 255 + .5).astype(np.uint8)


def resize(rgb, side):
    """Longer side to `side`, aspect ratio kept."""
    s = side / max(rgb.shape[:2])
    if abs(s - 1) < .01:
        return rgb
    return cv2.resize(rgb, None, fx=s, fy=s, interpolation=cv2.INTER_AREA if s < 1 else cv2.INTER_CUBIC)


def variant(rgb, side, how, rng):
    """The photo as the teacher shall see it with what was cut off (left, top, width, height, as shares), or None where
    this photo has no such variant."""
    longest, (h, w) = max(rgb.shape[:2]), rgb.shape[:2]
    cut = (0., 0., 1., 1.)
    if how != "plain":
        rgb = jitter(rgb, rng)
    if how == "crop" and longest >= 500:
        share = rng.uniform(.5, .8)
        cut = rng.uniform(0, 1 - share), rng.uniform(0, 1 - share), share, share
    elif side <= SMALL and longest > MOST_ASPECT * min(h, w):
        keep = MOST_ASPECT * min(h, w) / longest
        start = rng.uniform(0, 1 - keep)
        cut = (start, 0., keep, 1.) if w > h else (0., start, 1., keep)
    left, top = round(cut[0] * w), round(cut[1] * h)
    rgb = rgb[top:top + round(cut[3] * h), left:left + round(cut[2] * w)]
    if side / max(rgb.shape[:2]) > MOST_STRETCH:
        return None
    rgb = resize(rgb, side)
    return (rgb, cut) if min(rgb.shape[:2]) >= SHORTEST else None


def around_face(rgb, side, faces, rng):
    """As `variant`, of a photo in which `faces` are: most of what is seen is a face."""
    if not faces.points or side / max(rgb.shape[:2]) > MOST_STRETCH:
        return None
    points = max(faces.points, key=portrait.size) * (side / max(rgb.shape[:2]))
    rgb = resize(jitter(rgb, rng), side)
    (h, w), wide = rgb.shape[:2], portrait.size(points)
    edge = min(max(FACE_EDGES[0], round(1.9 * wide)), FACE_EDGES[1], h, w) // 8 * 8
    if edge < FACE_EDGES[0] or not FACES[0] <= wide <= FACES[1]:
        return None
    middle = (points.min(0) + points.max(0)) / 2 + np.float32([rng.uniform(-.1, .1), rng.uniform(-.1, .1)]) * edge
    left, top = (int(np.clip(m - edge / 2, 0, size - edge)) for m, size in zip(middle, (w, h)))
    return rgb[top:top + edge, left:left + edge], (left / w, top / h, edge / w, edge / h)


def validation(rgb, kind, side):
    """Small portraits are shown as large as they may be stretched, but not at 1024."""
    limit = VAL_STRETCH[kind] * max(rgb.shape[:2])
    if side > limit and (side > 512 or kind == "scene"):
        return None
    return resize(rgb, min(side, round(limit)))


def begin(a):
    """A worker's teacher."""
    global teacher
    cv2.setNumThreads(1)
    torch.set_num_threads(1)
    teacher = load(a.upscaler or upscaler.installed(), a.device)


def make(job):
    """One pair; returns 1 if it is there afterwards, else 0."""
    row, side, how, a = job
    kind, name = row["kind"], os.path.splitext(row["file"])[0]
    path = os.path.join(a.out, f"{row['split']}_{'F' if kind == 'face' else 'S'}_{side}_{how}_{name}.npy")
    if os.path.exists(path):
        return 1
    rng = random.Random(zlib.crc32(f"{name} {side} {how}".encode()))
    bgr = cv2.imread(os.path.join(a.photos, row["file"]))
    if bgr is None or not is_photo(bgr, kind == "face"):
        return 0
    rgb = np.ascontiguousarray(bgr[..., ::-1])
    whole = (0., 0., 1., 1.)
    found = os.path.join(a.faces, name + ".npz") if a.faces else ""
    if row["split"] == "val":
        made = validation(rgb, kind, side), whole
    elif how == "face":
        made = around_face(rgb, side, portrait.read(found, *rgb.shape[:2]), rng)
    else:
        made = variant(rgb, side, how, rng)
    if made is None or made[0] is None:
        return 0
    x, cut = made
    faces = portrait.read(found, *x.shape[:2], a.device, cut)
    given = torch.from_numpy(np.ascontiguousarray(x)).to(a.device).permute(2, 0, 1)[None].float() / 255
    eyes = portrait.eyes(portrait.enlarge_eyes(given, faces)[1], *x.shape[:2], a.device)
    pictures = torch.cat([given] + teacher(given, faces, side=side if how == "face" else 0) + [eyes.expand(1, 3, -1, -1)])
    with open(path + ".new", "wb") as f:        # training may be reading the folder
        np.save(f, (pictures.permute(0, 2, 3, 1) * 255 + .5).byte().cpu().numpy())
    os.replace(path + ".new", path)
    return 1


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--photos", required=True)
    ap.add_argument("--out", required=True)
    ap.add_argument("--split", default="both", choices=("train", "val", "both"))
    ap.add_argument("--sides", default="", help="only these, e.g. 256,512")
    ap.add_argument("--faces", default="", help="what models.train.faces found; without it no face is known")
    ap.add_argument("--upscaler", default="", help="folder of the upscalers' files; usually the installed package's")
    ap.add_argument("--device", default="cpu")
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
    with get_context("spawn").Pool(a.jobs, begin, (a,)) as pool:
        print(f"{sum(pool.imap_unordered(make, jobs, chunksize=2))} pairs in {a.out}")


if __name__ == "__main__":
    main()
