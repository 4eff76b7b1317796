#include "fragments.h"
#include "norm_row.h"

namespace tramontane::TM_DEVICE {
namespace {

// One row a block.
__global__ void __launch_bounds__(kMostNormThreads) norm_rows(const Norm norm, const Activations to) {
  let_next_start();
  wait_for_previous();
  const uint32_t row = blockIdx.x;
  const uint32_t from = norm.pick == nullptr ? row : norm.pick[row];
  if (from == kNoRow) return;
  const float* x = norm.hidden + static_cast<uint64_t>(from) * norm.width;
  const float scale = norm_factor(x, norm, shared_memory<float>());
  for (uint32_t i = threadIdx.x * 4; i < norm.width; i += blockDim.x * 4) {
    const float4 at = *reinterpret_cast<const float4*>(x + i);
    const float4 weight = *reinterpret_cast<const float4*>(norm.weight + i);
    to.put(row, i, at.x * scale * weight.x, at.y * scale * weight.y);
    to.put(row, i + 2, at.z * scale * weight.z, at.w * scale * weight.w);
  }
}

}  // namespace

cudaError_t normalise(const Norm& norm, uint32_t n_rows, const Activations& to, cudaStream_t stream) {
  const uint32_t threads = norm_threads(norm.width);
  return launch(norm_rows, {dim3(n_rows), dim3(threads), static_cast<uint32_t>(threads / 32 * sizeof(float))}, stream,
                norm, to);
}

}  // namespace tramontane::TM_DEVICE
