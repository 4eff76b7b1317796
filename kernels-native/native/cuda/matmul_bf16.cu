#include "matmul.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply_bf16(const Product& product, cudaStream_t stream) {
  return multiply_weights<Bf16Weights>(product, stream);
}

}  // namespace tramontane::TM_DEVICE
