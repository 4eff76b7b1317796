#include "attend_chunk.h"
#include "attend_row.h"
#include "room.h"

namespace tramontane::TM_DEVICE {
namespace {

using Kernel = void (*)(Attention, CacheView);

cudaError_t start(Kernel kernel, dim3 blocks, uint32_t shared_bytes, const Attention& a, const CacheView& cache,
                  cudaStream_t stream) {
  uint32_t at_once = 0;  // what counts is that the kernel may have so much shared memory
  const void* address = reinterpret_cast<const void*>(kernel);
  if (const cudaError_t error = blocks_at_once(address, kAttendThreads, shared_bytes, &at_once)) return error;
  return launch(kernel, {blocks, dim3(kAttendThreads), shared_bytes}, stream, a, cache);
}

template <int kSteps>
cudaError_t attend_heads(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  if (a.n_split > 0) {
    const dim3 blocks(a.n_split, cache.n_kv_heads, a.max_segments);
    if (const cudaError_t error = start(attend_row<kSteps>, blocks, sizeof(RowShared<kSteps>), a, cache, stream)) {
      return error;
    }
  }
  if (a.n_tiles == a.n_split) return cudaSuccess;
  const dim3 blocks(a.n_tiles - a.n_split, cache.n_kv_heads);
  return start(attend_chunk<kSteps>, blocks, sizeof(ChunkShared<kSteps>), a, cache, stream);
}

}  // namespace

bool has_attention(uint32_t head_dim) {
  return head_dim == 16 || head_dim == 32 || head_dim == 64 || head_dim == 96 || head_dim == 128;
}

cudaError_t attend(const Attention& attention, const CacheView& cache, cudaStream_t stream) {
  switch (cache.head_dim) {
    case 16:
      return attend_heads<1>(attention, cache, stream);
    case 32:
      return attend_heads<2>(attention, cache, stream);
    case 64:
      return attend_heads<4>(attention, cache, stream);
    case 96:
      return attend_heads<6>(attention, cache, stream);
    default:
      return attend_heads<8>(attention, cache, stream);
  }
}

}  // namespace tramontane::TM_DEVICE
