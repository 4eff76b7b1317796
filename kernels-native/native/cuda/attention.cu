#include "attend.h"

namespace tramontane::TM_DEVICE {

bool has_attention(uint32_t head_dim) {
  return head_dim == 16 || head_dim == 32 || head_dim == 64 || head_dim == 96 || head_dim == 128;
}

cudaError_t attend(const Attention& attention, const CacheView& cache, cudaStream_t stream) {
  switch (cache.kv_dtype) {
    case TM_F16:
      return attend_f16(attention, cache, stream);
    case TM_BF16:
      return attend_bf16(attention, cache, stream);
    case TM_F8_E4M3:
      return attend_f8(attention, cache, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

}  // namespace tramontane::TM_DEVICE
