"""The numbers that are not stored: SplitMix64 as float32, the same bits here and in the Rust tests (README.md)."""
import numpy as np

MASK = (1 << 64) - 1


def fnv1a(text):
    """64-bit FNV-1a of UTF-8 text."""
    h = 0xCBF29CE484222325
    for byte in text.encode():
        h = (h ^ byte) * 0x100000001B3 & MASK
    return h


def signed_unit(seed, count):
    """`count` float32 values in [-1, 1): SplitMix64's top 24 bits, times 2^-23, minus 1 (both exact)."""
    with np.errstate(over="ignore"):
        z = np.uint64(seed) + np.arange(1, count + 1, dtype=np.uint64) * np.uint64(0x9E3779B97F4A7C15)
        z = (z ^ z >> np.uint64(30)) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ z >> np.uint64(27)) * np.uint64(0x94D049BB133111EB)
        z ^= z >> np.uint64(31)
    return (z >> np.uint64(40)).astype(np.float32) * np.float32(2.0 ** -23) - np.float32(1)


def weights(name, dims, centre, bound):
    """An initializer: centre + bound * u in float32, in that order, u seeded with the hash of its name."""
    u = signed_unit(fnv1a(name), int(np.prod(dims)))
    return (np.float32(centre) + np.float32(bound) * u).reshape(dims)


def picture(seed, shape):
    """A model input in [-1, 1), filled in C order."""
    return signed_unit(seed, int(np.prod(shape))).reshape(shape)
