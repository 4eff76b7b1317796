// What both kernels of the self-test have in common: one block of four warps a problem, 16 rows a warp.
#pragma once

#include "../emu/step_problems.h"
#include "device.h"
#include "mma_order.h"
#include "self_test.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kProblemThreads = emu::kProblemRows / 16 * 32;
inline constexpr uint32_t kProblemSteps = emu::kProblemInner / 16;
inline constexpr uint32_t kProblemTiles = emu::kProblemColumns / 8;
inline constexpr uint32_t kRowRegisters = kProblemThreads * kProblemSteps;                // of 16 bytes
inline constexpr uint32_t kColumnPieces = emu::kProblemColumns * emu::kProblemInner / 8;  // of 16 bytes
inline constexpr uint32_t kColumnPiecesOfTile = kColumnPieces / kProblemTiles;

// The registers of a step.
__device__ inline uint4 row_registers(const StepProblems& p, uint32_t step) {
  return p.rows[blockIdx.x * kRowRegisters + (threadIdx.x / 32 * kProblemSteps + step) * 32 + threadIdx.x % 32];
}

// Four for each 8 columns.
template <uint32_t kColumns>
__device__ inline float* sums_of_thread(const StepProblems& p) {
  return p.sums + (static_cast<uint64_t>(blockIdx.x) * kProblemThreads + threadIdx.x) * (kColumns / 2);
}

}  // namespace tramontane::TM_DEVICE
