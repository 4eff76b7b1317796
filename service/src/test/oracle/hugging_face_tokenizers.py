"""Expected ids of tokenizer.json files from the tokenizers library. Usage: hugging_face_tokenizers.py BOOKS.txt.gz OUT.json

Two small vocabularies are trained here: "bytes" (byte-level BPE) and "characters" (BPE over characters with byte tokens).
Each variant puts one of them into a tokenizer.json as a model of the family has it; the file is the model, with the
fields in "model_fields", and the other parts in "parts". "plain" are the ids where special tokens are read as text, "special"
where they are recognised, "decoded" is the library's text of "plain"."""
import gzip
import importlib.metadata
import json
import sys

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

import texts

SPLITS = {
    "llama-bpe": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}{1,3}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "qwen2": r"(?i:'s|'t|'re|'ve|'m|'ll|'d)|[^\r\n\p{L}\p{N}]?\p{L}+|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "tekken": r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
              r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
              r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+",
    "gpt-2": r"'s|'t|'re|'ve|'m|'ll|'d| ?\p{L}+| ?\p{N}+| ?[^\s\p{L}\p{N}]+|\s+(?!\S)|\s+",
}
OWN = ["", " ", "<s>", "<s>a", "a<s>", "a <s> b", " <s>", "</s> hi", "<s>[INST] hi [/INST]", "[INST]hi", "x<tool>y", " <tool> ", "a <tool>b <tool>  c", "<tool>", "<tool><tool>",
       "<left>", " a  <left> b", "\n<left>", "<right> b", "<right>\n\t b", "<right><left>", "a <right> <left> b", "<both>", " x <both> y ", "a\u2581b", "\u2581", "\u2581\u2581 a", "the\u2581tool <tool>",
       "<s><s>", "  <s>  a", "<unk>", "<0x41>", "a<unk>b", "\u00a0<both>\u3000x"]
SOME = texts.PLAIN[::4] + texts.SPECIAL[::3] + OWN


def lines(books):
    with gzip.open(books, "rt", encoding="utf-8") as f:
        return [s for s in f.read(400_000).split("\n") if s and len(s) < 4000]


def train_bytes(text):
    t = Tokenizer(models.BPE())
    t.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False)
    t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=640, show_progress=False, initial_alphabet=pre_tokenizers.ByteLevel.alphabet()))
    return json.loads(t.to_str())["model"]


def train_characters(text):
    t = Tokenizer(models.BPE(byte_fallback=True, unk_token="<unk>", fuse_unk=True))
    t.normalizer = normalizers.Replace(" ", "\u2581")
    t.pre_tokenizer = pre_tokenizers.Metaspace(prepend_scheme="always")
    special = ["<unk>", "<s>", "</s>"] + ["<0x%02X>" % b for b in range(256)]
    t.train_from_iterator(text, trainers.BpeTrainer(vocab_size=800, show_progress=False, special_tokens=special))
    return json.loads(t.to_str())["model"]


def token(i, content, special, **flags):
    return {"id": i, "content": content, "single_word": False, "lstrip": False, "rstrip": False, "normalized": not special, "special": special, **flags}


def added(first, normalized):
    """Tokens past the model's; some are looked for in normalized text."""
    return [token(first, "[INST]", True), token(first + 1, "<tool>", False, normalized=normalized), token(first + 2, "<left>", True, lstrip=True),
            token(first + 3, "<right>", True, rstrip=True, normalized=normalized), token(first + 4, "<both>", False, lstrip=True, rstrip=True, normalized=False)]


def bos_template(bos, i):
    return {"type": "TemplateProcessing", "single": [{"SpecialToken": {"id": bos, "type_id": 0}}, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [{"Sequence": {"id": "A", "type_id": 0}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {bos: {"id": bos, "ids": [i], "tokens": [bos]}}}


def byte_level(regex, **more):
    return {"type": "ByteLevel", "add_prefix_space": False, "trim_offsets": True, "use_regex": regex, **more}


def bytes_variants(model):
    n = len(model["vocab"])
    own = [token(n, "<s>", True), token(n + 1, "</s>", True)] + added(n + 2, True)
    post = {"type": "Sequence", "processors": [byte_level(True), bos_template("<s>", n)]}
    split = lambda name, **how: {"type": "Sequence", "pretokenizers": [
        {"type": "Split", "pattern": {"Regex": SPLITS[name]}, "behavior": "Isolated", "invert": False, **how}, byte_level(False)]}
    digits = {"type": "Sequence", "pretokenizers": [{"type": "Digits", "individual_digits": True}, byte_level(True)]}
    for name, pre, fields in [("gpt-2", byte_level(True), {}), ("smollm", digits, {}), ("llama-3", split("llama-bpe"), {"ignore_merges": True}), ("qwen2", split("qwen2"), {}),
                              ("tekken", split("tekken"), {"ignore_merges": True}), ("gpt-2 removed", split("gpt-2", behavior="Removed", invert=True), {})]:
        yield {"name": name, "model": "bytes", "model_fields": fields,
               "parts": {"added_tokens": own, "normalizer": None, "pre_tokenizer": pre, "post_processor": post, "decoder": byte_level(True)}}


def characters_variants(model):
    n = len(model["vocab"])
    post = bos_template("<s>", 1)
    replace = {"type": "Replace", "pattern": {"String": " "}, "content": "\u2581"}
    prepend = {"type": "Prepend", "prepend": "\u2581"}
    meta = lambda scheme, split: {"type": "Metaspace", "replacement": "\u2581", "prepend_scheme": scheme, "split": split}
    back = [{"type": "Replace", "pattern": {"String": "\u2581"}, "content": " "}, {"type": "ByteFallback"}, {"type": "Fuse"}]
    strip = {"type": "Sequence", "decoders": back + [{"type": "Strip", "content": " ", "start": 1, "stop": 0}]}
    keep = {"type": "Sequence", "decoders": back}
    both = {"type": "Sequence", "normalizers": [prepend, replace]}
    for name, norm, pre, dec, normalized in [
            ("prepend", both, None, strip, False), ("prepend, normalized tokens", both, None, strip, True), ("replace", replace, None, keep, False), ("replace, normalized tokens", replace, None, keep, True),
            ("first", None, meta("first", False), strip, False), ("always", None, meta("always", False), strip, True), ("never", None, meta("never", False), keep, False),
            ("always, split", None, meta("always", True), strip, False), ("first, split", None, meta("first", True), strip, True)]:
        special = [token(0, "<unk>", True, normalized=normalized), token(1, "<s>", True, normalized=normalized), token(2, "</s>", True)]
        yield {"name": name, "model": "characters", "model_fields": {},
               "parts": {"added_tokens": special + added(n, normalized), "normalizer": norm, "pre_tokenizer": pre, "post_processor": post, "decoder": dec}}


def without_bytes(model):
    """Bytes without a token, and an unknown token for them; merges as strings, as older files have them."""
    vocab = {p: i for i, p in enumerate(p for p in model["vocab"] if p not in "\u0109\u010a\u00f0")}
    merges = [" ".join(m) for m in model["merges"] if all(p in vocab for p in (m[0], m[1], m[0] + m[1]))]
    return {**model, "vocab": {"<unk>": len(vocab), **vocab}, "merges": merges}


def cases(variant, base):
    file = {"version": "1.0", "truncation": None, "padding": None, **variant["parts"], "model": {**base, **variant["model_fields"]}}
    t = Tokenizer.from_str(json.dumps(file))
    found = []
    for text in SOME:
        t.encode_special_tokens = True
        plain = t.encode(text, add_special_tokens=False).ids
        t.encode_special_tokens = False
        special = t.encode(text, add_special_tokens=False).ids
        found.append([text, plain, special, t.decode(plain, skip_special_tokens=False)])
    assert t.encode("a").ids[1:] == t.encode("a", add_special_tokens=False).ids
    return found


def main(books, out):
    text = lines(books)
    base = {"bytes": train_bytes(text), "characters": train_characters(text)}
    base["gaps"] = without_bytes(base["bytes"])
    variants = list(bytes_variants(base["bytes"])) + list(characters_variants(base["characters"]))
    own = [token(len(base["gaps"]["vocab"]), "<s>", True)]
    for fuse in (True, False):
        variants.append({"name": "gaps, fuse %s" % fuse, "model": "gaps", "model_fields": {"unk_token": "<unk>", "fuse_unk": fuse},
                         "parts": {"added_tokens": own, "normalizer": None, "pre_tokenizer": byte_level(True), "post_processor": bos_template("<s>", own[0]["id"]), "decoder": byte_level(True)}})
    for variant in variants:
        variant["cases"] = cases(variant, base[variant["model"]])
    result = {"made_with": {k: importlib.metadata.version(k) for k in ("tokenizers",)}, "models": base, "variants": variants}
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f, separators=(",", ":"), ensure_ascii=True)
        f.write("\n")
    assert json.load(open(out, encoding="utf-8")) == result
    print(len(SOME), "texts;", len(variants), "variants")


if __name__ == "__main__":
    main(*sys.argv[1:])
