#include "routing.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>
#include <utility>

#include "chance.h"
#include "model.h"
#include "worker.h"

namespace tramontane {

void choose_experts(const float* logits, uint32_t n_experts, uint32_t n_used, uint32_t* experts, float* shares) {
  float largest = -std::numeric_limits<float>::infinity();
  bool defined = true;
  for (uint32_t e = 0; e < n_experts; ++e) {
    if (!(logits[e] < std::numeric_limits<float>::infinity())) defined = false;
    largest = std::max(largest, logits[e]);
  }
  if (!defined || !std::isfinite(largest)) {
    std::iota(experts, experts + n_used, 0u);
    std::fill_n(shares, n_used, std::numeric_limits<float>::quiet_NaN());
    return;
  }
  uint32_t n = 0;  // chosen so far, by falling logit
  for (uint32_t e = 0; e < n_experts; ++e) {
    uint32_t at = n;
    while (at > 0 && logits[experts[at - 1]] < logits[e]) --at;
    if (at == n_used) continue;
    n = std::min(n + 1, n_used);
    std::copy_backward(experts + at, experts + n - 1, experts + n);
    experts[at] = e;
  }
  std::sort(experts, experts + n_used);
  const auto mass = [&](uint32_t e) { return exp_of(static_cast<double>(logits[e]) - static_cast<double>(largest)); };
  double total = 0;  // at least 1: the largest is among the chosen
  for (uint32_t i = 0; i < n_used; ++i) total += mass(experts[i]);
  for (uint32_t i = 0; i < n_used; ++i) shares[i] = static_cast<float>(mass(experts[i]) / total);
}

void gather_rows(const Model& model, const Routing& routing, uint32_t n_rows, const Worker& worker) {
  const uint32_t k = model.n_experts_used;
  const auto [first_row, last_row] = worker.share(n_rows);
  uint32_t next[kMaxExperts] = {};  // of each expert: its rows, then the place of the next one
  for (uint64_t i = 0; i < static_cast<uint64_t>(n_rows) * k; ++i) ++next[routing.expert[i]];
  uint32_t places = 0;
  for (uint32_t e = 0; e < model.n_experts; ++e) {
    places += std::exchange(next[e], places);
    if (worker.id == 0) routing.first[e] = next[e];
  }
  if (worker.id == 0) routing.first[model.n_experts] = places;
  for (uint64_t row = 0; row < last_row; ++row) {
    for (uint64_t i = row * k; i < (row + 1) * k; ++i) {
      const uint32_t place = next[routing.expert[i]]++;
      if (row < first_row) continue;
      routing.place[i] = place;
      routing.row[place] = static_cast<uint32_t>(row);
    }
  }
}

}  // namespace tramontane
