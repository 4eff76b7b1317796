"""Perplexities of a text by transformers in float32, in windows of several lengths and strides.
Usage: perplexity.py MODELS_DIR OUT.json

The definition is the one of transformers' own guide to perplexity: a window begins every `stride` tokens, its labels are the tokens
that no earlier window scored, and the model's loss is the mean over them. Means are joined by the number of tokens that each is of,
which the guide counts one too low where windows overlap. MODELS_DIR holds the models that transformers_models.py wrote."""
import importlib.metadata
import json
import math
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, PreTrainedTokenizerFast

TEXT = """The ferry left at six, an hour late, with nine people and a piano. "Will it rain?" asked the girl; nobody knew.
Half-way across (say 4.7 km) the engine stopped, and in the silence one could hear the strings hum with every wave: A, then F, then nothing.

The captain counted his money twice: 1,250.50 in notes, 18 in coins. Straße, naïve, 雨, Ω - he liked words that he could not spell.
"Play something," said the old man to the pianist. She laughed, took off her gloves, and played what she had been taught at nine:
three chords, a run, three chords again. The rain came after all. It came from the north-west, slowly, like someone who is sorry to be late.
By the time they saw the pier it was dark; the lamps had been lit, one of them was broken, and the man who should have caught the rope had gone home.
	So they waited. They had the piano.
"""
MODELS = ("mistral-window-16", "llama-tied", "mixtral-8")
RULES = ((128, 128), (48, 48), (48, 24), (33, 5))


def perplexity(model, ids, context, stride):
    """Sum of losses and the number of tokens they are of."""
    total, count, scored = 0.0, 0, 0
    for begin in range(0, len(ids), stride):
        end = min(begin + context, len(ids))
        labels = torch.tensor([ids[begin:end]])
        labels[:, :max(0, scored - begin)] = -100
        predicted = int((labels[:, 1:] != -100).sum())
        if predicted:
            with torch.no_grad():
                total += float(model(torch.tensor([ids[begin:end]]), labels=labels, use_cache=False).loss) * predicted
            count += predicted
        scored = end
        if end == len(ids):
            return total, count


def main(folder, out):
    torch.set_num_threads(1)
    found = []
    for name in MODELS:
        path = Path(folder) / name
        tokenizer = PreTrainedTokenizerFast(tokenizer_file=str(path / "tokenizer.json"))
        model = AutoModelForCausalLM.from_pretrained(path, dtype=torch.float32, attn_implementation="eager").eval()
        assert all(p.dtype == torch.float32 for p in model.parameters())
        ids = tokenizer.encode(TEXT)
        rules = []
        for context, stride in RULES:
            total, count = perplexity(model, ids, context, stride)
            rules.append({"context": context, "stride": stride, "scored": count, "perplexity": round(math.exp(total / count), 6)})
        found.append({"name": name, "tokens": len(ids), "rules": rules})
        print(name, len(ids), rules, flush=True)
    versions = {k: importlib.metadata.version(k) for k in ("torch", "transformers", "tokenizers")}
    Path(out).write_text(json.dumps({"made_with": versions, "text": TEXT, "models": found}, separators=(",", ":")) + "\n")


main(*sys.argv[1:])
