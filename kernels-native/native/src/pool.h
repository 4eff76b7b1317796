// Threads of a backend. They live as long as it does, run one SPMD program at a time, spin briefly for the next one and
// then sleep.
#pragma once

#include <pthread.h>

#include <atomic>
#include <condition_variable>
#include <cstdint>
#include <mutex>
#include <vector>

#include "barrier.h"
#include "worker.h"

namespace tramontane {

class Pool {
 public:
  // Runs on every worker; what it does is visible to the caller once wait() has returned true.
  using Program = void (*)(void* argument, const Worker& worker);

  // Throws std::bad_alloc when the system gives no more threads. name: of the threads, up to ten characters.
  Pool(uint32_t n_workers, uint32_t n_processors, const char* name = "tm-worker");
  ~Pool();  // waits for the running program, then ends the threads
  Pool(const Pool&) = delete;
  Pool& operator=(const Pool&) = delete;

  void start(Program program, void* argument);  // not while one is running
  bool wait(int64_t timeout_ns);                // true: none is running. 0 polls, negative waits without limit
  void run(Program program, void* argument) {
    start(program, argument);
    wait(-1);
  }
  // body(worker) on every worker; returns when all are done.
  template <class Body>
  void run(Body body) {
    run([](void* b, const Worker& worker) { (*static_cast<Body*>(b))(worker); }, &body);
  }

 private:
  struct Thread {
    Pool* pool;
    uint32_t id;
    pthread_t handle;
  };
  static void* enter(void* thread);
  void work(uint32_t id);
  uint32_t next_program(uint32_t seen);
  void stop();

  const uint32_t n_workers_;
  const char* const name_;
  const bool oversubscribed_;  // fewer processors than workers: never spin
  Barrier barrier_;
  Program program_ = nullptr;  // nullptr: end
  void* argument_ = nullptr;
  alignas(64) std::atomic<uint32_t> generation_{0};
  alignas(64) std::atomic<uint32_t> running_{0};  // workers that have not finished the program
  std::mutex mutex_;                              // of done_ only
  std::condition_variable done_;
  std::vector<Thread> threads_;
};

}  // namespace tramontane
