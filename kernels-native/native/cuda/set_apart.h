// Values that are no numbers. Products multiply what a query doesn't see by zero, and 0 times infinity is not 0. Where
// some queries of a block see a position and others don't, such a value becomes zero and its position is marked, and
// who sees a marked one has a sum of weights that is no number. So a query's result is its own, whatever its neighbours
// see.
#pragma once

#include "attention.h"

namespace tramontane::TM_DEVICE {

// Positions of a segment that are marked, a bit each.
using Marks = uint4;

// All bits of those of two values that are no numbers.
template <Operand kOperand>
__device__ inline uint32_t no_numbers(uint32_t pair) {
  constexpr uint32_t kLow = kOperand == Operand::kBf16 ? 0x7f80u : 0x7c00u, kHigh = kLow << 16;
  return ((pair & kLow) == kLow ? 0xffffu : 0) | ((pair & kHigh) == kHigh ? 0xffff0000u : 0);
}

// All bits of those of two neighbouring positions that are seen.
__device__ inline uint32_t seen_pair(const Seen& seen, int key) {
  return (seen.has(key) ? 0xffffu : 0) | (seen.has(key + 1) ? 0xffff0000u : 0);
}

// Of a warp: of eight positions of a segment, `eight` of its sixteen, zeroes values that nobody sees, which nobody
// wrote, and those that are no numbers and that not every query sees; gives the marks of these.
template <int kSteps, class Kept>
__device__ inline uint32_t set_eight_apart(uint8_t* values, int eight, const Seen& any, const Seen& every,
                                           uint32_t lane) {
  if constexpr (Kept::kScaled) {  // of a head that holds one the scale is none (eight_bits.h)
    const int key = eight * 8 + static_cast<int>(lane % 8);
    uint16_t* scale = reinterpret_cast<uint16_t*>(values + kScalesAt<kSteps, Kept>) + key;
    const bool marked = lane < 8 && any.has(key) && !every.has(key) && no_numbers<Operand::kF16>(*scale) != 0;
    if (marked) *scale = 0;
    return __ballot_sync(kAllLanes, marked);
  } else {
    constexpr uint32_t kHeadDim = kSteps * 16;
    uint32_t marks = 0;
    for (uint32_t d = lane; d < kHeadDim; d += 32) {
      uint4* at = reinterpret_cast<uint4*>(values) + static_cast<uint32_t>(eight) * kHeadDim + d;
      const uint4 all = *at;
      uint32_t pairs[4] = {all.x, all.y, all.z, all.w};
#pragma unroll
      for (int i = 0; i < 4; ++i) {
        const uint32_t seen = seen_pair(any, eight * 8 + 2 * i);
        const uint32_t lost = no_numbers<Kept::kOperand>(pairs[i]) & seen & ~seen_pair(every, eight * 8 + 2 * i);
        marks |= (lost & 1) << 2 * i | (lost >> 31) << (2 * i + 1);
        pairs[i] &= seen & ~lost;
      }
      *at = make_uint4(pairs[0], pairs[1], pairs[2], pairs[3]);
    }
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) marks |= __shfl_xor_sync(kAllLanes, marks, distance);
    return marks;
  }
}

// The same of a segment, of one of n warps; any: what some of a block's queries see, every: what all of them do.
template <int kSteps, class Kept>
__device__ inline void set_apart(uint8_t* values, const Seen& any, const Seen& every, uint32_t warp, uint32_t n_warps,
                                 uint32_t lane, Marks* marks) {
  for (int eight = static_cast<int>(warp); eight < static_cast<int>(kSegment) / 8; eight += static_cast<int>(n_warps)) {
    const bool whole = every.has(eight * 8) && every.has(eight * 8 + 7);
    const uint32_t of_eight = whole ? 0 : set_eight_apart<kSteps, Kept>(values, eight, any, every, lane);
    if (lane == 0) reinterpret_cast<uint8_t*>(marks)[eight] = static_cast<uint8_t>(of_eight);
  }
}

__device__ inline bool has_marks(const Marks& marks) { return (marks.x | marks.y | marks.z | marks.w) != 0; }

// Of 32 marks from position `begin` on, those that a query sees; which bits they are is lost.
__device__ inline uint32_t seen_marks(uint32_t marks, int begin, const Seen& seen) {
  const int first = seen.first > begin ? seen.first - begin : 0;
  const int last = seen.last < begin + 31 ? seen.last - begin : 31;
  return first > last ? 0 : marks >> first << (31 - (last - first));
}

}  // namespace tramontane::TM_DEVICE
