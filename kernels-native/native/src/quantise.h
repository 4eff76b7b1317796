// Values to narrower types: what gguf-py's quants.py does, float32 operation by float32 operation. This is the meaning;
// the cpu backend's vector kernels make the same bits faster.
#pragma once

#include <cstdint>

namespace tramontane {

// Whether values can be written in dtype (element_types.h).
bool is_quantise_target(uint32_t dtype);

// Whether a tensor of dtype may be computed as another type: it is not quantised itself.
bool is_quantise_source(uint32_t dtype);

// src[0..cols) rounded to dtype, a target. cols is a multiple of its block. dst needs no alignment. A block that holds
// NaN gets the scale NaN and codes of zero.
void quantise_row(uint32_t dtype, const float* src, uint64_t cols, void* dst);

// x[0..cols) = what is left of them after quantise_row and dequantise_row.
void round_row(uint32_t dtype, float* x, uint64_t cols);

}  // namespace tramontane
