// Runs the thread blocks of an emulated grid, one after the other, each thread as a fiber. Blocks, the lanes of a warp
// and the warps against each other run in an order shuffled by a seed, and some lanes of a warp fall behind the others,
// so code that relies on an order shows it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "async.h"
#include "fiber.h"
#include "group_products.h"
#include "random.h"

namespace tramontane::emu {

struct Index {
  uint32_t x, y, z;
};

// Extents of a grid or a block, as CUDA's dim3.
struct dim3 {
  uint32_t x, y, z;
  constexpr dim3(uint32_t x_ = 1, uint32_t y_ = 1, uint32_t z_ = 1) : x(x_), y(y_), z(z_) {}
};

struct Launch {
  dim3 grid;
  dim3 block;
  uint64_t shared_bytes = 0;
  bool early = false;    // may start before the kernel ahead of it has ended
  bool has_wait = true;  // false: compiled for a device whose code can't wait for it, nor copy in bulk
  const void* kernel = nullptr;
};

inline constexpr uint32_t kWarpLanes = 32;

// What one lane brings to a warp-wide operation and takes from it.
struct Lanes {
  void* of[kWarpLanes];  // nullptr for lanes that take no part
};
using WarpOperation = void (*)(Lanes& lanes);

class Block {
 public:
  // Runs every block of the grid. Returns what went wrong ("" when nothing did): a barrier that not all threads reach,
  // a warp operation that a named lane never joins, different operations met by one warp; in an early launch a thread
  // that ends without having waited for the kernel ahead, or touches its memory before; a copy or a product nobody
  // waited for.
  std::string run(const Launch& launch, uint64_t seed, const std::function<void()>& body);

  // For device code, about the running thread.
  const Index& thread() const { return threads_[running_].index; }
  const Index& block() const { return block_; }
  const dim3& block_extent() const { return launch_.block; }
  const dim3& grid_extent() const { return launch_.grid; }
  void* shared() const { return shared_.get(); }
  Async& async() { return async_; }
  GroupProducts& products() { return products_; }
  uint32_t running() const { return running_; }
  // What code for 9.0 and later has: the wait for the kernel ahead, and bulk copies.
  bool is_for_9() const { return launch_.has_wait; }
  void barrier(const char* file, int line);
  // Every lane of mask calls this with the same operation; the last to come carries it out for all.
  void warp_wide(uint32_t mask, WarpOperation operation, void* mine);
  // Until the kernel ahead in the stream has ended: in some blocks it has by now, and nobody waits; in others all
  // threads come this far first.
  void wait_for_previous();
  // Until the phase of a barrier in shared memory has another parity.
  void wait_for_phase(const uint64_t* barrier, uint32_t parity);
  // The kernel is wrong. The block does not go on.
  void fail(const char* format, ...) __attribute__((format(printf, 2, 3)));

 private:
  enum class State : uint8_t { kReady, kAtBarrier, kAtWarp, kAtWait, kAtPhase, kDone };
  struct Thread {
    Fiber fiber;
    Index index;
    State state;
    bool waited;       // for the kernel ahead
    const char* file;  // of the barrier it waits at
    int line;
    const uint64_t* phase;  // of which barrier, and which parity it waits to see the end of
    uint32_t parity;
  };
  struct Warp {
    uint32_t arrived = 0;
    uint32_t mask = 0;
    WarpOperation operation = nullptr;
    Lanes lanes;
  };

  void begin_block();
  void run_block();
  bool run_warp(uint32_t warp);
  bool run_another_warp(uint32_t than);
  bool run_some_warp();
  bool can_run(const Thread& thread) const;
  bool go_on_late();
  bool go_on_early();
  bool release_waiting();
  bool open_barrier();
  void tell_why_stuck();
  void end_block();
  void suspend(State state);
  static void enter(void* block);

  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<uint32_t> lanes_;  // in which the lanes of every warp run
  std::unique_ptr<uint8_t[]> shared_;
  Async async_;
  GroupProducts products_;
  uint32_t n_threads_ = 0;
  uint32_t running_ = 0;
  Chance chance_;
  Launch launch_;
  Index block_ = {};
  bool is_early_ = false;  // the kernel ahead has not ended
  uint32_t held_ = 0;      // whose lanes stopped in the middle of a turn
  uint32_t held_for_ = 0;  // turns of others
  const std::function<void()>* body_ = nullptr;
  std::string error_;
};

// The block that this operating system thread runs or ran last.
Block& current();

}  // namespace tramontane::emu
