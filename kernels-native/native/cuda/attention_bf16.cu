#include "attend.h"

namespace tramontane::TM_DEVICE {

cudaError_t attend_bf16(const Attention& attention, const CacheView& cache, cudaStream_t stream) {
  return attend_kept<KeptBF16>(attention, cache, stream);
}

}  // namespace tramontane::TM_DEVICE
