#!/usr/bin/env python3
"""Logits of a random model through the library beside what computes it in float32, chunked and whole: whole_model.py LIBRARY BACKEND [toy]

The other one is transformers' Mistral on the same weights where PyTorch and transformers are there, and its own error in bf16 stands
beside ours. Without them, and in toy size, it is the library's own `ref`. Prints a line of JSON for each prompt.
"""

import array
import json
import math
import random
import sys

import abi

SEVEN = {"layers": 32, "width": 4096, "heads": 32, "kv_heads": 8, "head_dim": 128, "ffn": 14336, "vocab": 32000, "window": 4096}
TOY = {"layers": 2, "width": 64, "heads": 4, "kv_heads": 2, "head_dim": 16, "ffn": 96, "vocab": 97, "window": 64}
PROMPTS = [64, 4095, 4097, 9000]
TOY_PROMPTS = [8, 63, 65, 141]
CHUNK, TOY_CHUNK = 2048, 32
ROWS = 64  # of a prompt that are compared: the last ones, and as many before them


def positions(length):
    step = max(1, length // ROWS)
    return sorted(set(range(0, length, step)) | set(range(max(0, length - ROWS), length)))


def prompt(length, vocab):
    draw = random.Random(length)
    return [draw.randrange(3, vocab) for _ in range(length)]


def relative(actual, expected, vocab):
    """The largest relative error of a row, and the share of rows whose largest logit is the same one's."""
    worst, agree, rows = 0.0, 0, len(expected) // vocab
    for row in range(rows):
        a, e = actual[row * vocab:(row + 1) * vocab], expected[row * vocab:(row + 1) * vocab]
        error = sum((x - y) ** 2 for x, y in zip(a, e))
        if math.isnan(error):
            return error, 0.0
        worst = max(worst, math.sqrt(error / sum(y * y for y in e)))
        agree += max(range(vocab), key=a.__getitem__) == max(range(vocab), key=e.__getitem__)
    return worst, agree / rows


def norm_or_matrix(shape, role):
    width, q, kv = shape["width"], shape["heads"] * shape["head_dim"], shape["kv_heads"] * shape["head_dim"]
    return {abi.EMBEDDING: (shape["vocab"], width), abi.OUTPUT: (shape["vocab"], width), abi.OUTPUT_NORM: (1, width),
            abi.ATTENTION_NORM: (1, width), abi.FFN_NORM: (1, width), abi.Q: (q, width), abi.K: (kv, width), abi.V: (kv, width),
            abi.ATTENTION_OUT: (width, q), abi.GATE: (shape["ffn"], width), abi.UP: (shape["ffn"], width), abi.DOWN: (width, shape["ffn"])}[role]


class PlainWeights:
    """Random bf16 weights without any library."""

    def __init__(self, shape):
        self.shape, self.kept = shape, {}

    def __call__(self, role, layer):
        if (role, layer) not in self.kept:
            rows, cols = norm_or_matrix(self.shape, role)
            draw = random.Random(role * 1000 + layer)
            spread = 1.0 if role == abi.EMBEDDING else cols ** -0.5
            floats = array.array("f", [1.0] * cols if rows == 1 else [draw.gauss(0, spread) for _ in range(rows * cols)])
            halves = array.array("H", [word >> 16 for word in array.array("I", floats.tobytes())])
            self.kept[role, layer] = (rows, cols, floats if rows == 1 else halves)
        rows, cols, data = self.kept[role, layer]
        return (abi.F32 if rows == 1 else abi.BF16), rows, cols, data.buffer_info()[0]


def beside_ref(library, backend, toy):
    shape = TOY
    weights = PlainWeights(shape)
    ours, ref = abi.Model(library, backend, shape, weights), abi.Model(library, "ref", shape, weights)
    for length in TOY_PROMPTS:
        tokens, wanted = prompt(length, shape["vocab"]), positions(length)
        expected = ref.logits(tokens, length, wanted)
        report(length, ours, tokens, wanted, TOY_CHUNK, lambda actual: relative(actual, expected, shape["vocab"]), {"beside": "ref", "toy": True})
    ours.close()
    ref.close()


def report(length, ours, tokens, wanted, chunk, compare, more):
    whole = ours.logits(tokens, length, wanted)
    chunked = ours.logits(tokens, chunk, wanted)
    error, agree = compare(whole)
    print(json.dumps({"prompt": length, "error": error, "greedy": agree, "chunked_is_whole": bytes(whole) == bytes(chunked), **more}), flush=True)


class TorchWeights:
    """transformers' weights, copied to the host: the library reads them there."""

    NAMES = {abi.ATTENTION_NORM: "input_layernorm", abi.FFN_NORM: "post_attention_layernorm", abi.Q: "self_attn.q_proj", abi.K: "self_attn.k_proj",
             abi.V: "self_attn.v_proj", abi.ATTENTION_OUT: "self_attn.o_proj", abi.GATE: "mlp.gate_proj", abi.UP: "mlp.up_proj", abi.DOWN: "mlp.down_proj"}
    OUTER = {abi.EMBEDDING: "model.embed_tokens.weight", abi.OUTPUT_NORM: "model.norm.weight", abi.OUTPUT: "lm_head.weight"}

    def __init__(self, model):
        self.state, self.kept = model.state_dict(), []

    def __call__(self, role, layer):
        name = self.OUTER.get(role) or f"model.layers.{layer}.{self.NAMES[role]}.weight"
        tensor = self.state[name].detach().to("cpu")
        tensor = tensor.float().contiguous() if tensor.dim() == 1 else tensor.contiguous()
        self.kept.append(tensor)
        rows, cols = (1, tensor.shape[0]) if tensor.dim() == 1 else tensor.shape
        return (abi.F32 if tensor.dim() == 1 else abi.BF16), rows, cols, tensor.data_ptr()


def beside_transformers(library, backend, toy, torch, transformers):
    shape, chunk = (TOY, TOY_CHUNK) if toy else (SEVEN, CHUNK)
    where = "cuda" if torch.cuda.is_available() else "cpu"
    config = transformers.MistralConfig(vocab_size=shape["vocab"], hidden_size=shape["width"], intermediate_size=shape["ffn"],
                                        num_hidden_layers=shape["layers"], num_attention_heads=shape["heads"], num_key_value_heads=shape["kv_heads"],
                                        head_dim=shape["head_dim"], sliding_window=shape["window"], rms_norm_eps=1e-5,
                                        max_position_embeddings=32768, tie_word_embeddings=False, attn_implementation="eager" if toy else "sdpa")
    torch.manual_seed(1)
    torch.set_default_dtype(torch.bfloat16)
    with torch.device(where), torch.no_grad():
        theirs = transformers.MistralForCausalLM(config).eval()
        for name, weight in theirs.named_parameters():
            if weight.dim() == 2:
                weight.normal_(0, 1.0 if "embed" in name else weight.shape[1] ** -0.5)
    torch.set_default_dtype(torch.float32)
    ours = abi.Model(library, backend, shape, TorchWeights(theirs))

    def run(model, tokens, wanted):
        with torch.no_grad():
            hidden = model.model(input_ids=torch.tensor([tokens], device=where), use_cache=False).last_hidden_state[0, wanted]
            return model.lm_head(hidden).float()

    def compare(actual, expected):
        error = ((actual - expected).norm(dim=1) / expected.norm(dim=1)).max().item()
        return error, (actual.argmax(1) == expected.argmax(1)).float().mean().item()

    prompts = [(length, prompt(length, shape["vocab"]), positions(length)) for length in (TOY_PROMPTS if toy else PROMPTS)]
    coarse = [run(theirs, tokens, wanted) for _, tokens, wanted in prompts]
    exact = [run(theirs.float(), tokens, wanted) for _, tokens, wanted in prompts]
    for (length, tokens, wanted), bf16, expected in zip(prompts, coarse, exact):
        error, agree = compare(bf16, expected)

        def of_ours(floats, expected=expected):
            return compare(torch.frombuffer(floats, dtype=torch.float32).reshape(len(wanted), -1).to(where), expected)

        report(length, ours, tokens, wanted, chunk, of_ours, {"beside": "transformers", "their_error": error, "their_greedy": agree, "toy": toy})
    ours.close()


def main(arguments):
    if len(arguments) not in (2, 3):
        sys.exit(__doc__)
    library, backend, toy = abi.Library(arguments[0]), arguments[1], arguments[2:] == ["toy"]
    try:
        import torch
        import transformers
    except ImportError as missing:
        print(json.dumps({"skipped": f"{missing.name} is not installed: a toy model beside the library's own ref"}), flush=True)
        return beside_ref(library, backend, toy)
    beside_transformers(library, backend, toy, torch, transformers)


if __name__ == "__main__":
    main(sys.argv[1:])
