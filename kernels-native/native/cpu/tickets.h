// Shares the items of a stage among the workers as they come: big portions first, single items at the end, so a worker
// that loses its processor for a while delays nobody by more than one item. Results don't depend on who took what.
#pragma once

#include <atomic>
#include <cstdint>

#include "worker.h"

namespace tramontane::cpu {

// One line each: workers of other stages never write to it.
struct alignas(64) Counter {
  std::atomic<uint64_t> next{0};
};

class Tickets {
 public:
  Tickets(Counter& counter, uint64_t n_items, const Worker& worker)
      : counter_(counter), n_(n_items), divisor_(2ull * worker.count) {}

  // The next portion [first, end); false when all are taken.
  bool take(uint64_t* first, uint64_t* end) {
    uint64_t at = counter_.next.load(std::memory_order_relaxed);
    while (at < n_) {
      const uint64_t share = (n_ - at) / divisor_;
      const uint64_t to = at + (share > 0 ? share : 1);
      if (counter_.next.compare_exchange_weak(at, to, std::memory_order_relaxed)) {
        *first = at;
        *end = to;
        return true;
      }
    }
    return false;
  }

 private:
  Counter& counter_;
  const uint64_t n_;
  const uint64_t divisor_;
};

}  // namespace tramontane::cpu
