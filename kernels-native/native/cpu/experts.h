// Mixture of experts: what comes before and after the feed-forward of the gathered rows.
#pragma once

#include "host/stages.h"
#include "matmul.h"

namespace tramontane::cpu {

// Rows that one pass over a feed-forward's matrix serves, all of one expert; without experts all rows are expert 0's.
struct Portion {
  const FeedForward* ffn;
  Rows rows;
};

// The portions of a layer's rows, so large that the inputs of `matrix` stay in the second cache.
class Portions {
 public:
  Portions(const Frame& frame, uint32_t layer, Tensor FeedForward::*matrix);
  uint64_t count() const { return count_; }
  // Indices have to rise from call to call.
  Portion at(uint64_t index);

 private:
  uint32_t first(uint32_t expert) const;  // gathered row of the expert; that of n_experts is their number
  uint32_t turn(uint32_t expert) const { return rows_in_cache(experts_[expert].*matrix_); }
  uint64_t portions(uint32_t expert) const;

  const Frame& frame_;
  const std::vector<FeedForward>& experts_;
  Tensor FeedForward::*const matrix_;
  uint64_t count_ = 0;
  uint32_t expert_ = 0;  // of the latest index
  uint64_t before_ = 0;  // portions of lower experts
};

// norm, router and choice of the step's rows, which it then gathers: the inputs of gate and up. Ends with a barrier.
Inputs gather_inputs(const Frame& frame, uint32_t layer, const Worker& worker);

// hidden += each row's experts by their shares. Ends with a barrier.
void add_experts(const Frame& frame, const Worker& worker);

}  // namespace tramontane::cpu
