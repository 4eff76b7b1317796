// Steps of the matrix unit that show how it adds: products of numbers that cancel, that lie at the ends of their types
// and at the edge of what is cut, and of ordinary ones. A device solves them when it is first used (cuda/self_test.h),
// and the model beside it.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "matrix_step.h"

namespace tramontane::emu {

inline constexpr uint32_t kProblemRows = 64;
inline constexpr uint32_t kProblemColumns = 64;
inline constexpr uint32_t kProblemInner = 32;  // two steps of 16, the second adds to what the first made

struct StepProblem {
  bool bf16;                      // or binary16
  std::vector<uint16_t> rows;     // [row][inner]
  std::vector<uint16_t> columns;  // [column][inner]
  std::vector<float> sums;        // [row][column], that the products are added to
};

// The same ones always: two of each type.
std::vector<StepProblem> step_problems();

// [row][column], in that arithmetic.
std::vector<float> solve(const StepProblem& problem, StepArithmetic arithmetic);

// How mma adds 16-bit numbers in floats on a device of this compute capability, as MMA-Sim found it (arXiv 2511.10909):
// 10.x and 12.x as 9.0 does. Nothing where nobody has looked.
std::optional<StepArithmetic> arithmetic_of(int major, int minor);

}  // namespace tramontane::emu
