#include "matmul.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

cudaError_t multiply(uint32_t dtype, const Product& product, cudaStream_t stream) {
  switch (dtype) {
    case TM_BF16:
      return multiply_bf16(product, stream);
    case TM_F16:
      return multiply_f16(product, stream);
    case TM_Q8_0:
      return multiply_q8_0(product, stream);
    default:
      return multiply_q4_0(product, stream);
  }
}

}  // namespace tramontane::TM_DEVICE
