"""Expected ids of hard texts under SmolLM2's tokenizer. Usage: smollm2_tokenizer.py MODEL.gguf OUT.json

The tokenizer is built by hand from the vocabulary and merges in the file, as the published tokenizer.json is:
Sequence[Digits(individual_digits), ByteLevel(no prefix space, its regex)] over BPE. What transformers itself
makes of the file is compared, and the texts where it differs are counted in "transformers_differs"."""
import importlib.metadata
import json
import os
import sys

import gguf
from tokenizers import AddedToken, Tokenizer, decoders, models, pre_tokenizers

import texts


def build(path):
    get = lambda k: gguf.GGUFReader(path).get_field("tokenizer.ggml." + k).contents()
    tokens, merges, types = get("tokens"), get("merges"), get("token_type")
    t = Tokenizer(models.BPE({s: i for i, s in enumerate(tokens)}, [tuple(m.split(" ")) for m in merges]))
    t.pre_tokenizer = pre_tokenizers.Sequence([pre_tokenizers.Digits(individual_digits=True),
                                               pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=True)])
    t.decoder = decoders.ByteLevel()
    t.add_special_tokens([AddedToken(tokens[i], special=True, normalized=False) for i, k in enumerate(types) if k == 3])
    return t


# Bytes without a token in this vocabulary: 04 06 13 14 16 1d and f1 f2 of valid UTF-8. The library drops them,
# and their neighbours may then merge. Such cases are marked "lossy".
absent_controls = "\x04\x06\x13\x14\x16\x1d"


def main(path, out):
    t = build(path)
    from transformers import AutoTokenizer
    theirs = AutoTokenizer.from_pretrained(os.path.dirname(path) or ".", gguf_file=os.path.basename(path))
    cases, differs = [], []
    for name, text in texts.named(texts.PLAIN + texts.SPECIAL):
        t.encode_special_tokens = True
        plain = t.encode(text, add_special_tokens=False).ids
        t.encode_special_tokens = False
        special = t.encode(text, add_special_tokens=False).ids
        if theirs(text, add_special_tokens=False)["input_ids"] != special:
            differs.append(text)
        lossy = t.decode(plain, skip_special_tokens=False) != text
        gone = [b for b in text.encode() if chr(b) in absent_controls or b in (0xf1, 0xf2)]
        assert lossy == bool(gone), repr(text)
        assert lossy or t.decode(special, skip_special_tokens=False) == text, repr(text)
        cases.append({"name": name, "text": text, "plain": plain, "special": special, "lossy": lossy})
    versions = {k: importlib.metadata.version(k) for k in ("tokenizers", "transformers", "gguf")}
    json.dump({"made_with": versions, "transformers_differs": differs, "cases": cases}, open(out, "w"), indent=None, separators=(",", ":"))
    open(out, "a").write("\n")
    got = json.load(open(out))
    assert [c["text"] for c in got["cases"]] == [x for _, x in texts.named(texts.PLAIN + texts.SPECIAL)]
    print(len(cases), "cases; transformers differs on", len(differs), [d[:30] for d in differs[:12]])


if __name__ == "__main__":
    main(*sys.argv[1:])
