#include "fragments.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kMostThreads = 1024;

// Four columns a thread, so that the threads, and with them the sum's order, depend on the width alone.
uint32_t threads_of(uint32_t width) {
  const uint32_t warps = (width / 4 + 31) / 32;
  return (warps < kMostThreads / 32 ? warps : kMostThreads / 32) * 32;
}

// One row a block.
__global__ void __launch_bounds__(kMostThreads) norm_rows(const Norm norm, const Activations to) {
  float* sums = shared_memory<float>();
  let_next_start();
  wait_for_previous();
  const uint32_t row = blockIdx.x;
  const uint32_t step = blockDim.x * 4;
  const float* x = norm.hidden + static_cast<uint64_t>(norm.pick == nullptr ? row : norm.pick[row]) * norm.width;
  float squares = 0;
  for (uint32_t i = threadIdx.x * 4; i < norm.width; i += step) {
    const float4 at = *reinterpret_cast<const float4*>(x + i);
    squares = __fmaf_rn(at.x, at.x, squares);
    squares = __fmaf_rn(at.y, at.y, squares);
    squares = __fmaf_rn(at.z, at.z, squares);
    squares = __fmaf_rn(at.w, at.w, squares);
  }
  squares = sum_of_warp(squares);
  if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = squares;
  __syncthreads();
  float total = 0;
  for (uint32_t warp = 0; warp < blockDim.x / 32; ++warp) total += sums[warp];
  const float scale = 1.0f / sqrtf(total / static_cast<float>(norm.width) + norm.epsilon);
  for (uint32_t i = threadIdx.x * 4; i < norm.width; i += step) {
    const float4 at = *reinterpret_cast<const float4*>(x + i);
    const float4 weight = *reinterpret_cast<const float4*>(norm.weight + i);
    to.put(row, i, at.x * scale * weight.x, at.y * scale * weight.y);
    to.put(row, i + 2, at.z * scale * weight.z, at.w * scale * weight.w);
  }
}

}  // namespace

cudaError_t normalise(const Norm& norm, uint32_t n_rows, const Activations& to, cudaStream_t stream) {
  const uint32_t threads = threads_of(norm.width);
  return launch(norm_rows, {dim3(n_rows), dim3(threads), static_cast<uint32_t>(threads / 32 * sizeof(float))}, stream,
                norm, to);
}

}  // namespace tramontane::TM_DEVICE
