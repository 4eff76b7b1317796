#include "matmul.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply_q4_0(const Product& product, cudaStream_t stream) {
  return multiply_weights<Q4_0Weights>(product, stream);
}

}  // namespace tramontane::TM_DEVICE
