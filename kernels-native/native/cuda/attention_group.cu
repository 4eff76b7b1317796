// For 9.0a alone, which has wgmma (cmake/nvcc.cmake).
#include "attend_group.h"
#include "room.h"

namespace tramontane::TM_DEVICE {
namespace {

template <int kSteps, class Kept>
cudaError_t start(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  constexpr uint32_t kShared = sizeof(GroupShared<kSteps>);
  const auto kernel = attend_chunk_by_groups<kSteps, Kept>;
  const void* address = reinterpret_cast<const void*>(kernel);
  runs_on_9_alone(address);
  uint32_t at_once = 0;  // what counts is that the kernel may have so much shared memory
  if (const cudaError_t error = blocks_at_once(address, kChunkThreads, kShared, &at_once)) return error;
  const dim3 blocks(a.n_tiles - a.n_split, cache.n_kv_heads);
  return launch(kernel, {blocks, dim3(kChunkThreads), kShared}, stream, a, cache);
}

template <int kSteps>
cudaError_t start_kept(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  return cache.kv_dtype == TM_BF16 ? start<kSteps, KeptBF16>(a, cache, stream)
                                   : start<kSteps, KeptF16>(a, cache, stream);
}

}  // namespace

cudaError_t attend_chunks_by_groups(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  if (!attends_by_groups(cache.kv_dtype, cache.head_dim)) return cudaErrorInvalidValue;
  if (cache.head_dim == 64) return start_kept<4>(a, cache, stream);
  return cache.head_dim == 96 ? start_kept<6>(a, cache, stream) : start_kept<8>(a, cache, stream);
}

}  // namespace tramontane::TM_DEVICE
