"""What masks cost in llguidance and XGrammar, on the vocabulary, schemas and tokens that MaskBenchmark wrote, in microseconds of the thread's CPU time.

    java ... dev.tramontane.structure.MaskBenchmark 12 cases.json      (its comment has the whole command)
    python3 -m venv peers && peers/bin/pip install llguidance xgrammar tiktoken
    peers/bin/python loadtest/masks/peers.py cases.json

Along each document a mask before each token and one at its end; with one compiled schema for all its documents, first and then again, as MaskBenchmark does.
Where a peer refuses a token its document is left there, and said.
"""
import base64
import importlib.metadata
import json
import sys
import time

import llguidance
import llguidance.numpy
import tiktoken
import torch
import xgrammar

# Of tekken: its last tokens, after the pieces, are none that text is made of.
TEKKEN = (
    r"[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]*[\p{Ll}\p{Lm}\p{Lo}\p{M}]+|[^\r\n\p{L}\p{N}]?[\p{Lu}\p{Lt}\p{Lm}\p{Lo}\p{M}]+[\p{Ll}\p{Lm}\p{Lo}\p{M}]*"
    r"|\p{N}| ?[^\s\p{L}\p{N}]+[\r\n/]*|\s*[\r\n]+|\s+(?!\S)|\s+"
)
EOS = 2


def now():
    return time.thread_time_ns()


class Segmentation:
    """What llguidance asks of a tokenizer."""

    def __init__(self, tokens):
        self.eos_token_id = EOS
        self.bos_token_id = 1
        self.tokens = [token or b"<%d>" % at for at, token in enumerate(tokens)]
        self.special_token_ids = [at for at, token in enumerate(tokens) if not token]
        specials = len(self.special_token_ids)
        ranks = {token: at - specials for at, token in enumerate(tokens) if token}
        self.specials = specials
        self.encoding = tiktoken.Encoding("tekken", pat_str=TEKKEN, mergeable_ranks=ranks, special_tokens={})

    def __call__(self, text):
        text = text.decode("utf-8", "replace") if isinstance(text, bytes) else text
        return [at + self.specials for at in self.encoding.encode_ordinary(text)]


class LlGuidance:
    name = "llguidance"

    def __init__(self, tokens):
        self.tokenizer = llguidance.LLTokenizer(llguidance.TokenizerWrapper(Segmentation(tokens)))
        self.mask = llguidance.numpy.allocate_token_bitmask(1, self.tokenizer.vocab_size)

    def compile(self, schema):
        grammar = llguidance.LLMatcher.grammar_from_json_schema(schema, overrides={"whitespace_flexible": True})
        return llguidance.LLMatcher(self.tokenizer, grammar)

    def matcher(self, compiled):
        return compiled.deep_copy()

    def write(self, matcher):
        llguidance.numpy.fill_next_token_bitmask(matcher, self.mask)

    def accept(self, matcher, token):
        return matcher.consume_token(token)


class XGrammar:
    name = "xgrammar"

    def __init__(self, tokens):
        info = xgrammar.TokenizerInfo(
            [token or b"<%d>" % at for at, token in enumerate(tokens)],
            vocab_type=xgrammar.VocabType.RAW,
            vocab_size=len(tokens),
            stop_token_ids=[EOS],
        )
        self.compiler = xgrammar.GrammarCompiler(info, max_threads=1, cache_enabled=False)
        self.mask = xgrammar.allocate_token_bitmask(1, len(tokens))

    def compile(self, schema):
        return self.compiler.compile_json_schema(schema, any_whitespace=True, strict_mode=False)

    def matcher(self, compiled):
        return xgrammar.GrammarMatcher(compiled)

    def write(self, matcher):
        matcher.fill_next_token_bitmask(self.mask)

    def accept(self, matcher, token):
        return matcher.accept_token(token)


def masks(peer, matcher, document, times):
    for at in range(len(document) + 1):
        begun = now()
        peer.write(matcher)
        times.append((now() - begun) / 1e3)
        if at < len(document) and not peer.accept(matcher, document[at]):
            return at
    return None


def at(times, share):
    times = sorted(times)
    return times[min(len(times) - 1, int(share * len(times)))]


def line(name, compiled, first, again):
    figures = [at(first, 0.5), at(first, 0.99), max(first), at(again, 0.5), at(again, 0.99)]
    print(f"{name:18} {compiled:8.0f} {len(first):6d}" + "".join(f" {figure:9.1f}" for figure in figures))


def main():
    with open(sys.argv[1], encoding="utf-8") as file:
        given = json.load(file)
    tokens = [base64.b64decode(token) for token in given["tokens"]]
    for kind in (LlGuidance, XGrammar):
        begun = now()
        peer = kind(tokens)
        prepared = (now() - begun) / 1e6
        print(f"\n{peer.name} {importlib.metadata.version(peer.name)}: vocabulary prepared in {prepared:.0f} ms")
        print("                    compile  masks first p50       p99       max again p50       p99")
        all_first, all_again, slowest = [], [], 0
        for case in given["cases"]:
            begun = now()
            compiled = peer.compile(case["schema"])
            compile_time = (now() - begun) / 1e3
            slowest = max(slowest, compile_time)
            first, again = [], []
            for number, document in enumerate(case["documents"]):
                refused = masks(peer, peer.matcher(compiled), document, first)
                if refused is not None:
                    print(f"{case['name']}: document {number} is refused at token {refused} of {len(document)}: {tokens[document[refused]]!r}")
            for document in case["documents"]:
                masks(peer, peer.matcher(compiled), document, again)
            line(case["name"], compile_time, first, again)
            all_first += first
            all_again += again
        line("all", slowest, all_first, all_again)


if __name__ == "__main__":
    main()
