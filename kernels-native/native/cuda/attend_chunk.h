// Attention of a chunk. A block has up to 64 queries of a span and a kv head, sixteen a warp, and walks their segments
// in order: keys and values come by bulk copies, the next ones while these are multiplied, and are read by all four
// warps.
#pragma once

#include "attention.h"

namespace tramontane::TM_DEVICE {

template <int kSteps, class Kept>
struct ChunkShared {
  uint8_t keys[kSegmentBytes<kSteps, Kept>];
  uint8_t values[kSegmentBytes<kSteps, Kept>];
  uint64_t keys_there, values_there;
};

// Sums of sixteen queries over the segments so far.
template <int kSteps>
struct Merged {
  float largest[2] = {-INFINITY, -INFINITY};
  float total[2] = {};
  float values[kSteps][2][4] = {};
};

// blockIdx = (tile, kv head)
template <int kSteps, class Kept>
__global__ void __launch_bounds__(kAttendThreads) attend_chunk(const Attention a, const CacheView cache) {
  ChunkShared<kSteps, Kept>& s = *shared_memory<ChunkShared<kSteps, Kept>>();
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t warp = threadIdx.x / 32;
  const uint32_t kv_head = blockIdx.y;
  start_block(&s.keys_there, &s.values_there);
  // The last tiles see the most keys: they start first.
  const QueryTile tile = a.tiles[a.n_tiles - 1 - blockIdx.x];
  const uint32_t first_pair = tile.first_pair + warp * kUnitRows;
  const Queries queries = queries_of(tile, a.heads_per_kv, cache.window, first_pair, kUnitRows, lane);
  const Queries all = queries_of(tile, a.heads_per_kv, cache.window, tile.first_pair, kTilePairs, lane);
  const auto fill = [&](int64_t segment, bool values) {
    if (warp != 0 || lane >= fillers() || segment * kSegment > all.last) return;
    const Seen any(segment * kSegment, all.first, all.last);
    fill_segment<kSteps, Kept>(cache, tile.span, kv_head, segment * kSegment, any, values, values ? s.values : s.keys,
                               values ? &s.values_there : &s.keys_there, lane);
  };
  fill(all.first / kSegment, false);
  fill(all.first / kSegment, true);
  uint32_t q[kSteps][4];
  load_queries<kSteps, Kept>(a, tile, queries, kv_head, first_pair, lane, q);
  Merged<kSteps> m;
  uint32_t parity = 0;
  for (int64_t segment = all.first / kSegment; segment * kSegment <= all.last; ++segment, parity ^= 1) {
    const int64_t begin = segment * kSegment;
    const Seen any(begin, queries.first, queries.last);
    const Seen seen[2] = {seen_by(cache, begin, queries.position[0]), seen_by(cache, begin, queries.position[1])};
    float scores[kTilesOfSegment][2][4] = {};
    float largest[2] = {-INFINITY, -INFINITY};
    barrier_wait(&s.keys_there, parity);
#pragma unroll
    for (int at = 0; at < kTilesOfSegment; ++at) {
      if (any.has_tile(at)) multiply_keys<kSteps, Kept>(s.keys, at, q, lane, scores[at]);
      hide_unseen(scores[at], at, seen, lane, largest);
    }
    __syncthreads();  // the keys have been read
    fill(segment + 1, false);
    uint32_t p[kTilesOfSegment][4];
    float total[2] = {};
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      largest[i] = largest_of_row(largest[i]);
#pragma unroll
      for (int at = 0; at < kTilesOfSegment; at += 2) {
        const float first = exponentials<Kept>(scores[at], i, largest[i], p[at]);
        total[i] += sum_of_row(first + exponentials<Kept>(scores[at + 1], i, largest[i], p[at + 1]));
      }
    }
    Merge merge[2];
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      merge[i] = merge_weights(m.largest[i], largest[i]);
      m.largest[i] = merge[i].largest;
      m.total[i] = merged(merge[i], m.total[i], total[i]);
    }
    barrier_wait(&s.values_there, parity);
    // Wide heads in two parts: sums of a segment and sums so far are all the registers that there are. So are, with
    // what eight bits take to become sixteen, those of heads of 32.
    constexpr int kOfPart = kSteps > 4 || (kSteps == 2 && Kept::kScaled) ? kSteps / 2 : kSteps;
#pragma unroll
    for (int part = 0; part < kSteps; part += kOfPart) {
      float values[kOfPart][2][4] = {};
#pragma unroll
      for (int at = 0; at < kTilesOfSegment; ++at) {
        if (any.has_tile(at)) multiply_values<kOfPart, kSteps, Kept>(s.values, at, any, p[at], part, lane, values);
      }
#pragma unroll
      for (int r = 0; r < kOfPart * 8; ++r) {
        float& value = m.values[part + r / 8][r / 4 % 2][r % 4];
        value = merged(merge[r % 4 / 2], value, values[r / 8][r / 4 % 2][r % 4]);
      }
    }
    __syncthreads();  // and the values
    fill(segment + 1, true);
  }
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    if (queries.position[i] < 0) continue;
    const uint32_t pair = first_pair + sum_row(lane, 2 * i);
    const uint64_t row = tile.first_row + pair / a.heads_per_kv;
    const uint32_t head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
    const float scale = 1.0f / m.total[i];
#pragma unroll
    for (uint32_t step = 0; step < kSteps; ++step) {
#pragma unroll
      for (uint32_t half = 0; half < 2; ++half) {
        put(a, row, head, kSteps * 16, step * 16 + half * 8 + sum_column(lane, 0), m.values[step][half][2 * i] * scale,
            m.values[step][half][2 * i + 1] * scale);
      }
    }
  }
}

}  // namespace tramontane::TM_DEVICE
