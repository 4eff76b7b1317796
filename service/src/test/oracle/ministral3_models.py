"""Small models whose contexts were stretched, in the forms that Ministral 3, Devstral Small 2 and their like are published
in, and what transformers makes of them in float32. Usage: ministral3_models.py MODELS_DIR OUT.json

As transformers_models.py, of whose functions this is made; prompts reach beyond three times the original context of 16
tokens. Beside Hugging Face's and Mistral's files a GGUF file is written with gguf-py, in the keys that llama.cpp's
conversion/mistral.py writes for `mistral3`."""
import importlib.metadata
import json
import shutil
import sys
import tempfile
from pathlib import Path

import gguf
import numpy as np
import torch
from safetensors.torch import load_file, save_file
from transformers import AutoModelForImageTextToText

import tiny_tokenizers
from transformers_models import (LLAMA, VOCABULARY, config, evaluate, interleaved, linear, put_tokenizers, quantised, stored, weights, write_hugging_face,
                                 write_native)

CONTEXT = 16
YARN = {"rope_type": "yarn", "rope_theta": 1000000.0, "factor": 4.0, "original_max_position_embeddings": CONTEXT, "beta_fast": 32.0, "beta_slow": 1.0,
        "mscale": 1.0, "mscale_all_dim": 1.0, "llama_4_scaling_beta": 0.1}


def ministral3(rope, **more):
    c = config(architectures=["Ministral3ForCausalLM"], model_type="ministral3", head_dim=32, rope_theta="absent", torch_dtype="absent", **more)
    return {**c, "dtype": "bfloat16", "max_position_embeddings": 64, "rope_parameters": rope}


def without(rope, *keys, **more):
    return {**{k: v for k, v in rope.items() if k not in keys}, **more}


# name -> config, and the same with a feature switched off, for each feature
MODELS = {
    "ministral3": (ministral3(YARN), {"queries": without(YARN, "llama_4_scaling_beta", llama_4_scaling_beta=0.0),
                                      "yarn": without(YARN, factor=1.0)}),
    # The paper's magnitude, which Mistral's files call apply_scale; the other way to write the queries' scale large enough to see each step.
    "ministral3-magnitude": (ministral3(without(YARN, "mscale", "mscale_all_dim", llama_4_scaling_beta=0.5, beta_fast=4.0, rope_theta=10000.0),
                                        tie_word_embeddings=True, num_hidden_layers=3),
                             {"magnitude": without(YARN, llama_4_scaling_beta=0.5, beta_fast=4.0, rope_theta=10000.0, attention_factor=1.0)}),
    "llama-yarn": ({**config(**LLAMA, num_key_value_heads=4, head_dim=32), "max_position_embeddings": 64,
                    "rope_scaling": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": CONTEXT, "attention_factor": 0.8,
                                     "beta_fast": 2.0, "beta_slow": 0.25, "truncate": False}},
                   {"borders": {"rope_type": "yarn", "factor": 4.0, "original_max_position_embeddings": CONTEXT, "attention_factor": 0.8,
                                "beta_fast": 2.0, "beta_slow": 0.25}}),
}
VISION = {"model_type": "pixtral", "hidden_size": 16, "intermediate_size": 16, "num_hidden_layers": 1, "num_attention_heads": 1, "head_dim": 16,
          "patch_size": 4, "image_size": 16, "num_channels": 3, "hidden_act": "silu", "rope_theta": 10000.0}


def yarn_of(c):
    """Mistral's objects for a stretched context."""
    rope = c["rope_parameters"]
    return {"yarn": {"original_max_position_embeddings": CONTEXT, "factor": rope["factor"], "apply_scale": "mscale" not in rope, "beta": rope["beta_fast"],
                     "alpha": rope["beta_slow"]},
            "llama_4_scaling": {"original_max_position_embeddings": CONTEXT, "beta": rope["llama_4_scaling_beta"]}}


def write_params(to, files, c, quantization=None, more=None, extra=None):
    """Mistral's own layout, with the nulls that its params.json have."""
    write_native(to, files, {**c, "rope_theta": c["rope_parameters"]["rope_theta"]}, quantization)
    params = json.loads((to / "params.json").read_text())
    params |= {"tied_embeddings": c["tie_word_embeddings"], "max_position_embeddings": c["max_position_embeddings"], "q_lora_rank": None,
               "qk_rope_head_dim": None, "qk_nope_head_dim": None, "kv_lora_rank": None, "v_head_dim": None, "moe": None, **yarn_of(c), **(more or {})}
    (to / "params.json").write_text(json.dumps(params, indent=2) + "\n")
    if extra:
        save_file(load_file(to / "consolidated.safetensors") | extra, to / "consolidated.safetensors")
    put_tokenizers(to, "tekken")


def write_gguf(path, files, c, tokenizer):
    """The keys of llama.cpp's mistral3 and the vocabulary of the directory's tokenizer.json."""
    rope = c["rope_parameters"]
    w = gguf.GGUFWriter(path, "mistral3")
    w.add_name(path.stem)
    w.add_vocab_size(VOCABULARY)
    w.add_context_length(c["max_position_embeddings"])
    w.add_block_count(c["num_hidden_layers"])
    w.add_embedding_length(c["hidden_size"])
    w.add_feed_forward_length(c["intermediate_size"])
    w.add_head_count(c["num_attention_heads"])
    w.add_head_count_kv(c["num_key_value_heads"])
    w.add_key_length(c["head_dim"])
    w.add_value_length(c["head_dim"])
    w.add_layer_norm_rms_eps(c["rms_norm_eps"])
    w.add_rope_dimension_count(c["head_dim"])
    w.add_rope_freq_base(rope["rope_theta"])
    w.add_rope_scaling_type(gguf.RopeScalingType.YARN)
    w.add_rope_scaling_factor(rope["factor"])
    w.add_rope_scaling_yarn_beta_fast(rope["beta_fast"])
    w.add_rope_scaling_yarn_beta_slow(rope["beta_slow"])
    w.add_rope_scaling_yarn_log_mul(rope.get("mscale_all_dim", 0.0))
    w.add_rope_scaling_orig_ctx_len(rope["original_max_position_embeddings"])
    w.add_attn_temperature_scale(rope["llama_4_scaling_beta"])
    said = json.loads(tokenizer)
    vocabulary = sorted(said["model"]["vocab"].items(), key=lambda entry: entry[1])
    assert len(vocabulary) == VOCABULARY
    w.add_tokenizer_model("gpt2")
    w.add_tokenizer_pre("gpt-2")
    w.add_token_list([piece for piece, _ in vocabulary])
    w.add_token_types([gguf.TokenType.CONTROL if i < 3 else gguf.TokenType.NORMAL for i in range(VOCABULARY)])
    w.add_token_merges([m if isinstance(m, str) else " ".join(m) for m in said["model"]["merges"]])
    w.add_bos_token_id(1)
    w.add_eos_token_id(2)
    w.add_add_bos_token(True)
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.MISTRAL3, c["num_hidden_layers"])
    for name, tensor in files.items():
        heads = c["num_attention_heads"] if "q_proj" in name else c["num_key_value_heads"] if "k_proj" in name else 0
        tensor = (interleaved(tensor, heads) if heads else tensor).contiguous()
        to = names.get_name(name, try_suffixes=(".weight",))
        if tensor.dim() == 1:
            w.add_tensor(to, tensor.float().numpy())
        else:
            w.add_tensor(to, tensor.view(torch.uint8).numpy(), raw_dtype=gguf.GGMLQuantizationType.BF16)
    w.write_header_to_file()
    w.write_kv_data_to_file()
    w.write_tensors_to_file()
    w.close()


def devstral(folder, prompts, rng):
    """An FP8 model with a part for images, as Mistral publishes it: static scales of the tensors and of the activations."""
    name = "devstral-fp8"
    text = ministral3(without(YARN, factor=8.0, rope_theta=100000000.0), hidden_size=96)
    # Names as they are saved; two linear layers of the part for images stay as they are.
    files, values = {}, {}
    for k, v in weights(text, rng).items():
        values[k] = v.to(torch.bfloat16).float()
        files[k] = v.to(torch.bfloat16)
        if linear(k):
            q, scale, values[k] = quantised(v, False, torch.bfloat16)
            base = k.removesuffix("weight")
            files |= {k: q, base + "weight_scale_inv": scale.reshape(()), base + "activation_scale": torch.tensor(0.02, dtype=torch.bfloat16)}
    quantization = {"quant_method": "fp8", "activation_scheme": "static", "dequantize": False, "weight_block_size": None,
                    "modules_to_not_convert": ["model.vision_tower", "model.multi_modal_projector", "lm_head"]}
    c = {"architectures": ["Mistral3ForConditionalGeneration"], "model_type": "mistral3", "dtype": "bfloat16", "image_token_index": 10,
         "multimodal_projector_bias": False, "projector_hidden_act": "gelu", "spatial_merge_size": 2, "vision_feature_layer": -1,
         "tie_word_embeddings": False, "text_config": {k: v for k, v in text.items() if k not in ("architectures", "dtype")}, "vision_config": VISION}
    with tempfile.TemporaryDirectory() as scratch:
        # transformers' own class, text only, with what the weights stand for.
        torch.manual_seed(7)
        model = AutoModelForImageTextToText.from_config(type_of(c), dtype=torch.float32, attn_implementation="eager").eval()
        state = model.state_dict()
        for k, v in values.items():
            to = k.replace("model.", "model.language_model.", 1) if k.startswith("model.") else k
            assert state[to].shape == v.shape, k
            state[to].copy_(v)
        model.load_state_dict(state)
        model.save_pretrained(scratch)
        names = [k for f in Path(scratch).glob("*.safetensors") for k in load_file(f)]
        images = {k: v.to(torch.bfloat16) for f in Path(scratch).glob("*.safetensors") for k, v in load_file(f).items()
                  if not k.startswith("language_model.") and "lm_head" not in k}
    prefixed = {f"language_model.{k}": v for k, v in files.items()}
    assert {k for k in names if k.startswith("language_model.")} == {k for k in prefixed if not k.endswith(("scale_inv", "activation_scale"))}, names
    rows = []
    with torch.no_grad():
        for ids in prompts:
            logits = model(input_ids=torch.tensor([ids[:-1]]), use_cache=False).logits[0].double()
            rows.append(torch.log_softmax(logits, -1)[torch.arange(len(ids) - 1), torch.tensor(ids[1:])].numpy())
    write_hugging_face(folder / name, prefixed | images, {**c, "quantization_config": quantization}, 1)
    put_tokenizers(folder / name, "json")
    renamed = {k.replace("weight_scale_inv", "qscale_weight").replace("activation_scale", "qscale_act"): v for k, v in files.items()}
    write_params(folder / (name + "-native"), renamed, text, {"qformat_weight": "fp8_e4m3", "qscheme_act": "TENSOR"},
                 {"vision_encoder": {"hidden_size": 16}}, {"vision_encoder.patch_conv.weight": torch.zeros(4, 4, dtype=torch.bfloat16)})
    plain, _ = evaluate(text, values, prompts)
    assert max(float(np.abs(a - b).max()) for a, b in zip(rows, plain)) < 1e-4
    return rows, [name, name + "-native"]


def type_of(c):
    from transformers import Mistral3Config
    return Mistral3Config(**{k: v for k, v in c.items() if k not in ("architectures", "model_type")})


def main(folder, out):
    torch.set_num_threads(1)
    folder, found = Path(folder), []
    lengths = (1, CONTEXT - 1, CONTEXT, CONTEXT + 1, 3 * CONTEXT + 5)
    for old in [*MODELS, "devstral-fp8"]:
        for path in (folder / old, folder / (old + "-native")):
            shutil.rmtree(path, ignore_errors=True)
    tokenizer, _ = tiny_tokenizers.hugging_face()
    for number, (name, (c, off)) in enumerate(MODELS.items()):
        rng = np.random.default_rng(20261129 + number)
        files, values, _ = stored(name, c, weights(c, rng))
        prompts = [rng.integers(3, VOCABULARY, n + 1).tolist() for n in lengths]
        rows, _ = evaluate(c, values, prompts)
        bites = {}
        for feature, rope in off.items():
            key = "rope_scaling" if "rope_scaling" in c else "rope_parameters"
            changed, _ = evaluate({**c, key: rope}, values, prompts)
            bites[feature] = round(max(float(np.abs(a - b).max()) for a, b in zip(rows, changed)), 3)
        # Beyond the tolerance of the tests by far, or nobody would see it missing.
        assert min(bites.values()) > 0.06, (name, bites)
        directories = [name]
        write_hugging_face(folder / name, files, c, 1)
        put_tokenizers(folder / name, "json")
        if "rope_parameters" in c:
            directories += [name + "-native", name + ".gguf"]
            write_params(folder / (name + "-native"), files, c)
            write_gguf(folder / (name + ".gguf"), files, c, tokenizer)
        found.append((name, directories, bites, prompts, rows))
    rng = np.random.default_rng(20261140)
    prompts = [rng.integers(3, VOCABULARY, n + 1).tolist() for n in lengths]
    rows, directories = devstral(folder, prompts, rng)
    found.append(("devstral-fp8", directories, {}, prompts, rows))
    models = []
    for name, directories, bites, prompts, rows in found:
        cases = [{"ids": ids, "logprobs": [round(float(v), 6) for v in row]} for ids, row in zip(prompts, rows)]
        models.append({"name": name, "directories": directories, "window": CONTEXT, "bites": bites, "cases": cases})
        for path in (folder / d for d in directories):
            for file in [path] if path.is_file() else path.iterdir():
                file.chmod(0o644)
        size = {d: sum(f.stat().st_size for f in ([folder / d] if (folder / d).is_file() else (folder / d).iterdir())) // 1024 for d in directories}
        print(f"{name}: logprobs {min(r.min() for r in rows):.1f} to {max(r.max() for r in rows):.1f}, bites {bites}, KiB {size}", flush=True)
    versions = {k: importlib.metadata.version(k) for k in ("torch", "transformers", "tokenizers", "gguf", "safetensors")}
    Path(out).write_text(json.dumps({"made_with": versions, "models": models}, separators=(",", ":")) + "\n")
    for m in json.loads(Path(out).read_text())["models"]:
        assert all(len(case["ids"]) == len(case["logprobs"]) + 1 for case in m["cases"])


if __name__ == "__main__":
    main(*sys.argv[1:])
