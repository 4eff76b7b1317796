// Attention of one warp: sixteen queries against segments of keys (FlashAttention's loop, arXiv 2307.08691, with the
// segments of arXiv 2311.01282).
//
// A segment is 128 positions, aligned to absolute positions. Within one, tiles of 16 keys are taken in order with a
// running maximum; segments are then merged in order. A query's sums depend on its own position and window alone: tiles
// and segments that only its neighbours see add exact zeros. So it does not matter which queries share a warp, or
// whether one warp walks all segments or each has its own.
#pragma once

#include "fragments.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kSegment = 128;
inline constexpr uint32_t kKeys = 16;

// What a warp knows of its sixteen queries; lane 4 g + t holds queries g and g + 8.
struct Queries {
  int64_t first;        // position of the first key that any of them sees
  int64_t last;         // and of the last
  int64_t position[2];  // of the lane's queries; -1 beyond the span's end
};

// Running maximum, sum and weighted values; the sum is the lane's own part until the segment ends.
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

// Zeroes the values of positions outside [first, last]: nobody wrote them, and 0 times infinity is not 0.
template <int kSteps>
__device__ inline void clear_unwritten(uint4 (&v)[kSteps], int64_t base, const Queries& queries, uint32_t lane) {
  uint32_t keep[2];
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const int64_t key = base + column_operand_inner(lane, i);
    keep[i] = (key >= queries.first && key <= queries.last ? 0xffffu : 0) |
              (key + 1 >= queries.first && key + 1 <= queries.last ? 0xffff0000u : 0);
  }
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    v[step].x &= keep[0];
    v[step].y &= keep[1];
    v[step].z &= keep[0];
    v[step].w &= keep[1];
  }
}

// One tile of sixteen keys from position `base` on, whose keys are loaded already and whose values lie at `values`.
template <int kSteps>
__device__ inline void attend_tile(const CacheView& cache, int64_t base, const Queries& queries,
                                   const uint32_t (&q)[kSteps][4], const uint4 (&k)[kSteps], const uint4* values,
                                   uint32_t lane, Sums<kSteps>& s) {
  uint4 v[kSteps];
#pragma unroll
  for (int step = 0; step < kSteps; ++step) v[step] = values[step * 32];
  if (base < queries.first || base + kKeys - 1 > queries.last) clear_unwritten<kSteps>(v, base, queries, lane);

  float scores[2][4] = {};
  multiply_along<kSteps>(scores, q, k);
  uint32_t p[4];
#pragma unroll
  for (int i = 0; i < 2; ++i) {  // the lane's two queries
    float score[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) {
      const int64_t key = base + j / 2 * 8 + sum_column(lane, 0) + j % 2;
      const bool seen = key <= queries.position[i] && (cache.window == 0 || key > queries.position[i] - cache.window);
      score[j] = seen ? scores[j / 2][2 * i + j % 2] : -INFINITY;
    }
    const float largest =
        fmaxf(s.largest[i], largest_of_row(fmaxf(fmaxf(score[0], score[1]), fmaxf(score[2], score[3]))));
    const float base_score = largest == -INFINITY ? 0.0f : largest;
    const float shrink = exp2f(s.largest[i] - base_score);
#pragma unroll
    for (int j = 0; j < 4; ++j) score[j] = exp2f(score[j] - base_score);
    s.largest[i] = largest;
    s.total[i] = __fmaf_rn(s.total[i], shrink, (score[0] + score[1]) + (score[2] + score[3]));
#pragma unroll
    for (int step = 0; step < kSteps; ++step) {
#pragma unroll
      for (int tile = 0; tile < 2; ++tile) {
        s.values[step][tile][2 * i] *= shrink;
        s.values[step][tile][2 * i + 1] *= shrink;
      }
    }
    p[i] = pack_f16(score[0], score[1]);
    p[2 + i] = pack_f16(score[2], score[3]);
  }
  multiply_across<kSteps>(s.values, p, v);
}

template <int kSteps>
__device__ inline void attend_segment(const CacheView& cache, uint32_t span, uint32_t kv_head, int64_t segment,
                                      const Queries& queries, const uint32_t (&q)[kSteps][4], uint32_t lane,
                                      Sums<kSteps>& s) {
#pragma unroll
  for (int i = 0; i < 2; ++i) {
    s.largest[i] = -INFINITY;
    s.total[i] = 0;
  }
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
#pragma unroll
    for (int i = 0; i < 8; ++i) s.values[step][i / 4][i % 4] = 0;
  }
  const int64_t begin = segment * kSegment;
  const int64_t first = begin < queries.first ? queries.first / kKeys * kKeys : begin;
  const int64_t end = begin + kSegment - 1 < queries.last ? begin + kSegment : queries.last + 1;
  // Lane i finds where tile i lies, so that the page table is waited for once.
  const int64_t mine = first + lane * kKeys;
  uint64_t place = 0;
  if (mine < end) {
    place = reinterpret_cast<uint64_t>(cache.keys(span, mine, kv_head) +
                                       cache_tile(cache.offset_in_page(mine), 0, kSteps * 16));
  }
  const auto tile_at = [&](int tile) {
    return reinterpret_cast<const uint4*>(__shfl_sync(kAllLanes, place, tile)) + lane;
  };
  const uint4* at = tile_at(0);
  uint4 k[kSteps];
#pragma unroll
  for (int step = 0; step < kSteps; ++step) k[step] = at[step * 32];
  for (int tile = 0; first + tile * kKeys < end; ++tile) {
    const int64_t base = first + tile * kKeys;
    const uint4* values = reinterpret_cast<const uint4*>(reinterpret_cast<const uint16_t*>(at) + cache.block_elements);
    uint4 next[kSteps] = {};
    if (base + kKeys < end) {
      at = tile_at(tile + 1);
#pragma unroll
      for (int step = 0; step < kSteps; ++step) next[step] = at[step * 32];
    }
    attend_tile<kSteps>(cache, base, queries, q, k, values, lane, s);
#pragma unroll
    for (int step = 0; step < kSteps; ++step) k[step] = next[step];
  }
#pragma unroll
  for (int i = 0; i < 2; ++i) s.total[i] = sum_of_row(s.total[i]);
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
