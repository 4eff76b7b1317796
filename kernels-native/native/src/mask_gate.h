// Where a step's workers wait for masks that are written while it computes (tm_step.late_masks). The caller's thread
// shuts it before the step and opens it when they are written; what was written before is visible to who passes.
#pragma once

#include <atomic>
#include <cstdint>

namespace tramontane {

class MaskGate {
 public:
  void shut() { open_.store(0, std::memory_order_relaxed); }
  void open() {
    open_.store(1, std::memory_order_release);
    open_.notify_all();
  }
  bool is_open() const { return open_.load(std::memory_order_relaxed) != 0; }
  void pass() const { open_.wait(0, std::memory_order_acquire); }

 private:
  std::atomic<uint32_t> open_{1};
};

}  // namespace tramontane
