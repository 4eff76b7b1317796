#include "barrier.h"

namespace tramontane {

void Barrier::wait() {
  if (count_ == 1) return;
  const uint32_t phase = phase_.load(std::memory_order_relaxed);
  if (arrived_.fetch_add(1, std::memory_order_acq_rel) + 1 == count_) {
    arrived_.store(0, std::memory_order_relaxed);
    // Sequentially consistent, so that it can't pass notify_all's look at whether somebody sleeps.
    phase_.store(phase + 1, std::memory_order_seq_cst);
    phase_.notify_all();  // no system call unless somebody sleeps
    return;
  }
  for (uint32_t i = 0; i < spins_; ++i) {
    if (phase_.load(std::memory_order_acquire) != phase) return;
    spin_pause();
  }
  phase_.wait(phase, std::memory_order_acquire);
}

}  // namespace tramontane
