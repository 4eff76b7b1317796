// Scales of F8_E4M3 tensors.
#pragma once

#include <cstdint>

#include "error.h"

namespace tramontane {

// n_scales of tm_tensor and tm_conversion: none, one, or one a row, and only of a type that has scales. Scales may be
// any numbers, also not finite: so are then their products.
int32_t check_scales(uint32_t dtype, uint32_t n_scales, uint64_t rows, const float* scales, Error& error);

// values[0..n) *= scale, in float32.
void scale_row(float scale, uint64_t n, float* values);

}  // namespace tramontane
