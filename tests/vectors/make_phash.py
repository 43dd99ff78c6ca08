"""Write phash.json: what ImageHash makes of formulas and of crops of photos.  See README.md.

    pip install ImageHash==4.3.2 Pillow==13.0.0 scipy==1.17.1
    python tests/vectors/make_phash.py          # from the repository's root
"""
import json
import os

import imagehash
import numpy as np
from PIL import Image

HERE = "tests/vectors"
PHOTOS = "tests/fixtures/photos"
CROP = 144, 108         # of the photos, stored without loss in phash/

SIZES = [(1, 1), (1, 2), (2, 1), (3, 5), (7, 7), (8, 8), (16, 16), (31, 33), (33, 31), (32, 32), (31, 32), (32, 31),
         (1, 32), (32, 1), (1, 40), (40, 1), (32, 100), (100, 32), (64, 64), (97, 61), (61, 97), (128, 65), (65, 129),
         (200, 150), (150, 200), (300, 90), (90, 300), (255, 3), (3, 255), (2, 1000), (1000, 2), (640, 8), (8, 640)]


def noise(count, seed):
    """SplitMix64's values as `count` rows of four bytes, the lowest first."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.uint64(0x9E3779B97F4A7C15) * np.arange(1, count + 1, dtype=np.uint64)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z[:, None] >> np.array([0, 8, 16, 24], dtype=np.uint64)).astype(np.uint8)


def grey(values):
    return Image.fromarray((values % 256).astype(np.uint8))


def picture(kind, w, h, n):
    y, x = np.mgrid[:h, :w].astype(np.int64)
    if kind == "flat":
        return grey(x * 0 + n)
    if kind == "across":
        return grey(x * 255 // max(1, w - 1))
    if kind == "down":
        return grey(y * 255 // max(1, h - 1))
    if kind == "diagonal":
        return grey((x + y) * 255 // max(1, w + h - 2))
    if kind == "tent":
        return grey(np.minimum(x, w - 1 - x) * n)
    if kind == "checks":
        return Image.fromarray(((x // n + y // n) % 2 == 1))                        # 1 bit a pixel
    if kind == "rings":
        return Image.fromarray(np.stack([x * x + y * y, x * n, y * n], -1).astype(np.uint8))
    if kind == "noise":
        return Image.fromarray(noise(w * h, n)[:, :3].reshape(h, w, 3).copy())
    if kind == "clear":                                                             # with transparency
        return Image.fromarray(noise(w * h, n).reshape(h, w, 4))
    if kind == "palette":
        indexed = Image.fromarray(((x * y + x) % 16).astype(np.uint8), "P")
        indexed.putpalette(noise(16, n)[:, :3].tobytes())
        return indexed
    raise ValueError(kind)


def formulas():
    for i, (w, h) in enumerate(SIZES):
        for kind, n in [("flat", i * 37 % 256), ("across", 0), ("down", 0), ("diagonal", 0), ("tent", i % 7 + 1),
                        ("checks", i % 5 + 1), ("rings", i % 9 + 1), ("noise", i), ("clear", i), ("palette", i)]:
            yield kind, w, h, n


def photos():
    """Smaller copies of the photos, whose crops are hashed."""
    for name in sorted(os.listdir(PHOTOS)):
        stored = f"phash/{name.replace('.jpg', '.png')}"
        small = Image.open(f"{PHOTOS}/{name}").convert("RGB").reduce(3)
        left, top = (small.width - CROP[0]) // 2, (small.height - CROP[1]) // 2
        small.crop((left, top, left + CROP[0], top + CROP[1])).save(f"{HERE}/{stored}", optimize=True)
        for i in range(14):
            w, h = CROP if i == 0 else (CROP[0] - i * 9, CROP[1] - (i * 5) % 83)
            yield stored, i * 4 % (CROP[0] - w + 1), i * 3 % (CROP[1] - h + 1), w, h


def hashed(image):
    return str(imagehash.phash(image, hash_size=8, highfreq_factor=4))


def main():
    os.makedirs(f"{HERE}/phash", exist_ok=True)
    of_formulas = [[*case, hashed(picture(*case))] for case in formulas()]
    of_crops = [[name, x, y, w, h, hashed(Image.open(f"{HERE}/{name}").crop((x, y, x + w, y + h)))]
                for name, x, y, w, h in photos()]
    lines = [f'"{name}": [\n' + ",\n".join(map(json.dumps, cases)) + "\n]"
             for name, cases in [("formulas", of_formulas), ("crops", of_crops)]]
    with open(f"{HERE}/phash.json", "w", encoding="utf-8") as file:
        file.write("{" + ",\n".join(lines) + "}\n")


if __name__ == "__main__":
    main()
