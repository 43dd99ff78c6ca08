"""Writes what the corpora begin with, from the repository's root (needs models/train/requirements.txt):

    python -m fuzz.seeds FOLDER       # a folder for each target in it

decode: small files of tests/fixtures, and JPEGs large enough to be shown at an eighth, one with a part lost. load: the models of tests/vectors
and our own, their weights left to an operator that fills them in, so that the graph is what is fuzzed. record: entries,
records and settings of a cache, and the manifest. fingerprint: sides, a change, a threshold and pixels.
"""
import hashlib
import io
import json
import struct
import sys
import zlib
from pathlib import Path

import numpy as np
import onnx
from onnx import helper, numpy_helper
from PIL import Image

FIXTURES, VECTORS = Path("tests/fixtures"), Path("tests/vectors")
LARGEST = 10_000
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"


def decode():
    for file in sorted([*FIXTURES.glob("decode/**/*"), *FIXTURES.glob("bad/*"), *FIXTURES.glob("wild/*")]):
        plain = file.suffix != ".json" and not file.name.endswith(".expected.png")
        if file.is_file() and plain and file.stat().st_size <= LARGEST:
            yield file.name, file.read_bytes()
    x, y = np.meshgrid(np.arange(1030), np.arange(1025))
    waves = np.stack([x // 128 * 30, y // 128 * 30, (x + y) // 256 * 30], -1).astype(np.uint8)
    for name, pixels, options in [("large-grey", waves[..., 0], {}), ("large-progressive", waves, dict(progressive=True)),
                                  ("large-restarts", waves[..., 0], dict(restart_marker_rows=16))]:
        file = io.BytesIO()
        Image.fromarray(pixels).save(file, "jpeg", quality=20, optimize=True, **options)
        yield name, file.getvalue()
        if "restarts" in name:
            yield "restart-lost", without_restart(file.getvalue(), 3)
    yield "cgbi.png", cgbi()


def without_restart(jpeg, lost):
    """The same with one stretch between two restart markers missing."""
    markers = [at for at in range(len(jpeg) - 1) if jpeg[at] == 0xff and 0xd0 <= jpeg[at + 1] <= 0xd7]
    return jpeg[: markers[lost]] + jpeg[markers[lost + 1]:]


def cgbi():
    """A picture as Xcode packs it: blue first, deflated without zlib's frame."""
    chunk = lambda kind, data: struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    packer = zlib.compressobj(wbits=-15)
    pixels = packer.compress(b"".join(b"\0" + bytes([20 * y, 10, 30, 255]) * 8 for y in range(8))) + packer.flush()
    head = struct.pack(">IIBBBBB", 8, 8, 8, 6, 0, 0, 0)
    chunks = [(b"CgBI", b"\x50\0\x20\6"), (b"IHDR", head), (b"IDAT", pixels), (b"IEND", b"")]
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*each) for each in chunks)


def light(model):
    """The model, its larger weights made by ConstantOfShape, without the exporter's long names."""
    graph, floats = model.graph, (onnx.TensorProto.FLOAT, onnx.TensorProto.FLOAT16)
    for weights in [t for t in graph.initializer if t.data_type in floats and np.prod(t.dims) > 16]:
        value = helper.make_tensor("value", weights.data_type, [1], [0.03])
        shape = numpy_helper.from_array(np.array(weights.dims, np.int64), weights.name + ".dims")
        graph.initializer.remove(weights)
        graph.initializer.append(shape)
        graph.node.insert(0, helper.make_node("ConstantOfShape", [shape.name], [weights.name], value=value))
        for listed in [i for i in graph.input if i.name == weights.name]:
            graph.input.remove(listed)
    # Names are short, and tell nothing.
    names, kept = {}, {value.name for value in [*graph.input, *graph.output]}
    short = lambda name: name if name in kept or not name else names.setdefault(name, f"v{len(names)}")
    for tensor in graph.initializer:
        tensor.name = short(tensor.name)
    for node in graph.node:
        node.input[:], node.output[:] = map(short, node.input), map(short, node.output)
        for field in ("name", "doc_string", "metadata_props"):
            node.ClearField(field)
    del graph.value_info[:]
    return model.SerializeToString()


def load():
    for file in sorted([*VECTORS.glob("*.onnx"), *VECTORS.glob("user/*.onnx"), Path("models/meadow-fast.onnx")]):
        if file.stat().st_size <= LARGEST:
            yield file.stem, file.read_bytes()
        if not file.stem.startswith("bad-") and file.stem != "fine":
            yield f"light-{file.stem}", light(onnx.load(file))


def records():
    for i, opaque in enumerate([True, True, False]):
        sketch = "".join(LETTERS[(7 * j * (i + 1) + j // 64) % 64] for j in range(1024))
        yield dict(key=dict(model="meadow-fast", making="nijigen=0.1.0"), sha256=[i] * 32,
                   fingerprint=dict(phash=f"{0x9e3779b97f4a7c15 ^ i:016x}",
                                    guard=dict(width=640, height=480 + i, sketch=sketch) if opaque else None),
                   bytes=6, life=dict(created=1_789_999_000_000, used=1_789_999_500_000 + i, hits=i))


def entry(record, pictures):
    result, thumbnail, original = pictures
    head = dict(record=record, result=len(result), thumbnail=len(thumbnail),
                original=None if original is None else len(original),
                sha256=[*hashlib.sha256(b"".join(part or b"" for part in pictures)).digest()])
    return json.dumps(head, separators=(",", ":")).encode(), b"".join(part or b"" for part in pictures)


def record():
    lines = [json.dumps(r, separators=(",", ":")).encode() for r in records()]
    yield "records", b"\2" + b"\n".join(lines)
    yield "twice", b"\2" + b"\n".join([lines[0], lines[0], b"{}", b""])
    for i, (r, pictures) in enumerate(zip(records(), [(b"abc", b"de", b"f"), (b"", b"", None), (b"abcde", b"f", None)])):
        head, body = entry(r, pictures)
        yield f"head-{i}", b"\1" + head + b"\n" + body
        length = struct.pack("<I", len(head))
        life = struct.pack("<QQQ", 1_789_999_000_000, 1_789_999_600_000, 4)
        fixed = b"NIJIGEN1" + life + hashlib.sha256(life).digest()[:8] + hashlib.sha256(length + head).digest() + length
        yield f"entry-{i}", b"\0" + fixed + head + body
    manifest = json.loads(Path("models/manifest.json").read_text())
    for name, value in dict(manifest=manifest[:1], one=manifest[0], options=dict(maxSide=300, format="jpeg", label=None),
                            settings=dict(maxAge=1, since="use", maxBytes=5, maxEntries=2, threshold=9)).items():
        yield name, b"\3" + json.dumps(value).encode()
    yield "id", b"\3" + b"0123456789abcdef" * 4


def fingerprint():
    noise = np.random.default_rng(1).integers(0, 256, 999, np.uint8).tobytes()
    photo = np.asarray(Image.open(FIXTURES / "photos/lake.jpg").convert("RGBA").resize((40, 30))).tobytes()
    patterns = dict(flat=b"\x40\x80\xc0\xff", ramp=bytes(range(256)), noise=noise, photo=photo)
    sides = [(1, 1), (1, 5000), (5000, 1), (7, 8), (8, 8), (40, 30), (8, 5000), (5000, 13), (256, 256), (64, 65)]
    for i, (width, height) in enumerate(sides):
        for j, (name, pattern) in enumerate(patterns.items()):
            change, threshold = (i + 5 * j) % 12, 5 * j
            yield f"{name}-{width}x{height}", struct.pack(">HHBB", width - 1, height - 1, change, threshold) + pattern


def main():
    for target in (decode, load, record, fingerprint):
        folder = Path(sys.argv[1]) / target.__name__
        folder.mkdir(parents=True, exist_ok=True)
        for name, data in target():
            (folder / name).write_bytes(data)


if __name__ == "__main__":
    main()
