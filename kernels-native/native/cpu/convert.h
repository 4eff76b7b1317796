// Values between element types at the speed of a level's kernels. The bits are those of dequantise_row and
// quantise_row.
#pragma once

#include <cstdint>

#include "kernels.h"

namespace tramontane::cpu {

// dst[0..n) = scale * elements; scale counts for F8_E4M3 only. n is whole blocks.
void read_values(const KernelTable& kernels, uint32_t dtype, const uint8_t* src, uint64_t n, float scale, float* dst);

// n values to a type that quantise_row writes, which aligned memory is for F16.
void write_values(const KernelTable& kernels, uint32_t dtype, const float* x, uint64_t n, uint8_t* dst);

}  // namespace tramontane::cpu
