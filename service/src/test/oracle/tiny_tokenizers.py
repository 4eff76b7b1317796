"""Tokenizers of 304 tokens in the forms that models of this family come with, trained on a few lines: for the small
models of transformers_models.py. Every byte has a token, so every text has ids."""
import base64
import io
import json

import sentencepiece
from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, processors, trainers

VOCABULARY = 304
TEXT = """The mill stands where the river bends, and the miller's daughter counts the sacks at noon. One for the baker,
two for the inn, three for the road; the rest are stored in the loft above the wheel. When the wheel stops, the whole
house hears the silence. Then the miller goes out into the rain, lifts the gate of the race by a hand's breadth, and
listens until the stones are turning again. Who does not grind does not eat, he says, and bread is earned twice."""
CONTROL = ["[INST]", "[/INST]", "[TOOL_CALLS]", "[AVAILABLE_TOOLS]", "[/AVAILABLE_TOOLS]", "[TOOL_RESULTS]", "[/TOOL_RESULTS]"]
# Mistral's tekken.json, config.pattern
TEKKEN = (r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+"
          r"|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
          r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+")
TEKKEN_SPECIAL = 24


def byte_level(size, special, pattern=None):
    """Byte-level BPE: GPT-2's pre-tokenizer, or `pattern` in its place."""
    tok = Tokenizer(models.BPE())
    tok.pre_tokenizer = pre_tokenizers.ByteLevel(add_prefix_space=False) if pattern is None else pre_tokenizers.Sequence(
        [pre_tokenizers.Split(Regex(pattern), "isolated"), pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False)])
    tok.decoder = decoders.ByteLevel()
    tok.train_from_iterator(TEXT.splitlines(), trainers.BpeTrainer(
        vocab_size=size, special_tokens=special, initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()), show_progress=False))
    assert tok.get_vocab_size() == size
    return tok


def hugging_face():
    """tokenizer.json and tokenizer_config.json with a bos before every text, as Llama 3 has it."""
    tok = byte_level(VOCABULARY, ["<unk>", "<s>", "</s>"])
    tok.post_processor = processors.TemplateProcessing(single="<s> $A", pair="<s> $A <s> $B", special_tokens=[("<s>", 1)])
    config = {"add_bos_token": True, "add_eos_token": False, "bos_token": "<s>", "eos_token": "</s>", "unk_token": "<unk>",
              "model_max_length": 128, "tokenizer_class": "PreTrainedTokenizerFast"}
    return tok.to_str(), json.dumps(config, indent=2) + "\n"


def sentence_piece():
    """tokenizer.model.v3: SentencePiece BPE with byte fallback and Mistral's control tokens from id 3."""
    out = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(TEXT.lower().splitlines()), model_writer=out, vocab_size=VOCABULARY, model_type="bpe", byte_fallback=True,
        character_coverage=1.0, control_symbols=CONTROL, normalization_rule_name="identity", num_threads=1,
        remove_extra_whitespaces=False, allow_whitespace_only_pieces=True, split_digits=True, minloglevel=2)
    sp = sentencepiece.SentencePieceProcessor(model_proto=out.getvalue())
    assert sp.get_piece_size() == VOCABULARY and sp.piece_to_id("[INST]") == 3 and sp.decode(sp.encode("Straße 42")) == "Straße 42"
    return out.getvalue()


def tekken():
    """tekken.json of version v3."""
    tok = byte_level(VOCABULARY - TEKKEN_SPECIAL, [], TEKKEN)
    letters = {c: b for b, c in enumerate(byte_letters())}
    merged = [bytes(letters[c] for c in piece) for piece, _ in sorted(tok.get_vocab().items(), key=lambda entry: entry[1]) if len(piece) > 1]
    vocab = []
    for rank, raw in enumerate([bytes([b]) for b in range(256)] + merged):
        try:
            text = raw.decode("utf-8")
        except UnicodeDecodeError:
            text = None
        vocab.append({"rank": rank, "token_bytes": base64.b64encode(raw).decode(), "token_str": text})
    config = {"pattern": TEKKEN, "num_vocab_tokens": len(vocab), "default_vocab_size": VOCABULARY,
              "default_num_special_tokens": TEKKEN_SPECIAL, "version": "v3"}
    return json.dumps({"config": config, "vocab": vocab}, indent=1) + "\n"


def byte_letters():
    """The letter that stands for each byte in a byte-level vocabulary (GPT-2's table)."""
    plain = [*range(0x21, 0x7F), *range(0xA1, 0xAD), *range(0xAE, 0x100)]
    spare = iter(range(256, 512))
    return [chr(b) if b in plain else chr(next(spare)) for b in range(256)]
