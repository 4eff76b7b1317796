"""Log-likelihoods of choices by transformers in float32, as lm_eval asks for them, and what goes on greedily.
Usage: loglikelihoods.py MODEL_DIR DOCS.jsonl OUT.json

MODEL_DIR is one that transformers_models.py wrote, DOCS.jsonl lies in ../clients/lm. A choice follows its question behind a blank. Both are encoded
together and the question alone, without special tokens; what the first has more is scored. Neither text ends at a place where tokens would join."""
import importlib.metadata
import json
import sys
from pathlib import Path

import torch
from transformers import AutoModelForCausalLM, AutoTokenizer

NEW = 8


def main(folder, documents, out):
    torch.set_num_threads(1)
    tokenizer = AutoTokenizer.from_pretrained(folder)
    model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager").eval()
    assert all(p.dtype == torch.float32 for p in model.parameters())

    def ids(text):
        return tokenizer(text, add_special_tokens=False).input_ids

    def logits(tokens):
        with torch.no_grad():
            return model(torch.tensor([tokens]), use_cache=False).logits[0]

    found = []
    for line in Path(documents).read_text(encoding="utf-8").splitlines():
        document = json.loads(line)
        question = ids(document["question"])
        choices = []
        for choice in document["choices"]:
            whole = ids(document["question"] + " " + choice)
            assert whole[:len(question)] == question and len(whole) < 100
            rows = logits(whole)[len(question) - 1:-1]
            asked = torch.tensor(whole[len(question):])
            sum_ = float(torch.log_softmax(rows, -1)[torch.arange(len(asked)), asked].double().sum())
            choices.append({"loglikelihood": round(sum_, 5), "greedy": bool((rows.argmax(-1) == asked).all())})
        tokens = list(question)
        for _ in range(NEW):
            tokens.append(int(logits(tokens)[-1].argmax()))
            if tokens[-1] == tokenizer.eos_token_id:
                break
        text = tokenizer.decode(tokens[len(question):], skip_special_tokens=True)
        found.append({"question": document["question"], "choices": choices, "going_on": text.split("\n\n")[0]})
    versions = {k: importlib.metadata.version(k) for k in ("torch", "transformers", "tokenizers")}
    Path(out).write_text(json.dumps({"made_with": versions, "documents": found}, ensure_ascii=False, separators=(",", ":")) + "\n", encoding="utf-8")
    print(found[0])


main(*sys.argv[1:])
