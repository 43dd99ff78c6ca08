"""The whole way in miniature, on made-up photos: pairs, training, export, measures.  About 15 seconds of CPU time.

    python -m models.train.smoke

Fails unless the loss falls, training goes on from its checkpoint, the quick gradient is the right one, the fine tier
begins where the fast one is, and all networks' exports equal PyTorch.
"""
import csv
import os
import random
import tempfile

import cv2
import numpy as np
import torch

from . import evaluate, export, photos, train
from .depthwise import Depthwise
from .losses import total_loss
from .networks import TIERS, begin_from
from .pairs import Pairs

STEPS = 60


def scene(seed, side=256):
    """Soft hills of colour with discs and grain: enough like a photo for is_photo."""
    rng = np.random.default_rng(seed)
    x = cv2.resize(rng.uniform(40, 220, (5, 5, 3)).astype(np.float32), (side, side), interpolation=cv2.INTER_CUBIC)
    for _ in range(12):
        centre, radius = rng.integers(0, side, 2).tolist(), int(rng.integers(8, 40))
        cv2.circle(x, centre, radius, rng.uniform(20, 235, 3).tolist(), -1, cv2.LINE_AA)
    return np.clip(x + rng.normal(0, 4, x.shape), 0, 255).astype(np.uint8)


def make_photos(folder):
    """Three photos to train on and one to measure."""
    os.makedirs(folder)
    with open(os.path.join(folder, "photos.csv"), "w", newline="") as f:
        table = csv.writer(f)
        table.writerow(("file", "licence", "split", "kind"))
        for i in range(4):
            cv2.imwrite(os.path.join(folder, f"{i}.png"), scene(i))
            table.writerow((f"{i}.png", "made up", "val" if i == 3 else "train", "scene"))


def score(weights, pairs, tier="fast"):
    """Loss on a fixed batch of a network that begins from the weights; without them, of an untrained one."""
    torch.manual_seed(0)
    net = TIERS[tier]()
    if weights:
        begin_from(net, torch.load(weights)["carnival"])
    photo, teacher, side = Pairs(pairs, random.Random(7)).batch(4, 64, "carnival")
    with torch.no_grad():
        return total_loss(net(photo, side), teacher, photo).item()


def check_fine(weights, pairs, fast):
    """Begun from the fast weights, of loss `fast`, it need not learn all of it again."""
    untrained, begun = score("", pairs, "fine"), score(weights, pairs, "fine")
    assert begun < (untrained + fast) / 2, f"begun at {begun}, from {fast}; untrained {untrained}"


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
    with tempfile.TemporaryDirectory() as room:
        at = lambda *parts: os.path.join(room, *parts)
        make_photos(at("photos"))
        photos.main(["--photos", at("photos"), "--out", at("pairs"), "--sides", "256", "--jobs", "1"])
        for steps in (STEPS // 2, STEPS):
            train.main(["--pairs", at("pairs"), "--out", at("net.pt"), "--steps", str(steps), "--crops", "64",
                        "--batch", "4", "--lr", "3e-3", "--styles", "carnival"])
        before, after = score("", at("pairs")), score(at("net.pt"), at("pairs"))
        print(f"loss {before:.3f} -> {after:.3f}")
        assert after < .9 * before, "the loss did not fall"
        made = at("carnival-fast.onnx")
        export.main(["--weights", at("net.pt"), "--style", "carnival", "--out", made, "--pairs", at("pairs")])
        evaluate.main(["--model", made, "--pairs", at("pairs"), "--sheet", at("sheet.jpg")])
        assert os.path.getsize(at("sheet.jpg")) > 0
        check_fine(at("net.pt"), at("pairs"), after)
        for tier in ("fine", "animeganv2"):
            net, path = TIERS[tier](), at(f"{tier}.onnx")
            export.export(net, path)
            worst = export.worst_difference(net, path, ((64, 64), (64, 96)))
            assert worst < export.TOLERANCE, f"the export of {tier} differs by {worst}"
    print("smoke run passed")


if __name__ == "__main__":
    main()
