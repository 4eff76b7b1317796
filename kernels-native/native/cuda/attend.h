// Attention over keys and values of one type, in a compilation of its own for each: attention_*.cu.
#pragma once

#include "attend_chunk.h"
#include "attend_row.h"
#include "room.h"

namespace tramontane::TM_DEVICE {

cudaError_t attend_f16(const Attention& attention, const CacheView& cache, cudaStream_t stream);
cudaError_t attend_bf16(const Attention& attention, const CacheView& cache, cudaStream_t stream);
cudaError_t attend_f8(const Attention& attention, const CacheView& cache, cudaStream_t stream);

namespace attending {

using Kernel = void (*)(Attention, CacheView);

inline cudaError_t start(Kernel kernel, dim3 blocks, uint32_t shared_bytes, const Attention& a, const CacheView& cache,
                         cudaStream_t stream) {
  uint32_t at_once = 0;  // what counts is that the kernel may have so much shared memory
  const void* address = reinterpret_cast<const void*>(kernel);
  if (const cudaError_t error = blocks_at_once(address, kAttendThreads, shared_bytes, &at_once)) return error;
  return launch(kernel, {blocks, dim3(kAttendThreads), shared_bytes}, stream, a, cache);
}

template <int kSteps, class Kept>
cudaError_t attend_heads(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  if (a.n_split > 0) {
    const dim3 blocks(a.n_split, cache.n_kv_heads, a.max_segments);
    constexpr uint32_t kShared = sizeof(RowShared<kSteps, Kept>);
    if (const cudaError_t error = start(attend_row<kSteps, Kept>, blocks, kShared, a, cache, stream)) return error;
  }
  if (a.n_tiles == a.n_split) return cudaSuccess;
  if (a.by_groups) return attend_chunks_by_groups(a, cache, stream);
  const dim3 blocks(a.n_tiles - a.n_split, cache.n_kv_heads);
  return start(attend_chunk<kSteps, Kept>, blocks, sizeof(ChunkShared<kSteps, Kept>), a, cache, stream);
}

}  // namespace attending

template <class Kept>
cudaError_t attend_kept(const Attention& attention, const CacheView& cache, cudaStream_t stream) {
  switch (cache.head_dim) {
    case 16:
      return attending::attend_heads<1, Kept>(attention, cache, stream);
    case 32:
      return attending::attend_heads<2, Kept>(attention, cache, stream);
    case 64:
      return attending::attend_heads<4, Kept>(attention, cache, stream);
    case 96:
      return attending::attend_heads<6, Kept>(attention, cache, stream);
    default:
      return attending::attend_heads<8, Kept>(attention, cache, stream);
  }
}

}  // namespace tramontane::TM_DEVICE
