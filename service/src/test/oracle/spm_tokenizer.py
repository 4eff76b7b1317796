"""Expected ids from the sentencepiece library. Usage: spm_tokenizer.py TOKENIZER_V1.model BOOKS.txt.gz OUT.json

"mistral_v1": the ids of Mistral's first tokenizer, whose file is not in the repository.
"small": a vocabulary of 600 pieces (BPE with byte fallback, the same settings) trained here on public-domain text, itself
in the fixture, with ids of the same texts with and without the space put before a text.
"spaces": the same pieces under every rule for spaces; without escaping, pieces spell a space as a space."""
import gzip
import hashlib
import importlib.metadata
import io
import json
import sys

import sentencepiece as spm
from sentencepiece import sentencepiece_model_pb2 as pb

import texts

SIZE = 600


def train(books):
    with gzip.open(books, "rt", encoding="utf-8") as f:
        lines = [s.strip() for s in f.read(600_000).split("\n")]
    lines = [s for s in lines if s and s != "<|endofbook|>" and len(s) < 4000]
    model = io.BytesIO()
    spm.SentencePieceTrainer.train(sentence_iterator=iter(lines), model_writer=model, model_type="bpe", vocab_size=SIZE, byte_fallback=True,
                                   split_digits=True, allow_whitespace_only_pieces=True, add_dummy_prefix=True, remove_extra_whitespaces=False,
                                   normalization_rule_name="identity", character_coverage=0.9999, num_threads=1, minloglevel=2,
                                   unk_id=0, bos_id=1, eos_id=2, pad_id=-1)
    return model.getvalue()


def with_rule(data, prefix, collapse, escape):
    m = pb.ModelProto()
    m.ParseFromString(data)
    m.normalizer_spec.add_dummy_prefix = prefix
    m.normalizer_spec.remove_extra_whitespaces = collapse
    m.normalizer_spec.escape_whitespaces = escape
    if not escape:
        for p in m.pieces:
            p.piece = p.piece.replace("\u2581", " ")
    return spm.SentencePieceProcessor(model_proto=m.SerializeToString())


def rules(data):
    found = []
    for prefix in (True, False):
        for collapse in (True, False):
            for escape in (True, False):
                p = with_rule(data, prefix, collapse, escape)
                found.append({"prefix": prefix, "collapse": collapse, "escape": escape,
                              "cases": [{"text": t, "ids": p.encode(t)} for t in SPACES]})
    return found


SPACES = ["", " ", "   ", "a", " a", "a ", "  a  b ", "the  house   of  ", "\u2581a", "a\u2581", " \u2581 a", "a \u2581", "a\u2581 \u2581 b", "\ta \n b ",
          "I am  here.\n\n  And you? ", "\u00a0 x \u00a0", "\u4e2d  \u6587 "]


def load(data, prefix=None):
    m = pb.ModelProto()
    m.ParseFromString(data)
    if prefix is not None:
        m.normalizer_spec.add_dummy_prefix = prefix
    return m, spm.SentencePieceProcessor(model_proto=m.SerializeToString())


def main(v1, books, out):
    data = open(v1, "rb").read()
    proto, p1 = load(data)
    assert proto.normalizer_spec.name == "identity" and proto.normalizer_spec.add_dummy_prefix
    assert not proto.normalizer_spec.remove_extra_whitespaces and proto.trainer_spec.byte_fallback
    small = train(books)
    m, with_prefix = load(small)
    _, without = load(small, False)
    cases1, cases2 = [], []
    for text in texts.PLAIN + texts.SPECIAL:
        ids = p1.encode(text)
        cases1.append({"text": text, "ids": ids, "decoded": p1.decode(ids)})
        a, b = with_prefix.encode(text), without.encode(text)
        cases2.append({"text": text, "ids": a, "ids_no_prefix": b, "decoded": with_prefix.decode(a)})
        for got in (cases1[-1]["decoded"], cases2[-1]["decoded"], without.decode(b)):
            assert got == text.replace("\u2581", " ") or "\ufffd" in text, (text, got)
    assert [p.piece for p in m.pieces] == [with_prefix.id_to_piece(i) for i in range(SIZE)]
    result = {
        "made_with": {k: importlib.metadata.version(k) for k in ("sentencepiece",)},
        "mistral_v1": {"sha256": hashlib.sha256(data).hexdigest(), "vocabulary": p1.get_piece_size(), "cases": cases1},
        "small": {"pieces": [p.piece for p in m.pieces], "scores": [p.score for p in m.pieces], "types": [p.type for p in m.pieces],
                  "unk": 0, "bos": 1, "eos": 2, "cases": cases2},
        "spaces": rules(small),
    }
    with open(out, "w", encoding="utf-8") as f:
        json.dump(result, f, separators=(",", ":"))
        f.write("\n")
    got = json.load(open(out, encoding="utf-8"))
    assert got["small"]["cases"] == cases2 and len(got["small"]["pieces"]) == SIZE
    print(len(cases1), "texts; pieces", got["small"]["pieces"][259:275], got["small"]["pieces"][-8:])


if __name__ == "__main__":
    main(*sys.argv[1:])
