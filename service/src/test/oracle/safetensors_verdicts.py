"""Which safetensors files the reference implementation reads, and what it finds in them. Usage: safetensors_verdicts.py OUT.json"""
import json
import random
import struct
import sys

import safetensors

SEED, MUTANTS = 12, 160


def file(header, data=b"", length=None):
    text = header if isinstance(header, bytes) else json.dumps(header, separators=(",", ":"), ensure_ascii=False).encode()
    return struct.pack("<Q", len(text) if length is None else length) + text + data


def entry(dtype, shape, begin, end):
    return {"dtype": dtype, "shape": shape, "data_offsets": [begin, end]}


def by_hand():
    one = entry("U8", [8], 0, 8)
    eight = bytes(range(8))
    yield "one tensor", file({"t": one}, eight)
    yield "padded with spaces", file(b'{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}   ', eight)
    yield "padded with zeros", file(b'{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}\0\0\0', eight)
    yield "blanks before", file(b' {"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    yield "no tensors", file({})
    yield "no tensors, with data", file({}, eight)
    yield "metadata", file({"__metadata__": {"format": "pt", "x": ""}, "t": one}, eight)
    yield "metadata of numbers", file({"__metadata__": {"a": 1}, "t": one}, eight)
    yield "metadata nested", file({"__metadata__": {"a": {"b": "c"}}, "t": one}, eight)
    yield "metadata null", file({"__metadata__": None, "t": one}, eight)
    yield "field unknown", file({"t": one | {"later": [1, {"x": 2}]}}, eight)
    for field in one:
        yield f"without {field}", file({"t": {k: v for k, v in one.items() if k != field}}, eight)
    yield "scalar", file({"t": entry("F64", [], 0, 8)}, eight)
    yield "dimension 0", file({"t": entry("F32", [0, 9], 0, 0), "u": one}, eight)
    yield "dimension negative", file({"t": entry("U8", [-8], 0, 8)}, eight)
    yield "dimension with a fraction", file({"t": entry("U8", [8.0], 0, 8)}, eight)
    yield "dimension as text", file({"t": entry("U8", ["8"], 0, 8)}, eight)
    yield "nine dimensions", file({"t": entry("U8", [1] * 8 + [8], 0, 8)}, eight)
    yield "order of fields", file(b'{"t":{"data_offsets":[0,8],"shape":[8],"dtype":"U8"}}', eight)
    yield "order of names", file({"b": entry("U8", [4], 4, 8), "a": entry("U8", [4], 0, 4)}, eight)
    yield "offsets reversed", file({"t": entry("U8", [8], 8, 0)}, eight)
    yield "one offset", file({"t": {"dtype": "U8", "shape": [8], "data_offsets": [8]}}, eight)
    yield "three offsets", file({"t": {"dtype": "U8", "shape": [8], "data_offsets": [0, 8, 9]}}, eight)
    yield "bytes too few", file({"t": entry("U16", [4], 0, 7)}, eight)
    yield "bytes too many", file({"t": entry("U16", [3], 0, 8)}, eight)
    yield "end past the file", file({"t": entry("U8", [9], 0, 9)}, eight)
    yield "gap before", file({"t": entry("U8", [4], 4, 8)}, eight)
    yield "gap between", file({"a": entry("U8", [1], 0, 1), "b": entry("U8", [6], 2, 8)}, eight)
    yield "gap after", file({"t": entry("U8", [4], 0, 4)}, eight)
    yield "overlap", file({"a": entry("U8", [6], 0, 6), "b": entry("U8", [6], 2, 8)}, eight)
    yield "same place", file({"a": one, "b": one}, eight)
    yield "empty tensor inside another", file({"a": one, "b": entry("U8", [0], 4, 4)}, eight)
    yield "elements overflow", file({"t": entry("U8", [1 << 32, 1 << 32], 0, 8)}, eight)
    yield "bytes overflow", file({"t": entry("F64", [1 << 62], 0, 8)}, eight)
    yield "overflow before a 0", file({"t": entry("U8", [1 << 62, 1 << 62, 0], 0, 0), "u": one}, eight)
    yield "dimension 2^64", file({"t": entry("U8", [1 << 64], 0, 8)}, eight)
    yield "dtype unknown", file({"t": entry("Q8", [8], 0, 8)}, eight)
    yield "dtype in small letters", file({"t": entry("u8", [8], 0, 8)}, eight)
    for dtype in ["BOOL", "F4", "F6_E2M3", "F6_E3M2", "I8", "F8_E5M2", "F8_E4M3", "F8_E8M0", "F8_E4M3FNUZ", "F8_E5M2FNUZ",
                  "I16", "U16", "F16", "BF16", "I32", "U32", "F32", "C64", "F64", "I64", "U64"]:
        bits = 4 if dtype == "F4" else 6 if dtype[:2] == "F6" else 64 if dtype == "C64" else 8
        bits = int(dtype[-2:]) if dtype[-2:] in ("16", "32", "64") else bits
        yield f"dtype {dtype}", file({"t": entry(dtype, [8], 0, bits)}, bytes(bits))
    yield "half a byte", file({"t": entry("F4", [15], 0, 8)}, eight)
    yield "duplicate name", file(b'{"t":{"dtype":"U8","shape":[8],"data_offsets":[0,8]},"t":{"dtype":"I8","shape":[8],"data_offsets":[0,8]}}', eight)
    yield "duplicate field", file(b'{"t":{"dtype":"U8","dtype":"I8","shape":[8],"data_offsets":[0,8]}}', eight)
    yield "a list", file(b"[]")
    yield "two values", file(b"{}{}")
    yield "not UTF-8", file(b'{"t\xff":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    yield "half a pair", file(b'{"\\ud800":{"dtype":"U8","shape":[8],"data_offsets":[0,8]}}', eight)
    yield "header longer than the file", file({"t": one}, eight, 1000)
    yield "header length 2^63", file({"t": one}, eight, 1 << 63)
    yield "header length 100000001", file({"t": one}, eight, 100_000_001)
    yield "header length 0", file(b"", eight)
    yield "seven bytes", bytes(7)
    yield "nothing", b""


def mutants():
    rng = random.Random(SEED)
    whole = file({"__metadata__": {"format": "pt"}, "a": entry("F16", [2, 2], 0, 8), "b": entry("U8", [3], 8, 11)}, bytes(11))
    words = [b"0", b"1", b"8", b"11", b"[]", b"{}", b"null", b'"', b",", b" ", b"-", b".5", b"e1", b'"U8"', b"[0,8]", b'"shape"']
    for number in range(MUTANTS):
        broken = bytearray(whole)
        for _ in range(rng.randint(1, 2)):
            at = rng.randrange(len(broken))
            kind = rng.randrange(4)
            if kind == 0:
                broken[at] = rng.choice(b' 0123456789[]{},:"aUF\x00\xff')
            elif kind == 1:
                del broken[at:at + rng.randint(1, 3)]
            elif kind == 2 and rng.random() < 0.8:  # blanks are harmless between tokens
                at = rng.choice([i for i, c in enumerate(broken) if i > 8 and c in b',:[]{}']) if len(broken) > 9 else at
                broken[at:at] = rng.choice([b" ", b"\n", b"\t", b"  "])
            else:
                word = rng.choice(words)
                broken[at:at + (len(word) if kind == 2 else 0)] = word
        if rng.random() < 0.7:  # the header's length follows, so that more than the length is tested
            struct.pack_into("<Q", broken, 0, len(broken) - 8 - 11)
        yield f"mutant {number}", bytes(broken)


def verdict(data):
    try:
        tensors = safetensors.deserialize(data)
    except safetensors.SafetensorError:
        return None
    return [{"name": name, "dtype": t["dtype"], "shape": list(t["shape"]), "data": bytes(t["data"]).hex()}
            for name, t in sorted(tensors)]


def main(out):
    cases = []
    for name, data in [*by_hand(), *mutants()]:
        tensors = verdict(data)
        cases.append({"name": name, "bytes": data.hex(), "read": tensors is not None, "tensors": tensors or []})
    fixture = {"made_with": f"safetensors {safetensors.__version__}", "cases": cases}
    with open(out, "w") as f:
        json.dump(fixture, f, indent=0, separators=(",", ":"))
        f.write("\n")
    with open(out) as f:
        assert json.load(f) == fixture
    read = sum(c["read"] for c in cases)
    print(f"{len(cases)} cases, {read} read")
    assert 40 < read < len(cases) - 40


main(sys.argv[1])
