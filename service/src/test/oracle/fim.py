"""Ids that mistral-common gives texts with a gap. Usage: fim.py OUT.json

With the tokenizer files that lie in its package. v2's has no tokens for gaps: mistral-common puts the unknown token there, so it is left out."""
import importlib.metadata
import json
import pathlib
import sys

import mistral_common
from mistral_common.protocol.fim.request import FIMRequest
from mistral_common.tokens.tokenizers.mistral import MistralTokenizer

DATA = pathlib.Path(mistral_common.__file__).parent / "data"
FILES = {
    "v3": "mistral_instruct_tokenizer_240323.model.v3",
    "v7": "mistral_instruct_tokenizer_241114.model.v7",
    "v3-tekken": "tekken_240718.json",
}
CASES = [
    ("def f(", ")\n"),
    ("def fibonacci(n: int):\n    ", "\nprint(fibonacci(5))"),
    (" a", " b"),
    ("a", None),
    ("a", ""),
    ("α", "  ☺ß\n\n"),
    ("[SUFFIX] x", "[PREFIX] y</s>"),
    ("x = ", "é"),
]


def main(path):
    out = {"made_with": "mistral-common " + importlib.metadata.version("mistral-common")}
    for version, file in FILES.items():
        tokenizer = MistralTokenizer.from_file(str(DATA / file))
        cases = []
        for prompt, suffix in CASES:
            ids = tokenizer.encode_fim(FIMRequest(prompt=prompt, suffix=suffix)).tokens
            cases.append({"prompt": prompt, "suffix": suffix, "ids": ids})
        out[version] = {"file": file, "cases": cases}
    with open(path, "w", encoding="utf-8") as to:
        to.write(json.dumps(out, ensure_ascii=False, separators=(",", ":")).replace('{"prompt"', '\n{"prompt"') + "\n")
    assert json.load(open(path, encoding="utf-8")) == out


main(sys.argv[1])
