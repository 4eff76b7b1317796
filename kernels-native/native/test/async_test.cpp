// What the emulator makes of barriers in shared memory, copies that are under way and votes: it runs what is right in
// every order, and finds each thing that a device would do wrong only now and then. A small kernel for each.
#include <algorithm>
#include <cstring>
#include <numeric>

#include "asynchronous.h"
#include "check.h"
#include "simt.h"

namespace test {
namespace {

using namespace tramontane::emu;

constexpr uint32_t kStages = 2;
constexpr uint32_t kWarps = 2;   // that consume, beside the one that produces
constexpr uint32_t kRounds = 7;  // more than stages, and odd
constexpr uint32_t kStageInts = 32;

// What is done to the pipeline below.
enum class Damage {
  kNone,
  kNoFence,         // the barriers are not shown to others
  kNoExpect,        // nobody says how many bytes come
  kArriveAtOnce,    // the producer doesn't wait for its small copies before it says that they are there
  kNoWaitFull,      // consumers don't wait for a stage
  kNoWaitEmpty,     // the producer doesn't wait for a stage to be read
  kNoArrive,        // consumers don't say that they have read
  kDeeper,          // the producer counts a stage more than there is
  kPhaseNotFlipped  // consumers wait for the same parity in every round
};

struct Shared {
  alignas(16) int stage[kStages][kStageInts];
  uint64_t full[kStages];
  uint64_t empty[kStages];
};

// A warp copies rounds of numbers into a ring of stages, with bulk copies or, before 9.0, with small ones; two warps
// add them up.
std::string pipeline(bool for_9, Damage damage, uint64_t seed, std::vector<int>& sums) {
  alignas(16) static int source[kRounds * kStageInts];
  std::iota(std::begin(source), std::end(source), 1);
  sums.assign(kWarps * 32, 0);
  Launch launch = {dim3(1), dim3((kWarps + 1) * 32), sizeof(Shared)};
  launch.has_wait = for_9;
  return current().run(launch, seed, [&] {
    Shared& s = *static_cast<Shared*>(current().shared());
    const uint32_t t = current().thread().x;
    if (t == 0) {
      for (uint32_t i = 0; i < kStages; ++i) {
        barrier_init(&s.full[i], fillers());
        barrier_init(&s.empty[i], kWarps * 32);
      }
      if (damage != Damage::kNoFence) barrier_fence();
    }
    __syncthreads();
    const uint32_t depth = damage == Damage::kDeeper ? kStages + 1 : kStages;
    if (t >= kWarps * 32) {
      const uint32_t lane = t - kWarps * 32;
      if (lane >= fillers()) return;
      for (uint32_t round = 0; round < kRounds; ++round) {
        const uint32_t stage = round % kStages;
        if (round >= depth && damage != Damage::kNoWaitEmpty) {
          barrier_wait(&s.empty[stage], (round / kStages - 1) % 2);
        }
        if (damage != Damage::kNoExpect) fill_expect(&s.full[stage], sizeof s.stage[0]);
        fill_copy(s.stage[stage], source + round * kStageInts, sizeof s.stage[0], &s.full[stage], lane);
        damage == Damage::kArriveAtOnce ? barrier_arrive(&s.full[stage]) : fill_arrive(&s.full[stage]);
      }
      return;
    }
    for (uint32_t round = 0; round < kRounds; ++round) {
      const uint32_t stage = round % kStages;
      const uint32_t parity = damage == Damage::kPhaseNotFlipped ? 0 : round / kStages % 2;
      if (damage != Damage::kNoWaitFull) barrier_wait(&s.full[stage], parity);
      for (const int value : s.stage[stage]) sums[t] += value;
      if (damage != Damage::kNoArrive) barrier_arrive(&s.empty[stage]);
    }
  });
}

// Runs a kernel of one block; what was wrong with it.
std::string run(uint32_t threads, uint64_t shared_bytes, void (*body)(), uint64_t seed = 1) {
  return current().run({dim3(1), dim3(threads), shared_bytes}, seed, body);
}

}  // namespace

TEST(a_ring_of_copies_gives_every_order_the_same_sums) {
  const int n = kRounds * kStageInts;
  for (const bool for_9 : {true, false}) {
    for (uint64_t seed = 1; seed <= 30; ++seed) {
      std::vector<int> sums;
      const std::string error = pipeline(for_9, Damage::kNone, seed, sums);
      CHECK_EQ(error, "");
      for (const int sum : sums) CHECK_EQ(sum, n * (n + 1) / 2);
    }
  }
}

TEST(each_damage_to_a_ring_shows) {
  const int n = kRounds * kStageInts;
  for (const bool for_9 : {true, false}) {
    for (const Damage damage :
         {Damage::kNoFence, for_9 ? Damage::kNoExpect : Damage::kArriveAtOnce, Damage::kNoWaitFull,
          Damage::kNoWaitEmpty, Damage::kNoArrive, Damage::kDeeper, Damage::kPhaseNotFlipped}) {
      int seen = 0;
      for (uint64_t seed = 1; seed <= 10; ++seed) {
        std::vector<int> sums;
        const std::string error = pipeline(for_9, damage, seed, sums);
        bool wrong = !error.empty();
        for (const int sum : sums) wrong |= sum != n * (n + 1) / 2;
        seen += wrong;
      }
      CHECK_TEXT(seen == 10, "damage " + std::to_string(static_cast<int>(damage)) + " shows in " +
                                 std::to_string(seen) + " of 10 orders");
    }
  }
}

// A barrier's wait brings that barrier's copies and no others, and a meeting of the block brings none: who takes them
// for there without a wait reads poison, in many orders all of it.
TEST(a_copy_comes_with_its_own_barrier) {
  alignas(16) static uint8_t source[2][64];
  memset(source, 7, sizeof source);
  for (const bool for_9 : {true, false}) {
    int nothing_came = 0, everything_came = 0;
    for (uint64_t seed = 1; seed <= 60; ++seed) {
      uint32_t waited = 0, came[2] = {};
      Launch launch = {dim3(1), dim3(32), 256};
      launch.has_wait = for_9;
      const std::string error = current().run(launch, seed, [&] {
        uint8_t* shared = static_cast<uint8_t*>(current().shared());
        uint64_t* barriers = reinterpret_cast<uint64_t*>(shared + 128);
        const uint32_t t = current().thread().x;
        if (t == 0) {
          for (int i = 0; i < 2; ++i) barrier_init(barriers + i, fillers());
          barrier_fence();
        }
        __syncthreads();
        for (int i = 0; t < fillers() && i < 2; ++i) {
          fill_expect(barriers + i, 64);
          for (int at = 0; at < 64; at += 16) fill_copy(shared + 64 * i + at, source[i] + at, 16, barriers + i, t);
          fill_arrive(barriers + i);
        }
        barrier_wait(barriers, 0);
        if (t == 0) waited = static_cast<uint32_t>(std::count(shared, shared + 64, 7));
        if (t == 0) came[0] = static_cast<uint32_t>(std::count(shared + 64, shared + 128, 7));
        __syncthreads();
        if (t == 0) came[1] = static_cast<uint32_t>(std::count(shared + 64, shared + 128, 7));
        barrier_wait(barriers + 1, 0);
      });
      CHECK_EQ(error, "");
      CHECK_EQ(waited, 64u);
      nothing_came += came[0] == 0 && came[1] == 0;
      everything_came += came[0] == 64;
    }
    CHECK_TEXT(nothing_came >= 15, std::to_string(nothing_came));
    CHECK_TEXT(everything_came >= 1, std::to_string(everything_came));  // or earlier, by chance
  }
}

TEST(a_copy_that_nobody_waits_for_shows_in_every_order) {
  alignas(16) static int from[4];
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    Launch launch = {dim3(1), dim3(32), 64};
    launch.has_wait = false;
    const std::string error = current().run(launch, seed, [] {
      if (current().thread().x == 0) fill_copy(current().shared(), from, 16, nullptr, 0);
      __syncthreads();
    });
    CHECK_TEXT(error.find("while 1 copies were under way") != std::string::npos, error);
  }
}

TEST(barriers_and_copies_are_held_to_their_rules) {
  alignas(16) static int from[64];
  const struct {
    const char* message;
    void (*body)();
  } cases[] = {
      {"is not eight aligned bytes", [] { barrier_init(static_cast<uint64_t*>(current().shared()) + 64, 1); }},
      {"of no arrivals", [] { barrier_init(static_cast<uint64_t*>(current().shared()), 0); }},
      {"before it was made", [] { barrier_arrive(static_cast<uint64_t*>(current().shared())); }},
      {"was written over",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         *barrier = 5;
         barrier_arrive(barrier);
       }},
      {"that no fence has shown",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         copy_bulk(barrier + 2, from, 16, barrier);
       }},
      {"multiples of 16",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         copy_bulk(barrier + 1, from, 16, barrier);
       }},
      {"multiples of 16",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         copy_bulk(barrier + 2, from + 1, 16, barrier);
       }},
      {"beyond shared memory",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         copy_bulk(barrier + 62, from, 32, barrier);
       }},
      {"while 1 copies were under way",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         barrier_expect(barrier, 16);
         copy_bulk(barrier + 2, from, 16, barrier);
       }},
      {"written while a copy",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         barrier_expect(barrier, 16);
         copy_bulk(barrier + 2, from, 16, barrier);
         barrier[2] = 1;
         barrier_arrive(barrier);
         barrier_wait(barrier, 0);
       }},
      {"another one is under way",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         copy_bulk(barrier + 2, from, 32, barrier);
         copy_bulk(barrier + 4, from, 32, barrier);
       }},
      {"waiting for 1 arrivals and 0 bytes",  // nobody comes
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 2);
         barrier_arrive(barrier);
         barrier_wait(barrier, 0);
       }},
      {"waiting for 0 arrivals and 32 bytes",  // more bytes are expected than come
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_fence();
         barrier_expect(barrier, 48);
         copy_bulk(barrier + 2, from, 16, barrier);
         barrier_arrive(barrier);
         barrier_wait(barrier, 0);
       }},
      {"more arrivals",
       [] {
         uint64_t* barrier = static_cast<uint64_t*>(current().shared());
         barrier_init(barrier, 1);
         barrier_expect(barrier, 16);
         barrier_arrive(barrier);
         barrier_arrive(barrier);
       }},
      {"is not a multiple of 16", [] { check_aligned(static_cast<uint8_t*>(current().shared()) + 4, 16); }},
  };
  for (const auto& c : cases) {
    // A copy may be carried out at once, too: what is wrong then shows in other orders.
    std::string error;
    for (uint64_t seed = 1; seed <= 20 && error.find(c.message) == std::string::npos; ++seed) {
      error = run(1, 512, c.body, seed);
    }
    CHECK_TEXT(error.find(c.message) != std::string::npos, std::string(c.message) + " <- " + error);
  }
}

TEST(lanes_vote_and_add) {
  static uint32_t votes[64], counter, largest, before[64];
  static bool any[64], all[64];
  counter = largest = 0;
  CHECK_EQ(run(64, 0,
               [] {
                 const uint32_t t = current().thread().x;
                 votes[t] = __ballot_sync(0xffffffffu, t % 3 == 0);
                 any[t] = __any_sync(0xffffffffu, t == 40);
                 all[t] = __all_sync(0xffffffffu, t < 32);
                 __syncwarp();
                 before[t] = atomicAdd(&counter, t);
                 atomicMax(&largest, t * 7 % 64);
               }),
           "");
  CHECK_EQ(votes[5], 0x49249249u);
  CHECK_EQ(votes[37], 0x92492492u);
  CHECK(!any[3] && any[50]);
  CHECK(all[3] && !all[50]);
  CHECK_EQ(counter, 2016u);
  CHECK_EQ(largest, 63u);
  // Each add has seen the sum of those before it.
  std::vector<uint32_t> order(64);
  std::iota(order.begin(), order.end(), 0u);
  std::sort(order.begin(), order.end(),
            [](uint32_t a, uint32_t b) { return std::pair(before[a], a) < std::pair(before[b], b); });
  uint32_t sum = 0;
  for (const uint32_t t : order) {
    CHECK_EQ(before[t], sum);
    sum += t;
  }
}

// Warps run ahead of each other: of two that don't meet at a barrier each is first in some order.
TEST(warps_run_ahead_of_each_other) {
  int first_came_first = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::vector<uint32_t> came;
    current().run({dim3(1), dim3(64)}, seed, [&] {
      for (int i = 0; i < 3; ++i) __syncwarp();
      if (current().thread().x % 32 == 0) came.push_back(current().thread().x / 32);
    });
    CHECK_EQ(came.size(), 2u);
    first_came_first += came[0] == 0;
  }
  CHECK(first_came_first > 5 && first_came_first < 35);
}

// And so do blocks.
TEST(blocks_run_in_any_order) {
  int first_came_first = 0;
  for (uint64_t seed = 1; seed <= 40; ++seed) {
    std::vector<int> came(12);
    std::vector<uint32_t> order;
    current().run({dim3(3, 2, 2), dim3(1)}, seed, [&] {
      const Index& at = current().block();
      ++came[at.x + 3 * (at.y + 2 * at.z)];
      order.push_back(at.x);
    });
    CHECK(came == std::vector<int>(12, 1));
    first_came_first += order[0] == 0;
  }
  CHECK(first_came_first > 2 && first_came_first < 30);
}

}  // namespace test
