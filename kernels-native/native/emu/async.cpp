#include "async.h"

#include <algorithm>
#include <cstring>

namespace tramontane::emu {
namespace {

constexpr uint64_t kMark = 0x6d62617272696572;  // what a barrier's bytes hold, so that a write over it shows
constexpr uint8_t kPoison = 0xff;

}  // namespace

std::atomic<uint64_t> Async::bytes_copied{0};

void Async::begin(uint8_t* shared, uint64_t bytes) {
  shared_ = shared;
  shared_bytes_ = bytes;
  barriers_.clear();
  copies_.clear();
  arrivals_.clear();
  seen_.clear();
  error_.clear();
}

std::string Async::end() const {
  return copies_.empty() ? "" : "the block ended while " + std::to_string(copies_.size()) + " copies were under way";
}

void Async::init_barrier(uint64_t* barrier, uint32_t count, uint32_t thread) {
  const uint8_t* at = reinterpret_cast<uint8_t*>(barrier);
  if (at < shared_ || at + 8 > shared_ + shared_bytes_ || (at - shared_) % 8 != 0) {
    return fail("a barrier is not eight aligned bytes of shared memory");
  }
  if (count == 0) return fail("a barrier of no arrivals");
  *barrier = kMark;
  barriers_[barrier] = {count, count, 0, 0, thread, false};
}

void Async::fence_barriers(uint32_t thread) {
  for (auto& [at, barrier] : barriers_) barrier.fenced |= barrier.thread == thread;
}

Async::Barrier* Async::find(const uint64_t* barrier, uint32_t thread) {
  const auto place = barriers_.find(barrier);
  if (place == barriers_.end()) {
    fail("a barrier was used before it was made");
    return nullptr;
  }
  if (*barrier != kMark) {
    fail("a barrier was written over");
    return nullptr;
  }
  if (!place->second.fenced && place->second.thread != thread) {
    fail("a barrier was used before a fence showed it to others");
    return nullptr;
  }
  return &place->second;
}

void Async::check_used(const uint64_t* barrier, uint32_t thread) { find(barrier, thread); }

void Async::expect(const uint64_t* barrier, uint32_t bytes, uint32_t thread) {
  if (Barrier* b = find(barrier, thread)) b->bytes += bytes;
}

void Async::arrive(const uint64_t* barrier, uint32_t thread) {
  Barrier* b = find(barrier, thread);
  if (b == nullptr) return;
  if (b->pending == 0) return fail("more arrivals at a barrier than its phase counts");
  --b->pending;
  end_if_over(*b);
}

void Async::end_if_over(Barrier& b) {
  if (b.pending > 0 || b.bytes != 0) return;
  b.pending = b.count;
  ++b.phase;
}

bool Async::has_ended(const uint64_t* barrier, uint32_t parity) const {
  const auto place = barriers_.find(barrier);
  return place != barriers_.end() && place->second.phase % 2 != parity;
}

std::string Async::describe(const uint64_t* barrier) const {
  const auto place = barriers_.find(barrier);
  if (place == barriers_.end()) return "there is no such barrier";
  const Barrier& b = place->second;
  return "its barrier is in phase " + std::to_string(b.phase) + ", waiting for " + std::to_string(b.pending) +
         " arrivals and " + std::to_string(b.bytes) + " bytes";
}

void Async::copy(void* to, const void* from, uint32_t bytes, const uint64_t* barrier, uint32_t thread) {
  // A copy's end is counted by the machine, which no thread's own view of a barrier orders.
  const Barrier* b = find(barrier, thread);
  if (b == nullptr) return;
  if (!b->fenced) return fail("a copy was given a barrier that no fence has shown");
  begin_copy({static_cast<uint8_t*>(to), static_cast<const uint8_t*>(from), bytes, barrier, thread, kNoArrival});
}

bool Async::begin_copy(const Copy& copy) {
  uint8_t* first = copy.to;
  const uint32_t bytes = copy.bytes;
  const uintptr_t bits = reinterpret_cast<uintptr_t>(copy.from) | static_cast<uintptr_t>(first - shared_) | bytes;
  if (bits % 16 != 0 || bytes == 0) {
    fail("a copy's addresses and length are multiples of 16 bytes");
    return false;
  }
  if (first < shared_ || first + bytes > shared_ + shared_bytes_) {
    fail("a copy goes beyond shared memory");
    return false;
  }
  for (const Copy& other : copies_) {
    if (first < other.to + other.bytes && other.to < first + bytes) {
      fail("a copy goes where another one is under way");
      return false;
    }
  }
  // It may read from here on, however late it is carried out: before the wait for the kernel ahead that is a touch.
  static_cast<void>(*static_cast<const volatile uint8_t*>(copy.from));
  memset(first, kPoison, bytes);
  copies_.push_back(copy);
  return true;
}

void Async::copy_small(void* to, const void* from, uint32_t thread) {
  begin_copy({static_cast<uint8_t*>(to), static_cast<const uint8_t*>(from), 16, nullptr, thread, kNoArrival});
}

void Async::arrive_when_copied(const uint64_t* barrier, uint32_t thread) {
  if (find(barrier, thread) == nullptr) return;
  Arrival arrival = {barrier, 0};
  for (Copy& copy : copies_) {
    if (copy.barrier != nullptr || copy.thread != thread || copy.arrival != kNoArrival) continue;
    copy.arrival = static_cast<uint32_t>(arrivals_.size());
    ++arrival.copies;
  }
  arrivals_.push_back(arrival);
  if (arrival.copies == 0) arrive(barrier, thread);
}

void Async::fence_proxy() { seen_.assign(shared_, shared_ + shared_bytes_); }

const char* Async::unreadable(const uint8_t* at, uint32_t bytes) const {
  for (const Copy& copy : copies_) {
    if (at < copy.to + copy.bytes && copy.to < at + bytes) return "lies where a copy is under way";
  }
  if (!seen_.empty() && memcmp(seen_.data() + (at - shared_), at, bytes) == 0) return nullptr;
  return "was written by threads, and no fence of the asynchronous proxy shows it";
}

const uint64_t* Async::barrier_of(const Copy& copy) const {
  if (copy.barrier != nullptr || copy.arrival == kNoArrival) return copy.barrier;
  return arrivals_[copy.arrival].barrier;
}

bool Async::carry_out_one(Chance& chance) {
  return carry_out_some(chance, [](const uint64_t* barrier) { return barrier != nullptr; });
}

bool Async::carry_out_awaited(Chance& chance, const std::vector<const uint64_t*>& barriers) {
  return carry_out_some(chance, [&](const uint64_t* barrier) {
    return std::find(barriers.begin(), barriers.end(), barrier) != barriers.end();
  });
}

template <class Counts>
bool Async::carry_out_some(Chance& chance, Counts counts) {
  std::vector<size_t> some;
  for (size_t i = 0; i < copies_.size(); ++i) {
    if (counts(barrier_of(copies_[i]))) some.push_back(i);
  }
  if (some.empty()) return false;
  carry_out(some[chance.below(some.size())]);
  return true;
}

void Async::carry_out(size_t which) {
  const Copy copy = copies_[which];
  copies_.erase(copies_.begin() + static_cast<std::ptrdiff_t>(which));
  if (!std::all_of(copy.to, copy.to + copy.bytes, [](uint8_t byte) { return byte == kPoison; })) {
    fail("shared memory was written while a copy into it was under way");
  }
  memcpy(copy.to, copy.from, copy.bytes);
  bytes_copied.fetch_add(copy.bytes, std::memory_order_relaxed);
  if (seen_.empty()) seen_.assign(shared_bytes_, kPoison);
  memcpy(seen_.data() + (copy.to - shared_), copy.from, copy.bytes);
  if (copy.barrier != nullptr) {
    Barrier& barrier = barriers_.at(copy.barrier);
    barrier.bytes -= copy.bytes;
    end_if_over(barrier);
  } else if (copy.arrival != kNoArrival && --arrivals_[copy.arrival].copies == 0) {
    arrive(arrivals_[copy.arrival].barrier, copy.thread);
  }
}

}  // namespace tramontane::emu
