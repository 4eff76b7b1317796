// What a chunk's attention makes of a segment's scores, whichever instruction made them, and of its segments.
#pragma once

#include "bits.h"
#include "set_apart.h"

namespace tramontane::TM_DEVICE {

// Of sixteen queries and a segment's keys.
using Scores = float[kTilesOfSegment][2][4];
using Exponentials = uint32_t[kTilesOfSegment][4];

// Sums of sixteen queries over the segments so far.
template <int kSteps>
struct Merged {
  float largest[2] = {-INFINITY, -INFINITY};
  float total[2] = {};
  float values[kSteps][2][4] = {};

  // Of scores: hides what isn't seen, makes the exponentials, and adds their sums. How the values are to be added.
  template <class Kept>
  __device__ void add_scores(Scores& scores, const Seen (&seen)[2], uint32_t lane, Exponentials& p, Merge (&merge)[2]) {
    // Few segments are seen in part: those where a window begins, and a row's own.
    if (!seen[0].all() || !seen[1].all()) {
#pragma unroll
      for (int at = 0; at < kTilesOfSegment; ++at) hide_unseen(scores[at], at, seen, lane);
    }
    float of_segment[2] = {-INFINITY, -INFINITY};
#pragma unroll
    for (int at = 0; at < kTilesOfSegment; ++at) find_largest(scores[at], of_segment);
#pragma unroll
    for (int i = 0; i < 2; ++i) {
      of_segment[i] = largest_of_row(of_segment[i]);
      float sum = 0;
#pragma unroll
      for (int at = 0; at < kTilesOfSegment; at += 2) {
        const float first = exponentials<Kept>(scores[at], i, of_segment[i], p[at]);
        sum += sum_of_row(first + exponentials<Kept>(scores[at + 1], i, of_segment[i], p[at + 1]));
      }
      merge[i] = merge_weights(largest[i], of_segment[i]);
      largest[i] = merge[i].largest;
      total[i] = merged(merge[i], total[i], sum);
    }
  }

  // Sums of a segment over kOfPart steps of dimensions from `first` on.
  template <int kOfPart>
  __device__ void add_values(const Merge (&merge)[2], int first, const float (&sums)[kOfPart][2][4]) {
#pragma unroll
    for (int r = 0; r < kOfPart * 8; ++r) {
      float& value = values[first + r / 8][r / 4 % 2][r % 4];
      value = merged(merge[r % 4 / 2], value, sums[r / 8][r / 4 % 2][r % 4]);
    }
  }

  // Queries that see what set_apart.h has marked in a segment have no numbers for results.
  __device__ void lose(const Seen (&seen)[2], const Marks& marks) {
    const uint32_t* words = reinterpret_cast<const uint32_t*>(&marks);
#pragma unroll 1  // few segments have any
    for (int word = 0; word < 4; ++word) {
#pragma unroll
      for (int i = 0; i < 2; ++i) {
        if (seen_marks(words[word], word * 32, seen[i]) != 0) total[i] = bits_to_float(0x7fc00000u);
      }
    }
  }

  // The results of the sixteen from first_pair on.
  __device__ void put_all(const Attention& a, const QueryTile& tile, const Queries& queries, uint32_t kv_head,
                          uint32_t first_pair, uint32_t lane) const {
#pragma unroll
    for (uint32_t i = 0; i < 2; ++i) {
      if (queries.position[i] < 0) continue;
      const uint32_t pair = first_pair + sum_row(lane, 2 * i);
      const uint64_t row = tile.first_row + pair / a.heads_per_kv;
      const uint32_t head = kv_head * a.heads_per_kv + pair % a.heads_per_kv;
      const float scale = 1.0f / total[i];
#pragma unroll
      for (uint32_t step = 0; step < kSteps; ++step) {
#pragma unroll
        for (uint32_t half = 0; half < 2; ++half) {
          put(a, row, head, kSteps * 16, step * 16 + half * 8 + sum_column(lane, 0), values[step][half][2 * i] * scale,
              values[step][half][2 * i + 1] * scale);
        }
      }
    }
  }
};

}  // namespace tramontane::TM_DEVICE
