#include <cstdio>
#include <cstring>
#include <map>
#include <mutex>
#include <optional>
#include <vector>

#include "device_memory.h"
#include "own_thread.h"
#include "self_test.h"
#include "self_test_kernels.h"
#include "tile_work.h"

namespace tramontane::TM_DEVICE {

static_assert(kProblemSteps == 2, "multiply_32 takes two steps");

template <Operand kOperand>
__global__ void __launch_bounds__(kProblemThreads) self_test_by_warps(const StepProblems p) {
  constexpr uint32_t kColumns = emu::kProblemColumns;
  wait_for_previous();
  const uint32_t lane = threadIdx.x % 32;
  const uint4 first = row_registers(p, 0), second = row_registers(p, 1);
  const uint32_t a[8] = {first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w};
  const uint32_t* columns = reinterpret_cast<const uint32_t*>(p.columns + blockIdx.x * kColumnPieces);
  float sums[kProblemTiles][4];
  uint4 b[kProblemTiles];
#pragma unroll
  for (uint32_t tile = 0; tile < kProblemTiles; ++tile) {
    // The pair at inner of the lane's column.
    const auto pair = [&](uint32_t inner) {
      const uint32_t piece = tile * kColumnPiecesOfTile + inner / 8 * 8 + column_operand_column(lane);
      return columns[piece * 4 + inner % 8 / 2];
    };
    const uint32_t low = column_operand_inner(lane, 0), high = column_operand_inner(lane, 1);
    b[tile] = make_uint4(pair(low), pair(high), pair(16 + low), pair(16 + high));
#pragma unroll
    for (uint32_t i = 0; i < 4; ++i) sums[tile][i] = sums_of_thread<kColumns>(p)[tile * 4 + i];
  }
  multiply_32<kOperand, static_cast<int>(kProblemTiles)>(sums, a, b);
#pragma unroll
  for (uint32_t i = 0; i < kColumns / 2; ++i) sums_of_thread<kColumns>(p)[i] = sums[i / 4][i % 4];
}

cudaError_t solve_by_warps(Operand operand, const StepProblems& problems, cudaStream_t stream) {
  const auto kernel =
      operand == Operand::kBf16 ? self_test_by_warps<Operand::kBf16> : self_test_by_warps<Operand::kF16>;
  return launch(kernel, {dim3(problems.n), dim3(kProblemThreads)}, stream, problems);
}

namespace {

using Solve = cudaError_t (*)(Operand, const StepProblems&, cudaStream_t);

struct Abilities {
  bool has_groups;
  std::optional<emu::StepArithmetic> arithmetic;
};

Abilities abilities() {
#if defined(__CUDACC__)
  int device = 0, major = 0, minor = 0;
  must(cudaGetDevice(&device), "being asked its number");
  must(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "being asked its capability");
  must(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "being asked its capability");
  return {major == 9 && minor == 0, emu::arithmetic_of(major, minor)};
#else
  cudaFuncAttributes loaded = {};
  must(cudaFuncGetAttributes(&loaded, nullptr), "being asked its capability");
  return {loaded.binaryVersion == 90, arithmetic_of_warps()};
#endif
}

// The place of a thread's sum in [row][column].
uint32_t place_of(uint32_t thread, uint32_t i, uint32_t n_columns) {
  const uint32_t lane = thread % 32;
  const uint32_t row = thread / 32 * 16 + sum_row(lane, i % 4);
  return row * n_columns + i / 4 * 8 + sum_column(lane, i % 4);
}

// Of sums of a problem so many columns, [row][column]: its own, and again.
std::vector<float> repeated(const std::vector<float>& sums, uint32_t n_columns) {
  std::vector<float> all(emu::kProblemRows * n_columns);
  for (uint32_t i = 0; i < all.size(); ++i) {
    all[i] = sums[i / n_columns * emu::kProblemColumns + i % n_columns % emu::kProblemColumns];
  }
  return all;
}

std::vector<uint16_t> as_registers(const emu::StepProblem& p) {
  std::vector<uint16_t> to(p.rows.size());
  for (uint32_t i = 0; i < to.size(); ++i) {
    const uint32_t lane = i / 8 % 32, step = i / 256 % kProblemSteps, warp = i / (256 * kProblemSteps);
    const uint32_t row = warp * 16 + row_operand_row(lane, i % 8 / 2);
    to[i] = p.rows[row * emu::kProblemInner + step * 16 + row_operand_inner(lane, i % 8 / 2) + i % 2];
  }
  return to;
}

std::vector<uint16_t> as_core_matrices(const emu::StepProblem& p) {
  std::vector<uint16_t> to(p.columns.size());
  for (uint32_t column = 0; column < emu::kProblemColumns; ++column) {
    for (uint32_t inner = 0; inner < emu::kProblemInner; ++inner) {
      const uint32_t piece = column / 8 * kColumnPiecesOfTile + inner / 8 * 8 + column % 8;
      to[piece * 8 + inner % 8] = p.columns[column * emu::kProblemInner + inner];
    }
  }
  return to;
}

// [row][column], as the device makes them.
std::vector<float> solve_on_device(Solve solve, const emu::StepProblem& p, uint32_t n_columns, cudaStream_t stream) {
  const std::vector<uint16_t> rows = as_registers(p), columns = as_core_matrices(p);
  std::vector<float> solved = repeated(p.sums, n_columns);
  std::vector<float> sums(solved.size());
  const auto place = [&](uint32_t i) { return place_of(i / (n_columns / 2), i % (n_columns / 2), n_columns); };
  for (uint32_t i = 0; i < sums.size(); ++i) sums[i] = solved[place(i)];
  const Memory row_memory(rows.size() * 2, Memory::Place::kDevice),
      column_memory(columns.size() * 2, Memory::Place::kDevice), sum_memory(sums.size() * 4, Memory::Place::kDevice);
  const char* doing = "multiplying what it is tested with";
  const auto send = [&](const Memory& to, const void* from) {
    must(cudaMemcpyAsync(to.as<void>(), from, to.bytes(), cudaMemcpyHostToDevice, stream), doing);
  };
  send(row_memory, rows.data());
  send(column_memory, columns.data());
  send(sum_memory, sums.data());
  const StepProblems problems = {row_memory.as<uint4>(), column_memory.as<uint4>(), sum_memory.as<float>(), 1,
                                 n_columns};
  must(solve(p.bf16 ? Operand::kBf16 : Operand::kF16, problems, stream), doing);
  must(cudaMemcpyAsync(sums.data(), sum_memory.as<void>(), sum_memory.bytes(), cudaMemcpyDeviceToHost, stream), doing);
  must(cudaStreamSynchronize(stream), doing);
  for (uint32_t i = 0; i < sums.size(); ++i) solved[place(i)] = sums[i];
  return solved;
}

// In how many they differ; any two that are no numbers are the same.
uint32_t differences(const std::vector<float>& a, const std::vector<float>& b) {
  uint32_t n = 0;
  for (size_t i = 0; i < a.size(); ++i) {
    n += memcmp(&a[i], &b[i], sizeof a[i]) != 0 && !(std::isnan(a[i]) && std::isnan(b[i])) ? 1 : 0;
  }
  return n;
}

}  // namespace

SelfTest run_self_test(cudaStream_t stream) {
  const Abilities can = abilities();
  SelfTest test;
  test.has_groups = can.has_groups;
  test.has_model = can.arithmetic.has_value();
  test.is_plain = can.arithmetic == emu::StepArithmetic::kPlain;
  for (const emu::StepProblem& p : emu::step_problems()) {
    const std::vector<float> of_warps = solve_on_device(solve_by_warps, p, emu::kProblemColumns, stream);
    test.n_sums += static_cast<uint32_t>(of_warps.size());
    for (uint32_t shape = 0; can.has_groups && shape < kGroupShapes; ++shape) {
      const uint32_t n_columns = kGroupColumns[shape];
      const std::vector<float> of_groups = solve_on_device(solve_by_groups, p, n_columns, stream);
      test.shapes[shape].n_sums += static_cast<uint32_t>(of_groups.size());
      test.shapes[shape].other += differences(repeated(of_warps, n_columns), of_groups);
    }
    if (can.arithmetic) test.of_model += differences(of_warps, emu::solve(p, *can.arithmetic));
  }
  return test;
}

std::string SelfTest::text() const {
  std::string text = "how its mma adds is published nowhere";
  if (has_model && of_model == 0) text = is_plain ? "mma adds plain floats" : "mma adds as published";
  if (has_model && of_model > 0) {
    text =
        "mma adds otherwise than published in " + std::to_string(of_model) + " of " + std::to_string(n_sums) + " sums";
  }
  if (!has_groups) return text;
  if (groups_agree()) {
    return text + ", wgmma as mma: it multiplies " + std::to_string(kFewestTileTokens) +
           " rows and more, and for chunks of wide heads";
  }
  for (uint32_t i = 0; i < kGroupShapes; ++i) {
    if (shapes[i].other == 0) continue;
    text += ", wgmma of " + std::to_string(kGroupColumns[i]) + " columns otherwise than mma in " +
            std::to_string(shapes[i].other) + " of " + std::to_string(shapes[i].n_sums) + " sums";
  }
  return text + ": mma multiplies all rows";
}

const SelfTest& self_test(cudaStream_t stream) {
  // Never destroyed: a process may end while a step runs.
  static std::mutex& mutex = *new std::mutex();
  static std::map<int, SelfTest>& known = *new std::map<int, SelfTest>();
  int device = 0;
  must(cudaGetDevice(&device), "being asked its number");
  const std::lock_guard<std::mutex> lock(mutex);
  const auto place = known.find(device);
  return place != known.end() ? place->second : known.emplace(device, run_self_test(stream)).first->second;
}

void describe_self_test(uint32_t index, char* text, uint64_t capacity) {
  std::string told;
  on_device(index, [&](cudaError_t chosen) {
    cudaStream_t stream = nullptr;
    try {
      must(chosen, "being chosen");
      must(cudaStreamCreate(&stream), "opening a stream");
      told = self_test(stream).text();
    } catch (const DeviceError& e) {
      told = std::string("it can't be tested: ") + e.what();
    }
    if (stream != nullptr) cudaStreamDestroy(stream);
  });
  std::snprintf(text, capacity, "%s", told.c_str());
}

}  // namespace tramontane::TM_DEVICE
