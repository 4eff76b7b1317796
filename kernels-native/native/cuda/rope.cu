#include "kernels.h"

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

}  // namespace

cudaError_t make_position_tables(const PositionTables& tables, const RowView& rows, uint32_t n_rows,
                                 cudaStream_t stream) {
  return launch(position_tables, {dim3(n_rows), dim3(kThreads)}, stream, tables, rows);
}

}  // namespace tramontane::TM_DEVICE
