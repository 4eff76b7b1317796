"""Writes dequantise.txt: random blocks of every quantised type and their float32 values as gguf-py has them.

    pip install gguf && python make_dequantise.py > dequantise.txt

A line: type, the row's bytes in hexadecimal, the bits of its float32 values in hexadecimal (big-endian words). Scales are
random bits too, but finite: NaN has no one bit pattern.
"""

import numpy as np
from gguf import GGMLQuantizationType, dequantize

SCALES = {  # byte offsets of the binary16 fields of a block, and the block's bytes
    "Q8_0": ((0,), 34),
    "Q4_0": ((0,), 18),
    "Q4_1": ((0, 2), 20),
    "Q4_K": ((0, 2), 144),
    "Q6_K": ((208,), 210),
    "F16": ((0,), 2),
    "BF16": ((), 2),
}

random = np.random.default_rng(20261123)
for name, (scales, size) in SCALES.items():
    for _ in range(3):
        blocks = 2 if size > 2 else 40
        row = random.integers(0, 256, (blocks, size), dtype=np.uint8)
        for offset in scales:
            row[:, offset + 1] &= 0xBB  # clears a bit of the exponent: neither infinite nor NaN
        if name == "BF16":
            row[:, 1] &= 0xBF
        row = row.reshape(1, -1)
        values = dequantize(row, GGMLQuantizationType[name]).astype(np.float32).reshape(-1)
        assert np.isfinite(values).all()
        print(name, row.tobytes().hex(), values.astype(">f4").tobytes().hex())
