// The ring in shared memory through which a product's operands come: stages of some blocks of columns, of the weights
// of an item's groups of 64 rows and of a pass's activations. One warp fills them, as early as they are empty.
#pragma once

#include "bulk_copy.h"
#include "stream_work.h"

namespace tramontane::TM_DEVICE {

template <class WeightType, int kTilesOfPass, int kGroupsOfItem, uint32_t kRoom>
struct Ring {
  using Weights = WeightType;
  static constexpr int kTiles = kTilesOfPass;
  static constexpr uint32_t kGroups = kGroupsOfItem;
  static constexpr uint32_t kRecordBytes = (32 * Weights::kCodeWords + 8 * Weights::kScaleWords) * 4;
  static constexpr uint32_t kStackBytes = kStackUnits * kRecordBytes;  // of a block of columns
  static constexpr uint32_t kSuperUnit = 8 * Weights::kSuperWords * 4;
  static constexpr uint32_t kSuperBytes = kStackUnits * kSuperUnit;  // of 256 columns
  static constexpr uint32_t kTileBytes = kTileRegisters * 4;

  // About 8 KB of weights, and of activations.
  static constexpr uint32_t kMostBlocks = kTiles >= 8 ? 1 : kTiles == 4 ? 2 : 4;
  static constexpr uint32_t kFit = 12 * 1024 / kStackBytes;
  static constexpr uint32_t kBlocks = kFit >= 4 && kMostBlocks >= 4 ? 4 : kFit >= 2 && kMostBlocks >= 2 ? 2 : 1;

  // Of each group its records and its words of super-blocks, then the activations.
  static constexpr uint32_t kSupersAt = kBlocks * kStackBytes;
  static constexpr uint32_t kGroupBytes = kSupersAt + kSuperBytes;
  static constexpr uint32_t kXAt = kGroups * kGroupBytes;
  static constexpr uint32_t kStageBytes = kXAt + kBlocks * kTiles * kTileBytes;
  static constexpr uint32_t kStages = kRoom / kStageBytes < 8 ? kRoom / kStageBytes : 8;
  static constexpr uint32_t kBytes = kStages * kStageBytes;
  static constexpr uint32_t kPassTokens = kTiles * kTileTokens;
  static_assert(kStages >= 3);
  using At = Stages<kBlocks, kGroups>;

  uint8_t* stages;
  uint64_t* full;
  uint64_t* empty;

  __device__ uint8_t* stage(uint32_t number) const { return stages + number % kStages * kStageBytes; }
  // Parity of the phase in which a stage is used: it ends when the stage is full, or empty again.
  __device__ static uint32_t parity(uint32_t number) { return number / kStages % 2; }
  __device__ uint64_t* is_full(uint32_t number) const { return full + number % kStages; }
  __device__ uint64_t* is_empty(uint32_t number) const { return empty + number % kStages; }

  // What a lane multiplies of a group's block: words of its unit's record, and of the super-blocks.
  __device__ static void load(const uint8_t* group, uint32_t block, uint32_t unit, uint32_t lane,
                              uint32_t (&words)[Weights::kWords]) {
    constexpr int kWhole = Weights::kCodeWords / 4 * 4;
    const uint32_t* record = reinterpret_cast<const uint32_t*>(group + block * kStackBytes + unit * kRecordBytes);
#pragma unroll
    for (int w = 0; w < kWhole; w += 4) load_words<4>(record + w * 32 + lane * 4, words + w);
    if constexpr (Weights::kCodeWords % 4 >= 2) load_words<2>(record + kWhole * 32 + lane * 2, words + kWhole);
    if constexpr (Weights::kCodeWords % 2 == 1) {
      words[Weights::kCodeWords - 1] = record[(Weights::kCodeWords - 1) * 32 + lane];
    }
    if constexpr (Weights::kScaleWords > 0) {
      load_words<Weights::kScaleWords>(record + Weights::kCodeWords * 32 + lane / 4 * Weights::kScaleWords,
                                       words + Weights::kCodeWords);
    }
    if constexpr (Weights::kSuperWords > 0) {
      const uint32_t* supers = reinterpret_cast<const uint32_t*>(group + kSupersAt + unit * kSuperUnit);
      load_words<Weights::kSuperWords>(supers + lane / 4 * Weights::kSuperWords,
                                       words + Weights::kCodeWords + Weights::kScaleWords);
    }
  }
};

// Copies a group's weights of a stage. Those of experts lie one behind the other.
template <class R>
__device__ inline void fill_group(const StreamWork& w, const typename R::At& at, const Item& item, uint8_t* group,
                                  uint64_t* full, uint32_t lane) {
  const auto run = [&](const Part& part, uint32_t stack, uint32_t block) {
    const uint64_t of_all = item.expert * stacks_of(part) + stack;
    return reinterpret_cast<const uint8_t*>(part.records) + (of_all * w.p.n_blocks + block) * R::kStackBytes;
  };
  const auto supers = [&](const Part& part, uint32_t stack) {
    const uint64_t of_all = item.expert * stacks_of(part) + stack;
    return reinterpret_cast<const uint8_t*>(part.supers) +
           (of_all * (w.p.n_blocks / 4) + at.first / 4) * R::kSuperBytes;
  };
  if (w.p.result != Result::kGated) {
    const Part& part = w.p.parts[item.part];
    fill_copy(group, run(part, item.local, at.first), at.n * R::kStackBytes, full, lane);
    if constexpr (R::kSuperBytes > 0) {
      fill_copy(group + R::kSupersAt, supers(part, item.local), R::kSuperBytes, full, lane);
    }
    return;
  }
  for (uint32_t half = 0; half < 2; ++half) {  // of gate, of up
    const uint32_t from = item.local % 2 * kHalfUnits;
    for (uint32_t block = 0; block < at.n; ++block) {
      fill_copy(group + block * R::kStackBytes + half * kHalfUnits * R::kRecordBytes,
                run(w.p.parts[half], item.local / 2, at.first + block) + from * R::kRecordBytes,
                kHalfUnits * R::kRecordBytes, full, lane);
    }
    if constexpr (R::kSuperBytes > 0) {
      fill_copy(group + R::kSupersAt + half * kHalfUnits * R::kSuperUnit,
                supers(w.p.parts[half], item.local / 2) + from * R::kSuperUnit, kHalfUnits * R::kSuperUnit, full, lane);
    }
  }
}

// Begins to fill a stage: with its weights, which no kernel writes.
template <class R>
__device__ inline void fill_weights(const StreamWork& w, const typename R::At& at, const R& ring, uint32_t number,
                                    uint32_t lane) {
  uint64_t* full = ring.is_full(number);
  uint32_t n_groups = 1;
  if constexpr (R::kGroups == 2) n_groups += unit_is_there(w.p, at.item(1), 0) ? 1 : 0;
  const uint32_t tiles = tiles_of(at.item().n_tokens);
  fill_expect(full, at.n * (n_groups * R::kStackBytes + tiles * R::kTileBytes) + n_groups * R::kSuperBytes);
#pragma unroll
  for (uint32_t group = 0; group < R::kGroups; ++group) {
    if (group >= n_groups) break;
    fill_group<R>(w, at, at.item(group), ring.stage(number) + group * R::kGroupBytes, full, lane);
  }
}

// And ends it, with the activations.
template <class R>
__device__ inline void fill_activations(const StreamWork& w, const typename R::At& at, const R& ring, uint32_t number,
                                        uint32_t lane) {
  const uint32_t tiles = tiles_of(at.item().n_tokens);
  for (uint32_t block = 0; block < at.n; ++block) {
    fill_copy(ring.stage(number) + R::kXAt + block * R::kTiles * R::kTileBytes,
              w.p.x.run(at.first + block, at.item().first_token / kTileTokens), tiles * R::kTileBytes,
              ring.is_full(number), lane);
  }
  fill_arrive(ring.is_full(number));
}

// A warp's life: the whole ring is filled with weights before the kernel ahead has ended, unless that one says whose.
template <class R>
__device__ inline void fill_ring(const StreamWork& w, const R& ring, uint32_t lane) {
  if (lane >= fillers()) return wait_for_previous();
  uint32_t early = 0;
  if (w.p.passes.list == nullptr) {
    for (typename R::At at(w, R::kPassTokens); at.there() && early < R::kStages; at.next()) {
      fill_weights(w, at, ring, early++, lane);
    }
  }
  wait_for_previous();
  uint32_t number = 0;
  for (typename R::At at(w, R::kPassTokens); at.there(); at.next(), ++number) {
    if (number >= early) {
      if (number >= R::kStages) barrier_wait(ring.is_empty(number), R::parity(number - R::kStages));
      fill_weights(w, at, ring, number, lane);
    }
    fill_activations(w, at, ring, number, lane);
  }
}

// Of a thread, before the block's others go on; readers: arrivals that make a stage empty.
template <class R>
__device__ inline void make_barriers(const R& ring, uint32_t readers) {
  for (uint32_t i = 0; i < R::kStages; ++i) {
    barrier_init(ring.full + i, fillers());
    barrier_init(ring.empty + i, readers);
  }
}

}  // namespace tramontane::TM_DEVICE
