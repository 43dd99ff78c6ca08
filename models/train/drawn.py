"""Fits what tells drawings from photographs, and writes src/fingerprint/drawn/weights.rs.

Photos come from the folder that the generators learn from and from Debian's wallpapers, drawings from Debian packages
under free licences, and our own results from the program. Of each there are copies: saved again, resized, cropped, grey,
so that neither format nor size tells anything. What belongs to one picture is either learned from or held out.
"""

import argparse
import csv
import random
import subprocess
import textwrap
import zlib
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import cv2
import numpy as np
import torch

ROOT = Path(__file__).parents[2]
WEIGHTS = ROOT / "src/fingerprint/drawn/weights.rs"
STYLES = ["meadow", "skyline", "carnival", "portrait"]
# Kind, files of unpacked packages, and how many at most. The photos are larger than those of --photos.
PHOTOS = [
    ("wallpaper photo", "mate-backgrounds/**/nature/*.jpg", 99),
    ("wallpaper photo", "lomiri-wallpapers-16.04/**/[!au]*_by_[!A]*.jpg", 99),
    ("wallpaper photo", "lomiri-wallpapers-16.04/**/*_by_Aitzol*.jpg", 99),
    *(
        ("wallpaper photo", f"plasma-workspace-wallpapers/**/{name}/**/2560x1600.jpg", 1)
        for name in "FallenLeaf Path EveningGlow Grey ColorfulCups OneStandsOut ColdRipple BytheWater".split()
    ),
]
DRAWINGS = [
    ("clip art", "openclipart-png/**/*.png", 500),
    ("cartoon", "pysiogame/**/res/images/**/*.jpg", 150),
    ("anime", "renpy-*/**/game/**/*.*g", 99),
    ("anime", "renpy-*/**/*.webp", 99),
    ("painted", "wesnoth-1.16-*/**/portraits/**/*.png", 200),
    ("painted", "wesnoth-1.16-*/**/images/story/*.*g", 120),
    ("painted", "wesnoth-1.16-*/**/images/**/landscape-*.jpg", 30),
    ("game art", "fillets-ng-data/**/*-pozadi-*.png", 60),
    ("game art", "ardentryst/**/*.png", 40),
    ("game art", "tuxpaint-data/**/starters/*.png", 60),
    *(
        ("wallpaper drawing", f"plasma-workspace-wallpapers/**/{name}/**/*.*g", 2)
        for name in "Altai IceCold Flow Patak Volna Autumn PastelHills Canopee Cascade FlyingKonqui SafeLanding "
        "Honeywave Kokkini Shell Cluster Elarun Opal".split()
    ),
    ("wallpaper drawing", "ukui-wallpapers/**/*.[pj]*", 99),
    ("wallpaper drawing", "sway-backgrounds/**/*_1920x1080.png", 99),
]
# Shorter side in pixels.
SMALLEST = 200
# Of our own results in each style; more of them would outweigh all other drawings.
MOST_RESULTS = 180
COPIES = 2
TIERS = ["fast", "fine"]
# The part that is learned from is judged in so many parts, each by weights learned from the others, to find the threshold.
FOLDS = 3


@dataclass
class Source:
    """A picture, and the name of what it shows: results share it with their photo."""

    file: Path
    kind: str
    drawn: bool
    name: str


def sources(photos: Path, packages: Path) -> list[Source]:
    with (photos / "photos.csv").open() as table:
        found = [Source(photos / row["file"], row["kind"], False, row["file"]) for row in csv.DictReader(table)]
    for table, drawn in [(PHOTOS, False), (DRAWINGS, True)]:
        for kind, pattern, most in table:
            files = [file for file in sorted(packages.glob(pattern)) if file.is_file() and not file.is_symlink()]
            random.Random(1).shuffle(files)
            for file in islice(filter(large, files), most):
                found.append(Source(file, kind, drawn, str(file.relative_to(packages))))
    return list({source.file: source for source in found}.values())


def large(file: Path) -> bool:
    image = cv2.imread(str(file), cv2.IMREAD_GRAYSCALE)
    return image is not None and min(image.shape) >= SMALLEST and image.std() > 8


def results(photos: list[Source], program: Path, work: Path) -> list[Source]:
    """Photos, each in one of the styles."""
    found = []
    for i, style in enumerate(STYLES):
        missing: dict[str, list[Path]] = {tier: [] for tier in TIERS}
        drawn = [photo for photo in photos if zlib.crc32(photo.name.encode()) % len(STYLES) == i]
        for photo in drawn[:MOST_RESULTS]:
            number = zlib.crc32(photo.name.encode())
            link = work / "photos" / f"{number:08x}{photo.file.suffix}"
            link.parent.mkdir(parents=True, exist_ok=True)
            if not link.exists():
                link.symlink_to(photo.file.absolute())
            result = work / style / f"{number:08x}.png"
            if not result.exists():
                missing[TIERS[(number >> 8) % len(TIERS)]].append(link)
            found.append(Source(result, f"our {style}", True, photo.name))
        for tier, links in missing.items():
            if links:
                (work / style).mkdir(parents=True, exist_ok=True)
                command = [program, "convert", *links, "-o", work / style, "--style", style, "--tier", tier, "--no-label"]
                subprocess.run(command, check=True)
    return found


def copies(source: Source, work: Path) -> list[tuple[Path, Source]]:
    """The file itself, and copies as people make them."""
    made = [(source.file, source)]
    for i in range(COPIES):
        seed = zlib.crc32(f"{source.file.name} {source.name} {i}".encode())
        stem = work / "copies" / f"{source.kind.replace(' ', '-')}-{seed:08x}"
        stem.parent.mkdir(parents=True, exist_ok=True)
        suffix, options = random.Random(seed).choice(
            [(".png", [])] + [(".jpg", [cv2.IMWRITE_JPEG_QUALITY, q]) for q in (50, 65, 75, 85, 95)]
            + [(".webp", [cv2.IMWRITE_WEBP_QUALITY, q]) for q in (70, 90)]
        )
        file = stem.with_suffix(suffix)
        if not file.exists():
            image = cv2.imread(str(source.file), cv2.IMREAD_UNCHANGED)
            if image is None:
                break
            cv2.imwrite(str(file), change(flat(image), random.Random(seed)), options)
        made.append((file, source))
    return made


def flat(image: np.ndarray) -> np.ndarray:
    """Without alpha, on white, and in 8 bits."""
    if image.dtype == np.uint16:
        image = (image >> 8).astype(np.uint8)
    if image.ndim == 2:
        return cv2.cvtColor(image, cv2.COLOR_GRAY2BGR)
    if image.shape[2] == 3:
        return image
    alpha = image[:, :, 3:] / 255
    return (image[:, :, :3] * alpha + 255 * (1 - alpha)).astype(np.uint8)


def change(image: np.ndarray, chance: random.Random) -> np.ndarray:
    if chance.random() < 0.4:
        height, width = (round(side * chance.uniform(0.6, 0.95)) for side in image.shape[:2])
        y, x = chance.randrange(image.shape[0] - height + 1), chance.randrange(image.shape[1] - width + 1)
        image = image[y : y + height, x : x + width]
    if chance.random() < 0.8:
        longer = max(image.shape[:2])
        side = 2 ** chance.uniform(8, np.log2(min(1.5 * longer, 2000)))
        size = [max(round(length * side / longer), 16) for length in image.shape[1::-1]]
        shrinking = [cv2.INTER_AREA, cv2.INTER_LANCZOS4, cv2.INTER_CUBIC]
        image = cv2.resize(image, size, interpolation=chance.choice(shrinking if side < longer else shrinking[1:]))
    if chance.random() < 0.15:
        image = cv2.cvtColor(cv2.cvtColor(image, cv2.COLOR_BGR2GRAY), cv2.COLOR_GRAY2BGR)
    if chance.random() < 0.3:
        image = cv2.convertScaleAbs(image, alpha=chance.uniform(0.7, 1.2), beta=chance.uniform(-15, 15))
    return image


def features(files: list[Path]) -> np.ndarray:
    command = ["cargo", "run", "--quiet", "--release", "--features", "cli", "--example", "features"]
    names = "\n".join(str(file) for file in files)
    written = subprocess.run(command, input=names.encode(), check=True, capture_output=True, cwd=ROOT).stdout
    return np.frombuffer(written, "<f4").reshape(len(files), -1)


def held_out(source: Source) -> bool:
    return zlib.crc32(source.name.encode()) % 10 < 3


def fold(source: Source) -> int:
    return zlib.crc32(source.name.encode()) // 10 % FOLDS


def balance(labels: list[tuple[bool, str]]) -> torch.Tensor:
    """Photos count as much as drawings, and of each class rare kinds a little more than their number says."""
    number = {label: labels.count(label) for label in set(labels)}
    of_class = {drawn: sum(n**0.75 for (d, _), n in number.items() if d == drawn) for drawn in (False, True)}
    return torch.tensor([number[label] ** -0.25 / of_class[label[0]] for label in labels])


def fit(values: np.ndarray, labels: list[tuple[bool, str]], ridge: float) -> tuple[np.ndarray, float]:
    """Logistic regression on standardised values; gives weights and bias for the values as they are."""
    mean, deviation = values.mean(0), values.std(0) + 0.01
    x = torch.tensor((values - mean) / deviation)
    y = torch.tensor([float(drawn) for drawn, _ in labels])
    share = balance(labels) / 2
    weights, bias = torch.zeros(x.shape[1], requires_grad=True), torch.zeros(1, requires_grad=True)
    optimiser = torch.optim.LBFGS([weights, bias], max_iter=250, line_search_fn="strong_wolfe", tolerance_change=1e-7)

    def loss() -> torch.Tensor:
        optimiser.zero_grad()
        wrong = torch.nn.functional.binary_cross_entropy_with_logits(x @ weights + bias, y, reduction="none")
        total = (wrong * share).sum() + ridge * weights.square().sum()
        total.backward()
        return total

    optimiser.step(loss)
    plain = weights.detach().numpy() / deviation
    return plain, bias.item() - float(plain @ mean)


def best_threshold(values: np.ndarray, labels: list[tuple[bool, str]], folds: np.ndarray, ridge: float) -> float:
    """The likelihood that tells photos and drawings apart best when neither has been learned from.

    Of those within a tenth of a per cent of it the highest: a photo taken for a drawing is drawn anew each time it comes, a
    drawing taken for a photo costs next to nothing.
    """
    drawn, scores = np.array([drawn for drawn, _ in labels]), np.zeros(len(labels))
    for i in range(FOLDS):
        weights, bias = fit(values[folds != i], [label for label, f in zip(labels, folds) if f != i], ridge)
        scores[folds == i] = values[folds == i] @ weights + bias
    likelihoods = 1 / (1 + np.exp(-scores))
    balanced = {t: ((likelihoods[drawn] >= t).mean() + (likelihoods[~drawn] < t).mean()) / 2 for t in np.arange(0.2, 0.8, 0.01)}
    return float(max(t for t, right in balanced.items() if right >= max(balanced.values()) - 0.001))


def report(scores: np.ndarray, threshold: float, labels: list[tuple[bool, str]], held: np.ndarray) -> None:
    right = (scores >= np.log(threshold / (1 - threshold))) == np.array([drawn for drawn, _ in labels])
    print("| kind | learned from | right, % | held out | right, % |\n| --- | --- | --- | --- | --- |")
    groups = [("photos", [not d for d, _ in labels]), ("drawings", [d for d, _ in labels])]
    groups += [(kind, [k == kind for _, k in labels]) for kind in dict.fromkeys(k for _, k in labels)]
    for title, chosen in groups:
        cells = [f"{n.sum()} | {100 * right[n].mean():.1f}" for n in (np.array(chosen) & ~held, np.array(chosen) & held)]
        print(f"| {title} | {' | '.join(cells)} |")
    rates = [right[held & np.array(chosen)].mean() for _, chosen in groups[:2]]
    print(f"balanced accuracy, held out: {100 * np.mean(rates):.2f} %")


def rounded(weights: np.ndarray) -> tuple[np.ndarray, float]:
    """As roots in 8 bits, and what one of them stands for: everybody downloads them, and most are small."""
    scale = np.abs(weights).max() / 127**2
    return (np.sign(weights) * np.round(np.sqrt(np.abs(weights) / scale))).astype(int), float(scale)


def write(roots: np.ndarray, scale: float, bias: float, threshold: float) -> None:
    numbers = ", ".join(str(weight) for weight in roots)
    WEIGHTS.write_text(
        "//! Made by `models/train/drawn.py`.\n\nuse super::FEATURES;\n\n"
        "/// From this likelihood on a picture counts as drawn.\n"
        f"pub(super) const THRESHOLD: f32 = {threshold:.2f};\n\npub(super) const BIAS: f32 = {bias:.4f};\n\n"
        f"/// What a root of one stands for.\npub(super) const SCALE: f32 = {scale:.6f};\n\n"
        "/// Of the weights, with their signs.\n#[rustfmt::skip]\npub(super) const ROOTS: [i8; FEATURES] = [\n"
        + "\n".join("    " + line for line in textwrap.wrap(numbers, 114))
        + ",\n];\n"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--photos", type=Path, required=True, help="a folder with photos.csv")
    parser.add_argument("--packages", type=Path, required=True, help="a folder of unpacked Debian packages")
    parser.add_argument("--program", type=Path, default=ROOT / "target/release/nijigen")
    parser.add_argument("--work", type=Path, default=ROOT / "target/drawn", help="where results and copies are made")
    parser.add_argument("--ridge", type=float, default=1e-3)
    arguments = parser.parse_args()

    found = sources(arguments.photos, arguments.packages)
    found += results([source for source in found if not source.drawn], arguments.program, arguments.work)
    pairs = [pair for source in found for pair in copies(source, arguments.work)]
    values = features([file for file, _ in pairs])
    usable = ~np.isnan(values).any(1)
    pairs = [pair for pair, use in zip(pairs, usable) if use]
    values = values[usable]
    labels = [(source.drawn, source.kind) for _, source in pairs]
    held = np.array([held_out(source) for _, source in pairs])
    learned = [(label, fold(source)) for label, (_, source), out in zip(labels, pairs, held) if not out]
    known, folds = [label for label, _ in learned], np.array([fold for _, fold in learned])
    threshold = best_threshold(values[~held], known, folds, arguments.ridge)
    weights, bias = fit(values[~held], known, arguments.ridge)
    roots, scale = rounded(weights)
    report(values @ (roots * np.abs(roots) * scale) + bias, threshold, labels, held)
    write(roots, scale, bias, threshold)


if __name__ == "__main__":
    main()
