#include <algorithm>
#include <cmath>

#include "carver.h"
#include "ref.h"

namespace tramontane::ref {

namespace {

uint64_t longest_row(const Model& m) { return std::max({m.width, m.ffn, m.q_width()}); }

struct Scratch {
  float* weights;  // [n_workers][longest_row]
  float* normed;   // [max(rows, kLogitRows)][width]: logits norms up to kLogitRows rows, also when a step has fewer
  uint64_t bytes;

  Scratch(const Model& m, uint32_t rows, void* base) {
    Carver carver(base);
    carver.take(weights, m.n_workers * longest_row(m));
    carver.take(normed, static_cast<uint64_t>(std::max(rows, kLogitRows)) * m.width);
    bytes = carver.bytes();
  }
  explicit Scratch(const Frame& frame) : Scratch(*frame.model, frame.step->n_rows, frame.scratch) {}
};

}  // namespace

uint64_t scratch_bytes(const Model& m, uint32_t max_rows) { return Scratch(m, max_rows, nullptr).bytes; }

float* weight_row(const Frame& frame, const Worker& worker) {
  return Scratch(frame).weights + worker.id * longest_row(*frame.model);
}

float* normed(const Frame& frame) { return Scratch(frame).normed; }

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
