"""Writes experts.txt: what Hugging Face transformers makes of a layer's normed mixture of experts, residual included.

    pip install torch transformers && python make_experts.py > experts.txt

A line: width, ffn, experts, experts used, rows, seed; the chosen experts, row by row; and the bits of the float32 results in
hexadecimal (big-endian words). Weights and inputs come from splitmix64(seed) as numbers in [-1, 1) of 24 bits, so that
the reader makes the same: norm, router, each expert's gate, up and down, then the input. Everything is computed in double but
the router's softmax, which transformers takes in float32.
"""

import numpy as np
import torch
from transformers import MixtralConfig
from transformers.models.mixtral.modeling_mixtral import MixtralRMSNorm, MixtralSparseMoeBlock

MASK = (1 << 64) - 1


def numbers(seed):
    state = seed
    while True:
        state = (state + 0x9E3779B97F4A7C15) & MASK
        z = state
        z = ((z ^ (z >> 30)) * 0xBF58476D1CE4E5B9) & MASK
        z = ((z ^ (z >> 27)) * 0x94D049BB133111EB) & MASK
        yield ((z ^ (z >> 31)) >> 40) * 2.0**-23 - 1


print("# made by make_experts.py")
for width, ffn, experts, used, rows, seed in ((32, 48, 8, 2, 12, 1), (40, 24, 4, 1, 9, 2), (24, 40, 5, 5, 6, 3)):
    source = numbers(seed)

    def matrix(n_rows, n_cols, scale):
        values = [next(source) * scale for _ in range(n_rows * n_cols)]
        return torch.tensor(values, dtype=torch.float64).reshape(n_rows, n_cols)

    config = MixtralConfig(
        hidden_size=width, intermediate_size=ffn, num_local_experts=experts, num_experts_per_tok=used,
        num_attention_heads=1, num_key_value_heads=1)
    config._experts_implementation = "eager"
    norm = MixtralRMSNorm(width, eps=1e-5).double()
    block = MixtralSparseMoeBlock(config).double().eval()
    with torch.no_grad():
        norm.weight.copy_(1 + matrix(1, width, 0.5)[0])
        block.gate.weight.copy_(matrix(experts, width, 0.5))
        for expert in range(experts):
            gate = matrix(ffn, width, 0.25)
            up = matrix(ffn, width, 0.25)
            block.experts.gate_up_proj[expert] = torch.cat((gate, up))
            block.experts.down_proj[expert] = matrix(width, ffn, 0.25)
        hidden = matrix(rows, width, 2.0)
        # The norm's own cast to float32 is left out: it would round what the kernels keep.
        normed = hidden * torch.rsqrt(hidden.pow(2).mean(-1, keepdim=True) + 1e-5) * norm.weight
        chosen = block.gate(normed)[2].sort(dim=-1).values
        result = hidden + block(normed[None])[0]
    bits = result.numpy().astype(np.float32).astype(">f4").tobytes().hex()
    print(width, ffn, experts, used, rows, seed, ",".join(map(str, chosen.flatten().tolist())), bits)
