// Whether the device's matrix instructions add alike. Products of few tokens are made by mma and those of many by
// wgmma, and a sum has to have the same bits from both (docs/adr/0055): what is published says so of 9.0, and each
// device is asked itself when it is first used, with the steps of emu/step_problems.h and each number of columns that
// wgmma multiplies anywhere. Where one differs mma serves all.
#pragma once

#include <cstdint>
#include <string>

#include "device_words.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

// Columns of the products of wgmma that kernels are made of (tile_mm.h, attend_group.h).
inline constexpr uint32_t kGroupColumns[] = {64, 96, 128, 256};
inline constexpr uint32_t kGroupShapes = sizeof kGroupColumns / sizeof *kGroupColumns;

struct SelfTest {
  uint32_t n_sums = 0;      // that mma made
  bool has_groups = false;  // the device has wgmma
  struct Shape {
    uint32_t n_sums = 0;  // that wgmma made
    uint32_t other = 0;   // of which mma made others
  } shapes[kGroupShapes];
  bool has_model = false;  // it is known how the device adds
  uint32_t of_model = 0;   // sums that mma and the model made differently
  bool is_plain = false;   // the emulator's quick floats took the model's place

  // Whether products may be made by wgmma.
  bool groups_agree() const {
    for (const Shape& shape : shapes) {
      if (shape.other > 0 || shape.n_sums == 0) return false;
    }
    return has_groups;
  }
  // The clause that people read.
  std::string text() const;
};

// Asks the current device, in some milliseconds. Throws DeviceError.
SelfTest run_self_test(cudaStream_t stream);

// What it said when it was first asked in this process. Any thread; throws DeviceError, and asks again then.
const SelfTest& self_test(cudaStream_t stream);

// Of DeviceKind.
void describe_self_test(uint32_t index, char* text, uint64_t capacity);

// ---- the kernels

// In the device's memory, one problem after the other. n_columns of the sums: those of a problem, from the first on and
// again, as often as they fit.
struct StepProblems {
  const uint4* rows;     // [warp][step][lane]: the registers of a row operand
  const uint4* columns;  // [8 columns][8 of inner][column]: core matrices
  float* sums;           // [thread][tile of 8 columns][4]: what there is, then the sums
  uint32_t n;
  uint32_t n_columns;
};
cudaError_t solve_by_warps(Operand operand, const StepProblems& problems, cudaStream_t stream);
// On devices of 9.0 alone.
cudaError_t solve_by_groups(Operand operand, const StepProblems& problems, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
