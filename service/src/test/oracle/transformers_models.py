"""Small models with random weights in the forms that this family is published in, and what transformers makes of them in
float32. Usage: transformers_models.py MODELS_DIR OUT.json

Writes a directory a model, and OUT.json with the log-probability of every prompt token. A prompt of n tokens has n + 1
ids: entry i of `logprobs` is of id i + 1 after ids 0..i. Weights are rounded to their stored type first and the model is
then loaded in float32: a transformers model cast to bf16 would round its rotary frequencies, too. Every feature is switched
off once, to see that it makes a difference (`bites`)."""
import importlib.metadata
import json
import shutil
import sys
import tempfile
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import AutoModelForCausalLM

import tiny_tokenizers

VOCABULARY = tiny_tokenizers.VOCABULARY
TYPES = {"bfloat16": torch.bfloat16, "float16": torch.float16, "float32": torch.float32}
FP8 = torch.float8_e4m3fn
TOP = torch.finfo(FP8).max  # 448


def config(**more):
    """What all have in common; `None` leaves a key out."""
    base = {"architectures": ["MistralForCausalLM"], "model_type": "mistral", "attention_dropout": 0.0, "bos_token_id": 1, "eos_token_id": 2,
            "hidden_act": "silu", "hidden_size": 64, "intermediate_size": 96, "max_position_embeddings": 128, "num_attention_heads": 4,
            "num_hidden_layers": 2, "num_key_value_heads": 2, "rms_norm_eps": 1e-5, "rope_theta": 10000.0, "sliding_window": None,
            "tie_word_embeddings": False, "torch_dtype": "bfloat16", "vocab_size": VOCABULARY}
    drop = [k for k, v in more.items() if v == "absent"]
    return {k: v for k, v in {**base, **more}.items() if k not in drop}


def renewed(old):
    """The form that transformers 5 writes."""
    new = {**old, "dtype": old["torch_dtype"], "rope_parameters": {"rope_theta": old["rope_theta"], **old.get("rope_scaling", {"rope_type": "default"})}}
    return {k: v for k, v in new.items() if k not in ("torch_dtype", "rope_theta", "rope_scaling")}


LLAMA = {"architectures": ["LlamaForCausalLM"], "model_type": "llama", "sliding_window": "absent", "attention_bias": False, "mlp_bias": False}
MIXTRAL = {"architectures": ["MixtralForCausalLM"], "model_type": "mixtral", "num_experts_per_tok": 2, "router_aux_loss_coef": 0.02,
           "intermediate_size": 32}
LLAMA3 = {"rope_type": "llama3", "factor": 8.0, "low_freq_factor": 1.0, "high_freq_factor": 4.0, "original_max_position_embeddings": 32}
# name -> config, and the same with a feature switched off
MODELS = {
    "mistral-window-16": (config(sliding_window=16), {"sliding_window": None}),
    "mistral-window-32-sharded": (renewed(config(sliding_window=32, torch_dtype="float16", num_hidden_layers=3)), {"sliding_window": None}),
    "mistral-window-21": (renewed(config(sliding_window=21, torch_dtype="float32", num_attention_heads=8, head_dim=8, num_key_value_heads=2)),
                          {"sliding_window": 20}),
    "llama-tied": (config(**LLAMA, tie_word_embeddings=True, num_key_value_heads=1, rope_theta=500000.0, rope_scaling=LLAMA3),
                   {"rope_scaling": None}),
    "llama-linear": (renewed(config(**LLAMA, num_key_value_heads=4, rope_scaling={"rope_type": "linear", "factor": 2.5})),
                     {"rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}}),
    "nemo-head-dim": (config(hidden_size=96, head_dim=16, rope_theta=1000000.0), {"rope_theta": 10000.0}),
    "ministral-mixed": (renewed(config(architectures=["MinistralForCausalLM"], model_type="ministral", num_hidden_layers=4, sliding_window=16, head_dim=16,
                                       layer_types=["full_attention", "sliding_attention", "sliding_attention", "full_attention"])),
                        {"layer_types": ["sliding_attention"] * 4}),
    "mixtral-8": (config(**MIXTRAL, num_local_experts=8, rope_theta=1000000.0), {"num_experts_per_tok": 3}),
    "mixtral-4-window": (renewed(config(**MIXTRAL, num_local_experts=4, sliding_window=16, torch_dtype="float32", head_dim=None)),
                         {"sliding_window": None}),
    "fp8-tensor": (config(num_hidden_layers=3), {"rope_theta": 20000.0}),
    "fp8-channel": (config(sliding_window=16), {"sliding_window": None}),
    "fp8-inverse": (config(num_hidden_layers=2, hidden_size=96, head_dim=16), {"rope_theta": 20000.0}),
}
SHARDS = {"mistral-window-32-sharded": 3, "mixtral-4-window": 2}
# How the linear layers of FP8 models are scaled: per row or per tensor, and how the files say so.
COMPRESSED = {"fp8-tensor": "tensor", "fp8-channel": "channel"}


def weights(c, rng):
    """Names of Hugging Face's files; float32. Gaussian, so sized that logits and attention spread as a trained model's do."""
    width, ffn, heads, kv = c["hidden_size"], c["intermediate_size"], c["num_attention_heads"], c["num_key_value_heads"]
    head = c.get("head_dim") or width // heads

    def matrix(rows, cols, gain):
        return torch.from_numpy((rng.standard_normal((rows, cols)) * gain / cols ** 0.5).astype(np.float32))

    def norm():
        return torch.from_numpy((1 + 0.2 * rng.standard_normal(width)).astype(np.float32))

    w = {"model.embed_tokens.weight": matrix(VOCABULARY, width, 2.5 if c["tie_word_embeddings"] else 6.0)}
    for i in range(c["num_hidden_layers"]):
        p = f"model.layers.{i}."
        w[p + "input_layernorm.weight"] = norm()
        for name, rows, cols, gain in (("q", heads * head, width, 1.6), ("k", kv * head, width, 1.6), ("v", kv * head, width, 1.0), ("o", width, heads * head, 0.9)):
            w[f"{p}self_attn.{name}_proj.weight"] = matrix(rows, cols, gain)
        w[p + "post_attention_layernorm.weight"] = norm()
        if "num_local_experts" in c:
            w[p + "block_sparse_moe.gate.weight"] = matrix(c["num_local_experts"], width, 1.5)
        for e in range(c.get("num_local_experts", 1)):
            names = [f"block_sparse_moe.experts.{e}.w{n}" for n in (1, 3, 2)] if "num_local_experts" in c else ["mlp.gate_proj", "mlp.up_proj", "mlp.down_proj"]
            for name, rows, cols, gain in zip(names, (ffn, ffn, width), (width, width, ffn), (1.0, 1.0, 0.9)):
                w[f"{p}{name}.weight"] = matrix(rows, cols, gain)
    w["model.norm.weight"] = norm()
    if not c["tie_word_embeddings"]:
        w["lm_head.weight"] = matrix(VOCABULARY, width, 2.5)
    return w


def native(name):
    """Mistral's own name of a tensor."""
    for theirs, own in (("model.", ""), ("embed_tokens", "tok_embeddings"), ("self_attn.", "attention."), ("q_proj", "wq"), ("k_proj", "wk"),
                        ("v_proj", "wv"), ("o_proj", "wo"), ("input_layernorm", "attention_norm"), ("post_attention_layernorm", "ffn_norm"),
                        ("mlp.gate_proj", "feed_forward.w1"), ("mlp.down_proj", "feed_forward.w2"), ("mlp.up_proj", "feed_forward.w3"),
                        ("block_sparse_moe", "feed_forward"), ("lm_head", "output")):
        name = name.replace(theirs, own)
    return name


def interleaved(w, heads):
    """Rows of q or k from split halves, (i, i + d/2), to Mistral's pairs (2i, 2i + 1)."""
    rows, cols = w.shape
    return w.view(heads, 2, rows // heads // 2, cols).transpose(1, 2).reshape(rows, cols).contiguous()


def write_native(to, w, c, quantization=None):
    """params.json and consolidated.safetensors."""
    order = {"q_proj.weight": c["num_attention_heads"], "k_proj.weight": c["num_key_value_heads"]}
    out = {}
    for name, tensor in w.items():
        heads = next((n for end, n in order.items() if name.endswith(end)), 0)
        out[native(name)] = interleaved(tensor.view(torch.uint8), heads).view(FP8) if heads and tensor.dtype == FP8 else \
            interleaved(tensor, heads) if heads else tensor
    params = {"dim": c["hidden_size"], "n_layers": c["num_hidden_layers"], "head_dim": c.get("head_dim") or c["hidden_size"] // c["num_attention_heads"],
              "hidden_dim": c["intermediate_size"], "n_heads": c["num_attention_heads"], "n_kv_heads": c["num_key_value_heads"],
              "norm_eps": c["rms_norm_eps"], "vocab_size": VOCABULARY, "rope_theta": c["rope_theta"]}
    if c["sliding_window"]:
        params["sliding_window"] = c["sliding_window"]
    if "num_local_experts" in c:
        params["moe"] = {"num_experts_per_tok": c["num_experts_per_tok"], "num_experts": c["num_local_experts"]}
    if quantization:
        params["quantization"] = quantization
    to.mkdir()
    (to / "params.json").write_text(json.dumps(params, indent=2) + "\n")
    save_file(out, to / "consolidated.safetensors")


def write_hugging_face(to, w, c, shards):
    to.mkdir(exist_ok=True)
    (to / "config.json").write_text(json.dumps(c, indent=2) + "\n")
    (to / "generation_config.json").write_text(json.dumps({"bos_token_id": 1, "eos_token_id": 2}, indent=2) + "\n")
    if shards == 1:
        save_file(w, to / "model.safetensors", {"format": "pt"})
        return
    names, index = list(w), {}
    for n in range(shards):
        part = names[len(names) * n // shards:len(names) * (n + 1) // shards]
        file = f"model-{n + 1:05}-of-{shards:05}.safetensors"
        save_file({k: w[k] for k in part}, to / file, {"format": "pt"})
        index.update({k: file for k in part})
    total = sum(t.numel() * t.element_size() for t in w.values())
    (to / "model.safetensors.index.json").write_text(json.dumps({"metadata": {"total_size": total}, "weight_map": index}, indent=1) + "\n")


def quantised(w, per_row, scale_type):
    """name -> FP8 tensor, its scale, and the values they stand for."""
    scale = (w.abs().amax(1, keepdim=True) if per_row else w.abs().amax()) / TOP
    scale = scale.to(scale_type).float()
    q = (w / scale).clamp(-TOP, TOP).to(FP8)
    return q, scale.to(scale_type), q.float() * scale


def linear(name):
    return name.endswith("_proj.weight")


def compressed_config(strategy):
    weights_scheme = {"num_bits": 8, "type": "float", "strategy": strategy, "symmetric": True, "dynamic": False, "group_size": None}
    inputs = {**weights_scheme, "strategy": "token" if strategy == "channel" else "tensor", "dynamic": strategy == "channel"}
    return {"quant_method": "compressed-tensors", "format": "float-quantized", "quantization_status": "compressed", "ignore": ["lm_head"],
            "kv_cache_scheme": None, "global_compression_ratio": 1.0,
            "config_groups": {"group_0": {"targets": ["Linear"], "weights": weights_scheme, "input_activations": inputs, "output_activations": None}}}


def stored(name, c, w):
    """What goes into the files, what it stands for in float32, and the config with which it is published."""
    dtype = TYPES[c.get("torch_dtype") or c["dtype"]]
    if not name.startswith("fp8"):
        files = {k: v.to(dtype) for k, v in w.items()}
        return files, {k: v.float() for k, v in files.items()}, c
    files, values = {}, {}
    for k, v in w.items():
        if not linear(k):
            files[k], values[k] = v.to(dtype), v.to(dtype).float()
            continue
        # compressed-tensors keeps scales in the model's type or in float32; both occur.
        q, scale, values[k] = quantised(v, COMPRESSED.get(name) == "channel", torch.float32 if name == "fp8-channel" else torch.bfloat16)
        base = k.removesuffix("weight")
        files[k] = q
        if name in COMPRESSED:
            files[base + "weight_scale"] = scale.reshape(-1, 1) if name == "fp8-channel" else scale.reshape(1)
            if name == "fp8-tensor":
                files[base + "input_scale"] = torch.tensor([0.02], dtype=dtype)
        else:
            files[base + "weight_scale_inv"] = scale.reshape(())
            files[base + "activation_scale"] = torch.tensor(0.02, dtype=dtype)
    published = {**c, "quantization_config": compressed_config(COMPRESSED[name]) if name in COMPRESSED else {
        "quant_method": "fp8", "activation_scheme": "static", "dequantize": False, "modules_to_not_convert": ["lm_head"], "weight_block_size": None}}
    return files, values, published


def evaluate(c, values, prompts):
    """Log-probabilities by transformers, in float32 with eager attention."""
    with tempfile.TemporaryDirectory() as folder:
        write_hugging_face(Path(folder), values, {**c, ("torch_dtype" if "torch_dtype" in c else "dtype"): "float32"}, 1)
        model, info = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True)
        assert not info["missing_keys"] and not info["unexpected_keys"] and not info["mismatched_keys"], info
    assert all(p.dtype == torch.float32 for p in model.parameters())
    model.eval()
    rows = []
    with torch.no_grad():
        for ids in prompts:
            logits = model(torch.tensor([ids[:-1]]), use_cache=False).logits[0].double()
            rows.append(torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].numpy())
    return rows, torch.log_softmax(logits, -1)


def put_tokenizers(to, kind):
    if kind == "json":
        tokenizer, about = tiny_tokenizers.hugging_face()
        (to / "tokenizer.json").write_text(tokenizer, encoding="utf-8")
        (to / "tokenizer_config.json").write_text(about, encoding="utf-8")
    elif kind == "model":
        (to / "tokenizer.model.v3").write_bytes(tiny_tokenizers.sentence_piece())
    else:
        (to / "tekken.json").write_text(tiny_tokenizers.tekken(), encoding="utf-8")


def main(folder, out):
    torch.set_num_threads(1)
    folder = Path(folder)
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir()
    found = []
    for number, (name, (c, off)) in enumerate(MODELS.items()):
        rng = np.random.default_rng(20261126 + number)
        files, values, published = stored(name, c, weights(c, rng))
        window = c.get("sliding_window") or 16
        prompts = [rng.integers(3, VOCABULARY, n + 1).tolist() for n in (1, window - 1, window, window + 1, 3 * window + 5)]
        rows, spread = evaluate(c, values, prompts)
        changed, _ = evaluate({**c, **off}, values, prompts)
        bites = max(float(np.abs(a - b).max()) for a, b in zip(rows, changed))
        assert bites > 0.1, (name, bites)
        directories = [name]
        write_hugging_face(folder / name, files, published, SHARDS.get(name, 1))
        put_tokenizers(folder / name, "json")
        if name in ("mistral-window-16", "mixtral-8", "nemo-head-dim"):
            directories.append(name + "-native")
            write_native(folder / directories[-1], files, c)
            put_tokenizers(folder / directories[-1], "tekken" if name == "nemo-head-dim" else "model")
        if name == "fp8-tensor":
            directories.append(name + "-native")
            renamed = {k.replace("weight_scale", "qscale_weight").replace("input_scale", "qscale_act"): v.reshape(()) if v.numel() == 1 else v for k, v in files.items()}
            write_native(folder / directories[-1], renamed, c, {"qformat_weight": "fp8_e4m3", "qscheme_act": "TENSOR"})
            put_tokenizers(folder / directories[-1], "tekken")
        p = spread.exp()
        entropy = float(-(p * spread).sum(-1).mean())
        cases = [{"ids": ids, "logprobs": [round(float(v), 6) for v in row]} for ids, row in zip(prompts, rows)]
        found.append({"name": name, "directories": directories, "window": window, "bites": round(bites, 3), "entropy": round(entropy, 3), "cases": cases})
        for file in (f for d in directories for f in (folder / d).iterdir()):
            file.chmod(0o644)
        size = {d: sum(f.stat().st_size for f in (folder / d).iterdir()) // 1024 for d in directories}
        print(f"{name}: entropy {entropy:.2f} nats, logprobs {min(r.min() for r in rows):.1f} to {max(r.max() for r in rows):.1f}, bites {bites:.2f}, KiB {size}", flush=True)
    versions = {k: importlib.metadata.version(k) for k in ("torch", "transformers", "tokenizers", "sentencepiece", "safetensors")}
    Path(out).write_text(json.dumps({"made_with": versions, "models": found}, separators=(",", ":")) + "\n")
    for m in json.loads(Path(out).read_text())["models"]:
        assert all(len(case["ids"]) == len(case["logprobs"]) + 1 for case in m["cases"])


if __name__ == "__main__":
    main(*sys.argv[1:])
