// Attention of sixteen queries against segments of keys (arXiv 2307.08691, with the segments of arXiv 2311.01282).
//
// A segment is 128 positions, aligned to absolute positions. Within one, first the largest of its scores, which is the
// same in any order; then exp2(score - largest), zero below the least normal number, summed from zero in groups of 32
// keys (a fixed tree, groups in order) and times the values in steps of 16 keys in order. Segments are then merged in
// order. A query's sums of finite values depend on its own position and window alone: tiles and segments that only its
// neighbours see add exact zeros. So it does not matter which queries share a warp, whether one block walks all
// segments or each has its own, or which warp takes which keys or dimensions.
#pragma once

#include "bulk_copy.h"
#include "fragments.h"
#include "kept.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kSegment = 128;
inline constexpr uint32_t kKeys = 16;
inline constexpr int kTilesOfSegment = kSegment / kKeys;
inline constexpr uint32_t kAttendWarps = 4;
inline constexpr uint32_t kAttendThreads = kAttendWarps * 32;
inline constexpr uint32_t kTilePairs = kAttendWarps * kUnitRows;

// Of keys, or of values, in shared memory; their scales follow them.
template <int kSteps, class Kept>
inline constexpr uint32_t kScalesAt = kSegment* kSteps * 16 * Kept::kBytes;
template <int kSteps, class Kept>
inline constexpr uint32_t kSegmentBytes = kScalesAt<kSteps, Kept> + (Kept::kScaled ? kSegment * 2 : 0);

// Readies the barriers of a block's keys and values, and waits for the kernel ahead.
__device__ inline void start_block(uint64_t* keys_there, uint64_t* values_there) {
  if (threadIdx.x == 0) {
    barrier_init(keys_there, fillers());
    barrier_init(values_there, fillers());
    barrier_fence();
  }
  let_next_start();
  __syncthreads();
  wait_for_previous();
}

// What a warp knows of its sixteen queries; lane 4 g + t holds queries g and g + 8.
struct Queries {
  int64_t first;        // position of the first key that any of them sees
  int64_t last;         // and of the last
  int64_t every_first;  // of the first and the last that all of them see, unless every_last < every_first
  int64_t every_last;
  int64_t position[2];  // of the lane's queries; -1 beyond the span's end
};

// Of the pairs from first_pair on: sixteen of a warp, or n that a block has. None: last < first.
__device__ inline Queries queries_of(const QueryTile& tile, uint32_t heads_per_kv, uint32_t window, uint32_t first_pair,
                                     uint32_t n, uint32_t lane) {
  Queries q = {0, -1, 0, -1, {-1, -1}};
  const uint32_t n_pairs = tile.n_rows * heads_per_kv;
  if (first_pair >= n_pairs) return q;
  const uint32_t end = first_pair + n < n_pairs ? first_pair + n : n_pairs;
  const int64_t lowest = tile.position + first_pair / heads_per_kv;
  q.last = tile.position + (end - 1) / heads_per_kv;
  q.first = window == 0 || lowest < window ? 0 : lowest - window + 1;
  q.every_first = window == 0 || q.last < window ? 0 : q.last - window + 1;
  q.every_last = lowest;
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const uint32_t pair = first_pair + sum_row(lane, 2 * i);
    q.position[i] = pair < n_pairs ? tile.position + pair / heads_per_kv : -1;
  }
  return q;
}

// Registers of the queries as the row operand, scaled so that exp2 of a score is the softmax's exponential.
template <int kSteps, class Kept>
__device__ inline void load_queries(const Attention& a, const QueryTile& tile, const Queries& queries, uint32_t kv_head,
                                    uint32_t first_pair, uint32_t lane, uint32_t (&q)[kSteps][4]) {
  constexpr uint32_t kHeadDim = kSteps * 16;
  const float scale = 1.4426950408889634f / sqrtf(static_cast<float>(kHeadDim));
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
#pragma unroll
    for (uint32_t i = 0; i < 4; ++i) {
      const uint32_t pair = first_pair + row_operand_row(lane, i);
      q[step][i] = 0;
      if (queries.position[i & 1] < 0) continue;
      const uint64_t row = tile.first_row + pair / a.heads_per_kv;
      const uint32_t head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
      const float* from = a.q + (row * a.n_heads + head) * kHeadDim + step * 16 + row_operand_inner(lane, i);
      q[step][i] = pack(Kept::kOperand, from[0] * scale, from[1] * scale);
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
  __device__ bool any() const { return first <= last; }
  __device__ bool all() const { return first == 0 && last == static_cast<int>(kSegment) - 1; }
  __device__ bool has_all(const Seen& of) const { return first <= of.first && last >= of.last; }
  __device__ bool has_tile(int tile) const {
    return any() && tile >= first / static_cast<int>(kKeys) && tile <= last / static_cast<int>(kKeys);
  }
};

// By a query at a position; -1: none.
__device__ inline Seen seen_by(const CacheView& cache, int64_t begin, int64_t position) {
  return Seen(begin, cache.window == 0 ? 0 : position - cache.window + 1, position);
}

// Begins to copy a segment's keys, or values, to shared memory: the tiles of 16 that are seen. Of the lanes that fill.
template <int kSteps, class Kept>
__device__ inline void fill_segment(const CacheView& cache, uint32_t span, uint32_t kv_head, int64_t begin,
                                    const Seen& any, bool values, uint8_t* to, uint64_t* barrier, uint32_t lane) {
  constexpr uint32_t kPositionBytes = kSteps * 16 * Kept::kBytes;
  constexpr uint32_t kScaleBytes = Kept::kScaled ? 2 : 0;
  const uint32_t first = static_cast<uint32_t>(any.first) / kKeys * kKeys;
  const uint32_t end = (static_cast<uint32_t>(any.last) / kKeys + 1) * kKeys;
  fill_expect(barrier, (end - first) * (kPositionBytes + kScaleBytes));
  for (uint32_t at = first; at < end;) {
    const uint32_t offset = cache.offset_in_page(begin + at);
    const uint32_t of_page = (1u << cache.page_shift) - offset;
    const uint32_t n = of_page < end - at ? of_page : end - at;
    const uint8_t* block = cache.block(span, begin + at, kv_head);
    const uint8_t* from = block + (values ? cache.keys_bytes : 0) + offset * kPositionBytes;
    fill_copy(to + at * kPositionBytes, from, n * kPositionBytes, barrier, lane);
    if constexpr (Kept::kScaled) {
      fill_copy(to + kScalesAt<kSteps, Kept> + at * kScaleBytes, block + cache.scales_at(values) + offset * kScaleBytes,
                n * kScaleBytes, barrier, lane);
    }
    at += n;
  }
  fill_arrive(barrier);
}

// Scales of two neighbouring keys, or values, of a segment.
template <int kSteps, class Kept>
__device__ inline uint32_t two_scales(const uint8_t* segment, uint32_t first) {
  return *reinterpret_cast<const uint32_t*>(segment + kScalesAt<kSteps, Kept> + first * 2);
}

// scores = the queries' with the tile's sixteen keys.
template <int kSteps, class Kept>
__device__ inline void multiply_keys(const uint8_t* keys, int tile, const uint32_t (&q)[kSteps][4], uint32_t lane,
                                     float (&scores)[2][4]) {
  constexpr uint32_t kRow = kSteps * 2 * 128;  // of core matrices: eight keys
#pragma unroll
  for (int i = 0; i < 8; ++i) scores[i / 4][i % 4] = 0;
  // Of wide heads whose registers are made one by one, half of them at a time.
  constexpr int kAtOnce = Kept::kScaled && kSteps == 8 ? 4 : kSteps;
#pragma unroll
  for (int first = 0; first < kSteps; first += kAtOnce) {
    uint4 b[kAtOnce];
    uint32_t a[kAtOnce][4];
#pragma unroll
    for (int step = 0; step < kAtOnce; ++step) {
      b[step] = kept_registers<Kept>(keys + tile * kSteps * 256 * Kept::kBytes + (first + step) * 256, 128, kRow, lane);
#pragma unroll
      for (int i = 0; i < 4; ++i) a[step][i] = q[first + step][i];
    }
    multiply_along<Kept::kOperand, kAtOnce>(scores, a, b);
  }
  if constexpr (Kept::kScaled) {
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      const uint32_t scales = two_scales<kSteps, Kept>(keys, tile * kKeys + half * 8 + sum_column(lane, 0));
      const float low = unpack_f16(static_cast<uint16_t>(scales)),
                  high = unpack_f16(static_cast<uint16_t>(scales >> 16));
#pragma unroll
      for (int i = 0; i < 4; ++i) scores[half][i] *= i % 2 == 0 ? low : high;
    }
  }
}

// Hides the keys that the lane's queries don't see.
__device__ inline void hide_unseen(float (&scores)[2][4], int tile, const Seen (&seen)[2], uint32_t lane) {
#pragma unroll
  for (int i = 0; i < 8; ++i) {
    const int key = tile * static_cast<int>(kKeys) + i / 4 * 8 + static_cast<int>(sum_column(lane, i % 2));
    if (!seen[i % 4 / 2].has(key)) scores[i / 4][i % 4] = -INFINITY;
  }
}

__device__ inline void find_largest(const float (&scores)[2][4], float (&largest)[2]) {
#pragma unroll
  for (int i = 0; i < 8; ++i) largest[i % 4 / 2] = fmaxf(largest[i % 4 / 2], scores[i / 4][i % 4]);
}

// 2^x, and zero where that is below the least normal number, as a device's instruction makes it.
__device__ inline float power_of_two(float x) {
#if defined(__CUDA_ARCH__)
  float power;
  asm("ex2.approx.ftz.f32 %0, %1;" : "=f"(power) : "f"(x));
  return power;
#else
  return x < -126.0f ? 0.0f : exp2f(x);
#endif
}

// Of a tile's scores of query i: exponentials, into the registers of the row operand; their sum in the lane.
template <class Kept>
__device__ inline float exponentials(const float (&scores)[2][4], int i, float largest, uint32_t (&p)[4]) {
  const float base = largest == -INFINITY ? 0.0f : largest;
  float e[4];
#pragma unroll
  for (int j = 0; j < 4; ++j) e[j] = power_of_two(scores[j / 2][2 * i + j % 2] - base);
  p[i] = pack(Kept::kOperand, e[0], e[1]);
  p[2 + i] = pack(Kept::kOperand, e[2], e[3]);
  return (e[0] + e[1]) + (e[2] + e[3]);
}

// sums += p times the tile's values in kSteps steps of sixteen dimensions from `first` on.
// Values of keys that no query of the warp sees are zeroed: nobody wrote them, and 0 times infinity is not 0.
template <int kSteps, int kOfHead, class Kept>
__device__ inline void multiply_values(const uint8_t* values, int tile, const Seen& any, const uint32_t (&p)[4],
                                       uint32_t first, uint32_t lane, float (&sums)[kSteps][2][4]) {
  constexpr uint32_t kRow = kOfHead * 2 * 128;  // of core matrices: eight keys
  uint32_t keep[2];
#pragma unroll
  for (uint32_t i = 0; i < 2; ++i) {
    const int key = tile * static_cast<int>(kKeys) + static_cast<int>(column_operand_inner(lane, i));
    keep[i] = (any.has(key) ? 0xffffu : 0) | (any.has(key + 1) ? 0xffff0000u : 0);
  }
  uint32_t scales[2];
  if constexpr (Kept::kScaled) {
#pragma unroll
    for (uint32_t i = 0; i < 2; ++i) {
      scales[i] = two_scales<kOfHead, Kept>(values, tile * kKeys + column_operand_inner(lane, i));
    }
  }
  uint4 b[kSteps];
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    b[step] =
        kept_registers<Kept>(values + tile * kOfHead * 256 * Kept::kBytes + (first + step) * 256, kRow, 128, lane);
    if constexpr (Kept::kScaled) {
      b[step].x = multiply_f16x2(b[step].x, scales[0]);
      b[step].y = multiply_f16x2(b[step].y, scales[1]);
      b[step].z = multiply_f16x2(b[step].z, scales[0]);
      b[step].w = multiply_f16x2(b[step].w, scales[1]);
    }
    b[step].x &= keep[0];
    b[step].y &= keep[1];
    b[step].z &= keep[0];
    b[step].w &= keep[1];
  }
  multiply_across<Kept::kOperand, kSteps>(sums, p, b);
}

// Two neighbouring dimensions of one query head's result.
__device__ inline void put(const Attention& a, uint64_t row, uint32_t head, uint32_t head_dim, uint32_t d, float low,
                           float high) {
  const uint32_t column = head * head_dim + d;
  if (a.out != nullptr) {
    float* out = a.out + row * a.n_heads * head_dim + column;
    out[0] = low;
    out[1] = high;
  }
  a.next.put(static_cast<uint32_t>(row), column, low, high);
}

// How two neighbours become one: the weights of what was there and of what comes.
struct Merge {
  float old_weight, new_weight, largest;
};
__device__ inline Merge merge_weights(float old_largest, float new_largest) {
  Merge m;
  m.largest = fmaxf(old_largest, new_largest);
  const float base = m.largest == -INFINITY ? 0.0f : m.largest;
  m.old_weight = power_of_two(old_largest - base);
  m.new_weight = power_of_two(new_largest - base);
  return m;
}
__device__ inline float merged(const Merge& m, float old_sum, float new_sum) {
  return __fmaf_rn(new_sum, m.new_weight, old_sum * m.old_weight);
}

}  // namespace tramontane::TM_DEVICE
