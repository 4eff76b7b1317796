#include "pool.h"

#include <signal.h>

#include <cfenv>
#include <chrono>
#include <cstdio>
#include <new>

namespace tramontane {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kIdleSpin = std::chrono::microseconds(50);    // a worker, for the next step of a decode loop
constexpr auto kCallerSpin = std::chrono::microseconds(10);  // the caller, because it takes a worker's processor
constexpr size_t kStackBytes = 1u << 20;

// Spins until done() or the time is over; looks at the clock every 32 pauses.
template <class Done>
bool spin_for(Clock::duration limit, Done done) {
  const Clock::time_point until = Clock::now() + limit;
  do {
    for (int i = 0; i < 32; ++i) {
      if (done()) return true;
      spin_pause();
    }
  } while (Clock::now() < until);
  return done();
}

// Asynchronous signals belong to the threads of the process that hosts us (a JVM); the synchronous ones stay
// deliverable, so that a fault in a worker reaches the host's crash report.
sigset_t asynchronous_signals() {
  sigset_t set;
  sigfillset(&set);
  for (const int signal : {SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGTRAP, SIGABRT}) sigdelset(&set, signal);
  return set;
}

void name_this_thread(const char* what, uint32_t id) {
  char name[16];
  std::snprintf(name, sizeof name, "%.10s-%u", what, id % 10000);
#if defined(__APPLE__)
  pthread_setname_np(name);
#else
  pthread_setname_np(pthread_self(), name);
#endif
}

}  // namespace

Pool::Pool(uint32_t n_workers, uint32_t n_processors, const char* name)
    : n_workers_(n_workers), name_(name), oversubscribed_(n_workers > n_processors), barrier_(n_workers, n_processors) {
  threads_.resize(n_workers);  // no reallocation: threads keep pointers into it
  pthread_attr_t attributes;
  pthread_attr_init(&attributes);
  pthread_attr_setstacksize(&attributes, kStackBytes);
  const sigset_t blocked = asynchronous_signals();
  sigset_t previous;
  pthread_sigmask(SIG_BLOCK, &blocked, &previous);  // threads inherit the mask they are created under
  uint32_t started = 0;
  while (started < n_workers) {
    Thread& thread = threads_[started];
    thread.pool = this;
    thread.id = started;
    if (pthread_create(&thread.handle, &attributes, enter, &thread) != 0) break;
    ++started;
  }
  pthread_sigmask(SIG_SETMASK, &previous, nullptr);
  pthread_attr_destroy(&attributes);
  if (started < n_workers) {
    threads_.resize(started);
    stop();
    throw std::bad_alloc();
  }
}

Pool::~Pool() {
  wait(-1);
  stop();
}

void Pool::stop() {
  program_ = nullptr;
  generation_.fetch_add(1, std::memory_order_seq_cst);
  generation_.notify_all();
  for (Thread& thread : threads_) pthread_join(thread.handle, nullptr);
  threads_.clear();
}

void Pool::start(Program program, void* argument) {
  program_ = program;
  argument_ = argument;
  running_.store(n_workers_, std::memory_order_relaxed);
  generation_.fetch_add(1, std::memory_order_seq_cst);  // publishes what was written before
  generation_.notify_all();
}

bool Pool::wait(int64_t timeout_ns) {
  const auto finished = [this] { return running_.load(std::memory_order_acquire) == 0; };
  if (finished()) return true;
  if (timeout_ns == 0) return false;
  if (spin_for(kCallerSpin, finished)) return true;
  std::unique_lock lock(mutex_);
  // An absolute time near the clock's end would overflow: such a wait has no limit in practice.
  constexpr int64_t kLongest = 365ll * 24 * 3600 * 1'000'000'000;
  if (timeout_ns < 0 || timeout_ns > kLongest) {
    done_.wait(lock, finished);
    return true;
  }
  return done_.wait_for(lock, std::chrono::nanoseconds(timeout_ns), finished);
}

void* Pool::enter(void* thread) {
  const Thread* self = static_cast<Thread*>(thread);
  name_this_thread(self->pool->name_, self->id);
  std::fesetenv(FE_DFL_ENV);  // the creator's rounding or flush-to-zero mode must not change results
  self->pool->work(self->id);
  return nullptr;
}

uint32_t Pool::next_program(uint32_t seen) {
  const auto changed = [&] { return generation_.load(std::memory_order_acquire) != seen; };
  if (oversubscribed_ || !spin_for(kIdleSpin, changed)) generation_.wait(seen, std::memory_order_acquire);
  return generation_.load(std::memory_order_acquire);
}

void Pool::work(uint32_t id) {
  const Worker worker{id, n_workers_, &barrier_};
  uint32_t seen = 0;
  for (;;) {
    seen = next_program(seen);
    if (program_ == nullptr) return;
    program_(argument_, worker);
    if (running_.fetch_sub(1, std::memory_order_acq_rel) == 1) {
      { const std::lock_guard lock(mutex_); }  // the caller is either before its check or asleep
      done_.notify_all();
    }
  }
}

}  // namespace tramontane
