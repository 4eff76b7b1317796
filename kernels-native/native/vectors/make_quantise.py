"""Writes quantise.txt: rows of float32 and the bytes that gguf-py's quantize makes of them, for every type it writes.

    pip install gguf && python make_quantise.py > quantise.txt

A line: type, the bits of the float32 values in hexadecimal (big-endian words), the row's bytes in hexadecimal. The rows
are random, and those on which implementations part: ties of codes and of extremes, zeros of both signs, a block of one
value, values whose scale is beyond binary16 at either end or has no inverse. Not among them: which of two zeros is the
smaller, because numpy's answer depends on the machine; ours, like ggml's, is the first.
"""

import sys

import numpy as np
from gguf import GGMLQuantizationType, quantize

random = np.random.default_rng(20261126)


def rows():
    for scale in (1, 1e-3, 100, 1e-6, 7e4):
        yield random.standard_normal(64) * scale
    yield random.standard_normal(32) * np.where(random.random(32) < 0.1, 50, 1)
    yield random.standard_normal(64).astype(np.float16)
    yield np.zeros(32)
    yield -np.zeros(32)
    yield np.full(32, 0.3)
    yield np.full(32, -0.3)
    yield random.choice((-1.0, 1.0), 32) * 5  # the first of the extremes counts
    yield np.concatenate([[-8.0, 8.0], np.arange(30) / 2 - 7])  # ties of codes, Q4_0
    yield np.concatenate([[16.0, -16.0], np.arange(30) - 14.5])  # Q5_0
    yield np.concatenate([[0.0, 15.0], np.arange(30) / 2])  # Q4_1
    yield np.concatenate([[0.0, 31.0], np.arange(30) + 0.5])  # Q5_1
    yield np.concatenate([[127.0], (np.arange(31) - 15) * 4 + 0.5])  # Q8_0
    yield np.concatenate([[-127.0], (np.arange(31) - 15) * 8.25])
    yield np.concatenate([[254.0], np.nextafter(np.float32(1), np.float32(0)) * np.ones(31)])  # just below a tie
    yield random.standard_normal(32) * 1e38
    yield np.where(np.arange(32) == 9, 3.4e38, 1e30)
    yield random.standard_normal(32) * 1e-38
    yield random.standard_normal(32) * 1e-41  # no scale of these has an inverse
    yield np.where(np.arange(32) == 3, -1e-45, 0)
    yield np.where(np.arange(32) == 31, 1e-45, 0)
    yield np.linspace(-0.01, 8.3, 32)
    yield np.linspace(-9.1, -0.2, 32)


for name in ("F32", "F16", "BF16", "Q8_0", "Q4_0", "Q4_1", "Q5_0", "Q5_1"):
    for values in rows():
        row = np.ascontiguousarray(values, dtype=np.float32).reshape(1, -1)
        with np.errstate(all="ignore"):
            packed = quantize(row, GGMLQuantizationType[name])
        print(name, row.astype(">f4").tobytes().hex(), packed.tobytes().hex())
sys.stdout.flush()
