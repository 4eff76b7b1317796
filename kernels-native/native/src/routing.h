// Mixture of experts: which experts compute a row, and every expert's rows side by side, so that its weights are read
// once for all of them (docs/adr/0010).
//
// R rows of k = n_experts_used experts each make R * k gathered rows. Those of expert 0 come first, an expert's in
// rising order of their rows.
#pragma once

#include <cstdint>

namespace tramontane {

struct Model;
struct Worker;

inline constexpr uint32_t kMaxExperts = 512;

// A layer's choice, in buffers of the step: made anew in every layer.
struct Routing {
  float* logits;     // [R, n_experts] of the router
  uint32_t* expert;  // [R, k] in rising order
  float* share;      // [R, k] of each of them in the row's sum
  uint32_t* place;   // [R, k] where the row lies among the gathered ones
  uint32_t* row;     // [R * k] whose row lies there
  uint32_t* first;   // [n_experts + 1] expert e has places first[e] .. first[e + 1]
};

// The n_used experts with the largest logits, the lower index on ties, in rising order of their indices; shares are the
// softmax over all experts divided by its sum over the chosen ones, whose common denominator cancels. If a logit is NaN
// or +infinity, or all are -infinity, the softmax does not exist: the first n_used experts, with shares that are NaN.
void choose_experts(const float* logits, uint32_t n_experts, uint32_t n_used, uint32_t* experts, float* shares);

// Fills place, row and first from expert. All workers call it, after a barrier behind the choices; each writes what
// belongs to its share of the rows, so a barrier has to follow.
void gather_rows(const Model& model, const Routing& routing, uint32_t n_rows, const Worker& worker);

}  // namespace tramontane
