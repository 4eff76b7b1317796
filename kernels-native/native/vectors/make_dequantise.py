"""Writes dequantise.txt: random blocks of every type and their float32 values as gguf-py has them (F8_E4M3: torch).

    pip install gguf torch && python make_dequantise.py > dequantise.txt

A line: type, the row's bytes in hexadecimal, the bits of its float32 values in hexadecimal (big-endian words). Scales are
random bits first, but finite; then a line each whose scales are zero, subnormal, the largest, infinite, not a number.
"""

import sys

import numpy as np
import torch
from gguf import GGML_QUANT_SIZES, GGMLQuantizationType, dequantize

SCALES = {  # byte offsets of the binary16 fields of a block
    "Q8_0": (0,),
    "Q4_0": (0,),
    "Q4_1": (0, 2),
    "Q5_0": (0,),
    "Q5_1": (0, 2),
    "IQ4_NL": (0,),
    "Q2_K": (80, 82),
    "Q3_K": (108,),
    "Q4_K": (0, 2),
    "Q5_K": (0, 2),
    "Q6_K": (208,),
    "IQ4_XS": (0,),
    "F16": (0,),
    "BF16": (),
}
SPECIAL = (0x0000, 0x8001, 0x7BFF, 0xFC00, 0x7E00)

random = np.random.default_rng(20261123)


def write(name, row, values):
    print(name, row.tobytes().hex(), values.astype(">f4").tobytes().hex())


def blocks_of(name, n):
    kind = GGMLQuantizationType[name]
    return kind, random.integers(0, 256, (n, GGML_QUANT_SIZES[kind][1]), dtype=np.uint8)


for name, scales in SCALES.items():
    for _ in range(3):
        kind, row = blocks_of(name, 40 if name in ("F16", "BF16") else 2)
        for offset in scales:
            row[:, offset + 1] &= 0xBB  # clears a bit of the exponent: neither infinite nor NaN
        if name == "BF16":
            row[:, 1] &= 0xBF
        row = row.reshape(1, -1)
        values = dequantize(row, kind).astype(np.float32).reshape(-1)
        assert np.isfinite(values).all()
        write(name, row, values)
    for bits in SPECIAL:
        kind, row = blocks_of(name, 1)
        for offset in scales or (0,):
            row[:, offset : offset + 2] = np.frombuffer(np.uint16(bits).tobytes(), dtype=np.uint8)
        with np.errstate(all="ignore"):
            write(name, row, dequantize(row.reshape(1, -1), kind).astype(np.float32).reshape(-1))

codes = np.arange(256, dtype=np.uint8)
write("F8_E4M3", codes, torch.from_numpy(codes.copy()).view(torch.float8_e4m3fn).to(torch.float32).numpy())
sys.stdout.flush()
