// What becomes of a piece's sums: slices that different blocks made are put together, and the finished sums are stored,
// added to the residual, or gated.
#pragma once

#include "bulk_copy.h"
#include "room.h"
#include "stream_work.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kEndThreads = kStackUnits * 32;
inline constexpr uint32_t kEndStride = kGroupRows + 4;  // of a token: lanes that hold other tokens use other banks
template <int kTiles>
inline constexpr uint32_t kEndTiles = kTiles < 4 ? kTiles : 4;  // whose sums lie in shared memory at once
constexpr uint32_t end_bytes(uint32_t tiles) { return tiles * kTileTokens * kEndStride * 4; }

// Of the four warps that multiply a group: whole, or a part of the block's that begins at a multiple of so many.
class Ends {
 public:
  __device__ Ends(const StreamWork& work, float* shared, uint64_t* meeting)
      : work_(work), shared_(shared), meeting_(meeting) {}

  // kAtOnce: tiles for which `shared` has room.
  template <int kTiles, int kAtOnce = kEndTiles<kTiles>>
  __device__ void finish(const Item& item, const float (&sums)[kTiles][4]) {
    if (work_.divided) return meet_slices<kTiles>(item, sums);
#pragma unroll
    for (int first = 0; first < kTiles; first += kAtOnce) {
      each_sum<kAtOnce>(sums + first,
                        [&](uint32_t token, uint32_t row, float sum) { shared_[token * kEndStride + row] = sum; });
      meet();
      end_rows(item, first * kTileTokens, kAtOnce * kTileTokens,
               [&](uint32_t token, uint32_t row) { return shared_[token * kEndStride + row]; });
      meet();  // before others come in their place
    }
  }

 private:
  __device__ void meet() {
    barrier_arrive(meeting_);
    barrier_wait(meeting_, parity_);
    parity_ ^= 1;
  }

  template <int kTiles, class Take>
  __device__ static void each_sum(const float (*sums)[4], Take take) {
    const uint32_t lane = threadIdx.x % 32;
    const uint32_t unit = threadIdx.x / 32 % kStackUnits;
#pragma unroll
    for (int tile = 0; tile < kTiles; ++tile) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        take(tile * kTileTokens + sum_column(lane, i), unit * kUnitRows + sum_row(lane, i), sums[tile][i]);
      }
    }
  }

  // Brings a slice to its group, and adds all of them if it is the last.
  template <int kTiles>
  __device__ void meet_slices(const Item& item, const float (&sums)[kTiles][4]) {
    const Product& p = work_.p;
    constexpr uint32_t kSlice = kTiles * kTileTokens * kGroupRows;
    float* group = p.meeting.sums + static_cast<uint64_t>(item.place) * p.n_slices * kSlice;
    each_sum<kTiles>(sums, [&](uint32_t token, uint32_t row, float sum) {
      group[item.first_slice * kSlice + token * kGroupRows + row] = sum;
    });
    __threadfence();
    meet();
    uint32_t* last = reinterpret_cast<uint32_t*>(shared_);
    if (threadIdx.x % kEndThreads == 0) {
      uint32_t* arrived = p.meeting.arrived + item.place;
      *last = atomicAdd(arrived, 1u) == p.n_slices - 1;
      if (*last) *arrived = 0;
      __threadfence();
    }
    meet();
    const bool is_last = *last;
    meet();  // before the word is written again
    if (!is_last) return;
    end_rows(item, 0, kTiles * kTileTokens, [&](uint32_t token, uint32_t row) {
      const float* at = group + token * kGroupRows + row;
      float sum = at[0];
      for (uint32_t s = 1; s < p.n_slices; ++s) sum = sum + at[s * kSlice];
      return sum;
    });
  }

  // Two rows of a token a thread; sum_of(token, row of the group), tokens from `first` of the pass on.
  template <class Sum>
  __device__ void end_rows(const Item& item, uint32_t first, uint32_t n, Sum sum_of) const {
    const Product& p = work_.p;
    const Part& part = p.parts[item.part];
    const bool gated = p.result == Result::kGated;
    const uint32_t rows = gated ? kGroupRows / 2 : kGroupRows;
    const uint32_t first_row = item.local * rows;
    for (uint32_t i = threadIdx.x % kEndThreads * 2; i < n * rows; i += kEndThreads * 2) {
      const uint32_t token = i / rows;
      const uint32_t in_group = i % rows;
      const uint32_t row = first_row + in_group;
      if (first + token >= item.n_tokens || row >= part.rows) continue;
      const auto total = [&](const Part& of, uint32_t at, uint32_t r) {
        const float sum = sum_of(token, at + r);
        return of.row_scales == nullptr ? sum : sum * of.row_scales[item.expert * of.rows + row + r];
      };
      const uint32_t of_all = item.first_token + first + token;
      const uint64_t at = static_cast<uint64_t>(item.first_row + first + token) * part.stride + row;
      float* out = part.out == nullptr ? nullptr : part.out + at;
      if (gated) {  // rows are a multiple of 8, so both are there
        const float low = silu(total(part, in_group, 0)) * total(p.parts[1], rows + in_group, 0);
        const float high = silu(total(part, in_group, 1)) * total(p.parts[1], rows + in_group, 1);
        if (out != nullptr) {
          out[0] = low;
          out[1] = high;
        }
        p.next.put(of_all, row, low, high);
        continue;
      }
      if (p.result == Result::kHeads) {  // and so are heads' rows
        p.heads.put(part.head, of_all, row, total(part, in_group, 0), total(part, in_group, 1), out);
        continue;
      }
      for (uint32_t r = 0; r < 2 && row + r < part.rows; ++r) {
        const float sum = total(part, in_group, r);
        out[r] = p.result == Result::kAdd ? out[r] + sum : sum;
      }
    }
  }

  const StreamWork& work_;
  float* const shared_;
  uint64_t* const meeting_;
  uint32_t parity_ = 0;
};

}  // namespace tramontane::TM_DEVICE
