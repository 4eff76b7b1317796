// What a query is multiplied by for its position (Llama 4's temperature of attention): one formula for the host and a
// device.
#pragma once

#include <cmath>
#include <cstdint>

#include "everywhere.h"

namespace tramontane {

struct QueryScale {
  double beta;         // 0: none
  uint32_t positions;  // after each so many the logarithm takes a step

  TM_EVERYWHERE float at(int64_t position) const {
    if (beta == 0) return 1.0f;
    return static_cast<float>(1 + beta * log(1 + static_cast<double>(position / positions)));
  }
};

}  // namespace tramontane
