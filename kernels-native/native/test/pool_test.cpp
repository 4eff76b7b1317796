// The threads and their barrier, also with more workers than processors. Meant for ThreadSanitizer as well.
#include "pool.h"

#include <chrono>
#include <numeric>
#include <vector>

#include "check.h"
#include "cpu_features.h"

namespace test {
namespace {

using tramontane::Pool;
using tramontane::Worker;

struct Job {
  std::vector<uint64_t> values;  // one of each worker, without atomics: the barrier must order them
  std::atomic<uint32_t> wrong{0};
  uint32_t rounds = 0;
};

void rounds(void* argument, const Worker& worker) {
  Job& job = *static_cast<Job*>(argument);
  for (uint32_t round = 0; round < job.rounds; ++round) {
    job.values[worker.id] = round + worker.id;
    worker.wait();
    uint64_t sum = 0;
    for (const uint64_t value : job.values) sum += value;
    const uint64_t n = worker.count;
    if (sum != n * round + n * (n - 1) / 2) ++job.wrong;
    worker.wait();
  }
}

}  // namespace

TEST(barriers_order_memory) {
  for (const uint32_t workers : {1u, 2u, 3u, 7u}) {
    Pool pool(workers, tramontane::n_processors());
    Job job;
    job.values.assign(workers, 0);
    job.rounds = workers <= 2 ? 3000 : 500;
    for (int i = 0; i < 5; ++i) pool.run(rounds, &job);
    CHECK_EQ(job.wrong.load(), 0u);
  }
}

TEST(programs_follow_one_another_at_once_and_after_sleep) {
  Pool pool(3, 3);
  Job job;
  job.values.assign(3, 0);
  job.rounds = 1;
  for (int i = 0; i < 2000; ++i) pool.run(rounds, &job);
  for (int i = 0; i < 20; ++i) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::microseconds(300);  // the workers fall asleep
    while (std::chrono::steady_clock::now() < until) {
    }
    pool.run(rounds, &job);
  }
  CHECK_EQ(job.wrong.load(), 0u);
}

TEST(waiting_tells_pending_and_done) {
  Pool pool(2, 2);
  CHECK(pool.wait(0));
  std::atomic<bool> go{false};
  pool.start([](void* flag, const Worker&) { static_cast<std::atomic<bool>*>(flag)->wait(false); }, &go);
  CHECK(!pool.wait(0));
  CHECK(!pool.wait(1'000'000));
  go = true;
  go.notify_all();
  CHECK(pool.wait(-1));
  CHECK(pool.wait(0));
}

TEST(pools_come_and_go) {
  for (int i = 0; i < 50; ++i) {
    Pool unused(4, 2);
    Pool pool(2, 2);
    Job job;
    job.values.assign(2, 0);
    job.rounds = 3;
    pool.run(rounds, &job);
    CHECK_EQ(job.wrong.load(), 0u);
  }
}

TEST(shares_cover_everything_once) {
  for (const uint64_t n : {0ull, 1ull, 7ull, 64ull, 1000ull}) {
    for (const uint64_t grain : {1ull, 4ull, 64ull}) {
      for (const uint32_t count : {1u, 2u, 3u, 16u}) {
        uint64_t next = 0;
        for (uint32_t id = 0; id < count; ++id) {
          const auto [first, last] = Worker{id, count, nullptr}.share(n, grain);
          CHECK_EQ(first, next);
          CHECK(last == n || last % grain == 0);
          next = last;
        }
        CHECK_EQ(next, n);
      }
    }
  }
}

}  // namespace test
