// What a block's threads leave to others: mbarriers in shared memory with phases, arrivals and bytes that are under way
// (PTX ISA, "mbarrier"), and copies from the device's memory that are counted there. A copy is carried out as late as
// it may be, when somebody waits for its own barrier and nobody else can go on, or earlier by chance and in any order;
// until then its destination is poisoned.
#pragma once

#include <atomic>
#include <cstdint>
#include <map>
#include <string>
#include <vector>

#include "random.h"

namespace tramontane::emu {

class Async {
 public:
  void begin(uint8_t* shared, uint64_t bytes);
  // What the block left undone when it ended, or "".
  std::string end() const;
  // The first thing that went wrong, or "".
  const std::string& error() const { return error_; }

  // Of the running thread. count: arrivals that end a phase.
  void init_barrier(uint64_t* barrier, uint32_t count, uint32_t thread);
  // Shows the thread's new barriers to others.
  void fence_barriers(uint32_t thread);
  void expect(const uint64_t* barrier, uint32_t bytes, uint32_t thread);
  void arrive(const uint64_t* barrier, uint32_t thread);
  void copy(void* to, const void* from, uint32_t bytes, const uint64_t* barrier, uint32_t thread);
  // Of 16 bytes, and an arrival when all that the thread has begun so far are there (PTX ISA, "cp.async" and
  // "cp.async.mbarrier.arrive.noinc").
  void copy_small(void* to, const void* from, uint32_t thread);
  void arrive_when_copied(const uint64_t* barrier, uint32_t thread);
  void check_used(const uint64_t* barrier, uint32_t thread);
  // From here on what the machine itself reads (operands of products) is what threads have written.
  void fence_proxy();
  // Why the machine may not read these bytes of shared memory, or nullptr.
  const char* unreadable(const uint8_t* at, uint32_t bytes) const;

  // Whether the latest phase of this parity is over.
  bool has_ended(const uint64_t* barrier, uint32_t parity) const;
  std::string describe(const uint64_t* barrier) const;
  // Carries out one of the copies that a barrier counts. False when there is none.
  bool carry_out_one(Chance& chance);
  // One of those that one of these barriers counts. False when there is none.
  bool carry_out_awaited(Chance& chance, const std::vector<const uint64_t*>& barriers);

  static std::atomic<uint64_t> bytes_copied;  // of all blocks; for tests

 private:
  struct Barrier {
    uint32_t count;    // arrivals that end a phase
    uint32_t pending;  // still to come in this one
    int64_t bytes;     // expected and not there yet
    uint32_t phase;
    uint32_t thread;  // that made it
    bool fenced;
  };
  struct Copy {
    uint8_t* to;
    const uint8_t* from;
    uint32_t bytes;
    const uint64_t* barrier;  // nullptr of a small one
    uint32_t thread;
    uint32_t arrival;  // of a small one: which waits for it, if one does
  };
  static constexpr uint32_t kNoArrival = UINT32_MAX;
  struct Arrival {
    const uint64_t* barrier;
    uint32_t copies;  // under way
  };

  bool begin_copy(const Copy& copy);
  // That counts the copy, or nullptr as long as no arrival waits for it.
  const uint64_t* barrier_of(const Copy& copy) const;
  template <class Counts>
  bool carry_out_some(Chance& chance, Counts counts);
  void carry_out(size_t which);
  void fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  Barrier* find(const uint64_t* barrier, uint32_t thread);
  void end_if_over(Barrier& barrier);

  uint8_t* shared_ = nullptr;
  uint64_t shared_bytes_ = 0;
  std::map<const uint64_t*, Barrier> barriers_;
  std::vector<Copy> copies_;
  std::vector<Arrival> arrivals_;
  std::vector<uint8_t> seen_;  // shared memory as the machine sees it
  std::string error_;
};

}  // namespace tramontane::emu
