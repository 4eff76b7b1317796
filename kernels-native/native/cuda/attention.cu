#include "attention.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kWarps = 4;
constexpr uint32_t kThreads = kWarps * 32;

// Two neighbouring dimensions of one query head's result.
__device__ inline void put(const Attention& a, uint64_t row, uint32_t head, uint32_t head_dim, uint32_t d, float low,
                           float high) {
  const uint32_t column = head * head_dim + d;
  float* out = a.out + row * a.n_heads * head_dim + column;
  out[0] = low;
  out[1] = high;
  a.next.put(static_cast<uint32_t>(row), column, low, high);
}

// A segment of one row for each warp: blockIdx = (tile, kv head, four segments).
template <int kSteps>
__global__ void __launch_bounds__(kThreads) attend_split(const Attention a, const CacheView cache) {
  let_next_start();
  wait_for_previous();
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t number = blockIdx.z * kWarps + threadIdx.x / 32;  // of the segment, from the first that is seen
  const uint32_t kv_head = blockIdx.y;
  const QueryTile tile = a.tiles[blockIdx.x];
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, lane);
  const int64_t segment = queries.first / kSegment + number;
  if (segment * kSegment > queries.last) return;
  uint32_t q[kSteps][4];
  load_queries<kSteps>(a, tile, queries, kv_head, lane, q);
  Sums<kSteps> s;
  attend_segment<kSteps>(cache, tile.span, kv_head, segment, queries, q, lane, s);
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t in_group = sum_row(lane, 2 * i);
    if (queries.position[i] < 0) continue;
    const uint64_t head = static_cast<uint64_t>(blockIdx.x) * a.n_heads + kv_head * a.heads_per_kv + in_group;
    float* to = a.partial + (head * a.max_segments + number) * (kSteps * 16 + 2);
    if (lane % 4 == 0) {
      to[0] = s.largest[i];
      to[1] = s.total[i];
    }
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        float* at = to + 2 + step * 16 + half * 8 + sum_column(lane, 0);
        at[0] = s.values[step][half][2 * i];
        at[1] = s.values[step][half][2 * i + 1];
      }
    }
  }
}

// One (row, head) a warp: its segments in order.
template <int kSteps>
__global__ void __launch_bounds__(kThreads) merge_split(const Attention a, const CacheView cache) {
  constexpr uint32_t kHeadDim = kSteps * 16;
  constexpr uint32_t kPairs = (kHeadDim / 2 + 31) / 32;  // of dimensions, of a lane
  let_next_start();
  wait_for_previous();
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t index = blockIdx.x * kWarps + threadIdx.x / 32;
  if (index >= a.n_split * a.n_heads) return;
  const QueryTile tile = a.tiles[index / a.n_heads];
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, 0);
  const uint32_t n = static_cast<uint32_t>(queries.last / kSegment - queries.first / kSegment + 1);
  const float* from = a.partial + static_cast<uint64_t>(index) * a.max_segments * (kHeadDim + 2);
  float largest = -INFINITY, total = 0;
  float values[kPairs][2] = {};
  for (uint32_t segment = 0; segment < n; ++segment, from += kHeadDim + 2) {
    const Merge m = merge_weights(largest, from[0]);
    largest = m.largest;
    total = merged(m, total, from[1]);
#pragma unroll
    for (uint32_t i = 0; i < kPairs; ++i) {
      const uint32_t d = (i * 32 + lane) * 2;
      if (d >= kHeadDim) continue;
      values[i][0] = merged(m, values[i][0], from[2 + d]);
      values[i][1] = merged(m, values[i][1], from[3 + d]);
    }
  }
  const float scale = 1.0f / total;
#pragma unroll
  for (uint32_t i = 0; i < kPairs; ++i) {
    const uint32_t d = (i * 32 + lane) * 2;
    if (d >= kHeadDim) continue;
    put(a, tile.first_row, index % a.n_heads, kHeadDim, d, values[i][0] * scale, values[i][1] * scale);
  }
}

// All segments of a tile for each warp: blockIdx = (four tiles, kv head). What was merged so far lies in shared memory,
// [register][lane] of each warp.
template <int kSteps>
__global__ void __launch_bounds__(kThreads) attend_whole(const Attention a, const CacheView cache) {
  constexpr int kRegisters = kSteps * 8;
  let_next_start();
  wait_for_previous();
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t kv_head = blockIdx.y;
  // The last tiles see the most keys: they start first.
  const uint32_t from_end = blockIdx.x * kWarps + threadIdx.x / 32;
  if (from_end >= a.n_tiles - a.n_split) return;
  const QueryTile tile = a.tiles[a.n_tiles - 1 - from_end];
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, lane);
  uint32_t q[kSteps][4];
  load_queries<kSteps>(a, tile, queries, kv_head, lane, q);
  float* merged_values = shared_memory<float>() + threadIdx.x / 32 * kRegisters * 32 + lane;
  for (int r = 0; r < kRegisters; ++r) merged_values[r * 32] = 0;
  float largest[2] = {-INFINITY, -INFINITY}, total[2] = {};
  for (int64_t segment = queries.first / kSegment; segment * kSegment <= queries.last; ++segment) {
    Sums<kSteps> s;
    attend_segment<kSteps>(cache, tile.span, kv_head, segment, queries, q, lane, s);
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      const Merge m = merge_weights(largest[i], s.largest[i]);
      largest[i] = m.largest;
      total[i] = merged(m, total[i], s.total[i]);
#pragma unroll
      for (int r = 0; r < kRegisters; ++r) {
        if (r / 2 % 2 != i) continue;
        float& value = merged_values[r * 32];
        value = merged(m, value, s.values[r / 8][r / 4 % 2][r % 4]);
      }
    }
  }
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    if (queries.position[i] < 0) continue;
    const uint32_t pair = tile.first_pair + sum_row(lane, 2 * i);
    const uint64_t row = tile.first_row + pair / a.heads_per_kv;
    const uint32_t head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
    const float scale = 1.0f / total[i];
#pragma unroll
    for (int r = 0; r < kRegisters; r += 4) {
      const uint32_t d = r / 4 * 8 + sum_column(lane, 0);
      put(a, row, head, kSteps * 16, d, merged_values[(r + 2 * i) * 32] * scale,
          merged_values[(r + 2 * i + 1) * 32] * scale);
    }
  }
}

template <int kSteps>
cudaError_t attend_heads(const Attention& a, const CacheView& cache, cudaStream_t stream) {
  if (a.n_split > 0) {
    const dim3 blocks(a.n_split, cache.n_kv_heads, (a.max_segments + kWarps - 1) / kWarps);
    if (const cudaError_t error = launch(attend_split<kSteps>, {blocks, dim3(kThreads)}, stream, a, cache))
      return error;
    const dim3 heads((a.n_split * a.n_heads + kWarps - 1) / kWarps);
    if (const cudaError_t error = launch(merge_split<kSteps>, {heads, dim3(kThreads)}, stream, a, cache)) return error;
  }
  if (a.n_tiles == a.n_split) return cudaSuccess;
  const dim3 blocks((a.n_tiles - a.n_split + kWarps - 1) / kWarps, cache.n_kv_heads);
  return launch(attend_whole<kSteps>, {blocks, dim3(kThreads), kWarps * kSteps * 8 * 32 * sizeof(float)}, stream, a,
                cache);
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
