// multiply_NAME, and multiply_NAME_in_tiles for 9.0a alone, of each type that a device multiplies: defined in
// matmul_*.cu and tile_*.cu, which are many so that they compile beside each other.
#pragma once

#include "element_types.h"
#include "product.h"

namespace tramontane::TM_DEVICE {

#define TM_MULTIPLY(name, ...)                                              \
  cudaError_t multiply_##name(const Product& product, cudaStream_t stream); \
  cudaError_t multiply_##name##_in_tiles(const Product& product, cudaStream_t stream);
TM_DEVICE_TYPES(TM_MULTIPLY)
#undef TM_MULTIPLY

}  // namespace tramontane::TM_DEVICE
