"""A small model that gguf-py has split into three files. Usage: gguf_split.py OUT_DIRECTORY"""
import pathlib
import sys

import gguf
import numpy as np

SHAPES = {"token_embd.weight": (4, 32), "blk.0.ffn_gate_exps.weight": (3, 2, 32), "blk.0.attn_norm.weight": (32,),
          "blk.1.attn_norm.weight": (32,), "output.weight": (4, 32)}


def values(number, shape):
    """The test knows this rule: element i of tensor number n is n + i / 1024."""
    return (number + np.arange(np.prod(shape), dtype=np.float32) / 1024).reshape(shape).astype(np.float32)


def main(out):
    out = pathlib.Path(out)
    out.mkdir(parents=True, exist_ok=True)
    writer = gguf.GGUFWriter(out / "small.gguf", "llama", split_max_tensors=2)
    writer.add_name("small")
    writer.add_block_count(2)
    for number, (name, shape) in enumerate(SHAPES.items()):
        writer.add_tensor(name, values(number, shape))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()
    parts = sorted(out.glob("small-*.gguf"))
    assert len(parts) == 3, parts
    seen = [(t.name, t.data.copy()) for part in parts for t in gguf.GGUFReader(part).tensors]
    for number, ((name, shape), (read, data)) in enumerate(zip(SHAPES.items(), seen, strict=True)):
        assert name == read and np.array_equal(data.reshape(shape), values(number, shape)), name
    print(*parts)


main(sys.argv[1])
