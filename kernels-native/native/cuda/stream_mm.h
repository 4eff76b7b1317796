// Products whose weights stream through shared memory: the 16 rows of a unit of weights are the wide operand of
// mma.m16n8k16, tokens are its 8 columns. A block of threads stays on its processor and takes pieces of work
// (stream_work.h) one after the other: a warp keeps the ring of stages full (ring.h), across the pieces, and four warps
// with a unit each multiply what comes.
//
// The sum that makes one output is the same whatever the number of tokens: a slice's columns are added in order, 16 at
// a time, from zero, and then the slices in order. So batches and chunks of any size give the same bits. Few tokens
// have an item for each slice, and the last of a group to end adds them; more have one for all.
#pragma once

#include "matmul.h"
#include "ring.h"
#include "stream_ends.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kStreamThreads = kEndThreads + 32;

template <class Weights, int kTiles>
struct StreamShared {
  using R = Ring<Weights, kTiles, 1, 64 * 1024>;
  static constexpr uint32_t kEndsAt = R::kBytes;
  static constexpr uint32_t kBarriersAt = kEndsAt + end_bytes(kEndTiles<kTiles>);
  static constexpr uint32_t kBytes = kBarriersAt + (2 * R::kStages + 1) * 8;
  static_assert(kBytes <= 76 * 1024, "three blocks a processor of 9.0, of many tokens two");
};

template <class R>
__device__ inline void multiply_stage(const uint8_t* stage, uint32_t n_blocks, uint32_t n_tiles, uint32_t unit,
                                      uint32_t lane, float (&sums)[R::kTiles][4]) {
  using Weights = typename R::Weights;
  constexpr int kAtOnce = R::kTiles < 4 ? R::kTiles : 4;  // tiles whose operands are in registers
  for (uint32_t block = 0; block < n_blocks; ++block) {
    uint32_t words[Weights::kWords];
    R::load(stage, block, unit, lane, words);
    const uint8_t* x = stage + R::kXAt + block * R::kTiles * R::kTileBytes;
#pragma unroll
    for (int half = 0; half < 2; ++half) {
      uint32_t weights[8];
      Weights::unpack(words, half, weights);
#pragma unroll
      for (int first = 0; first < R::kTiles; first += kAtOnce) {
        if (first > 0 && static_cast<uint32_t>(first) >= n_tiles) break;
        uint4 b[kAtOnce];
#pragma unroll
        for (int i = 0; i < kAtOnce; ++i) {
          b[i] = load_matrices(x + (first + i) * R::kTileBytes + half * (R::kTileBytes / 2), 128, 256, lane);
        }
        multiply_32<Weights::kOperand, kAtOnce>(sums + first, weights, b);
      }
    }
  }
}

template <class R>
__device__ inline void consume_ring(const StreamWork& w, const R& ring, float* ends, uint64_t* meeting) {
  constexpr int kTiles = R::kTiles;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t unit = threadIdx.x / 32;
  Ends end(w, ends, meeting);
  float sums[kTiles][4] = {};
  float total[kTiles][4];
  uint32_t number = 0;
  for (typename R::At at(w, R::kPassTokens); at.there(); at.next(), ++number) {
    const Item& item = at.item();
    barrier_wait(ring.is_full(number), R::parity(number));
    if (unit_is_there(w.p, item, unit)) {
      multiply_stage<R>(ring.stage(number), at.n, tiles_of(item.n_tokens), unit, lane, sums);
    }
    __syncwarp();
    if (lane == 0) barrier_arrive(ring.is_empty(number));
    if (!at.ends_slice()) continue;
    const bool first = at.slice() == item.first_slice;
#pragma unroll
    for (int i = 0; i < kTiles * 4; ++i) {
      float& sum = sums[i / 4][i % 4];
      total[i / 4][i % 4] = first ? sum : total[i / 4][i % 4] + sum;
      sum = 0;
    }
    if (at.ends_item()) end.finish<kTiles>(item, total);
  }
}

template <class Weights, int kTiles>
__global__ void __launch_bounds__(kStreamThreads, kTiles < 8 ? 3 : 2) stream_mm(const StreamWork w) {
  using Shared = StreamShared<Weights, kTiles>;
  using R = typename Shared::R;
  uint8_t* shared = shared_memory<uint8_t>();
  uint64_t* barriers = reinterpret_cast<uint64_t*>(shared + Shared::kBarriersAt);
  const R ring = {shared, barriers, barriers + R::kStages};
  uint64_t* meeting = barriers + 2 * R::kStages;
  if (threadIdx.x == 0) {
    make_barriers(ring, kStackUnits);
    barrier_init(meeting, kEndThreads);
    barrier_fence();
  }
  let_next_start();
  __syncthreads();
  if (threadIdx.x >= kEndThreads) return fill_ring(w, ring, threadIdx.x % 32);
  wait_for_previous();
  consume_ring(w, ring, reinterpret_cast<float*>(shared + Shared::kEndsAt), meeting);
}

template <class Weights, int kTiles>
cudaError_t launch_stream(const Product& p, cudaStream_t stream) {
  StreamWork w = {p, 0, 0, false};
  constexpr uint32_t kPass = kTiles * kTileTokens;
  w.n_passes = w.of_experts() ? p.passes.most : (p.n_tokens + kPass - 1) / kPass;
  constexpr uint32_t kShared = StreamShared<Weights, kTiles>::kBytes;
  uint32_t at_once = 0;
  const void* kernel = reinterpret_cast<const void*>(stream_mm<Weights, kTiles>);
  if (const cudaError_t error = blocks_at_once(kernel, kStreamThreads, kShared, &at_once)) return error;
  // A slice an item where whole sums would leave places for blocks empty.
  const uint32_t whole = groups_of(p) * w.n_passes;
  const bool have_room = w.of_experts() ? w.n_passes <= kMeetingPasses && w.n_passes * kPass <= kMeetingRoom
                                        : p.n_tokens <= kMeetingTokens;
  w.divided = p.n_slices > 1 && have_room && whole < at_once;
  static_assert(kMeetingTokens <= kMeetingPasses * 64 && (kMeetingTokens + 95) / 96 * 96 <= kMeetingRoom);
  w.n_items = (w.of_experts() ? groups_of(p) : whole) * (w.divided ? p.n_slices : 1);
  const uint32_t blocks = w.most_items() < at_once ? w.most_items() : at_once;
  return launch(stream_mm<Weights, kTiles>, {dim3(blocks), dim3(kStreamThreads), kShared}, stream, w);
}

template <class Weights>
cudaError_t multiply_weights(const Product& p, cudaStream_t stream) {
  switch (stream_tokens(p.n_tokens)) {
    case 8:
      return launch_stream<Weights, 1>(p, stream);
    case 16:
      return launch_stream<Weights, 2>(p, stream);
    case 32:
      return launch_stream<Weights, 4>(p, stream);
    case 96:
      return launch_stream<Weights, 12>(p, stream);
    default:
      return launch_stream<Weights, 8>(p, stream);
  }
}

#define TM_DEFINE_MULTIPLY(name)                                             \
  cudaError_t multiply_##name(const Product& product, cudaStream_t stream) { \
    return multiply_weights<name##Weights>(product, stream);                 \
  }

}  // namespace tramontane::TM_DEVICE
