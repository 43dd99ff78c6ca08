"""Pictures for somebody who shall say which they prefer and does not know whose they are.

    python -m models.train.blind --photos 'photos/*.jpg' --ours 'ours/*.png' --theirs 'theirs/*.jpg' --out judged --count 20

Files whose names have the same in the place of a pattern's one asterisk belong together.  Writes 01.png, 02.png …: the photo, then
A and B, ours or theirs by chance; and key.json, whose SHA-256 is printed so that nobody can change it afterwards.
"""
import argparse
import glob
import hashlib
import json
import os
import random

import cv2
import numpy as np

_GAP = 12
_BAND = 28          # pixels above each picture, for its letter


def named(pattern):
    """Files by what their names have in the place of the pattern's asterisk."""
    before, star, after = pattern.partition("*")
    if not star or "*" in after:
        raise SystemExit(f"{pattern} must have one asterisk")
    return {path[len(before):len(path) - len(after)]: path for path in glob.glob(pattern)}


def lettered(picture, letter):
    band = np.full((_BAND, picture.shape[1], 3), 255, np.uint8)
    cv2.putText(band, letter, (8, _BAND - 7), cv2.FONT_HERSHEY_SIMPLEX, .8, (0, 0, 0), 2, cv2.LINE_AA)
    return np.vstack([band, picture])


def row(pictures, letters, side):
    """The pictures beside each other in the first one's shape, its longer side at most `side`."""
    scale = min(1, side / max(pictures[0].shape[:2]))
    h, w = (max(1, round(s * scale)) for s in pictures[0].shape[:2])
    parts = []
    for picture, letter in zip(pictures, letters):
        parts += [lettered(cv2.resize(picture, (w, h), interpolation=cv2.INTER_AREA), letter),
                  np.full((h + _BAND, _GAP, 3), 255, np.uint8)]
    return np.hstack(parts[:-1])


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    for name in ("photos", "ours", "theirs", "out"):
        ap.add_argument(f"--{name}", required=True)
    ap.add_argument("--count", type=int, default=20)
    ap.add_argument("--side", type=int, default=900)
    ap.add_argument("--seed", type=int, default=0)
    a = ap.parse_args(argv)
    rng = random.Random(a.seed)
    files = [named(pattern) for pattern in (a.photos, a.ours, a.theirs)]
    names = sorted(set.intersection(*map(set, files)))
    if not names:
        raise SystemExit("no photo has both pictures")
    triples = [tuple(kind[name] for kind in files) for name in names]
    rng.shuffle(triples)
    os.makedirs(a.out, exist_ok=True)
    key = {}
    for number, (photo, ours, theirs) in enumerate(triples[:a.count], 1):
        sides = [("ours", ours), ("theirs", theirs)]
        rng.shuffle(sides)
        key[f"{number:02}"] = {"photo": os.path.basename(photo), "A": sides[0][0], "B": sides[1][0]}
        pictures = [cv2.imread(path) for path in (photo, sides[0][1], sides[1][1])]
        cv2.imwrite(os.path.join(a.out, f"{number:02}.png"), row(pictures, ("photo", "A", "B"), a.side))
    sealed = json.dumps(key, indent=1)
    with open(os.path.join(a.out, "key.json"), "w") as f:
        f.write(sealed)
    print(f"{len(key)} pictures in {a.out}; SHA-256 of the key: {hashlib.sha256(sealed.encode()).hexdigest()}")


if __name__ == "__main__":
    main()
