"""Expected pieces of hard texts under the pre-tokenizers that GGUF names for this family. Usage: gpt2_pretokenizers.py OUT.json

Pieces are of the text itself, before its bytes are mapped to letters. Each pattern is the published one of the model
that gave the name; "default" is what readers of GGUF fall back to, a series of patterns each of which
cuts what the one before left. Computed with the `regex` module, and again with the `tokenizers` library."""
import importlib.metadata
import json
import sys

import regex
from tokenizers import Regex, pre_tokenizers

import texts

GPT2 = r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+"
TAIL = r"| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+"
HEAD = r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|"
PATTERNS = {
    "gpt-2": [GPT2],
    "smollm": [r"\p{N}", GPT2],
    "llama-bpe": [HEAD + r"\p{N}{1,3}" + TAIL],
    "qwen2": [HEAD + r"\p{N}" + TAIL],
    "tekken": [r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
               r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
               r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"],
    "default": [r"[\p{P}\$\+<=>\^~\|]+", GPT2, r"\p{N}+", r"[0-9][0-9][0-9]"],
}


def cut(pattern, text):
    """Matches, and what lies between them, in order; nothing is lost and nothing is empty."""
    out, at = [], 0
    for m in regex.finditer(pattern, text):
        if m.end() > m.start():
            out += [text[at:m.start()]] if m.start() > at else []
            out.append(m.group())
            at = m.end()
    return out + ([text[at:]] if at < len(text) else [])


def split(patterns, text):
    pieces = [text] if text else []
    for p in patterns:
        pieces = [q for piece in pieces for q in cut(p, piece)]
    return pieces


def main(out):
    differs, result = [], []
    chosen = [t for t in texts.PLAIN if len(t) < 90]
    for name, patterns in PATTERNS.items():
        steps = [pre_tokenizers.Split(Regex(p), "isolated") for p in patterns]
        other = steps[0] if len(steps) == 1 else pre_tokenizers.Sequence(steps)
        cases = []
        for text in chosen:
            pieces = split(patterns, text)
            assert "".join(pieces) == text
            theirs = [text[a:b] for _, (a, b) in other.pre_tokenize_str(text)]
            if theirs != pieces:
                differs.append({"pre": name, "text": text, "regex": pieces, "tokenizers": theirs})
            cases.append({"text": text, "pieces": theirs})
        result.append({"pre": name, "patterns": patterns, "cases": cases})
    versions = {k: importlib.metadata.version(k) for k in ("regex", "tokenizers")}
    with open(out, "w", encoding="utf-8") as f:
        json.dump({"made_with": versions, "libraries_differ": differs, "pre_tokenizers": result}, f, separators=(",", ":"))
        f.write("\n")
    json.load(open(out, encoding="utf-8"))
    print(len(chosen), "texts; libraries differ on", len(differs))
    for d in differs:
        print(ascii(d))


if __name__ == "__main__":
    main(*sys.argv[1:])
