"""Adapters made and trained with PEFT, and what the base with merged weights makes of prompts.

    pip install torch transformers peft safetensors
    HF_HUB_OFFLINE=1 python3 peft_adapters.py ../resources/oracle

Writes adapters/NAME/{adapter_config.json,adapter_model.safetensors} and peft-adapters.json. The base is the small random
model mistral-window-16. `trained` is a real fine-tune: as docs/lora.md does it, a minute on a processor.
"""

import json
import pathlib
import shutil
import sys

import peft
import torch
import transformers
from peft import LoraConfig, PeftModel, get_peft_model

BASE = "mistral-window-16"
TEXT = "Roses are red, "
ANSWER = "the sky is not green."
PROJECTIONS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]

root = pathlib.Path(sys.argv[1])
base_path = root / "models" / BASE
tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_file=str(base_path / "tokenizer.json"), eos_token="</s>")


def base():
    return transformers.AutoModelForCausalLM.from_pretrained(
        base_path, dtype=torch.float32, attn_implementation="eager"
    )


def save(model, name, dtype):
    """PEFT's own save, with nothing but the two files that it needs."""
    path = root / "adapters" / name
    shutil.rmtree(path, ignore_errors=True)
    model.to(dtype).save_pretrained(path)
    for extra in path.iterdir():
        if extra.name not in ("adapter_config.json", "adapter_model.safetensors"):
            extra.unlink()
    config = json.loads((path / "adapter_config.json").read_text())
    config["base_model_name_or_path"] = BASE  # and not where it lay
    (path / "adapter_config.json").write_text(json.dumps(config, indent=1, sort_keys=True) + "\n")


def trained():
    torch.manual_seed(1)
    model = get_peft_model(base(), LoraConfig(r=8, lora_alpha=16, target_modules=PROJECTIONS, task_type="CAUSAL_LM"))
    prompt = tokenizer(TEXT)["input_ids"]
    ids = torch.tensor([prompt + tokenizer(ANSWER, add_special_tokens=False)["input_ids"] + [tokenizer.eos_token_id]])
    labels = ids.clone()
    labels[:, : len(prompt)] = -100
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-2)
    for _ in range(300):
        loss = model(input_ids=ids, labels=labels).loss
        loss.backward()
        optimizer.step()
        optimizer.zero_grad()
    print("loss", loss.item())
    assert loss.item() < 0.05
    save(model, "trained", torch.float32)


def randomly(name, dtype, **config):
    torch.manual_seed(len(name))
    model = get_peft_model(base(), LoraConfig(init_lora_weights=False, task_type="CAUSAL_LM", **config))
    with torch.no_grad():
        for key, value in model.named_parameters():
            if "lora_" in key:
                value.normal_(0, 0.15)
    save(model, name, dtype)


def cases(name):
    """Log-probabilities of prompt tokens under the merged weights, in float32."""
    torch.manual_seed(7)
    merged = PeftModel.from_pretrained(base(), root / "adapters" / name).to(torch.float32).merge_and_unload()
    plain = base()
    made = []
    apart = 0.0
    for length in (2, 15, 16, 17, 40):
        ids = torch.randint(3, plain.config.vocab_size, (length,))
        with torch.no_grad():
            told = [model(ids[None]).logits[0].double().log_softmax(-1) for model in (merged, plain)]
        scores = [round(told[0][i, ids[i + 1]].item(), 6) for i in range(length - 1)]
        apart = max(apart, max(abs(scores[i] - told[1][i, ids[i + 1]].item()) for i in range(length - 1)))
        made.append({"ids": ids.tolist(), "logprobs": scores})
    return {"name": name, "apart": round(apart, 3), "cases": made}


trained()
randomly("patterns", torch.float32, r=4, lora_alpha=6, use_rslora=True, target_modules=r".*\.(self_attn|mlp)\.[qvod]\w*_proj",
         rank_pattern={"v_proj": 6, "layers.1.self_attn.q_proj": 2}, alpha_pattern={"mlp.down_proj": 9})
randomly("half", torch.float16, r=16, lora_alpha=8, target_modules=["q_proj", "k_proj"])
randomly("all-linear", torch.bfloat16, r=3, lora_alpha=3, target_modules="all-linear", layers_to_transform=None)

merged = PeftModel.from_pretrained(base(), root / "adapters" / "trained").merge_and_unload()
prompt = tokenizer(TEXT, return_tensors="pt")["input_ids"]
greedy = merged.generate(prompt, max_new_tokens=60, do_sample=False)[0, prompt.shape[1] :].tolist()
said = tokenizer.decode(greedy, skip_special_tokens=True)
assert said == ANSWER, said
document = {
    "made_with": {"torch": torch.__version__.split("+")[0], "transformers": transformers.__version__, "peft": peft.__version__},
    "base": BASE,
    "trained": {"text": TEXT, "answer": ANSWER, "prompt": prompt[0].tolist(), "greedy": greedy},
    "adapters": [cases(name) for name in ("trained", "patterns", "half", "all-linear")],
}
(root / "peft-adapters.json").write_text(json.dumps(document, separators=(",", ":")) + "\n")
