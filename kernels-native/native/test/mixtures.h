// Mixtures of experts for tests, and what is asked of them on every backend.
#pragma once

#include <string>
#include <vector>

#include "tiny_model.h"

namespace test {

// The first layer's of the role; with experts that expert's.
Weights::Entry& entry(Weights& weights, uint32_t role, uint32_t expert = 0);

// All logits equal: everybody goes to the first experts.
void level_router(Weights& experts);

// One of the experts as the feed-forward of a dense model.
Weights dense_of(const Weights& experts, uint32_t expert);

// What tm_prepare says of weights that it answers with `status`.
std::string failure_of_prepare(const Weights& weights, const Placement& p, int32_t status);

// A row whose token's embedding is no number fails, and another's results are as without it. `broken` differs from
// `weights` in that token's row alone.
void check_row_fails_alone(const Weights& weights, const Weights& broken, int32_t token, Placement p);

}  // namespace test
