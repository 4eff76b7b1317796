// The ring in shared memory through which a product's operands come: stages of some blocks of columns, of the weights
// of 64 rows and of a pass's activations. One warp fills them, as early as they are empty.
#pragma once

#include "bulk_copy.h"
#include "stream_work.h"

namespace tramontane::TM_DEVICE {

template <class Weights, int kTiles>
struct Ring {
  static constexpr uint32_t kRecordBytes = (32 * Weights::kCodeWords + 8 * Weights::kScaleWords) * 4;
  static constexpr uint32_t kStackBytes = kStackUnits * kRecordBytes;  // of a block of columns
  static constexpr uint32_t kSuperUnit = 8 * Weights::kSuperWords * 4;
  static constexpr uint32_t kSuperBytes = kStackUnits * kSuperUnit;  // of 256 columns
  static constexpr uint32_t kTileBytes = kTileRegisters * 4;

  // About 8 KB of weights, and of activations.
  static constexpr uint32_t kMostBlocks = kTiles >= 8 ? 1 : kTiles == 4 ? 2 : 4;
  static constexpr uint32_t kFit = 12 * 1024 / kStackBytes;
  static constexpr uint32_t kBlocks = kFit >= 4 && kMostBlocks >= 4 ? 4 : kFit >= 2 && kMostBlocks >= 2 ? 2 : 1;

  static constexpr uint32_t kSupersAt = kBlocks * kStackBytes;
  static constexpr uint32_t kXAt = kSupersAt + kSuperBytes;
  static constexpr uint32_t kStageBytes = kXAt + kBlocks * kTiles * kTileBytes;
  static constexpr uint32_t kRoom = 64 * 1024;
  static constexpr uint32_t kStages = kRoom / kStageBytes < 8 ? kRoom / kStageBytes : 8;
  static constexpr uint32_t kPassTokens = kTiles * kTileTokens;

  uint8_t* stages;
  uint64_t* full;
  uint64_t* empty;

  __device__ uint8_t* stage(uint32_t number) const { return stages + number % kStages * kStageBytes; }
  // Parity of the phase in which a stage is used: it ends when the stage is full, or empty again.
  __device__ static uint32_t parity(uint32_t number) { return number / kStages % 2; }
  __device__ uint64_t* is_full(uint32_t number) const { return full + number % kStages; }
  __device__ uint64_t* is_empty(uint32_t number) const { return empty + number % kStages; }
};

// Begins to fill a stage: with its weights, which no kernel writes.
template <class Weights, int kTiles>
__device__ inline void fill_weights(const StreamWork& w, const Stages<Ring<Weights, kTiles>::kBlocks>& at,
                                    const Ring<Weights, kTiles>& ring, uint32_t number, uint32_t lane) {
  using R = Ring<Weights, kTiles>;
  const Item& item = at.item();
  uint8_t* stage = ring.stage(number);
  uint64_t* full = ring.is_full(number);
  fill_expect(full, at.n * (R::kStackBytes + tiles_of(item.n_tokens) * R::kTileBytes) + R::kSuperBytes);
  const auto run = [&](const Part& part, uint32_t stack, uint32_t block) {
    return reinterpret_cast<const uint8_t*>(part.records) +
           (static_cast<uint64_t>(stack) * w.p.n_blocks + block) * R::kStackBytes;
  };
  const auto supers = [&](const Part& part, uint32_t stack) {
    return reinterpret_cast<const uint8_t*>(part.supers) +
           (static_cast<uint64_t>(stack) * (w.p.n_blocks / 4) + at.first / 4) * R::kSuperBytes;
  };
  if (w.p.result != Result::kGated) {
    const Part& part = w.p.parts[item.part];
    fill_copy(stage, run(part, item.local, at.first), at.n * R::kStackBytes, full, lane);
    if constexpr (R::kSuperBytes > 0) {
      fill_copy(stage + R::kSupersAt, supers(part, item.local), R::kSuperBytes, full, lane);
    }
    return;
  }
  for (uint32_t half = 0; half < 2; ++half) {  // of gate, of up
    const uint32_t from = item.local % 2 * kHalfUnits;
    for (uint32_t block = 0; block < at.n; ++block) {
      fill_copy(stage + block * R::kStackBytes + half * kHalfUnits * R::kRecordBytes,
                run(w.p.parts[half], item.local / 2, at.first + block) + from * R::kRecordBytes,
                kHalfUnits * R::kRecordBytes, full, lane);
    }
    if constexpr (R::kSuperBytes > 0) {
      fill_copy(stage + R::kSupersAt + half * kHalfUnits * R::kSuperUnit,
                supers(w.p.parts[half], item.local / 2) + from * R::kSuperUnit, kHalfUnits * R::kSuperUnit, full, lane);
    }
  }
}

// And ends it, with the activations.
template <class Weights, int kTiles>
__device__ inline void fill_activations(const StreamWork& w, const Stages<Ring<Weights, kTiles>::kBlocks>& at,
                                        const Ring<Weights, kTiles>& ring, uint32_t number, uint32_t lane) {
  using R = Ring<Weights, kTiles>;
  const uint32_t tiles = tiles_of(at.item().n_tokens);
  for (uint32_t block = 0; block < at.n; ++block) {
    fill_copy(ring.stage(number) + R::kXAt + block * kTiles * R::kTileBytes,
              w.p.x.run(at.first + block, at.item().first_token / kTileTokens), tiles * R::kTileBytes,
              ring.is_full(number), lane);
  }
  fill_arrive(ring.is_full(number));
}

// A warp's life: the whole ring is filled with weights before the kernel ahead has ended.
template <class Weights, int kTiles>
__device__ inline void fill_ring(const StreamWork& w, const Ring<Weights, kTiles>& ring, uint32_t lane) {
  using R = Ring<Weights, kTiles>;
  if (lane >= fillers()) return wait_for_previous();
  uint32_t early = 0;
  for (Stages<R::kBlocks> at(w, R::kPassTokens); at.there() && early < R::kStages; at.next()) {
    fill_weights<Weights, kTiles>(w, at, ring, early++, lane);
  }
  wait_for_previous();
  uint32_t number = 0;
  for (Stages<R::kBlocks> at(w, R::kPassTokens); at.there(); at.next(), ++number) {
    if (number >= early) {
      barrier_wait(ring.is_empty(number), R::parity(number - R::kStages));
      fill_weights<Weights, kTiles>(w, at, ring, number, lane);
    }
    fill_activations<Weights, kTiles>(w, at, ring, number, lane);
  }
}

}  // namespace tramontane::TM_DEVICE
