"""Measure an exported generator against its teacher on the validation pairs, and draw a contact sheet.

    python -m models.train.evaluate --model models/meadow-fast.onnx --pairs pairs --sheet sheet.jpg

Runs the ONNX file as our engine does, at every working size the folder holds.  See measures.py for what the columns mean.
"""
import argparse
import glob
import json
import os

import cv2
import numpy as np

from . import export
from .measures import kept, look, psnr, skin, ssim
from .palette import STYLES

_SHEET_WIDTH, _SHEET_GAP, _SHEET_QUALITY = 300, 4, 80
_DARK, _LIGHT = .55, .72            # OKLab lightness of skin: darker than the first, lighter than the second


def run(generator, photo, multiple=8):
    """uint8 RGB of any size -> uint8 RGB; sides are mirrored up to the multiple and cut again."""
    h, w = photo.shape[:2]
    padded = np.pad(photo, ((0, -h % multiple), (0, -w % multiple), (0, 0)), mode="reflect")
    x = padded.transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    y = export.run(generator, x, max(h, w))[0].transpose(1, 2, 0)[:h, :w]
    return ((y.clip(-1, 1) + 1) * 127.5 + .5).astype(np.uint8)


def measure(photo, teacher, student):
    """Every measure of one picture; the teacher's own look and the untouched photo's distance beside it."""
    row = dict(psnr=psnr(student, teacher), ssim=ssim(student, teacher),
               photo_psnr=psnr(photo, teacher), photo_ssim=ssim(photo, teacher), **skin(photo, student))
    row.update(look(photo, student), **kept(photo, student))
    row.update({f"teacher_{k}": v for k, v in {**look(photo, teacher), **kept(photo, teacher)}.items()})
    return row


def summary(rows):
    """Means over pictures; look as student divided by teacher; skin as the mean size of the turns."""
    mean = lambda key: float(np.mean([r[key] for r in rows if key in r] or [float("nan")]))
    out = dict(pictures=len(rows), **{k: mean(k) for k in ("psnr", "ssim", "photo_psnr", "photo_ssim", "burnt",
                                                           "teacher_structure")})
    for key in ("flat", "peak", "line", "structure"):
        out[key] = mean(key) / max(mean(f"teacher_{key}"), 1e-9)
    return out


def skin_table(rows):
    """Mean size of the hue turn by skin tone, over portraits that show enough skin."""
    tones = {"dark": lambda t: t < _DARK, "middle": lambda t: _DARK <= t <= _LIGHT, "light": lambda t: t > _LIGHT}
    turns = {name: [abs(r["skin_turn"]) for r in rows if r["kind"] == "F" and "skin_tone" in r and test(r["skin_tone"])]
             for name, test in tones.items()}
    return {name: dict(faces=len(t), mean=float(np.mean(t)), worst=max(t)) for name, t in turns.items() if t}


def sheet(triples, path):
    """Rows of photo, teacher, student."""
    lines = []
    for pictures in triples:
        h = round(_SHEET_WIDTH * pictures[0].shape[0] / pictures[0].shape[1])
        small = [cv2.resize(p, (_SHEET_WIDTH, h), interpolation=cv2.INTER_AREA) for p in pictures]
        gap = np.full((h, _SHEET_GAP, 3), 255, np.uint8)
        lines.append(np.hstack([small[0], gap, small[1], gap, small[2]]))
        lines.append(np.full((_SHEET_GAP, lines[0].shape[1], 3), 255, np.uint8))
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    cv2.imwrite(path, np.vstack(lines)[..., ::-1], [cv2.IMWRITE_JPEG_QUALITY, _SHEET_QUALITY])


def keep(folder, name, pictures):
    """One PNG each, and a line in photos.csv."""
    table = os.path.join(folder, "photos.csv")
    os.makedirs(folder, exist_ok=True)
    new = not os.path.exists(table)
    with open(table, "a") as f:
        f.write("file\n" * new + "".join(f"{name}.{what}.png\n" for what in pictures))
    for what, picture in pictures.items():
        cv2.imwrite(os.path.join(folder, f"{name}.{what}.png"), picture[..., ::-1])


def main(argv=None):
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--model", required=True)
    ap.add_argument("--pairs", required=True)
    ap.add_argument("--style", default="", choices=("", *STYLES), help="when the file's name does not begin with it")
    ap.add_argument("--split", default="val")
    ap.add_argument("--sides", default="", help="only these, e.g. 256,512")
    ap.add_argument("--sheet", default="", help="write rows of photo, teacher, student here")
    ap.add_argument("--pick", default="", help="comma-separated parts of file names for the sheet")
    ap.add_argument("--json", default="", help="write every picture's measures here")
    ap.add_argument("--pictures", default="", help="write photos, teacher's and student's pictures here, with a photos.csv for "
                    "models.train.faces, whose count says in how many both eyes are found")
    a = ap.parse_args(argv)
    generator, rows, shown = export.drawn_by_engine(a.model), [], []
    layer = 1 + list(STYLES).index(a.style or os.path.basename(a.model).split("-")[0])
    for path in sorted(glob.glob(os.path.join(a.pairs, f"{a.split}_*.npy"))):
        name = os.path.basename(path)
        _, kind, side, _ = name.split("_", 3)
        if a.sides and side not in a.sides.split(","):
            continue
        photo, teacher = np.load(path)[[0, layer]]
        student = run(generator, photo)
        rows.append(dict(name=name, kind=kind, side=int(side), **measure(photo, teacher, student)))
        if a.pictures:
            keep(a.pictures, os.path.splitext(name)[0], dict(photo=photo, teacher=teacher, student=student))
        if a.sheet and (not a.pick or any(p in name for p in a.pick.split(","))):
            shown.append((photo, teacher, student))
    for side in sorted({r["side"] for r in rows}):
        for label, kinds in (("all", "FS"), ("faces", "F"), ("scenes", "S")):
            group = [r for r in rows if r["side"] == side and r["kind"] in kinds]
            if group:
                print(side, label, " ".join(f"{k} {v:.3f}" if k != "pictures" else f"{k} {v}"
                                            for k, v in summary(group).items()))
        print(side, "skin turn", json.dumps(skin_table([r for r in rows if r["side"] == side])))
    if a.sheet:
        sheet(shown, a.sheet)
    if a.json:
        with open(a.json, "w") as f:
            json.dump(rows, f, indent=1)


if __name__ == "__main__":
    main()
