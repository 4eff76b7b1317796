// Attention over one segment of 256 absolute positions, and the fold of segments. Compiled once per level, after its
// lanes and float_matmul.h, whose types its elements are.
//
// score = sum over d in order, by fma; probabilities exp(score - the segment's largest score); their total in sixteen
// lanes (position mod 16), tiles in order, then the tree of sum(); values added position by position in order. Which
// queries share a pass over keys and values changes none of it. The fold over segments in order is the online softmax
// of Milakov and Gimelshein, arXiv 1805.02867.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

// What elements of eight bits are times in a tile: powers of two, so it doesn't matter where they are multiplied.
TM_ALWAYS_INLINE Floats scales_of(const uint16_t* scales) { return mul(load_half(scales), splat(0x1p-8f)); }

// Scores of kQueries queries against kTiles key tiles.
template <class Element, int kQueries, int kTiles>
TM_ALWAYS_INLINE void score_tiles(const SegmentJob& job, uint32_t query, uint32_t tile) {
  const uint8_t* keys[kTiles];
#pragma GCC unroll 4
  for (int g = 0; g < kTiles; ++g) keys[g] = job.tiles[tile + g].keys;
  const float* q = job.queries + static_cast<uint64_t>(query) * job.head_dim;
  Floats acc[kQueries][kTiles];
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int g = 0; g < kTiles; ++g) acc[i][g] = zero();
  }
  for (uint32_t d = 0; d < job.head_dim; ++d) {
    Floats k[kTiles];
#pragma GCC unroll 4
    for (int g = 0; g < kTiles; ++g) k[g] = Element::at(keys[g] + kTile * d * Element::kBytes);
#pragma GCC unroll 8
    for (int i = 0; i < kQueries; ++i) {
      const Floats x = splat(q[i * job.head_dim + d]);
#pragma GCC unroll 4
      for (int g = 0; g < kTiles; ++g) acc[i][g] = fma(x, k[g], acc[i][g]);
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 4
    for (int g = 0; g < kTiles; ++g) {
      if constexpr (Element::kScaled) acc[i][g] = mul(acc[i][g], scales_of(job.tiles[tile + g].key_scales));
      store(job.scores + (query + i) * kSegment + (tile + g) * kTile, acc[i][g]);
    }
  }
}

template <class Element, int kQueries>
void score(const SegmentJob& job, uint32_t query, uint32_t first_tile, uint32_t end_tile) {
  constexpr int kMost = kAccumulators / kQueries >= 4 ? 4 : kAccumulators / kQueries >= 2 ? 2 : 1;
  uint32_t tile = first_tile;
  for (; tile + kMost <= end_tile; tile += kMost) score_tiles<Element, kQueries, kMost>(job, query, tile);
  for (; tile < end_tile; ++tile) score_tiles<Element, kQueries, 1>(job, query, tile);
}

// Largest score, probabilities in place of scores, their total. The scales of values go with the probabilities.
template <class Element>
TM_ALWAYS_INLINE void soften(const SegmentJob& job, uint32_t query) {
  constexpr float kNone = -__builtin_inff();
  float* scores = job.scores + query * kSegment;
  const uint32_t first = job.first[query];
  const uint32_t end = job.end[query];
  const uint32_t first_tile = first / kTile;
  const uint32_t end_tile = (end + kTile - 1) / kTile;
  Floats most = splat(kNone);
  for (uint32_t tile = first_tile; tile < end_tile; ++tile) {
    float* s = scores + tile * kTile;
    Floats x = load(s);
    if (tile == first_tile || tile + 1 == end_tile) {
      const uint32_t from = tile == first_tile ? first % kTile : 0;
      const uint32_t to = tile + 1 == end_tile ? end - tile * kTile : kTile;
      x = keep_range(x, from, to, kNone);
      store(s, x);
    }
    most = max(most, x);
  }
  const float m = maximum(most);
  Floats total = zero();
  for (uint32_t tile = first_tile; tile < end_tile; ++tile) {
    float* s = scores + tile * kTile;
    const Floats p = exponential(sub(load(s), splat(m)));
    store(s, Element::kScaled ? mul(p, scales_of(job.tiles[tile].value_scales)) : p);
    total = add(total, p);
  }
  job.maximum[query] = m;
  job.total[query] = sum(total);
}

// sums[query][16 chunk ..] += probability * value over positions [first, end), in order.
template <class Element, int kQueries, int kChunks>
TM_ALWAYS_INLINE void add_values(const SegmentJob& job, uint32_t query, uint32_t chunk, uint32_t first, uint32_t end) {
  float* sums = job.sums + static_cast<uint64_t>(query) * job.head_dim + 16 * chunk;
  const float* p = job.scores + query * kSegment;
  Floats acc[kQueries][kChunks];
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 8
    for (int c = 0; c < kChunks; ++c) acc[i][c] = load(sums + i * job.head_dim + 16 * c);
  }
  for (uint32_t position = first; position < end;) {
    const uint32_t tile = position / kTile;
    const uint32_t tile_end = (tile + 1) * kTile;
    const uint32_t stride = job.head_dim * Element::kBytes;
    const uint8_t* v = job.tiles[tile].values + position % kTile * stride + 16 * chunk * Element::kBytes;
    for (const uint32_t stop = tile_end < end ? tile_end : end; position < stop; ++position, v += stride) {
      Floats values[kChunks];
#pragma GCC unroll 8
      for (int c = 0; c < kChunks; ++c) values[c] = Element::at(v + 16 * c * Element::kBytes);
#pragma GCC unroll 8
      for (int i = 0; i < kQueries; ++i) {
        const Floats x = splat(p[i * kSegment + position]);
#pragma GCC unroll 8
        for (int c = 0; c < kChunks; ++c) acc[i][c] = fma(x, values[c], acc[i][c]);
      }
    }
  }
#pragma GCC unroll 8
  for (int i = 0; i < kQueries; ++i) {
#pragma GCC unroll 8
    for (int c = 0; c < kChunks; ++c) store(sums + i * job.head_dim + 16 * c, acc[i][c]);
  }
}

// The last head_dim % 16 elements of one query.
template <class Element>
void add_values_tail(const SegmentJob& job, uint32_t query, uint32_t first, uint32_t end) {
  const uint32_t n = job.head_dim % 16;
  const uint32_t start = job.head_dim - n;
  float* sums = job.sums + static_cast<uint64_t>(query) * job.head_dim + start;
  Floats acc = load_first(sums, n);
  for (uint32_t position = first; position < end; ++position) {
    const uint8_t* v = job.tiles[position / kTile].values + (position % kTile * job.head_dim + start) * Element::kBytes;
    acc = fma(splat(job.scores[query * kSegment + position]), Element::first(v, n), acc);
  }
  store_first(sums, acc, n);
}

template <class Element, int kQueries>
void add_values(const SegmentJob& job, uint32_t query, uint32_t first, uint32_t end) {
  if (first >= end) return;
  constexpr int kMost = kAccumulators / kQueries >= 8 ? 8 : kAccumulators / kQueries >= 4 ? 4 : 1;
  const uint32_t chunks = job.head_dim / 16;
  uint32_t chunk = 0;
  for (; chunk + kMost <= chunks; chunk += kMost) add_values<Element, kQueries, kMost>(job, query, chunk, first, end);
  if constexpr (kMost > 4) {
    for (; chunk + 4 <= chunks; chunk += 4) add_values<Element, kQueries, 4>(job, query, chunk, first, end);
  }
  for (; chunk < chunks; ++chunk) add_values<Element, kQueries, 1>(job, query, chunk, first, end);
  if (job.head_dim % 16 != 0) {
    for (uint32_t i = 0; i < static_cast<uint32_t>(kQueries); ++i) {
      add_values_tail<Element>(job, query + i, first, end);
    }
  }
}

// Calls f<n>(query) over [0, n_queries) in groups of n queries, as many as leave four accumulators to each.
template <class Function>
TM_ALWAYS_INLINE void by_queries(uint32_t n_queries, Function f) {
  uint32_t query = 0;
  if constexpr (kAccumulators >= 24) {
    for (; query + 6 <= n_queries; query += 6) f.template operator()<6>(query);
    for (; query + 4 <= n_queries; query += 4) f.template operator()<4>(query);
    for (; query + 3 <= n_queries; query += 3) f.template operator()<3>(query);
    for (; query + 2 <= n_queries; query += 2) f.template operator()<2>(query);
  }
  for (; query < n_queries; ++query) f.template operator()<1>(query);
}

template <class Element>
void segment(const SegmentJob& job) {
  uint32_t lowest = kSegment;
  uint32_t highest = 0;
  uint32_t common_first = 0;
  uint32_t common_end = kSegment;
  for (uint32_t i = 0; i < job.n_queries; ++i) {
    lowest = job.first[i] < lowest ? job.first[i] : lowest;
    highest = job.end[i] > highest ? job.end[i] : highest;
    common_first = job.first[i] > common_first ? job.first[i] : common_first;
    common_end = job.end[i] < common_end ? job.end[i] : common_end;
  }
  const uint32_t first_tile = lowest / kTile;
  const uint32_t end_tile = (highest + kTile - 1) / kTile;
  if (common_first >= common_end) common_first = common_end = kSegment;  // nothing in common: each query by itself
  by_queries(job.n_queries,
             [&]<int kQueries>(uint32_t query) { score<Element, kQueries>(job, query, first_tile, end_tile); });
  for (uint32_t i = 0; i < job.n_queries; ++i) {
    soften<Element>(job, i);
    float* sums = job.sums + static_cast<uint64_t>(i) * job.head_dim;
    for (uint32_t d = 0; d < job.head_dim; ++d) sums[d] = 0;
    add_values<Element, 1>(job, i, job.first[i], common_first < job.end[i] ? common_first : job.end[i]);
  }
  by_queries(job.n_queries, [&]<int kQueries>(uint32_t query) {
    add_values<Element, kQueries>(job, query, common_first, common_end);
  });
  for (uint32_t i = 0; i < job.n_queries; ++i) add_values<Element, 1>(job, i, common_end, job.end[i]);
}

void fold(float* maximum, float* total, float* sums, float segment_maximum, float segment_total,
          const float* segment_sums, uint32_t head_dim) {
  const float most = *maximum > segment_maximum ? *maximum : segment_maximum;
  const float before = exponential_of(*maximum - most);
  const float now = exponential_of(segment_maximum - most);
  *maximum = most;
  *total = __builtin_fmaf(segment_total, now, *total * before);
  uint32_t d = 0;
  for (; d + 16 <= head_dim; d += 16) {
    store(sums + d, fma(load(segment_sums + d), splat(now), mul(load(sums + d), splat(before))));
  }
  if (const uint32_t n = head_dim - d; n > 0) {
    const Floats old = mul(load_first(sums + d, n), splat(before));
    store_first(sums + d, fma(load_first(segment_sums + d, n), splat(now), old), n);
  }
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
