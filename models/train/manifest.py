"""Write models/manifest.json from the ONNX files beside it, named <style>-<tier>.onnx.  Never edit it by hand.

    python -m models.train.manifest

`receptive_field` is the side in pixels of the square of photo that one output pixel can depend on (reach.py).
"""
import argparse
import functools
import hashlib
import json
import os

from .networks import TIERS
from .palette import STYLES
from .reach import receptive_field

LICENCE = "MIT OR Apache-2.0"
# A picture that is kept answers only for the version that drew it.
VERSION = {"fast": "2.3.0", "fine": "2.3.0"}
# How much fine structure of the photo the program gives back where the generator lost it (src/picture/detail.rs). A portrait's
# background shall be quiet.
DETAIL = {"portrait": 0.5}


@functools.cache
def shape(tier):
    """What a tier's network says of itself."""
    net = TIERS[tier]()
    return dict(multiple=net.multiple, receptive_field=receptive_field(net))


def entry(path):
    """One model's object."""
    name = os.path.basename(path)
    style, tier = name.removesuffix(".onnx").split("-")
    with open(path, "rb") as f:
        data = f.read()
    return dict(id=f"{style}-{tier}", style=style, tier=tier, file=name, bytes=len(data),
                sha256=hashlib.sha256(data).hexdigest(), layout="NCHW", range=[-1, 1], **shape(tier), detail=DETAIL.get(style, 1.), licence=LICENCE, version=VERSION[tier])


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("--models", default="models", help="folder with the ONNX files")
    a = ap.parse_args()
    # The first entry is the default: styles in their usual order, the fast tier first.
    paths = [os.path.join(a.models, f"{style}-{tier}.onnx") for style in STYLES for tier in ("fast", "fine")]
    entries = [entry(p) for p in paths if os.path.exists(p)]
    with open(os.path.join(a.models, "manifest.json"), "w") as f:
        json.dump(entries, f, indent=2)
        f.write("\n")
    print(*(f"{e['id']}: {e['bytes']} bytes, receptive field {e['receptive_field']}" for e in entries), sep="\n")


if __name__ == "__main__":
    main()
