#include "block.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <numeric>

namespace tramontane::emu {
namespace {

// splitmix64.
uint64_t next(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

}  // namespace

Block& current() {
  thread_local Block block;
  return block;
}

void Block::fail(const char* format, ...) {
  if (!error_.empty()) return;
  char text[256];
  va_list arguments;
  va_start(arguments, format);
  std::vsnprintf(text, sizeof text, format, arguments);
  va_end(arguments);
  error_ = text;
}

std::string Block::run(dim3 grid, dim3 block, uint64_t shared_bytes, uint64_t seed, const std::function<void()>& body) {
  const uint32_t n = block.x * block.y * block.z;
  block_extent_ = block;
  grid_extent_ = grid;
  body_ = &body;
  random_ = seed;
  error_.clear();
  threads_.resize(n);
  warps_.resize((n + kWarpLanes - 1) / kWarpLanes);
  order_.resize(n);
  std::iota(order_.begin(), order_.end(), 0u);
  for (uint32_t t = 0; t < n; ++t) threads_[t].index = {t % block.x, t / block.x % block.y, t / (block.x * block.y)};
  for (uint32_t z = 0; z < grid.z; ++z) {
    for (uint32_t y = 0; y < grid.y; ++y) {
      for (uint32_t x = 0; x < grid.x; ++x) {
        block_ = {x, y, z};
        // Of exactly the asked size and fresh for each block: a read of what nobody wrote, or of an earlier block's
        // leavings, shows.
        shared_.reset(shared_bytes == 0 ? nullptr : new uint8_t[shared_bytes]);
        if (shared_bytes > 0) memset(shared_.get(), 0xff, shared_bytes);
        begin_block();
        run_block(n);
        if (!error_.empty()) return error_;
      }
    }
  }
  return error_;
}

void Block::begin_block() {
  for (Warp& warp : warps_) warp = Warp();
  for (Thread& thread : threads_) {
    thread.state = State::kReady;
    thread.fiber.start(&Block::enter, this);
  }
}

void Block::enter(void* argument) {
  Block* self = static_cast<Block*>(argument);
  (*self->body_)();
  self->threads_[self->running_].state = State::kDone;
}

void Block::run_block(uint32_t n) {
  for (;;) {
    for (uint32_t i = n; i > 1; --i) std::swap(order_[i - 1], order_[next(random_) % i]);
    // Until the next barrier: passes over whoever can run.
    for (bool progress = true; progress && error_.empty();) {
      progress = false;
      for (const uint32_t t : order_) {
        if (threads_[t].state != State::kReady) continue;
        running_ = t;
        threads_[t].fiber.resume();
        progress = true;
        if (!error_.empty()) return;
      }
    }
    if (std::all_of(threads_.begin(), threads_.end(), [](const Thread& t) { return t.state == State::kDone; })) return;
    release_barrier(n);
    if (!error_.empty()) return;
  }
}

// Nobody can run: either all wait at one barrier, or the block is stuck.
void Block::release_barrier(uint32_t n) {
  const Thread& first = threads_[0];
  for (uint32_t t = 0; t < n; ++t) {
    const Thread& thread = threads_[t];
    if (thread.state == State::kAtWarp) {
      const Warp& warp = warps_[t / kWarpLanes];
      return fail("deadlock: thread %u waits for lanes %08x of its warp, and only %08x came", t, warp.mask,
                  warp.arrived);
    }
    if (thread.state != State::kAtBarrier || first.state != State::kAtBarrier || thread.file != first.file ||
        thread.line != first.line) {
      const Thread& waits = first.state == State::kAtBarrier ? first : thread;
      return fail("divergent barrier: at %s:%d not all threads of the block meet (threads 0 and %u differ)", waits.file,
                  waits.line, t);
    }
  }
  for (Thread& thread : threads_) thread.state = State::kReady;
}

void Block::barrier(const char* file, int line) {
  Thread& thread = threads_[running_];
  thread.file = file;
  thread.line = line;
  thread.state = State::kAtBarrier;
  thread.fiber.suspend();
}

void Block::warp_wide(uint32_t mask, WarpOperation operation, void* mine) {
  const uint32_t me = running_;
  const uint32_t lane = me % kWarpLanes;
  Warp& warp = warps_[me / kWarpLanes];
  if (warp.arrived == 0) {
    warp.mask = mask;
    warp.operation = operation;
    memset(&warp.lanes, 0, sizeof warp.lanes);
  }
  if ((mask >> lane & 1) == 0 || warp.mask != mask || warp.operation != operation) {
    fail("divergent warp operation: thread %u came with lanes %08x to one of lanes %08x", me, mask, warp.mask);
    threads_[me].fiber.suspend();
  }
  warp.lanes.of[lane] = mine;
  warp.arrived |= 1u << lane;
  if (warp.arrived != mask) {
    threads_[me].state = State::kAtWarp;
    threads_[me].fiber.suspend();
    return;
  }
  operation(warp.lanes);
  warp.arrived = 0;
  const uint32_t first = me - lane;
  for (uint32_t l = 0; l < kWarpLanes; ++l) {
    if ((mask >> l & 1) != 0 && l != lane) threads_[first + l].state = State::kReady;
  }
}

}  // namespace tramontane::emu
