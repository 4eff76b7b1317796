// The norm of a row by a block of threads.
#pragma once

#include "kernels.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kMostNormThreads = 1024;

// Four columns a thread, so that the threads, and with them the sum's order, depend on the width alone.
inline uint32_t norm_threads(uint32_t width) {
  const uint32_t warps = (width / 4 + 31) / 32;
  return (warps < kMostNormThreads / 32 ? warps : kMostNormThreads / 32) * 32;
}

// What a row's numbers are multiplied by, beside their weights; sums: one of each warp.
__device__ inline float norm_factor(const float* x, const Norm& norm, float* sums) {
  float squares = 0;
  for (uint32_t i = threadIdx.x * 4; i < norm.width; i += blockDim.x * 4) {
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
  return 1.0f / sqrtf(total / static_cast<float>(norm.width) + norm.epsilon);
}

}  // namespace tramontane::TM_DEVICE
