#include "matmul.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply_f16(const Product& product, cudaStream_t stream) {
  return multiply_weights<F16Weights>(product, stream);
}

}  // namespace tramontane::TM_DEVICE
