"""Greedy continuations and log-probabilities from transformers in float32.
Usage: smollm2_greedy.py MODEL.gguf BOOKS.txt.gz OUT.json

Checks on the way: the weights transformers loads equal gguf-py's dequantisation (with the rows of Q and K put back
from the interleaved to the split order of the rotation), and no token is added before the prompt."""
import gzip
import importlib.metadata
import json
import os
import sys

import gguf
import torch
from transformers import AutoModelForCausalLM

from smollm2_tokenizer import build

STEPS = 32


def unpermute(w, heads):
    rows, cols = w.shape
    return w.reshape(heads, rows // heads // 2, 2, cols).swapaxes(1, 2).reshape(rows, cols)


def check_weights(model, reader):
    have = model.state_dict()
    heads, kv = model.config.num_attention_heads, model.config.num_key_value_heads
    for t in reader.tensors:
        w = torch.from_numpy(gguf.quants.dequantize(t.data, t.tensor_type).copy())
        parts = t.name.split(".")
        if parts[0] == "blk":
            name = {"attn_q": "self_attn.q_proj", "attn_k": "self_attn.k_proj", "attn_v": "self_attn.v_proj", "attn_output": "self_attn.o_proj",
                    "ffn_gate": "mlp.gate_proj", "ffn_up": "mlp.up_proj", "ffn_down": "mlp.down_proj",
                    "attn_norm": "input_layernorm", "ffn_norm": "post_attention_layernorm"}[parts[2]]
            if parts[2] in ("attn_q", "attn_k"):
                w = torch.from_numpy(unpermute(w.numpy(), heads if parts[2] == "attn_q" else kv).copy())
            name = f"model.layers.{parts[1]}.{name}.weight"
        else:
            name = {"token_embd": "model.embed_tokens", "output_norm": "model.norm"}[parts[0]] + ".weight"
        assert torch.equal(have[name], w), t.name
    assert torch.equal(have["lm_head.weight"], have["model.embed_tokens.weight"])
    return len(reader.tensors)


def prompts(books):
    with gzip.open(books, "rt", encoding="utf-8") as f:
        text = f.read()
    at = text.index("The Time Traveller (for so it will be convenient to speak of him)")
    chat = ("<|im_start|>system\nYou are a helpful AI assistant named SmolLM, trained by Hugging Face<|im_end|>\n"
            "<|im_start|>user\nWhat is the capital of France?<|im_end|>\n<|im_start|>assistant\n")
    return [
        ("plain", "The north wind blew all night, and in the morning", False),
        ("chat", chat, True),
        ("code", "def fibonacci(n):\n    \"\"\"Return the n-th Fibonacci number.\"\"\"\n    if n < 2:\n        return n\n", False),
        ("book", text[at:at + 1300].rsplit(" ", 1)[0], False),
        ("unicode", "Le caf\u00e9 est ferm\u00e9 \u2014 na\u00efvet\u00e9! \u4f60\u597d\uff0c\u4e16\u754c \U0001f642\U0001f44d\U0001f3fd Stra\u00dfe 42:", False),
    ]


def main(path, books, out):
    torch.set_num_threads(2)
    reader = gguf.GGUFReader(path)
    assert reader.get_field("tokenizer.ggml.add_bos_token").contents() is False
    tok = build(path)
    model = AutoModelForCausalLM.from_pretrained(os.path.dirname(path) or ".", gguf_file=os.path.basename(path), dtype=torch.float32,
                                                 attn_implementation="eager").eval()
    assert next(model.parameters()).dtype == torch.float32
    print(check_weights(model, reader), "tensors equal gguf-py's")
    eos = reader.get_field("tokenizer.ggml.eos_token_id").contents()
    cases = []
    for name, text, special in prompts(books):
        tok.encode_special_tokens = not special
        ids = tok.encode(text, add_special_tokens=False).ids
        with torch.no_grad():
            r = model(torch.tensor([ids]), use_cache=True)
            logp = torch.log_softmax(r.logits[0].double(), -1)
            prompt_logprobs = [round(logp[i - 1, ids[i]].item(), 6) for i in range(1, len(ids))]
            top = torch.topk(logp[-1], 5)
            steps, greedy, cache, last = [], [], r.past_key_values, logp[-1]
            for _ in range(STEPS):  # eos is followed like any other token: the server's stop rule is its own
                two = torch.topk(last, 2)
                g = two.indices[0].item()
                greedy.append(g)
                steps.append({"id": g, "logprob": round(two.values[0].item(), 6), "second_id": two.indices[1].item(), "second_logprob": round(two.values[1].item(), 6)})
                r = model(torch.tensor([[g]]), past_key_values=cache, use_cache=True)
                cache, last = r.past_key_values, torch.log_softmax(r.logits[0, -1].double(), -1)
            # Once more without a cache: the incremental run must say the same.
            whole = torch.log_softmax(model(torch.tensor([ids + greedy])).logits[0, len(ids) - 1:-1].double(), -1)
            off = max(abs(whole[i, g].item() - steps[i]["logprob"]) for i, g in enumerate(greedy))
            assert off < 1e-3 and whole.argmax(-1).tolist() == greedy, (name, off)
        margin = min(s["logprob"] - s["second_logprob"] for s in steps)
        cases.append({"name": name, "prompt": text, "parse_special": special, "prompt_ids": ids, "greedy_ids": greedy,
                      "greedy_text": tok.decode(greedy, skip_special_tokens=False), "eos_at": greedy.index(eos) if eos in greedy else -1,
                      "least_margin": round(margin, 6), "steps": steps, "prompt_logprobs": prompt_logprobs,
                      "last_top5": [{"id": i.item(), "logprob": round(v.item(), 6)} for v, i in zip(top.values, top.indices)]})
        print(f"{name}: {len(ids)} tokens, least margin {margin:.4f}, cache against none {off:.1e}\n   {cases[-1]['greedy_text']!r}", flush=True)
    versions = {k: importlib.metadata.version(k) for k in ("torch", "transformers", "tokenizers", "gguf")}
    with open(out, "w", encoding="utf-8") as f:
        json.dump({"made_with": versions, "dtype": "float32", "cases": cases}, f, separators=(",", ":"))
        f.write("\n")
    for c in json.load(open(out, encoding="utf-8"))["cases"]:
        assert len(c["greedy_ids"]) == len(c["steps"]) == STEPS and len(c["prompt_logprobs"]) == len(c["prompt_ids"]) - 1


main(*sys.argv[1:])
