#include <algorithm>
#include <cmath>

#include "ref.h"

namespace tramontane::ref {

uint64_t longest_row(const Model& m) { return std::max({m.width, m.ffn, m.q_width()}); }

uint64_t scratch_bytes(const Model& m, uint32_t max_rows) {
  // logits norms up to kLogitRows rows, also when a step has fewer.
  const uint64_t rows = std::max(max_rows, kLogitRows);
  return (rows * m.width + m.n_workers * longest_row(m)) * sizeof(float);
}

float* weight_row(const Frame& frame, const Worker& worker) {
  return static_cast<float*>(frame.scratch) + worker.id * longest_row(*frame.model);
}

float* normed(const Frame& frame) {
  return static_cast<float*>(frame.scratch) + frame.model->n_workers * longest_row(*frame.model);
}

void rms_norm(const Model& model, const float* x, const Tensor& weight, float* y) {
  double squares = 0;
  for (uint32_t i = 0; i < model.width; ++i) squares += static_cast<double>(x[i]) * static_cast<double>(x[i]);
  const double scale = 1 / std::sqrt(squares / model.width + model.rms_epsilon);
  for (uint32_t i = 0; i < model.width; ++i) {
    y[i] = static_cast<float>(static_cast<double>(x[i]) * scale * static_cast<double>(weight.f32()[i]));
  }
}

double dot(const float* a, const float* b, uint64_t n) {
  double sum = 0;
  for (uint64_t i = 0; i < n; ++i) sum += static_cast<double>(a[i]) * static_cast<double>(b[i]);
  return sum;
}

}  // namespace tramontane::ref
