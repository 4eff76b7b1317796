// Attention of a chunk, for 9.0a alone. A block has up to 128 queries of a span and a kv head: two groups of four warps
// multiply 64 each by wgmma, queries and then exponentials in registers, keys and values in shared memory as they come.
// A third group's first warp keeps two segments there (a device's second-level cache is too slow for a segment of 64
// queries). The groups never wait for each other, so that one's exponentials are made while the other multiplies.
//
// A query's sums are made in the order of attend_chunk.h, by the same functions but for the products, and a step of
// wgmma adds as one of mma does, which each device is asked (self_test.h). So its bits are the same. Products have all
// of a segment's keys: what a query does not see adds exact zeros (set_apart.h).
#pragma once

#include "chunk_sums.h"
#include "group_product.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kChunkGroups = 2;
inline constexpr uint32_t kChunkThreads = (kChunkGroups + 1) * kAttendThreads;
// A scheduler has a warp of each group, and 504 registers a lane of three.
inline constexpr int kAttendRegisters = 232, kFetchRegisters = 40;

template <int kSteps>
struct GroupShared {
  static constexpr uint32_t kStages = 2;
  static constexpr uint32_t kBytes = kSegment * kSteps * 32;

  uint8_t keys[kStages][kBytes];
  uint8_t values[kStages][kBytes];
  uint64_t keys_full[kStages], keys_empty[kStages];
  uint64_t values_full[kStages], values_empty[kStages];
  Marks marks[kStages];
  uint64_t landed;  // values that not every query sees, before they are set apart

  // Parity of the phase in which segment `number` of a stage is used: it ends when the stage is full, or empty again.
  __device__ static uint32_t parity(uint32_t number) { return number / kStages % 2; }
};

// Of one warp: brings the block's segments, as early as there is room.
template <int kSteps, class Kept>
__device__ inline void fetch_segments(const CacheView& cache, const QueryTile& tile, uint32_t kv_head,
                                      const Queries& all, GroupShared<kSteps>& s) {
  using Shared = GroupShared<kSteps>;
  const uint32_t lane = threadIdx.x % 32;
  uint32_t number = 0, n_landed = 0;
  for (int64_t begin = all.first / kSegment * kSegment; begin <= all.last; begin += kSegment, ++number) {
    const Seen any(begin, all.first, all.last), every(begin, all.every_first, all.every_last);
    const uint32_t stage = number % Shared::kStages;
    const bool is_used = number >= Shared::kStages;
    const uint32_t before = Shared::parity(number - Shared::kStages);
    if (is_used) barrier_wait(&s.keys_empty[stage], before);
    if (lane == 0) {
      fill_segment<kSteps, Kept>(cache, tile.span, kv_head, begin, any, false, s.keys[stage], &s.keys_full[stage], 0);
    }
    if (is_used) barrier_wait(&s.values_empty[stage], before);
    const bool alike = any.all() && every.all();
    uint64_t* there = alike ? &s.values_full[stage] : &s.landed;
    if (lane == 0) {
      s.marks[stage] = make_uint4(0, 0, 0, 0);
      fill_segment<kSteps, Kept>(cache, tile.span, kv_head, begin, any, true, s.values[stage], there, 0);
    }
    if (alike) continue;
    barrier_wait(&s.landed, n_landed++ % 2);
    set_apart<kSteps, Kept>(s.values[stage], any, every, 0, 1, lane, &s.marks[stage]);
    proxy_fence();
    __syncwarp();
    if (lane == 0) barrier_arrive(&s.values_full[stage]);
  }
}

// Of a group: its queries, against all segments of the block.
template <int kSteps, class Kept>
__device__ inline void attend_segments(const Attention& a, const CacheView& cache, const QueryTile& tile,
                                       uint32_t kv_head, const Queries& all, GroupShared<kSteps>& s) {
  using Shared = GroupShared<kSteps>;
  constexpr uint32_t kRow = kSteps * 2 * 128;  // of core matrices: eight positions
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t first_pair = tile.first_pair + threadIdx.x / 32 * kUnitRows;
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, first_pair, kUnitRows, lane);
  uint32_t q[kSteps][4];
  load_queries<kSteps, Kept>(a, tile, queries, kv_head, first_pair, lane, q);
  Merged<kSteps> m;
  uint32_t number = 0;
  for (int64_t begin = all.first / kSegment * kSegment; begin <= all.last; begin += kSegment, ++number) {
    const Seen seen[2] = {seen_by(cache, begin, queries.position[0]), seen_by(cache, begin, queries.position[1])};
    const uint32_t stage = number % Shared::kStages;
    Scores scores = {};
    barrier_wait(&s.keys_full[stage], Shared::parity(number));
    group_fence(scores, q);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
      group_multiply<Kept::kOperand>(scores, q[step], group_matrix(s.keys[stage] + step * 256, 128, kRow));
    }
    group_commit();
    group_wait<0>(scores, q);
    if (lane == 0) barrier_arrive(&s.keys_empty[stage]);
    Exponentials p;
    Merge merge[2];
    m.template add_scores<Kept>(scores, seen, lane, p, merge);
    float values[kSteps][2][4] = {};
    barrier_wait(&s.values_full[stage], Shared::parity(number));
    group_fence(values, p);
#pragma unroll
    for (int at = 0; at < kTilesOfSegment; ++at) {
      group_multiply<Kept::kOperand>(values, p[at], group_matrix(s.values[stage] + at * 2 * kRow, kRow, 128));
    }
    group_commit();
    group_wait<0>(values, p);
    if (has_marks(s.marks[stage])) m.lose(seen, s.marks[stage]);
    __syncwarp();
    if (lane == 0) barrier_arrive(&s.values_empty[stage]);
    m.add_values(merge, 0, values);
  }
  m.put_all(a, tile, queries, kv_head, first_pair, lane);
}

// blockIdx = (tile, kv head)
template <int kSteps, class Kept>
__global__ void __launch_bounds__(kChunkThreads, 1) attend_chunk_by_groups(const Attention a, const CacheView cache) {
  GroupShared<kSteps>& s = *shared_memory<GroupShared<kSteps>>();
  const uint32_t kv_head = blockIdx.y;
  if (threadIdx.x == 0) {
    for (uint32_t stage = 0; stage < GroupShared<kSteps>::kStages; ++stage) {
      barrier_init(&s.keys_full[stage], 1);
      barrier_init(&s.values_full[stage], 1);
      barrier_init(&s.keys_empty[stage], a.tile_pairs / kUnitRows);
      barrier_init(&s.values_empty[stage], a.tile_pairs / kUnitRows);
    }
    barrier_init(&s.landed, 1);
    barrier_fence();
  }
  let_next_start();
  __syncthreads();
  wait_for_previous();
  // The last tiles see the most keys: they start first.
  const QueryTile tile = a.tiles[a.n_tiles - 1 - blockIdx.x];
  const Queries all = queries_of(tile, a.heads_per_kv, cache.window, tile.first_pair, a.tile_pairs, 0);
  const uint32_t group = threadIdx.x / kAttendThreads;
  if (group == kChunkGroups) {
    keep_registers<kFetchRegisters>();
    if (threadIdx.x % kAttendThreads < 32) fetch_segments<kSteps, Kept>(cache, tile, kv_head, all, s);
    return;
  }
  take_registers<kAttendRegisters>();
  if (group * kTilePairs < a.tile_pairs) attend_segments<kSteps, Kept>(a, cache, tile, kv_head, all, s);
}

}  // namespace tramontane::TM_DEVICE
