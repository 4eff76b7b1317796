// Products of many tokens, for 9.0a alone: wgmma multiplies 64 rows of weights, whose registers four warps unpack, with
// up to 256 tokens that it reads in shared memory as they come. A block has two such groups of warps on neighbouring
// groups of rows, which share the tokens, and a third of which a warp keeps the ring of stages full (ring.h). A lane
// has two sets of weights' registers: while the machine multiplies a block of columns out of one, the next is unpacked
// into the other.
//
// A sum is made in the order of stream_mm.h: steps of 16 columns in ascending order, a slice from zero, slices in
// order; and a step of wgmma adds as one of mma does, which each device is asked (self_test.h). So its bits are those
// of stream_mm.h.
#pragma once

#include "group_product.h"
#include "matmul.h"
#include "ring.h"
#include "stream_ends.h"
#include "tile_work.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kTileThreads = (kTileGroups + 1) * kEndThreads;
// A scheduler has a warp of each group and 512 registers a lane of three: what is left to the group that loads.
inline constexpr int kMultiplyRegisters = 224, kLoadRegisters = 56;
inline constexpr uint32_t kBlockSteps = kBlockColumns / 16;

template <class Weights, int kTiles>
struct TileShared {
  static constexpr int kEndTilesAtOnce = 8;  // of a group
  static constexpr uint32_t kEndsBytes = end_bytes(kEndTilesAtOnce);
  static constexpr uint32_t kAll = 227 * 1024;  // what a block of 9.0 may have
  using R = Ring<Weights, kTiles, kTileGroups, kAll - kTileGroups * kEndsBytes - 256>;
  static constexpr uint32_t kEndsAt = R::kBytes;
  static constexpr uint32_t kBarriersAt = kEndsAt + kTileGroups * kEndsBytes;
  static constexpr uint32_t kBytes = kBarriersAt + (2 * R::kStages + kTileGroups) * 8;
  static_assert(R::kBlocks == 1 && kBytes <= kAll && kTiles % kEndTilesAtOnce == 0);
};

// A slice of a group's sums, from zero: blocks of the ring from `number` on.
template <class R>
__device__ inline void multiply_slice(const R& ring, uint32_t number, uint32_t n_blocks, uint32_t group,
                                      float (&sums)[R::kTiles][4]) {
  using Weights = typename R::Weights;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t unit = threadIdx.x / 32 % kStackUnits;
  uint32_t a[kBlockSteps][4], b[kBlockSteps][4];
  const auto multiply = [&](uint32_t block, uint32_t(&registers)[kBlockSteps][4]) {
    const uint8_t* stage = ring.stage(number + block);
    barrier_wait(ring.is_full(number + block), R::parity(number + block));
    uint32_t words[Weights::kWords];
    R::load(stage + group * R::kGroupBytes, 0, unit, lane, words);
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint32_t weights[8];
      Weights::unpack(words, half, weights);
#pragma unroll
      for (int i = 0; i < 8; ++i) registers[half * 2 + i / 4][i % 4] = weights[i];
    }
    group_fence(sums, registers);
#pragma unroll
    for (uint32_t step = 0; step < kBlockSteps; ++step) {
      // Two core matrices along the sum, and the next eight tokens a tile behind them.
      const uint64_t tokens = group_matrix(stage + R::kXAt + step * 256, 128, R::kTileBytes);
      group_multiply<Weights::kOperand>(sums, registers[step], tokens);
    }
    group_commit();
  };
  // What the other lanes read of it went into products that have ended.
  const auto give_back = [&](uint32_t block) {
    if (lane == 0) barrier_arrive(ring.is_empty(number + block));
  };
#pragma unroll
  for (int i = 0; i < R::kTiles * 4; ++i) sums[i / 4][i % 4] = 0;
  multiply(0, a);
  for (uint32_t block = 1; block < n_blocks; block += 2) {
    multiply(block, b);
    group_wait<1>(a);
    give_back(block - 1);
    if (block + 1 == n_blocks) break;
    multiply(block + 1, a);
    group_wait<1>(b);
    give_back(block);
  }
  group_wait<0>(sums, a, b);
  give_back(n_blocks - 1);
}

// Of a group that the last pair lacks.
template <class R>
__device__ inline void leave_slice(const R& ring, uint32_t number, uint32_t n_blocks) {
  if (threadIdx.x % 32 != 0) return;
  for (uint32_t block = 0; block < n_blocks; ++block) {
    barrier_wait(ring.is_full(number + block), R::parity(number + block));
    barrier_arrive(ring.is_empty(number + block));
  }
}

template <class R, bool kFolds, int kEndTilesAtOnce>
__device__ inline void consume_tiles(const StreamWork& w, const R& ring, uint32_t group, Ends& end) {
  float sums[R::kTiles][4];
  uint32_t number = 0;
  for (uint32_t at = blockIdx.x, end_of_all = items_of(w); at < end_of_all; at += gridDim.x) {
    const Item item(w, at, R::kPassTokens, kTileGroups, group);
    const bool there = unit_is_there(w.p, item, 0);
    if constexpr (kFolds) {
      float total[R::kTiles][4];
      for (uint32_t slice = item.first_slice; slice < item.end_slice; ++slice) {
        const uint32_t n = slice_begin(w.p, slice + 1) - slice_begin(w.p, slice);
        if (there) {
          multiply_slice(ring, number, n, group, sums);
#pragma unroll
          for (int i = 0; i < R::kTiles * 4; ++i) {
            float& sum = total[i / 4][i % 4];
            sum = slice == item.first_slice ? sums[i / 4][i % 4] : sum + sums[i / 4][i % 4];
          }
        } else {
          leave_slice(ring, number, n);
        }
        number += n;
      }
      if (there) end.finish<R::kTiles, kEndTilesAtOnce>(item, total);
    } else {
      const uint32_t n = slice_begin(w.p, item.end_slice) - slice_begin(w.p, item.first_slice);
      if (there) {
        multiply_slice(ring, number, n, group, sums);
        end.finish<R::kTiles, kEndTilesAtOnce>(item, sums);
      } else {
        leave_slice(ring, number, n);
      }
      number += n;
    }
  }
}

template <class Weights, int kTiles, bool kFolds>
__global__ void __launch_bounds__(kTileThreads, 1) tile_mm(const StreamWork w) {
  using Shared = TileShared<Weights, kTiles>;
  using R = typename Shared::R;
  uint8_t* shared = shared_memory<uint8_t>();
  uint64_t* barriers = reinterpret_cast<uint64_t*>(shared + Shared::kBarriersAt);
  const R ring = {shared, barriers, barriers + R::kStages};
  uint64_t* meetings = barriers + 2 * R::kStages;
  if (threadIdx.x == 0) {
    make_barriers(ring, kTileGroups * kStackUnits);
    for (uint32_t group = 0; group < kTileGroups; ++group) {
      barrier_init(meetings + group, kEndThreads);
    }
    barrier_fence();
  }
  let_next_start();
  __syncthreads();
  const uint32_t group = threadIdx.x / kEndThreads;
  if (group == kTileGroups) {
    keep_registers<kLoadRegisters>();
    return fill_ring(w, ring, threadIdx.x % kEndThreads);
  }
  take_registers<kMultiplyRegisters>();
  wait_for_previous();
  Ends end(w, reinterpret_cast<float*>(shared + Shared::kEndsAt + group * Shared::kEndsBytes), meetings + group);
  consume_tiles<R, kFolds, Shared::kEndTilesAtOnce>(w, ring, group, end);
}

template <class Weights, int kTiles, bool kFolds>
cudaError_t launch_tiles(const StreamWork& w, cudaStream_t stream) {
  constexpr uint32_t kShared = TileShared<Weights, kTiles>::kBytes;
  uint32_t at_once = 0;
  const void* kernel = reinterpret_cast<const void*>(tile_mm<Weights, kTiles, kFolds>);
  runs_on_9_alone(kernel);
  if (const cudaError_t error = blocks_at_once(kernel, kTileThreads, kShared, &at_once)) return error;
  const uint32_t blocks = w.most_items() < at_once ? w.most_items() : at_once;
  return launch(tile_mm<Weights, kTiles, kFolds>, {dim3(blocks), dim3(kTileThreads), kShared}, stream, w);
}

template <class Weights>
cudaError_t multiply_weights_in_tiles(const Product& p, cudaStream_t stream) {
  static_assert(kMeetingTokens % 256 == 0 && kMeetingTokens <= kMeetingRoom && kMeetingTokens <= kMeetingPasses * 64);
  uint32_t at_once = 0;
  if (const cudaError_t error = processors(&at_once)) return error;
  const bool of_experts = p.passes.list != nullptr;
  const TileWay way = of_experts ? way_of_experts(p) : quickest(p, TileShared<Weights, 8>::R::kStackBytes, at_once);
  const StreamWork w = work_of(way, p);
  if (way.folds) return launch_tiles<Weights, 16, true>(w, stream);
  if (way.tokens == 64) return launch_tiles<Weights, 8, false>(w, stream);
  if (way.tokens == 128) return launch_tiles<Weights, 16, false>(w, stream);
  return launch_tiles<Weights, 32, false>(w, stream);
}

#define TM_DEFINE_TILES(name)                                                           \
  cudaError_t multiply_##name##_in_tiles(const Product& product, cudaStream_t stream) { \
    return multiply_weights_in_tiles<name##Weights>(product, stream);                   \
  }

}  // namespace tramontane::TM_DEVICE
