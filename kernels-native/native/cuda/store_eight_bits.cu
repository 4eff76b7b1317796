// Keys and values in eight bits: a head of a row has scales of its own, so it is stored when all of it is there.
#include "eight_bits.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kPairs = 2;  // of a lane: 128 dimensions of a head

// blockIdx = (row, kv head). A warp stores the key, the other one the value.
__global__ void __launch_bounds__(64) store_head(const Heads heads, const float* keys, const float* values) {
  let_next_start();
  wait_for_previous();
  const CacheView& cache = heads.cache;
  const uint32_t row = blockIdx.x, lane = threadIdx.x % 32;
  if (heads.rows.span[row] == kNoSpan) return;
  const bool is_key = threadIdx.x < 32;
  const float* from =
      (is_key ? keys : values) + (static_cast<uint64_t>(row) * cache.n_kv_heads + blockIdx.y) * cache.head_dim;
  float x[kPairs][2];
  uint32_t largest = 0;
#pragma unroll
  for (uint32_t i = 0; i < kPairs; ++i) {
    const uint32_t d = (lane + 32 * i) * 2;
    x[i][0] = x[i][1] = 0;
    if (d >= cache.head_dim) continue;
    x[i][0] = from[d];
    x[i][1] = from[d + 1];
    if (is_key) heads.rotate(row, d, x[i][0], x[i][1]);
    for (uint32_t j = 0; j < 2; ++j) largest = largest > magnitude_of(x[i][j]) ? largest : magnitude_of(x[i][j]);
  }
  for (int distance = 16; distance > 0; distance /= 2) {
    const uint32_t other = __shfl_xor_sync(kAllLanes, largest, distance);
    largest = largest > other ? largest : other;
  }
  const uint16_t scale = eight_bit_scale(largest);
  const int64_t position = heads.rows.position[row];
  const uint32_t offset = cache.offset_in_page(position);
  uint8_t* block = cache.block(heads.rows.span[row], position, blockIdx.y);
#pragma unroll
  for (uint32_t i = 0; i < kPairs; ++i) {
    const uint32_t d = (lane + 32 * i) * 2;
    if (d >= cache.head_dim) continue;
    for (uint32_t j = 0; j < 2; ++j) {
      const uint64_t at = is_key ? eight_bit_key(offset, d + j, cache.head_dim)
                                 : cache.keys_bytes + eight_bit_value(offset, d + j, cache.head_dim);
      block[at] = eight_bit_code(x[i][j], scale);
    }
  }
  if (lane == 0) *reinterpret_cast<uint16_t*>(block + cache.scales_at(!is_key) + offset * 2) = scale;
}

}  // namespace

cudaError_t store_eight_bits(const Heads& heads, const float* keys, const float* values, uint32_t n_rows,
                             cudaStream_t stream) {
  return launch(store_head, {dim3(n_rows, heads.cache.n_kv_heads), dim3(64)}, stream, heads, keys, values);
}

}  // namespace tramontane::TM_DEVICE
