// Runs the thread blocks of an emulated grid, one after the other, each thread as a fiber. Threads run in an order
// shuffled by a seed, from one synchronisation to the next, so code that relies on an order shows it.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "fiber.h"

namespace tramontane::emu {

struct Index {
  uint32_t x, y, z;
};

// Extents of a grid or a block, as CUDA's dim3.
struct dim3 {
  uint32_t x, y, z;
  constexpr dim3(uint32_t x_ = 1, uint32_t y_ = 1, uint32_t z_ = 1) : x(x_), y(y_), z(z_) {}
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
  // a warp operation that a named lane never joins, different operations met by one warp.
  std::string run(dim3 grid, dim3 block, uint64_t shared_bytes, uint64_t seed, const std::function<void()>& body);

  // For device code, about the running thread.
  const Index& thread() const { return threads_[running_].index; }
  const Index& block() const { return block_; }
  const dim3& block_extent() const { return block_extent_; }
  const dim3& grid_extent() const { return grid_extent_; }
  void* shared() const { return shared_.get(); }
  void barrier(const char* file, int line);
  // Every lane of mask calls this with the same operation; the last to come carries it out for all.
  void warp_wide(uint32_t mask, WarpOperation operation, void* mine);

 private:
  enum class State : uint8_t { kReady, kAtBarrier, kAtWarp, kDone };
  struct Thread {
    Fiber fiber;
    Index index;
    State state;
    const char* file;  // of the barrier it waits at
    int line;
  };
  struct Warp {
    uint32_t arrived = 0;
    uint32_t mask = 0;
    WarpOperation operation = nullptr;
    Lanes lanes;
  };

  void begin_block();
  void run_block(uint32_t n);
  void release_barrier(uint32_t n);
  void fail(const char* format, ...);
  static void enter(void* block);

  std::vector<Thread> threads_;
  std::vector<Warp> warps_;
  std::vector<uint32_t> order_;
  std::unique_ptr<uint8_t[]> shared_;
  uint32_t running_ = 0;
  uint64_t random_ = 0;
  Index block_ = {};
  dim3 block_extent_;
  dim3 grid_extent_;
  const std::function<void()>* body_ = nullptr;
  std::string error_;
};

// The block that this operating system thread runs or ran last.
Block& current();

}  // namespace tramontane::emu
