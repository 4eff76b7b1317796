// One of the threads that run a program together (pool.h).
#pragma once

#include <cstdint>

#include "barrier.h"

namespace tramontane {

struct Worker {
  uint32_t id;       // 0 .. count-1
  uint32_t count;    // workers of the program
  Barrier* barrier;  // of exactly `count` workers

  void wait() const { barrier->wait(); }

  // This worker's share [first, last) of n items, in multiples of grain (but for the last item's tail).
  struct Range {
    uint64_t first;
    uint64_t last;
  };
  Range share(uint64_t n, uint64_t grain = 1) const {
    const uint64_t grains = (n + grain - 1) / grain;
    const uint64_t low = grains * id / count * grain;
    const uint64_t high = grains * (id + 1) / count * grain;
    return {low < n ? low : n, high < n ? high : n};
  }
};

}  // namespace tramontane
