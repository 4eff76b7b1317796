// Attention of a chunk. A block has up to 64 queries of a span and a kv head, sixteen a warp, and walks their segments
// in order: keys and values come by bulk copies, the next ones while these are multiplied, and are read by all four
// warps. attend_group.h does the same by wgmma.
#pragma once

#include "chunk_sums.h"

namespace tramontane::TM_DEVICE {

template <int kSteps, class Kept>
struct ChunkShared {
  uint8_t keys[kSegmentBytes<kSteps, Kept>];
  uint8_t values[kSegmentBytes<kSteps, Kept>];
  Marks marks;
  uint64_t keys_there, values_there;
};

// blockIdx = (tile, kv head). Two blocks of a processor leave a lane all registers that it can have; the compiler saves
// for more of them where nobody says so.
template <int kSteps, class Kept>
__global__ void __launch_bounds__(kAttendThreads, 2) attend_chunk(const Attention a, const CacheView cache) {
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
    Scores scores = {};
    barrier_wait(&s.keys_there, parity);
#pragma unroll
    for (int at = 0; at < kTilesOfSegment; ++at) {
      if (any.has_tile(at)) multiply_keys<kSteps, Kept>(s.keys, at, q, lane, scores[at]);
    }
    __syncthreads();  // the keys have been read
    fill(segment + 1, false);
    Exponentials p;
    Merge merge[2];
    m.template add_scores<Kept>(scores, seen, lane, p, merge);
    barrier_wait(&s.values_there, parity);
    const Seen some(begin, all.first, all.last), every(begin, all.every_first, all.every_last);
    const bool alike = every.has_all(some);  // for the whole block
    if (!alike) {
      set_apart<kSteps, Kept>(s.values, some, every, warp, kAttendWarps, lane, &s.marks);
      proxy_fence();  // the next values come over these
      __syncthreads();
    }
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
      m.add_values(merge, part, values);
    }
    if (!alike && has_marks(s.marks)) m.lose(seen, s.marks);
    __syncthreads();  // and the values
    fill(segment + 1, true);
  }
  m.put_all(a, tile, queries, kv_head, first_pair, lane);
}

}  // namespace tramontane::TM_DEVICE
