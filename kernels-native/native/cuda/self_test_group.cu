// For 9.0a alone, which has wgmma (cmake/nvcc.cmake).
#include "group_product.h"
#include "self_test_kernels.h"

namespace tramontane::TM_DEVICE {

template <uint32_t kColumns>
constexpr uint32_t kPieces = kColumns / 8 * kColumnPiecesOfTile;

template <Operand kOperand, uint32_t kColumns>
__global__ void __launch_bounds__(kProblemThreads) self_test_by_groups(const StepProblems p) {
  wait_for_previous();
  uint4* columns = shared_memory<uint4>();
  for (uint32_t i = threadIdx.x; i < kPieces<kColumns>; i += kProblemThreads) {
    columns[i] = p.columns[blockIdx.x * kColumnPieces + i % kColumnPieces];
  }
  uint32_t a[kProblemSteps][4];
#pragma unroll
  for (uint32_t step = 0; step < kProblemSteps; ++step) {
    const uint4 registers = row_registers(p, step);
    a[step][0] = registers.x;
    a[step][1] = registers.y;
    a[step][2] = registers.z;
    a[step][3] = registers.w;
  }
  float sums[kColumns / 2];
#pragma unroll
  for (uint32_t i = 0; i < kColumns / 2; ++i) sums[i] = sums_of_thread<kColumns>(p)[i];
  proxy_fence();
  __syncthreads();
  group_fence(sums, a);
#pragma unroll
  for (uint32_t step = 0; step < kProblemSteps; ++step) {
    // Two core matrices of 128 bytes along the sum, and the next eight columns behind all of these.
    group_multiply<kOperand>(sums, a[step], group_matrix(columns + step * 16, 128, kColumnPiecesOfTile * 16));
  }
  group_commit();
  group_wait<0>(sums, a);
#pragma unroll
  for (uint32_t i = 0; i < kColumns / 2; ++i) sums_of_thread<kColumns>(p)[i] = sums[i];
}

template <uint32_t kColumns>
cudaError_t start(Operand operand, const StepProblems& problems, cudaStream_t stream) {
  const auto kernel = operand == Operand::kBf16 ? self_test_by_groups<Operand::kBf16, kColumns>
                                                : self_test_by_groups<Operand::kF16, kColumns>;
  runs_on_9_alone(reinterpret_cast<const void*>(kernel));
  const uint32_t shared = kPieces<kColumns> * static_cast<uint32_t>(sizeof(uint4));
  return launch(kernel, {dim3(problems.n), dim3(kProblemThreads), shared}, stream, problems);
}

cudaError_t solve_by_groups(Operand operand, const StepProblems& problems, cudaStream_t stream) {
  static_assert(kGroupShapes == 4);
  switch (problems.n_columns) {
    case kGroupColumns[0]:
      return start<kGroupColumns[0]>(operand, problems, stream);
    case kGroupColumns[1]:
      return start<kGroupColumns[1]>(operand, problems, stream);
    case kGroupColumns[2]:
      return start<kGroupColumns[2]>(operand, problems, stream);
    case kGroupColumns[3]:
      return start<kGroupColumns[3]>(operand, problems, stream);
    default:
      return cudaErrorInvalidValue;
  }
}

}  // namespace tramontane::TM_DEVICE
