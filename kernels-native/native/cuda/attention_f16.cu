#include "attend.h"

namespace tramontane::TM_DEVICE {

cudaError_t attend_f16(const Attention& attention, const CacheView& cache, cudaStream_t stream) {
  return attend_kept<KeptF16>(attention, cache, stream);
}

}  // namespace tramontane::TM_DEVICE
