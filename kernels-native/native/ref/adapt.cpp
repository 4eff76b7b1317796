#include "ref.h"

namespace tramontane::ref {

void shrink(const Frame& f, uint32_t layer, uint32_t first, uint32_t n, const float* inputs, const Worker& worker) {
  const Step& step = *f.step;
  const AdapterLayout& layout = f.adapter_layout;
  if (step.n_runs == 0) return;
  float* weights = weight_row(f, worker);
  for (uint32_t i = 0; i < step.n_runs; ++i) {
    const AdapterRun& run = step.runs[i];
    for (uint32_t place = 0; place < n; ++place) {
      const uint32_t matrix = first + place;
      const AdapterPart& part = step.adapters->part(run.adapter, layer, matrix);
      const uint64_t cols = layout.cols[matrix];
      const auto [low, high] = worker.share(part.rank);
      for (uint64_t r = low; r < high; ++r) {
        dequantise_row(layout.dtype, f.adapter_a(run.adapter, layer, matrix) + r * row_bytes(layout.dtype, cols), cols,
                       weights);
        for (uint64_t row = run.first_row; row < run.first_row + run.n_rows; ++row) {
          const double sum = dot(weights, inputs + row * cols, cols);
          f.adapted_of(row, place)[r] = static_cast<float>(static_cast<double>(part.scale) * sum);
        }
      }
    }
  }
  worker.wait();
}

double adapted(const Frame& f, uint32_t layer, uint32_t matrix, uint32_t place, uint64_t o, uint64_t row,
               double output) {
  const uint32_t adapter = f.step->span_of(static_cast<uint32_t>(row)).adapter;
  if (adapter == 0) return output;
  const uint32_t rank = f.step->adapters->part(adapter, layer, matrix).rank;
  if (rank == 0) return output;
  const uint32_t dtype = f.adapter_layout.dtype;
  float weights[kMaxRank];
  const uint8_t* b = f.adapter_b(adapter, layer, matrix);
  for (uint32_t r = 0; r < rank; ++r) {
    const uint64_t element = (o / kHostStrip * rank + r) * kHostStrip + o % kHostStrip;
    dequantise_row(dtype, b + row_bytes(dtype, element), 1, weights + r);
  }
  return output + dot(weights, f.adapted_of(row, place), rank);
}

}  // namespace tramontane::ref
