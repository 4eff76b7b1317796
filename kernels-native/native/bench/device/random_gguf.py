"""A random model of Mistral's shape as a GGUF file, with a vocabulary of its own: what a server is timed with where no model is at hand."""

import os
import struct

TYPES = {"F16": (1, 1, 2), "Q4_0": (2, 32, 18), "Q8_0": (8, 32, 34), "BF16": (30, 1, 2)}  # number, elements and bytes of a block
F32 = (0, 1, 4)
U32, I32, FLOAT, STRING, ARRAY = 4, 5, 6, 8, 9
NORMAL, UNKNOWN, CONTROL, BYTE = 1, 2, 3, 6
REPEATED = 1 << 20  # bytes of random blocks that a matrix is made of, again and again


def text(value):
    data = value.encode()
    return struct.pack("<Q", len(data)) + data


def pair(key, kind, data):
    return text(key) + struct.pack("<I", kind) + data


def array(key, kind, items):
    pack = text if kind == STRING else lambda value: struct.pack({I32: "<i", FLOAT: "<f"}[kind], value)
    return pair(key, ARRAY, struct.pack("<IQ", kind, len(items)) + b"".join(map(pack, items)))


def pieces(n):
    """Control tokens, the 256 bytes, and words of letters that differ."""
    found = ["<unk>", "<s>", "</s>"] + [f"<0x{byte:02X}>" for byte in range(256)]
    letters = "abcdefghijklmnopqrstuvwxyz"
    number = 0
    while len(found) < n:
        word, left = "", number
        while left >= 0:
            word, left = letters[left % 26] + word, left // 26 - 1
        found.append("\u2581" + word)
        number += 1
    return found[:n]


def blocks(kind, deviation):
    """Random codes whose values have about that deviation."""
    number, elements, size = TYPES[kind]
    n = REPEATED // size
    if kind in ("Q4_0", "Q8_0"):
        scale = struct.pack("<e", deviation / (4.6 if kind == "Q4_0" else 73))
        codes = os.urandom(n * (size - 2))
        return b"".join(scale + codes[i * (size - 2):(i + 1) * (size - 2)] for i in range(n))
    # Any sign and mantissa, and one exponent: 1 to 2 times a power of two.
    exponent = -1
    while 2.0 ** exponent > deviation / 1.5:
        exponent -= 1
    random = struct.unpack(f"<{n}H", os.urandom(2 * n))
    mantissa, bias = (7, 127) if kind == "BF16" else (10, 15)
    field = (exponent + bias) << mantissa
    return struct.pack(f"<{n}H", *(bits & (0x8000 | ((1 << mantissa) - 1)) | field for bits in random))


def write(path, shape, kind):
    """shape: layers, width, heads, kv_heads, head_dim, ffn, vocab, window, context."""
    width, q, kv = shape["width"], shape["heads"] * shape["head_dim"], shape["kv_heads"] * shape["head_dim"]
    tensors = [("token_embd.weight", width, shape["vocab"], kind, 1.0), ("output_norm.weight", width, 1, "F32", 1),
               ("output.weight", width, shape["vocab"], kind, width ** -0.5)]
    for layer in range(shape["layers"]):
        for name, cols, rows in (("attn_norm", width, 1), ("attn_q", width, q), ("attn_k", width, kv), ("attn_v", width, kv), ("attn_output", q, width),
                                 ("ffn_norm", width, 1), ("ffn_gate", width, shape["ffn"]), ("ffn_up", width, shape["ffn"]), ("ffn_down", shape["ffn"], width)):
            tensors.append((f"blk.{layer}.{name}.weight", cols, rows, "F32" if rows == 1 else kind, cols ** -0.5))
    tokens = pieces(shape["vocab"])
    number = lambda key, value: pair("llama." + key, U32, struct.pack("<I", value))
    keys = [pair("general.architecture", STRING, text("llama")), pair("general.name", STRING, text(f"random {kind}")),
            number("block_count", shape["layers"]), number("embedding_length", width), number("feed_forward_length", shape["ffn"]),
            number("attention.head_count", shape["heads"]), number("attention.head_count_kv", shape["kv_heads"]), number("context_length", shape["context"]),
            number("rope.dimension_count", shape["head_dim"]), number("attention.key_length", shape["head_dim"]), number("attention.value_length", shape["head_dim"]),
            number("attention.sliding_window", shape["window"]), number("vocab_size", shape["vocab"]),
            pair("llama.rope.freq_base", FLOAT, struct.pack("<f", 10000)), pair("llama.attention.layer_norm_rms_epsilon", FLOAT, struct.pack("<f", 1e-5)),
            pair("tokenizer.ggml.model", STRING, text("llama")), array("tokenizer.ggml.tokens", STRING, tokens),
            array("tokenizer.ggml.scores", FLOAT, [-float(i) for i in range(len(tokens))]),
            array("tokenizer.ggml.token_type", I32, [UNKNOWN, CONTROL, CONTROL] + [BYTE] * 256 + [NORMAL] * (len(tokens) - 259)),
            pair("tokenizer.ggml.bos_token_id", U32, struct.pack("<I", 1)), pair("tokenizer.ggml.eos_token_id", U32, struct.pack("<I", 2)),
            pair("tokenizer.ggml.unknown_token_id", U32, struct.pack("<I", 0))]
    head, at = [struct.pack("<IIQQ", 0x46554747, 3, len(tensors), len(keys)), *keys], 0
    sizes = []
    for name, cols, rows, of, _ in tensors:
        type_number, elements, size = TYPES.get(of, F32)
        sizes.append(rows * cols // elements * size)
        extents = (cols,) if rows == 1 else (cols, rows)
        head.append(text(name) + struct.pack("<I", len(extents)) + struct.pack(f"<{len(extents)}Q", *extents) + struct.pack("<IQ", type_number, at))
        at += (sizes[-1] + 31) // 32 * 32
    made = {}
    with open(path, "wb") as file:
        header = b"".join(head)
        file.write(header + bytes(-len(header) % 32))
        for (_, cols, rows, of, deviation), size in zip(tensors, sizes):
            if of == "F32":
                data = struct.pack("<f", 1.0) * cols
            else:
                if deviation not in made:
                    made[deviation] = blocks(of, deviation)
                data = made[deviation]
            for _ in range(size // len(data)):
                file.write(data)
            file.write(data[:size % len(data)] + bytes(-size % 32))
