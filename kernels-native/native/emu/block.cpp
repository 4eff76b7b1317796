#include "block.h"

#include <algorithm>
#include <cstdarg>
#include <cstdio>
#include <cstring>
#include <numeric>

#include "early_access.h"

namespace tramontane::emu {
namespace {

constexpr uint32_t kLanesToHold = 256;  // of so many that run one is, by chance, the last of its turn
constexpr uint32_t kMostTurns = 64;     // of others, while those that are left are held back
constexpr uint32_t kNoWarp = UINT32_MAX;

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

std::string Block::run(const Launch& launch, uint64_t seed, const std::function<void()>& body) {
  launch_ = launch;
  const dim3& block = launch.block;
  const dim3& grid = launch.grid;
  n_threads_ = block.x * block.y * block.z;
  body_ = &body;
  chance_ = Chance(seed);
  error_.clear();
  threads_.resize(n_threads_);
  warps_.resize((n_threads_ + kWarpLanes - 1) / kWarpLanes);
  lanes_.resize(kWarpLanes);
  std::iota(lanes_.begin(), lanes_.end(), 0u);
  for (uint32_t t = 0; t < n_threads_; ++t) {
    threads_[t].index = {t % block.x, t / block.x % block.y, t / (block.x * block.y)};
  }
  // A step that is coprime to their number visits all blocks, in an order that is not theirs.
  const uint64_t n_blocks = static_cast<uint64_t>(grid.x) * grid.y * grid.z;
  uint64_t step = 1 + chance_.below(n_blocks);
  while (std::gcd(step, n_blocks) != 1) ++step;
  uint64_t at = chance_.below(n_blocks);
  for (uint64_t i = 0; i < n_blocks; ++i, at = (at + step) % n_blocks) {
    block_ = {static_cast<uint32_t>(at % grid.x), static_cast<uint32_t>(at / grid.x % grid.y),
              static_cast<uint32_t>(at / grid.x / grid.y)};
    begin_block();
    // Then all threads meet at the wait. Where a touch before it is looked for, each launch has such a block.
    is_early_ = launch.early && (chance_.below(8) < (i == 0 ? 7 : 2) || (i == 0 && watches_early_access()));
    if (is_early_) hide_memory();
    run_block();
    reveal_memory();
    end_block();
    if (!error_.empty()) return error_;
  }
  return error_;
}

void Block::begin_block() {
  // Of exactly the asked size and fresh for each block: a read of what nobody wrote, or of an earlier block's leavings,
  // shows.
  const uint64_t bytes = launch_.shared_bytes;
  shared_.reset(bytes == 0 ? nullptr : new uint8_t[bytes]);
  if (bytes > 0) memset(shared_.get(), 0xff, bytes);
  async_.begin(shared_.get(), bytes);
  products_.begin(shared_.get(), bytes, static_cast<uint32_t>(warps_.size()), &async_);
  for (Warp& warp : warps_) warp = Warp();
  for (Thread& thread : threads_) {
    thread.state = State::kReady;
    thread.waited = false;
    thread.fiber.start(&Block::enter, this);
  }
  held_for_ = 0;
}

void Block::end_block() {
  if (!error_.empty()) return;
  if (const std::string left = async_.end(); !left.empty()) fail("%s", left.c_str());
  if (const std::string left = products_.end(); !left.empty()) fail("%s", left.c_str());
}

void Block::enter(void* argument) {
  Block* self = static_cast<Block*>(argument);
  (*self->body_)();
  Thread& thread = self->threads_[self->running_];
  if (self->launch_.early && !thread.waited) {
    self->fail("thread %u ended without waiting for the kernel ahead of it", self->running_);
  }
  thread.state = State::kDone;
}

bool Block::can_run(const Thread& thread) const {
  return thread.state == State::kReady ||
         (thread.state == State::kAtPhase && async_.has_ended(thread.phase, thread.parity));
}

// Each of its threads that can run, once, or those that come before one with which it is held. False when none can.
bool Block::run_warp(uint32_t warp) {
  bool ran = false;
  for (const uint32_t lane : lanes_) {
    const uint32_t t = warp * kWarpLanes + lane;
    if (t >= n_threads_ || !can_run(threads_[t])) continue;
    threads_[t].state = State::kReady;
    running_ = t;
    threads_[t].fiber.resume();
    ran = true;
    if (touched_memory() != nullptr) fail("thread %u touched memory before it waited for the kernel ahead of it", t);
    if (const std::string& wrong = async_.error(); !wrong.empty()) fail("thread %u: %s", t, wrong.c_str());
    if (const std::string& wrong = products_.error(); !wrong.empty()) fail("thread %u: %s", t, wrong.c_str());
    if (!error_.empty()) return true;
    if (held_for_ == 0 && chance_.one_in(kLanesToHold)) {
      held_ = warp;
      held_for_ = 1 + chance_.below(kMostTurns);
      return true;
    }
  }
  return ran;
}

// Of the warps that can run one by chance, for as long as chance has it; one that is held only when no other can.
bool Block::run_some_warp() {
  if (held_for_ == 0) return run_another_warp(kNoWarp);
  --held_for_;
  if (run_another_warp(held_)) return true;
  held_for_ = 0;
  return run_warp(held_);
}

bool Block::run_another_warp(uint32_t than) {
  const uint32_t n = static_cast<uint32_t>(warps_.size());
  const uint32_t first = chance_.below(n);
  for (uint32_t i = 0; i < n; ++i) {
    const uint32_t warp = (first + i) % n;
    if (warp == than || !run_warp(warp)) continue;
    while (error_.empty() && (held_for_ == 0 || held_ != warp) && !chance_.one_in(4) && run_warp(warp)) {
    }
    return true;
  }
  return false;
}

void Block::run_block() {
  for (uint32_t i = kWarpLanes; i > 1; --i) std::swap(lanes_[i - 1], lanes_[chance_.below(i)]);
  const bool late = chance_.one_in(2);
  while (error_.empty()) {
    if (run_some_warp()) {
      if (!late && chance_.one_in(8)) async_.carry_out_one(chance_);
      continue;
    }
    if (std::all_of(threads_.begin(), threads_.end(), [](const Thread& t) { return t.state == State::kDone; })) return;
    if (!(late ? go_on_late() : go_on_early())) tell_why_stuck();
  }
}

// Nobody can run. A copy is held back for as long as anything else may happen, and then it is one that somebody waits
// for: what another barrier counts doesn't come with it.
bool Block::go_on_late() {
  if (open_barrier() || release_waiting()) return true;
  std::vector<const uint64_t*> awaited;
  for (const Thread& thread : threads_) {
    if (thread.state == State::kAtPhase) awaited.push_back(thread.phase);
  }
  return async_.carry_out_awaited(chance_, awaited);
}

// Nobody can run. All copies come before the kernel ahead has ended, and before a barrier opens.
bool Block::go_on_early() { return async_.carry_out_one(chance_) || release_waiting() || open_barrier(); }

bool Block::release_waiting() {
  bool any = false;
  for (Thread& thread : threads_) {
    if (thread.state != State::kAtWait) continue;
    thread.state = State::kReady;
    any = true;
  }
  if (any) reveal_memory();
  is_early_ = is_early_ && !any;
  return any;
}

// False unless all threads wait at one barrier.
bool Block::open_barrier() {
  const Thread& first = threads_[0];
  if (!std::all_of(threads_.begin(), threads_.end(), [&](const Thread& thread) {
        return thread.state == State::kAtBarrier && thread.file == first.file && thread.line == first.line;
      })) {
    return false;
  }
  for (Thread& thread : threads_) thread.state = State::kReady;
  return true;
}

void Block::tell_why_stuck() {
  const Thread& first = threads_[0];
  for (uint32_t t = 0; t < n_threads_; ++t) {
    const Thread& thread = threads_[t];
    if (thread.state == State::kAtWarp) {
      const Warp& warp = warps_[t / kWarpLanes];
      return fail("deadlock: thread %u waits for lanes %08x of its warp, and only %08x came", t, warp.mask,
                  warp.arrived);
    }
    if (thread.state == State::kAtPhase) {
      return fail("deadlock: thread %u waits for the end of a phase of parity %u, and %s", t, thread.parity,
                  async_.describe(thread.phase).c_str());
    }
  }
  for (uint32_t t = 0; t < n_threads_; ++t) {
    const Thread& thread = threads_[t];
    if (thread.state != State::kAtBarrier || first.state != State::kAtBarrier || thread.file != first.file ||
        thread.line != first.line) {
      const Thread& waits = first.state == State::kAtBarrier ? first : thread;
      return fail("divergent barrier: at %s:%d not all threads of the block meet (threads 0 and %u differ)", waits.file,
                  waits.line, t);
    }
  }
}

void Block::suspend(State state) {
  threads_[running_].state = state;
  threads_[running_].fiber.suspend();
}

void Block::barrier(const char* file, int line) {
  threads_[running_].file = file;
  threads_[running_].line = line;
  suspend(State::kAtBarrier);
}

void Block::wait_for_previous() {
  if (!launch_.has_wait || threads_[running_].waited) return;
  threads_[running_].waited = true;
  if (is_early_) suspend(State::kAtWait);
}

void Block::wait_for_phase(const uint64_t* barrier, uint32_t parity) {
  async_.check_used(barrier, running_);
  threads_[running_].phase = barrier;
  threads_[running_].parity = parity;
  suspend(State::kAtPhase);
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
  if (warp.arrived != mask) return suspend(State::kAtWarp);
  operation(warp.lanes);
  warp.arrived = 0;
  const uint32_t first = me - lane;
  for (uint32_t l = 0; l < kWarpLanes; ++l) {
    if ((mask >> l & 1) != 0 && l != lane) threads_[first + l].state = State::kReady;
  }
}

}  // namespace tramontane::emu
