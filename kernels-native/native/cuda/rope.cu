#include "kernels.h"
#include "mma_order.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kThreads = 128;

__global__ void __launch_bounds__(kThreads) position_tables(const PositionTables t, const RowView rows) {
  let_next_start();
  wait_for_previous();
  const uint64_t row = blockIdx.x;
  const float position = static_cast<float>(rows.position[row]);
  for (uint32_t i = threadIdx.x; i < t.n; i += kThreads) {
    const double angle = static_cast<double>(position * t.frequency[i]);
    t.cosines[row * t.n + i] = static_cast<float>(cos(angle) * t.magnitude);
    t.sines[row * t.n + i] = static_cast<float>(sin(angle) * t.magnitude);
  }
  if (threadIdx.x == 0) t.query_scale[row] = t.scale.at(rows.position[row]);
}

// Rotates the pair at x[0], x[1] if it is among the rotated dimensions.
__device__ inline void rotate_pair(const Rotation& r, uint64_t row, uint32_t dimension, float& a, float& b) {
  if (dimension >= r.rope_dims) return;
  const uint64_t at = row * (r.rope_dims / 2) + dimension / 2;
  const float c = r.cosines[at];
  const float s = r.sines[at];
  const float first = __fmaf_rn(a, c, -(b * s));
  const float second = __fmaf_rn(a, s, b * c);
  a = first;
  b = second;
}

// blockIdx = (row, kThreads pairs of dimensions): those of q, then those of k and v.
__global__ void __launch_bounds__(kThreads) rotate_rows(const Rotation r, const RowView rows, const CacheView cache) {
  let_next_start();
  const uint64_t row = blockIdx.x;
  const uint32_t d = cache.head_dim;
  const uint32_t q_width = r.n_heads * d;
  const uint32_t kv_width = cache.n_kv_heads * d;
  uint32_t i = (blockIdx.y * kThreads + threadIdx.x) * 2;
  wait_for_previous();
  if (i < q_width) {
    float* q = r.q + row * q_width + i;
    float a = q[0], b = q[1];
    rotate_pair(r, row, i % d, a, b);
    const float scale = r.query_scale[row];
    q[0] = a * scale;
    q[1] = b * scale;
    return;
  }
  i -= q_width;
  if (i >= kv_width) return;
  const int64_t position = rows.position[row];
  const uint32_t offset = cache.offset_in_page(position);
  const uint32_t at = i % d;
  float a = r.k[row * kv_width + i], b = r.k[row * kv_width + i + 1];
  rotate_pair(r, row, at, a, b);
  uint16_t* keys = cache.keys(rows.span[row], position, i / d);
  *reinterpret_cast<uint32_t*>(keys + stored_key(offset, at, d)) = pack_f16(a, b);
  const uint32_t pair = pack_f16(r.v[row * kv_width + i], r.v[row * kv_width + i + 1]);
  uint16_t* values = keys + cache.block_elements;
  values[stored_value(offset, at, d)] = static_cast<uint16_t>(pair);
  values[stored_value(offset, at + 1, d)] = static_cast<uint16_t>(pair >> 16);
}

}  // namespace

cudaError_t make_position_tables(const PositionTables& tables, const RowView& rows, uint32_t n_rows,
                                 cudaStream_t stream) {
  return launch(position_tables, {dim3(n_rows), dim3(kThreads)}, stream, tables, rows);
}

cudaError_t rotate_and_store(const Rotation& rotation, const RowView& rows, uint32_t n_rows, const CacheView& cache,
                             cudaStream_t stream) {
  const uint32_t pairs = (rotation.n_heads + cache.n_kv_heads) * cache.head_dim / 2;
  return launch(rotate_rows, {dim3(n_rows, (pairs + kThreads - 1) / kThreads), dim3(kThreads)}, stream, rotation, rows,
                cache);
}

}  // namespace tramontane::TM_DEVICE
