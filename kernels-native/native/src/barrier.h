// A barrier for the workers of one step. A step crosses about six per layer, so the fast path is a short spin; when
// the others don't come (fewer processors than workers, or a worker was preempted) the waiter sleeps in the kernel.
//
// Sense-reversing in the form of a phase counter: Mellor-Crummey and Scott, ACM TOCS 9(1), 1991.
#pragma once

#include <atomic>
#include <cstdint>

namespace tramontane {

[[gnu::always_inline]] inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  asm volatile("isb" ::: "memory");
#endif
}

class Barrier {
 public:
  // count workers on n_processors processors: with fewer processors than workers nobody spins.
  Barrier(uint32_t count, uint32_t n_processors) : count_(count), spins_(count <= n_processors ? kSpins : 0) {}
  Barrier(const Barrier&) = delete;
  Barrier& operator=(const Barrier&) = delete;

  // Returns when all count workers have called it. What each wrote before is visible to all after.
  void wait();

 private:
  static constexpr uint32_t kSpins = 1000;  // some 15 to 50 us, depending on the processor's pause

  const uint32_t count_;
  const uint32_t spins_;
  alignas(64) std::atomic<uint32_t> arrived_{0};
  alignas(64) std::atomic<uint32_t> phase_{0};
};

}  // namespace tramontane
