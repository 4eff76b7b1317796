#include "matmul.h"
#include "tile_work.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply(uint32_t dtype, const Product& product, cudaStream_t stream) {
  const bool in_tiles = product.by_groups && product.n_tokens >= kFewestTileTokens;
  switch (dtype) {
#define TM_CASE(name, ...) \
  case TM_##name:          \
    return in_tiles ? multiply_##name##_in_tiles(product, stream) : multiply_##name(product, stream);
    TM_DEVICE_TYPES(TM_CASE)
#undef TM_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace tramontane::TM_DEVICE
