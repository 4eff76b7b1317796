"""What gguf-py makes of the small models' weights in every type that `tramontane convert` writes.
Usage: gguf_convert.py MODELS_DIR OUT.json

Reads Hugging Face directories of transformers_models.py, puts rows of q and k in GGUF's order, stacks experts, quantises with
gguf-py, and keeps the first 16 hex digits of the SHA-256 of each tensor's bytes."""
import hashlib
import importlib.metadata
import json
import re
import sys
from pathlib import Path

import gguf
import numpy as np
from safetensors.torch import load_file

T = gguf.GGMLQuantizationType
TYPES = [T.F32, T.F16, T.BF16, T.Q8_0, T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1]
MODELS = ["mistral-window-16", "llama-tied", "nemo-head-dim", "mixtral-4-window"]
NAMES = {"input_layernorm": "attn_norm", "post_attention_layernorm": "ffn_norm", "self_attn.q_proj": "attn_q", "self_attn.k_proj": "attn_k",
         "self_attn.v_proj": "attn_v", "self_attn.o_proj": "attn_output", "mlp.gate_proj": "ffn_gate", "mlp.up_proj": "ffn_up",
         "mlp.down_proj": "ffn_down", "block_sparse_moe.gate": "ffn_gate_inp"}
OUTSIDE = {"model.embed_tokens.weight": "token_embd.weight", "model.norm.weight": "output_norm.weight", "lm_head.weight": "output.weight"}
EXPERT = re.compile(r"block_sparse_moe\.experts\.(\d+)\.w([123])")
EXPERTS = {"1": "ffn_gate_exps", "2": "ffn_down_exps", "3": "ffn_up_exps"}


def interleaved(w, heads):
    rows, cols = w.shape
    return w.reshape(heads, 2, rows // heads // 2, cols).swapaxes(1, 2).reshape(rows, cols)


def tensors(folder, config):
    """GGUF name -> float32 values in GGUF's order."""
    found, experts = {}, {}
    for file in sorted(folder.glob("*.safetensors")):
        for name, tensor in load_file(file).items():
            w = tensor.float().numpy()
            if name in OUTSIDE:
                found[OUTSIDE[name]] = w
                continue
            layer, rest = re.fullmatch(r"model\.layers\.(\d+)\.(.*)\.weight", name).groups()
            if m := EXPERT.fullmatch(rest):
                experts.setdefault(f"blk.{layer}.{EXPERTS[m[2]]}.weight", {})[int(m[1])] = w
                continue
            if rest.endswith(("q_proj", "k_proj")):
                w = interleaved(w, config["num_attention_heads" if rest.endswith("q_proj") else "num_key_value_heads"])
            found[f"blk.{layer}.{NAMES[rest]}.weight"] = w
    found.update({name: np.stack([parts[i] for i in range(len(parts))]) for name, parts in experts.items()})
    return found


def kind(name, w, asked):
    """The rule of the converter, said once more."""
    if w.ndim == 1 or name.endswith("ffn_gate_inp.weight"):
        return T.F32
    if name in ("token_embd.weight", "output.weight") and asked in (T.Q4_0, T.Q4_1, T.Q5_0, T.Q5_1):
        return T.Q8_0
    return asked


def main(models, out):
    found = []
    for name in MODELS:
        folder = Path(models) / name
        weights = tensors(folder, json.loads((folder / "config.json").read_text()))
        for asked in TYPES:
            rows = {}
            for tensor, w in weights.items():
                to = kind(tensor, w, asked)
                data = np.ascontiguousarray(gguf.quants.quantize(np.ascontiguousarray(w), to))
                rows[tensor] = f"{to.name} {hashlib.sha256(data.tobytes()).hexdigest()[:16]}"
            found.append({"name": name, "type": asked.name.lower(), "tensors": rows})
    versions = {k: importlib.metadata.version(k) for k in ("gguf", "numpy")}
    Path(out).write_text(json.dumps({"made_with": versions, "files": found}, indent=0) + "\n")
    assert len(json.loads(Path(out).read_text())["files"]) == len(MODELS) * len(TYPES)


main(*sys.argv[1:])
