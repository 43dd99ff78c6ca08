"""The whole way in miniature, on made-up photos: pairs, training, export, measures.  About 15 seconds of CPU time.

    python -m models.train.smoke

Fails unless the styles differ, the loss falls, training goes on from its checkpoint and from exported files, the quick
gradient is the right one, and all networks' exports equal PyTorch.
"""
import argparse
import csv
import os
import random
import tempfile

import cv2
import numpy as np
import torch

from . import evaluate, export, photos, portrait, quantise, train
from .depthwise import Depthwise
from .losses import total_loss
from .measures import psnr
from .networks import TIERS
from .pairs import Pairs
from .teacher import Teacher

STEPS = 60


def scene(seed, side=256):
    """Soft hills of colour with discs and grain: enough like a photo for is_photo."""
    rng = np.random.default_rng(seed)
    x = cv2.resize(rng.uniform(40, 220, (5, 5, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        centre, radius = rng.integers(0, side, 2).tolist(), int(rng.integers(8, 40))
        cv2.circle(x, centre, radius, rng.uniform(20, 235, 3).tolist(), -1, cv2.LINE_AA)
    return np.clip(x + rng.normal(0, 4, x.shape), 0, 255).astype(np.uint8)


def make_pairs(photos_folder, out):
    """photos.py's pairs at 256, with a teacher that needs no upscaler."""
    options = argparse.Namespace(photos=photos_folder, out=out, faces="", device="cpu")
    photos.teacher = Teacher(Enlarge(), Enlarge())
    with open(os.path.join(photos_folder, "photos.csv"), newline="") as f:
        made = [photos.make((row, 256, "plain", options)) for row in csv.DictReader(f)]
    assert all(made), "a photo was left out"


def make_photos(folder):
    """Three photos to train on and one to measure."""
    os.makedirs(folder)
    with open(os.path.join(folder, "photos.csv"), "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(("file", "licence", "split", "kind"))
        for i in range(4):
            cv2.imwrite(os.path.join(folder, f"{i}.png"), scene(i))
            table.writerow((f"{i}.png", "made up", "val" if i == 3 else "train", "scene"))


def score(pairs, weights=""):
    """Loss on a fixed batch of carnival, of a network with these weights or an untrained one."""
    torch.manual_seed(0)
    net = TIERS["fast"]()
    if weights:
        net.load_state_dict(export.weights_of(weights, "carnival", "fast"))
    photo, (teacher,), side, eyes = Pairs(pairs, random.Random(7), styles=["carnival"]).batch(4, 64)
    with torch.no_grad():
        return total_loss(net(photo, side), teacher, photo, eyes).item()


class Enlarge(torch.nn.Module):
    """In the upscaler's place, whose files a test does not fetch: enlarges, and draws nothing."""

    def forward(self, rgb):
        return torch.nn.functional.interpolate(rgb, scale_factor=4, mode="bicubic").clamp(0, 1)


def check_teacher():
    """Four styles that differ; a face's features stay and its eyes grow."""
    photo = torch.from_numpy(scene(5)).permute(2, 0, 1)[None].float() / 255
    pictures = Teacher(Enlarge(), Enlarge())(photo, portrait.Faces())
    for i, one in enumerate(pictures):
        assert one.shape == photo.shape and one.isfinite().all() and 0 <= one.min() and one.max() <= 1
        for other in pictures[:i]:
            assert (one - other).abs().mean() > .01, "two styles are alike"
    angles = np.linspace(0, 2 * np.pi, 478, endpoint=False)
    points = (np.stack([np.cos(angles), np.sin(angles)], 1) * 60 + 128).astype(np.float32)
    for corners, centre in zip(portrait.CORNERS, ((100, 110), (156, 110))):
        points[list(corners)] = np.float32(centre) + np.float32([[-12, 0], [12, 0]])
    larger, moved = portrait.enlarge_eyes(photo, portrait.Faces([points]))
    spans = [np.ptp(p[list(portrait.CORNERS[0])][:, 0]) for p in (points, moved.points[0])]
    assert spans[1] > 1.04 * spans[0], f"an eye of {spans[0]} pixels became one of {spans[1]}"
    assert (larger - photo)[..., 200:, :].abs().max() < 1e-3, "the picture moved far from the eyes"


def check_integers(path):
    """Seven bits are close to the generator itself, three are not; what is stored is what was made."""
    model = quantise.Model(path)
    photo = scene(1).transpose(2, 0, 1)[None].astype(np.float32) / 127.5 - 1
    of = lambda session: quantise.picture(model.run(session, photo)[0])
    whole = of(model.session())
    model.equalise([photo])
    assert psnr(whole, of(model.session())) > 60, "equalising changes what is computed"
    close, far = (psnr(whole, of(model.simulated(levels))) for levels in (63, 3))
    assert .5 < model.share() < 1 and close > 50 and far < close - 5, f"{model.share()} {close} {far}"
    out = path + ".int8"
    quantise.onnx.save(model.quantised(), out)
    stored = quantise.Model(out)
    assert psnr(of(stored.simulated()), of(model.simulated())) > 50, "it is read as another generator"
    assert os.path.getsize(out) < .75 * os.path.getsize(path), "it is not smaller"


def gradients(half, dilation):
    """Of a depthwise convolution's input, weights and biases, computed in bfloat16 or not."""
    torch.manual_seed(0)
    layer = Depthwise(32, dilation)
    x = torch.randn(2, 32, 9, 11, requires_grad=True)
    kind = torch.bfloat16 if half else torch.float32
    with torch.autocast("cpu", torch.bfloat16, enabled=half):
        y = layer(x.to(kind))
    (y.float() * torch.arange(y.numel()).view_as(y).cos()).sum().backward()
    return x.grad, layer.weight.grad, layer.bias.grad


def check_depthwise():
    for dilation in (1, 2, 4, 8):
        for quick, right in zip(gradients(True, dilation), gradients(False, dilation)):
            worst = ((quick - right).abs().max() / right.abs().max()).item()
            assert worst < .02, f"a depthwise gradient at dilation {dilation} is off by {worst}"


def main():
    torch.set_num_threads(1)
    check_depthwise()
    check_teacher()
    with tempfile.TemporaryDirectory() as room:
        at = lambda *parts: os.path.join(room, *parts)
        make_photos(at("photos"))
        os.makedirs(at("pairs"))
        make_pairs(at("photos"), at("pairs"))
        for steps in (STEPS // 2, STEPS):
            train.main(["--pairs", at("pairs"), "--out", at("net.pt"), "--steps", str(steps), "--crops", "64",
                        "--batch", "4", "--lr", "3e-3", "--styles", "carnival", "--adversarial", ".01",
                        "--adversarial-from", ".8"])
        before, after = score(at("pairs")), score(at("pairs"), at("net.pt"))
        print(f"loss {before:.3f} -> {after:.3f}")
        assert after < .9 * before, "the loss did not fall"
        made = at("carnival-fast.onnx")
        export.main(["--weights", at("net.pt"), "--style", "carnival", "--out", made, "--pairs", at("pairs")])
        evaluate.main(["--model", made, "--pairs", at("pairs"), "--sheet", at("sheet.jpg")])
        assert os.path.getsize(at("sheet.jpg")) > 0
        check_integers(made)
        again = score(at("pairs"), room)
        assert abs(again - after) < .01, f"loss {after} is {again} with the weights of the exported file"
        for tier in ("fine", "animeganv2"):
            net, path = TIERS[tier](), at(f"{tier}.onnx")
            export.export(net, path)
            worst = export.worst_difference(net, path, ((64, 64), (64, 96)))
            assert worst < export.TOLERANCE, f"the export of {tier} differs by {worst}"
    print("smoke run passed")


if __name__ == "__main__":
    main()
