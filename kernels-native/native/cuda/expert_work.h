// How the rows of experts are cut into passes (product.h): by the number of a step's rows alone, so that a captured
// step launches the same whatever experts its rows choose.
#pragma once

#include <algorithm>

#include "tile_work.h"

namespace tramontane::TM_DEVICE {

// Of a mixture.
struct Experts {
  uint32_t n;     // of a layer
  uint32_t used;  // by a row
};

// Passes of so many tokens that rows can need.
constexpr uint32_t most_passes(const Experts& experts, uint32_t n_rows, uint32_t tokens) {
  const uint32_t chosen = n_rows * experts.used;
  return std::min(chosen, chosen / tokens + std::min(experts.n, chosen));
}

// Tiles of activations that they can take.
constexpr uint32_t most_gathered_tiles(const Experts& experts, uint32_t n_rows) {
  return most_passes(experts, n_rows, kTileTokens);
}

// Tokens of a pass of a product in so many slices: as many as few experts have more of. Where rows choose otherwise
// than evenly, an expert has more passes, which are neighbours. 33 and more are multiplied in large tiles, by_groups.
constexpr uint32_t pass_tokens(const Experts& experts, uint32_t n_rows, uint32_t n_slices, bool by_groups) {
  const uint32_t mean = (n_rows * experts.used + experts.n - 1) / experts.n;
  const uint32_t often = std::min(n_rows, 2 * mean);
  if (!by_groups || often < kFewestTileTokens) return stream_tokens(often);
  if (n_slices > 1) return 128;  // with two sums
  return mean <= 64 ? 64 : mean <= 128 ? 128 : 256;
}

}  // namespace tramontane::TM_DEVICE
