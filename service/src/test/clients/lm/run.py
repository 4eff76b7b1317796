"""Evaluates this folder's tasks with lm_eval: run.py BASE_URL MODEL TOKENIZER_DIR ORACLE.json. One line per check.

Runs in a folder of its own, which holds docs.jsonl. ORACLE.json is what transformers computes of the same documents."""

import json
import math
import os
import pathlib
import sys
import urllib.request

os.environ |= {"HF_HUB_OFFLINE": "1", "HF_HOME": os.getcwd(), "TOKENIZERS_PARALLELISM": "false"}
import lm_eval
from lm_eval.tasks import TaskManager

base, model, tokenizer, oracle = sys.argv[1:]
expected = json.loads(pathlib.Path(oracle).read_text(encoding="utf-8"))["documents"]
manager = TaskManager(include_path=str(pathlib.Path(__file__).parent), include_defaults=False)


def check(name, holds, found=""):
    if not holds:
        sys.exit(f"failed: {name} {found}")
    print(f"ok: {name} {found}")


def samples(kind, path, task, **more):
    arguments = {"model": model, "base_url": base + path, "max_length": 128, "max_retries": 1} | more
    chat = kind == "local-chat-completions"
    results = lm_eval.simple_evaluate(
        model=kind, model_args=arguments, tasks=[task], task_manager=manager, log_samples=True, apply_chat_template=chat, bootstrap_iters=0
    )
    check(f"{kind} {task}", len(results["samples"][task]) == len(expected))
    return sorted(results["samples"][task], key=lambda sample: sample["doc_id"])


local = {"tokenizer": tokenizer, "tokenizer_backend": "huggingface"}
worst = 0
for sample, known in zip(samples("local-completions", "/completions", "small_choices", **local, num_concurrent=4), expected, strict=True):
    for (found, greedy), wanted in zip(sample["filtered_resps"], known["choices"], strict=True):
        worst = max(worst, abs(float(found) - wanted["loglikelihood"]))
        check("greedy", greedy in (wanted["greedy"], str(wanted["greedy"])), f"{sample['doc_id']}: {greedy}")
check("log-likelihoods", worst <= 2e-2 and not math.isnan(worst), f"differ by {worst:.1e} at most")

for sample, known in zip(samples("local-completions", "/completions", "small_going_on", **local), expected, strict=True):
    check("going on", sample["filtered_resps"] == [known["going_on"]], repr(sample["filtered_resps"]))

for sample in samples("local-chat-completions", "/chat/completions", "small_going_on"):
    asked = {"model": model, "max_tokens": 8, "temperature": 0, "messages": [{"role": "user", "content": sample["doc"]["question"]}]}
    request = urllib.request.Request(base + "/chat/completions", json.dumps(asked).encode(), {"Content-Type": "application/json"})
    whole = json.load(urllib.request.urlopen(request))["choices"][0]["message"]["content"]
    check("chat", sample["filtered_resps"] == [whole.split("\n\n")[0]], repr(sample["filtered_resps"]))
