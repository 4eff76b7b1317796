// The emulator finds what a device would not forgive: a barrier that not all threads reach, lanes that never come, work
// whose end nobody waited for. And it runs what is right.
#include <cstring>
#include <numeric>

#include "../cuda/mma_order.h"
#include "block.h"
#include "check.h"
#include "runtime.h"

namespace test {
namespace {

using namespace tramontane::emu;

void barrier() { current().barrier(__FILE__, __LINE__); }

// Adds all lanes' numbers in each lane that takes part.
void add_all(Lanes& lanes) {
  int sum = 0;
  for (const void* lane : lanes.of) sum += lane == nullptr ? 0 : *static_cast<const int*>(lane);
  for (void* lane : lanes.of) {
    if (lane != nullptr) *static_cast<int*>(lane) = sum;
  }
}

}  // namespace

TEST(barriers_order_a_block_whatever_the_order_of_its_threads) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<int> out(96, -1);
    const std::string error = current().run({dim3(1), dim3(96), 96 * sizeof(int)}, seed, [&] {
      int* shared = static_cast<int*>(current().shared());
      const uint32_t t = current().thread().x;
      shared[t] = static_cast<int>(t);
      barrier();
      out[t] = shared[95 - t];
    });
    CHECK_EQ(error, "");
    for (int t = 0; t < 96; ++t) CHECK_EQ(out[static_cast<size_t>(t)], 95 - t);
  }
}

TEST(a_missing_barrier_shows) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    current().run({dim3(1), dim3(64), 64 * sizeof(int)}, seed, [&] {
      int* shared = static_cast<int*>(current().shared());
      const uint32_t t = current().thread().x;
      shared[t] = static_cast<int>(t);
      if (shared[63 - t] != static_cast<int>(63 - t)) ++wrong;
    });
  }
  CHECK(wrong > 0);
}

// Where the kernel ahead has ended the wait holds nobody, and nothing meets there.
TEST(threads_do_not_meet_at_the_wait_for_the_kernel_ahead) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    const Launch launch = {dim3(4), dim3(64), 64 * sizeof(int), true};
    const std::string error = current().run(launch, seed, [&] {
      int* shared = static_cast<int*>(current().shared());
      const uint32_t t = current().thread().x;
      shared[t] = static_cast<int>(t);
      current().wait_for_previous();
      if (shared[(t + 32) % 64] != static_cast<int>((t + 32) % 64)) ++wrong;
    });
    CHECK_EQ(error, "");
  }
  CHECK(wrong > 0);
}

// A lane does not speak for its warp.
TEST(lanes_fall_behind_the_first_of_their_warp) {
  int wrong = 0;
  for (uint64_t seed = 1; seed <= 200; ++seed) {
    const std::string error = current().run({dim3(1), dim3(64), 33 * sizeof(int)}, seed, [&] {
      volatile int* shared = static_cast<int*>(current().shared());
      const uint32_t t = current().thread().x;
      if (t < 32) {
        shared[t] = 1;
        if (t == 0) shared[32] = 1;
        return;
      }
      int mine = 0;
      for (int i = 0; i < 8; ++i) current().warp_wide(0xffffffffu, add_all, &mine);
      if (shared[32] != 1) return;
      for (uint32_t i = 0; i < 32; ++i) wrong += shared[i] != 1;
    });
    CHECK_EQ(error, "");
  }
  CHECK(wrong > 0);
}

TEST(warp_operations_take_the_named_lanes) {
  std::vector<int> out(64);
  const std::string error = current().run({dim3(1), dim3(64)}, 7, [&] {
    const uint32_t t = current().thread().x;
    int mine = static_cast<int>(t);
    if (t % 2 == 0) current().warp_wide(0x55555555u, add_all, &mine);
    out[t] = mine;
  });
  CHECK_EQ(error, "");
  CHECK_EQ(out[0], 240);  // 0 + 2 + ... + 30
  CHECK_EQ(out[1], 1);
  CHECK_EQ(out[32], 752);  // 32 + 34 + ... + 62
}

TEST(divergence_and_deadlock_are_errors) {
  const struct {
    const char* message;
    std::function<void()> body;
  } cases[] = {
      {"divergent barrier",
       [] {
         if (current().thread().x != 3) barrier();
       }},
      {"divergent barrier",
       [] {
         if (current().thread().x < 32) {
           barrier();
         } else {
           current().barrier(__FILE__, __LINE__);
         }
       }},
      {"deadlock: thread",
       [] {
         int mine = 0;
         if (current().thread().x % 32 != 5) current().warp_wide(0xffffffffu, add_all, &mine);
       }},
      {"divergent warp operation",
       [] {
         int mine = 0;
         current().warp_wide(current().thread().x % 2 == 0 ? 0xffffffffu : 0xaaaaaaaau, add_all, &mine);
       }},
  };
  for (const auto& c : cases) {
    const std::string error = current().run({dim3(2), dim3(64)}, 3, c.body);
    CHECK_TEXT(error.find(c.message) != std::string::npos, error);
  }
}

TEST(work_runs_when_somebody_waits) {
  cudaStream_t stream;
  CHECK_EQ(cudaStreamCreate(&stream), cudaSuccess);
  int host = 1, device = 0;
  cudaMemcpyAsync(&device, &host, sizeof host, cudaMemcpyHostToDevice, stream);
  host = 2;  // reused too early
  CHECK_EQ(device, 0);
  CHECK_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  CHECK_EQ(device, 2);

  cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed);
  record_launch({dim3(1), dim3(1)}, stream, [&] { ++device; });
  cudaGraph_t graph;
  CHECK_EQ(cudaStreamEndCapture(stream, &graph), cudaSuccess);
  CHECK_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  CHECK_EQ(device, 2);
  cudaGraphExec_t executable;
  cudaGraphInstantiate(&executable, graph, 0);
  cudaGraphDestroy(graph);
  for (int i = 0; i < 3; ++i) cudaGraphLaunch(executable, stream);
  CHECK_EQ(cudaStreamSynchronize(stream), cudaSuccess);
  CHECK_EQ(device, 5);
  cudaGraphExecDestroy(executable);

  // A fault stays, and says what it was.
  record_launch({dim3(1), dim3(32)}, stream, [] {
    if (current().thread().x == 0) barrier();
  });
  record_launch({dim3(1), dim3(1)}, stream, [&] { device = -1; });
  CHECK_EQ(cudaStreamSynchronize(stream), cudaErrorLaunchFailure);
  CHECK(std::strstr(cudaGetErrorString(cudaErrorLaunchFailure), "divergent barrier") != nullptr);
  CHECK_EQ(device, 5);
  CHECK_EQ(cudaMemcpyAsync(&device, &host, sizeof host, cudaMemcpyHostToDevice, stream), cudaErrorLaunchFailure);
  cudaStreamDestroy(stream);
}

// The manual's formulas, element by element as it writes them: kernels and emulator share mma_order.h, so a mistake
// there would not show between the two.
TEST(operands_lie_as_the_manual_says) {
  using namespace tramontane;
  for (uint32_t lane = 0; lane < 32; ++lane) {
    const uint32_t group = lane >> 2;
    const uint32_t in_group = lane % 4;
    for (uint32_t i = 0; i < 8; ++i) {  // a0 .. a7
      const bool upper = i < 2 || (i >= 4 && i < 6);
      CHECK_EQ(row_operand_row(lane, i / 2), upper ? group : group + 8);
      CHECK_EQ(row_operand_inner(lane, i / 2) + i % 2, i < 4 ? in_group * 2 + (i & 1) : in_group * 2 + (i & 1) + 8);
    }
    for (uint32_t i = 0; i < 4; ++i) {  // b0 .. b3, c0 .. c3
      CHECK_EQ(column_operand_column(lane), group);
      CHECK_EQ(column_operand_inner(lane, i / 2) + i % 2, i < 2 ? in_group * 2 + (i & 1) : in_group * 2 + (i & 1) + 8);
      CHECK_EQ(sum_row(lane, i), i < 2 ? group : group + 8);
      CHECK_EQ(sum_column(lane, i), in_group * 2 + (i & 1));
    }
  }
}

// ldmatrix gives lane 4 g + t elements 2 t and 2 t + 1 of row g of each core matrix: with the two that a step sums over
// side by side that is the column operand.
TEST(core_matrices_are_column_operands) {
  using namespace tramontane;
  constexpr uint32_t kHeadDim = 32;
  std::vector<bool> key_taken(64 * kHeadDim), value_taken(64 * kHeadDim);
  for (uint32_t offset = 0; offset < 64; ++offset) {
    for (uint32_t d = 0; d < kHeadDim; ++d) {
      const uint64_t key = stored_key(offset, d, kHeadDim), value = stored_value(offset, d, kHeadDim);
      CHECK(!key_taken[key] && !value_taken[value]);
      key_taken[key] = value_taken[value] = true;
      for (uint32_t lane = 0; lane < 32; ++lane) {
        for (uint32_t i = 0; i < 2; ++i) {
          const uint32_t column = column_operand_column(lane), inner = column_operand_inner(lane, i);
          const uint32_t of_lane = lane / 4 * 8 + lane % 4 * 2;  // in the core matrix of register i
          if (column == offset % 8 && inner == d % 16) {
            CHECK_EQ(key, cache_core(offset, d / 16 * 16 + 8 * i, kHeadDim) + of_lane);
          }
          if (column == d % 8 && inner == offset % 16) {
            CHECK_EQ(value, cache_core(offset / 16 * 16 + 8 * i, d, kHeadDim) + of_lane);
          }
        }
      }
    }
  }
}

}  // namespace test
