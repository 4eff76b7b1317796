// How a product of many tokens is cut into large tiles: 128 rows, two groups of 64 (stream_work.h), times 64, 128 or
// 256 tokens. Any way makes the same bits; which one is quickest is reckoned here.
#pragma once

#include "stream_work.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kFewestTileTokens = 33;  // fewer are multiplied by mma (stream_mm.h)
inline constexpr uint32_t kTileGroups = 2;

struct TileWay {
  uint32_t tokens;  // of a tile
  bool divided;     // a slice an item
  bool folds;       // an item makes all slices of more than one, so it keeps two sums
};
// Two sums a register leave room for 128 tokens. Those fill a grid of 132 processors with matrices of 4096 rows at 512
// tokens and their multiples, and so do slices an item below.
inline constexpr TileWay kTileWays[] = {{256, false, false}, {128, false, false}, {64, false, false},
                                        {128, false, true},  {256, true, false},  {128, true, false},
                                        {64, true, false}};

constexpr bool suits(const TileWay& way, const Product& p) {
  if (way.divided) return p.n_slices > 1 && p.n_tokens <= kMeetingTokens;
  return way.folds == (p.n_slices > 1);
}

// Of experts, whose passes are cut before (expert_work.h).
constexpr TileWay way_of_experts(const Product& p) { return {p.n_tokens, false, p.n_slices > 1}; }

inline StreamWork work_of(const TileWay& way, const Product& p) {
  StreamWork w = {p, 0, (p.n_tokens + way.tokens - 1) / way.tokens, way.divided};
  const uint32_t pairs = (groups_of(p) + kTileGroups - 1) / kTileGroups;
  w.n_items = pairs * w.n_passes * (way.divided ? p.n_slices : 1);
  if (w.of_experts()) w.n_passes = p.passes.most;
  return w;
}

// Clocks of an H200's processor for a product's blocks. The second-level cache gave 37 bytes a clock, and the matrix
// units made 0.74 of their 2048 multiply-adds: 50 bytes while these make all of them.
inline uint64_t clocks_of(const TileWay& way, const Product& p, uint32_t stack_bytes, uint32_t at_once) {
  const uint64_t multiplies = uint64_t{4} * way.tokens;
  const uint64_t loads = (uint64_t{kTileGroups} * stack_bytes + uint64_t{2} * kBlockColumns * way.tokens) / 50;
  const uint64_t rounds = (work_of(way, p).n_items + at_once - 1) / at_once;
  const uint64_t blocks = way.divided ? (p.n_blocks + p.n_slices - 1) / p.n_slices : p.n_blocks;
  return rounds * blocks * (multiplies > loads ? multiplies : loads);
}

// stack_bytes: of 64 rows' weights of a block of columns; at_once: blocks that the device runs.
inline TileWay quickest(const Product& p, uint32_t stack_bytes, uint32_t at_once) {
  const TileWay* best = nullptr;
  for (const TileWay& way : kTileWays) {
    if (!suits(way, p)) continue;
    if (best == nullptr || clocks_of(way, p, stack_bytes, at_once) < clocks_of(*best, p, stack_bytes, at_once)) {
      best = &way;
    }
  }
  return *best;
}

}  // namespace tramontane::TM_DEVICE
