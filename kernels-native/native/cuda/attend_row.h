// A decode's attention. A block has a segment of one row and a kv head: its keys and values come by bulk copies, four
// warps take 32 keys each for the scores, and dimensions of the values. The last block of a row and kv head merges the
// segments.
#pragma once

#include "attention.h"

namespace tramontane::TM_DEVICE {

template <int kSteps, class Kept>
struct RowShared {
  uint8_t keys[kSegmentBytes<kSteps, Kept>];
  uint8_t values[kSegmentBytes<kSteps, Kept>];
  uint4 p[kTilesOfSegment][32];
  float largest[kAttendWarps][kUnitRows];
  float total[kAttendWarps][kUnitRows];
  uint64_t keys_there, values_there;
  uint32_t is_last;
};

// (row, kv head): all its segments in order.
template <int kSteps>
__device__ inline void merge_row(const Attention& a, const QueryTile& tile, uint32_t kv_head, uint32_t n_segments,
                                 const float* first) {
  constexpr uint32_t kHeadDim = kSteps * 16;
  for (uint32_t i = threadIdx.x * 2; i < a.heads_per_kv * kHeadDim; i += kAttendThreads * 2) {
    const uint32_t head = i / kHeadDim, d = i % kHeadDim;
    const float* from = first + static_cast<uint64_t>(head) * a.max_segments * (kHeadDim + 2);
    float largest = -INFINITY, total = 0, low = 0, high = 0;
    for (uint32_t segment = 0; segment < n_segments; ++segment, from += kHeadDim + 2) {
      const Merge m = merge_weights(largest, from[0]);
      largest = m.largest;
      total = merged(m, total, from[1]);
      low = merged(m, low, from[2 + d]);
      high = merged(m, high, from[3 + d]);
    }
    const float scale = 1.0f / total;
    put(a, tile.first_row, kv_head * a.heads_per_kv + head, kHeadDim, d, low * scale, high * scale);
  }
}

// blockIdx = (tile, kv head, segment, counted from the first that is seen)
template <int kSteps, class Kept>
__global__ void __launch_bounds__(kAttendThreads) attend_row(const Attention a, const CacheView cache) {
  constexpr uint32_t kHeadDim = kSteps * 16;
  constexpr uint32_t kMine = (kSteps + kAttendWarps - 1) / kAttendWarps;  // steps of dimensions of a warp, at most
  RowShared<kSteps, Kept>& s = *shared_memory<RowShared<kSteps, Kept>>();
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t warp = threadIdx.x / 32;
  const uint32_t kv_head = blockIdx.y;
  start_block(&s.keys_there, &s.values_there);
  const QueryTile tile = a.tiles[blockIdx.x];
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, tile.first_pair, kUnitRows, lane);
  const int64_t segment = queries.first / kSegment + blockIdx.z;
  const int64_t begin = segment * kSegment;
  if (begin > queries.last) return;
  const Seen any(begin, queries.first, queries.last);
  if (warp == 0 && lane < fillers()) {
    fill_segment<kSteps, Kept>(cache, tile.span, kv_head, begin, any, false, s.keys, &s.keys_there, lane);
    fill_segment<kSteps, Kept>(cache, tile.span, kv_head, begin, any, true, s.values, &s.values_there, lane);
  }
  const Seen seen[2] = {seen_by(cache, begin, queries.position[0]), seen_by(cache, begin, queries.position[1])};
  uint32_t q[kSteps][4];
  load_queries<kSteps, Kept>(a, tile, queries, kv_head, tile.first_pair, lane, q);

  constexpr int kTiles = kTilesOfSegment / kAttendWarps;  // 32 keys: a group of the sum
  float scores[kTiles][2][4] = {};
  float largest[2] = {-INFINITY, -INFINITY};
  barrier_wait(&s.keys_there, 0);
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    const int at = static_cast<int>(warp) * kTiles + i;
    if (any.has_tile(at)) multiply_keys<kSteps, Kept>(s.keys, at, q, lane, scores[i]);
    hide_unseen(scores[i], at, seen, lane);
    find_largest(scores[i], largest);
  }
#pragma unroll
  for (int i = 0; i < 2; ++i) s.largest[warp][sum_row(lane, 2 * i)] = largest_of_row(largest[i]);
  __syncthreads();
  uint32_t p[kTiles][4];
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    const uint32_t row = sum_row(lane, 2 * i);
    largest[i] = s.largest[0][row];
    for (uint32_t w = 1; w < kAttendWarps; ++w) largest[i] = fmaxf(largest[i], s.largest[w][row]);
    const float first = exponentials<Kept>(scores[0], i, largest[i], p[0]);
    s.total[warp][row] = sum_of_row(first + exponentials<Kept>(scores[1], i, largest[i], p[1]));
  }
#pragma unroll
  for (int i = 0; i < kTiles; ++i) {
    s.p[warp * kTiles + i][lane] = make_uint4(p[i][0], p[i][1], p[i][2], p[i][3]);
  }
  barrier_wait(&s.values_there, 0);
  __syncthreads();
  float values[kMine][1][2][4] = {};
  for (int at = 0; at < kTilesOfSegment; ++at) {
    if (!any.has_tile(at)) continue;
    const uint4 of_tile = s.p[at][lane];
    const uint32_t weights[4] = {of_tile.x, of_tile.y, of_tile.z, of_tile.w};
#pragma unroll
    for (uint32_t i = 0; i < kMine; ++i) {
      const uint32_t step = i * kAttendWarps + warp;
      if (step < kSteps) multiply_values<1, kSteps, Kept>(s.values, at, any, weights, step, lane, values[i]);
    }
  }

  const uint64_t pair = static_cast<uint64_t>(blockIdx.x) * a.n_heads + kv_head * a.heads_per_kv;
  float* partial = a.partial + pair * a.max_segments * (kHeadDim + 2);
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    if (queries.position[i] < 0) continue;
    const uint32_t row = sum_row(lane, 2 * i);
    float* to = partial + (static_cast<uint64_t>(row) * a.max_segments + blockIdx.z) * (kHeadDim + 2);
    if (warp == 0 && lane % 4 == 0) {
      to[0] = largest[i];
      to[1] = 0;
      for (uint32_t w = 0; w < kAttendWarps; ++w) to[1] += s.total[w][row];
    }
#pragma unroll
    for (uint32_t mine = 0; mine < kMine; ++mine) {
      const uint32_t step = mine * kAttendWarps + warp;
      if (step >= kSteps) continue;
#pragma unroll
      for (uint32_t half = 0; half < 2; ++half) {
        float* at = to + 2 + step * 16 + half * 8 + sum_column(lane, 0);
        at[0] = values[mine][0][half][2 * i];
        at[1] = values[mine][0][half][2 * i + 1];
      }
    }
  }
  __threadfence();
  __syncthreads();
  const uint32_t n_segments = static_cast<uint32_t>(queries.last / kSegment - queries.first / kSegment + 1);
  if (threadIdx.x == 0) {
    uint32_t* arrived = a.arrived + static_cast<uint64_t>(blockIdx.x) * cache.n_kv_heads + kv_head;
    s.is_last = atomicAdd(arrived, 1u) == n_segments - 1;
    if (s.is_last) *arrived = 0;
    __threadfence();
  }
  __syncthreads();
  if (s.is_last) merge_row<kSteps>(a, tile, kv_head, n_segments, partial);
}

}  // namespace tramontane::TM_DEVICE
