// Attention of one warp: sixteen queries against segments of keys (arXiv 2307.08691, with the segments of arXiv
// 2311.01282).
//
// A segment is 128 positions, aligned to absolute positions. Within one, first the largest of its scores, which is the
// same in any order; then exp2(score - largest), summed from zero in groups of 32 keys (a fixed tree, groups in order)
// and times the values in steps of 16 keys in order. Segments are then merged in order. A query's sums depend on its
// own position and window alone: tiles and segments that only its neighbours see add exact zeros. So it does not matter
// which queries share a warp, whether one warp walks all segments or each has its own, or which warp takes which keys.
#pragma once

#include "fragments.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kSegment = 128;
inline constexpr uint32_t kKeys = 16;
inline constexpr int kTilesOfSegment = kSegment / kKeys;

// What a warp knows of its sixteen queries; lane 4 g + t holds queries g and g + 8.
struct Queries {
  int64_t first;        // position of the first key that any of them sees
  int64_t last;         // and of the last
  int64_t position[2];  // of the lane's queries; -1 beyond the span's end
};

// Of a segment: the largest score, the sum of exponentials and the weighted values.
template <int kSteps>
struct Sums {
  float largest[2];
  float total[2];
  float values[kSteps][2][4];
};

__device__ inline Queries queries_of(const QueryTile& tile, uint32_t heads_per_kv, uint32_t window, uint32_t lane) {
  Queries q;
  const uint32_t n_pairs = tile.n_rows * heads_per_kv;
  const uint32_t end = tile.first_pair + kUnitRows < n_pairs ? tile.first_pair + kUnitRows : n_pairs;
  const int64_t lowest = tile.position + tile.first_pair / heads_per_kv;
  q.last = tile.position + (end - 1) / heads_per_kv;
  q.first = window == 0 || lowest < window ? 0 : lowest - window + 1;
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t pair = tile.first_pair + sum_row(lane, 2 * i);
    q.position[i] = pair < n_pairs ? tile.position + pair / heads_per_kv : -1;
  }
  return q;
}

// Registers of the queries as the row operand, scaled so that exp2 of a score is the softmax's exponential.
template <int kSteps>
__device__ inline void load_queries(const Attention& a, const QueryTile& tile, const Queries& queries, uint32_t kv_head,
                                    uint32_t lane, uint32_t (&q)[kSteps][4]) {
  constexpr uint32_t kHeadDim = kSteps * 16;
  const float scale = 1.4426950408889634f / sqrtf(static_cast<float>(kHeadDim));
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
#pragma unroll
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t pair = tile.first_pair + row_operand_row(lane, i);
      q[step][i] = 0;
      if (queries.position[i & 1] < 0) continue;
      const uint64_t row = tile.first_row + pair / a.heads_per_kv;
      const uint32_t head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
      const float* from = a.q + (row * a.n_heads + head) * kHeadDim + step * 16 + row_operand_inner(lane, i);
      q[step][i] = pack_f16(from[0] * scale, from[1] * scale);
    }
  }
}

// Keys of a segment, counted from its first: those that are seen, both ends included; none where last < first.
struct Seen {
  int first, last;

  __device__ Seen(int64_t begin, int64_t lowest, int64_t highest) {
    first = lowest < begin ? 0 : static_cast<int>(lowest - begin < kSegment ? lowest - begin : kSegment);
    last = highest < begin ? -1 : static_cast<int>(highest - begin < kSegment ? highest - begin : kSegment - 1);
  }
  __device__ bool has(int key) const { return key >= first && key <= last; }
};

// Zeroes the values of keys that no query of the warp sees: nobody wrote them, and 0 times infinity is not 0.
template <int kSteps>
__device__ inline void clear_unwritten(uint4 (&v)[kSteps], int tile, const Seen& any, uint32_t lane) {
  uint32_t keep[2];
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const int key = tile * static_cast<int>(kKeys) + static_cast<int>(column_operand_inner(lane, i));
    keep[i] = (any.has(key) ? 0xffffu : 0) | (any.has(key + 1) ? 0xffff0000u : 0);
  }
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    v[step].x &= keep[0];
    v[step].y &= keep[1];
    v[step].z &= keep[0];
    v[step].w &= keep[1];
  }
}

template <int kSteps>
__device__ inline void attend_segment(const CacheView& cache, uint32_t span, uint32_t kv_head, int64_t segment,
                                      const Queries& queries, const uint32_t (&q)[kSteps][4], uint32_t lane,
                                      Sums<kSteps>& s) {
  const int64_t begin = segment * kSegment;
  const Seen any(begin, queries.first, queries.last);
  const auto seen_by = [&](int64_t position) {
    return Seen(begin, cache.window == 0 ? 0 : position - cache.window + 1, position);
  };
  const Seen seen[2] = {seen_by(queries.position[0]), seen_by(queries.position[1])};
  // Tiles that no query of the warp sees are left out.
  const int first = any.first / static_cast<int>(kKeys), end = any.last / static_cast<int>(kKeys) + 1;
  // Lane i finds where tile i lies, so that the page table is waited for once.
  uint64_t place = 0;
  if (static_cast<int>(lane) >= first && static_cast<int>(lane) < end) {
    const int64_t mine = begin + lane * kKeys;
    place = reinterpret_cast<uint64_t>(cache.keys(span, mine, kv_head) +
                                       cache_tile(cache.offset_in_page(mine), 0, kSteps * 16));
  }
  const auto load = [&](int tile, uint64_t elements, uint4(&to)[kSteps]) {
    const uint64_t at = __shfl_sync(kAllLanes, place, tile);
    const uint4* from = reinterpret_cast<const uint4*>(reinterpret_cast<const uint16_t*>(at) + elements) + lane;
#pragma unroll
    for (int step = 0; step < kSteps; ++step) to[step] = from[step * 32];
  };

  const auto is_there = [&](int tile) { return tile >= first && tile < end; };

  uint4 loaded[2][kSteps] = {};  // a tile, and the one after it
  float scores[kTilesOfSegment][2][4] = {};
  float largest[2] = {-INFINITY, -INFINITY};
  if (first == 0) load(0, 0, loaded[0]);
#pragma unroll
  for (int tile = 0; tile < kTilesOfSegment; ++tile) {
    if (is_there(tile + 1)) load(tile + 1, 0, loaded[(tile + 1) % 2]);
    if (is_there(tile)) multiply_along<kSteps>(scores[tile], q, loaded[tile % 2]);
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      const int key = tile * static_cast<int>(kKeys) + i / 4 * 8 + static_cast<int>(sum_column(lane, i % 2));
      float& score = scores[tile][i / 4][i % 4];
      if (!seen[i % 4 / 2].has(key)) score = -INFINITY;
      largest[i % 4 / 2] = fmaxf(largest[i % 4 / 2], score);
    }
  }
  if (first == 0) load(0, cache.block_elements, loaded[0]);
  uint32_t p[kTilesOfSegment][4];
#pragma unroll
  for (int i = 0; i < 2; ++i) {  // the lane's two queries
    s.largest[i] = largest_of_row(largest[i]);
    const float base = s.largest[i] == -INFINITY ? 0.0f : s.largest[i];
    s.total[i] = 0;
    float group = 0;
#pragma unroll
    for (int tile = 0; tile < kTilesOfSegment; ++tile) {
      float e[4];
#pragma unroll
      for (int j = 0; j < 4; ++j) e[j] = exp2f(scores[tile][j / 2][2 * i + j % 2] - base);
      p[tile][i] = pack_f16(e[0], e[1]);
      p[tile][2 + i] = pack_f16(e[2], e[3]);
      const float of_tile = (e[0] + e[1]) + (e[2] + e[3]);
      if (tile % 2 == 0) group = of_tile;
      if (tile % 2 == 1) s.total[i] += sum_of_row(group + of_tile);
    }
  }
#pragma unroll
  for (int i = 0; i < kSteps * 8; ++i) s.values[i / 8][i / 4 % 2][i % 4] = 0;
#pragma unroll
  for (int tile = 0; tile < kTilesOfSegment; ++tile) {
    if (is_there(tile + 1)) load(tile + 1, cache.block_elements, loaded[(tile + 1) % 2]);
    if (!is_there(tile)) continue;
    clear_unwritten<kSteps>(loaded[tile % 2], tile, any, lane);
    multiply_across<kSteps>(s.values, p[tile], loaded[tile % 2]);
  }
}

// How two neighbours become one: the weights of what was there and of what comes.
struct Merge {
  float old_weight, new_weight, largest;
};
__device__ inline Merge merge_weights(float old_largest, float new_largest) {
  Merge m;
  m.largest = fmaxf(old_largest, new_largest);
  const float base = m.largest == -INFINITY ? 0.0f : m.largest;
  m.old_weight = exp2f(old_largest - base);
  m.new_weight = exp2f(new_largest - base);
  return m;
}
__device__ inline float merged(const Merge& m, float old_sum, float new_sum) {
  return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);
}

}  // namespace tramontane::TM_DEVICE
