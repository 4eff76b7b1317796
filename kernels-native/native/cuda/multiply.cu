#include "matmul.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply(uint32_t dtype, const Product& product, cudaStream_t stream) {
  switch (dtype) {
#define TM_CASE(name, ...) \
  case TM_##name:          \
    return multiply_##name(product, stream);
    TM_DEVICE_TYPES(TM_CASE)
#undef TM_CASE
  }
  return cudaErrorInvalidValue;
}

}  // namespace tramontane::TM_DEVICE
