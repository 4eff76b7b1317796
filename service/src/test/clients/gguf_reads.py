"""Reads a converted file with gguf-py and compares it with the safetensors it came from.
Usage: gguf_reads.py OUT.gguf MODEL_DIR f32|f16|bf16|q8_0|q4_0|q4_1|q5_0|q5_1"""
import json
import struct
import sys
from pathlib import Path

import gguf
import numpy as np

BLOCK = 32
LAYER = {"attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm", "attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj",
         "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj", "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj",
         "ffn_down": "mlp.down_proj", "ffn_gate_inp": "block_sparse_moe.gate"}
OUTSIDE = {"token_embd": "model.embed_tokens", "output_norm": "model.norm", "output": "lm_head"}
EXPERTS = {"ffn_gate_exps": "w1", "ffn_down_exps": "w2", "ffn_up_exps": "w3"}


def safetensors(folder):
    found = {}
    for file in folder.glob("*.safetensors"):
        raw = file.read_bytes()
        length = struct.unpack("<Q", raw[:8])[0]
        for name, about in json.loads(raw[8:8 + length]).items():
            if name == "__metadata__":
                continue
            start, end = about["data_offsets"]
            data = raw[8 + length + start:8 + length + end]
            if about["dtype"] == "BF16":
                values = (np.frombuffer(data, np.uint16).astype(np.uint32) << 16).view(np.float32)
            else:
                values = np.frombuffer(data, {"F32": np.float32, "F16": np.float16}[about["dtype"]]).astype(np.float32)
            found[name] = values.reshape(about["shape"])
    return found


def interleaved(w, heads):
    rows, cols = w.shape
    return w.reshape(heads, 2, rows // heads // 2, cols).swapaxes(1, 2).reshape(rows, cols)


def expected(name, source, config):
    stem = name.removesuffix(".weight")
    if stem in OUTSIDE:
        return source[OUTSIDE[stem] + ".weight"]
    _, layer, part = stem.split(".")
    if part in EXPERTS:
        names = [f"model.layers.{layer}.block_sparse_moe.experts.{e}.{EXPERTS[part]}.weight" for e in range(config["num_local_experts"])]
        return np.stack([source[n] for n in names])
    w = source[f"model.layers.{layer}.{LAYER[part]}.weight"]
    heads = {"attn_q": "num_attention_heads", "attn_k": "num_key_value_heads"}.get(part)
    return interleaved(w, config[heads]) if heads else w


def error(w, kind):
    """The most by which a stored value may differ: half a step, or a whole one where the range is cut at one end; and
    the rounding of scales to float16."""
    if kind == "F32":
        return np.zeros_like(w)
    if kind in ("F16", "BF16"):
        return np.abs(w) * (2.0 ** -11 if kind == "F16" else 2.0 ** -8) + 2.0 ** -24
    blocks = w.reshape(-1, BLOCK)
    top, span = np.abs(blocks).max(1), blocks.max(1) - blocks.min(1)
    step = {"Q8_0": top / 127 / 2, "Q4_0": top / 8, "Q5_0": top / 16, "Q4_1": span / 15 / 2, "Q5_1": span / 31 / 2}[kind]
    return np.repeat(step + (top + span) * 2.0 ** -10, BLOCK).reshape(w.shape)


def main(path, folder, asked):
    folder = Path(folder)
    config = json.loads((folder / "config.json").read_text())
    source = safetensors(folder)
    reader = gguf.GGUFReader(path)
    field = {name: field.contents() for name, field in reader.fields.items()}
    assert field["general.architecture"] == "llama" and field["general.type"] == "model"
    assert field["general.quantization_version"] == 2
    assert gguf.LlamaFileType(field["general.file_type"]).name.endswith(asked.upper()), field["general.file_type"]
    head = config.get("head_dim") or config["hidden_size"] // config["num_attention_heads"]
    rope = config.get("rope_parameters", config)
    for key, value in {"vocab_size": config["vocab_size"], "context_length": config["max_position_embeddings"], "block_count": config["num_hidden_layers"],
                       "embedding_length": config["hidden_size"], "feed_forward_length": config["intermediate_size"],
                       "attention.head_count": config["num_attention_heads"], "attention.head_count_kv": config["num_key_value_heads"],
                       "attention.key_length": head, "attention.value_length": head, "rope.dimension_count": head,
                       "rope.freq_base": np.float32(rope["rope_theta"]), "attention.layer_norm_rms_epsilon": np.float32(config["rms_norm_eps"]),
                       "attention.sliding_window": config.get("sliding_window"), "expert_count": config.get("num_local_experts"),
                       "expert_used_count": config.get("num_experts_per_tok")}.items():
        assert field.get("llama." + key) == value, (key, field.get("llama." + key), value)
    tokens = field["tokenizer.ggml.tokens"]
    assert len(tokens) == len(field["tokenizer.ggml.token_type"]) == config["vocab_size"]
    assert field["tokenizer.ggml.bos_token_id"] == 1 and field["tokenizer.ggml.eos_token_id"] == 2 and tokens[1] == "<s>"
    if field["tokenizer.ggml.model"] == "gpt2":
        known = set(tokens)
        assert all(merge.replace(" ", "") in known for merge in field["tokenizer.ggml.merges"]) and field["tokenizer.ggml.pre"]
    else:
        assert len(field["tokenizer.ggml.scores"]) == len(tokens)
    used = 0
    for tensor in reader.tensors:
        if tensor.name == "rope_freqs.weight":
            continue
        want = expected(tensor.name, source, config)
        have = gguf.quants.dequantize(tensor.data, tensor.tensor_type).reshape(want.shape)
        assert tuple(reversed(tensor.shape.tolist())) == want.shape, (tensor.name, tensor.shape, want.shape)
        off = np.abs(have - want) - error(want, tensor.tensor_type.name)
        assert off.max() <= 0, (tensor.name, tensor.tensor_type, off.max())
        used += want.shape[0] if want.ndim == 3 else 1
    assert used == len(source), (used, len(source))
    print(f"{len(reader.tensors)} tensors, {len(field)} keys")
    print("all held")


main(*sys.argv[1:])
