"""Expected dequantised values of GGUF blocks, from gguf-py. Usage: dequant.py OUT.json"""
import json
import sys

import gguf
import numpy as np
from gguf.quants import dequantize

T = gguf.GGMLQuantizationType
# type -> byte offsets of its half-precision scales inside a block
SCALES = {T.Q8_0: (0,), T.Q4_0: (0,), T.Q4_1: (0, 2), T.Q4_K: (0, 2), T.Q6_K: (208,)}
EXTREMES = [  # name, half-precision bits of the first and the second scale
    ("zero", 0x0000, 0x0000), ("negative zero", 0x8000, 0x8000), ("one", 0x3C00, 0x3C00),
    ("least subnormal", 0x0001, 0x8001), ("greatest subnormal", 0x03FF, 0x83FF), ("least normal", 0x0400, 0x0400),
    ("greatest finite", 0x7BFF, 0x3C00), ("least finite", 0xFBFF, 0xBC00), ("minus one", 0xBC00, 0xBC00),
    ("greatest both", 0x7BFF, 0x7BFF), ("zero scale, with offset", 0x0000, 0x2E66), ("inexact", 0x2E66, 0xAE67),
]
COUNT = 24


def half(bits):
    return np.array([bits], np.uint16).view(np.uint8)


def blocks(kind, rng):
    size = gguf.GGML_QUANT_SIZES[kind][1]
    for n in range(COUNT):
        b = rng.integers(0, 256, size, np.uint8)
        if n < len(EXTREMES):
            name, *bits = EXTREMES[n]
            for at, v in zip(SCALES[kind], bits):
                b[at:at + 2] = half(v)
        else:
            name = f"random {n}"
            for at in SCALES[kind]:  # weights are small: a finite scale of a usual size
                b[at:at + 2] = np.array([rng.standard_normal() * 0.01], np.float16).view(np.uint8)
            if n == COUNT - 2:
                name, keep = "all bits zero but the scales", [bytes(b[a:a + 2]) for a in SCALES[kind]]
                b[:] = 0
                for a, k in zip(SCALES[kind], keep):
                    b[a:a + 2] = np.frombuffer(k, np.uint8)
            if n == COUNT - 1:
                name, keep = "all bits one but the scales", [bytes(b[a:a + 2]) for a in SCALES[kind]]
                b[:] = 255
                for a, k in zip(SCALES[kind], keep):
                    b[a:a + 2] = np.frombuffer(k, np.uint8)
        yield name, b


def halves(kind, rng):
    """Rows of 32 plain 16-bit values: no NaN, whose payload no reader need keep."""
    exponent = 0x7C00 if kind == T.F16 else 0x7F80
    for n in range(COUNT):
        v = rng.integers(0, 1 << 16, 32).astype(np.uint16)
        v = np.where((v & exponent) == exponent, (v & 0x83FF).astype(np.uint16), v).astype(np.uint16)
        name = f"random {n}"
        if n == 0:
            name = "extremes"
            v[:10] = [0, 0x8000, 1, 0x8001, 0x03FF, 0x83FF, 0x0400, exponent - 1, 0x8000 | (exponent - 1), exponent]
            v[10] = 0x8000 | exponent
        yield name, v.view(np.uint8)


def expected(kind, raw):
    with np.errstate(all="ignore"):
        out = dequantize(raw.view(np.float16) if kind == T.F16 else raw, kind).astype(np.float32)
    assert not np.isnan(out).any(), kind
    return "".join(f"{v:08x}" for v in out.view(np.uint32).ravel().tolist())


def main(path):
    rng = np.random.default_rng(20260101)
    kinds = []
    for kind in (T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q4_K, T.Q6_K):
        plain = kind in (T.F16, T.BF16)
        rows = [{"name": name, "bytes": raw.tobytes().hex(), "expected": expected(kind, raw)}
                for name, raw in (halves if plain else blocks)(kind, rng)]
        values, size = (32, 64) if plain else gguf.GGML_QUANT_SIZES[kind]
        kinds.append({"type": kind.name, "id": int(kind), "values": values, "size": size, "blocks": rows})
    text = json.dumps({"made_with": {"gguf": __import__("importlib.metadata").metadata.version("gguf"),
                                     "numpy": np.__version__}, "types": kinds}, indent=0)
    open(path, "w").write(text + "\n")
    for k in json.load(open(path))["types"]:
        assert len(k["blocks"]) == COUNT
        for b in k["blocks"]:
            assert len(b["bytes"]) == 2 * k["size"] and len(b["expected"]) == 8 * k["values"], (k["type"], b["name"])


main(sys.argv[1])
