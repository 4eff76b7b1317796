#include <cmath>

#include "ref.h"

namespace tramontane::ref {

// SwiGLU: Shazeer, arXiv 2002.05202.
void gate_up(const Frame& f, uint32_t l, const Worker& worker) {
  const Model& m = *f.model;
  const Layer& layer = m.layers[l];
  const uint32_t n_rows = f.step->n_rows;
  const auto [first_row, last_row] = worker.share(n_rows);
  for (uint64_t row = first_row; row < last_row; ++row) {
    rms_norm(m, f.hidden + row * m.width, layer.ffn_norm, normed(f) + row * m.width);
  }
  worker.wait();

  const Tensor& gate = layer.ffn().gate;
  const Tensor& up = layer.ffn().up;
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(m.ffn);
  for (uint64_t o = first; o < last; ++o) {
    dequantise_row(gate.dtype, gate.row(o), m.width, weights);
    for (uint64_t row = 0; row < n_rows; ++row) {
      f.gate[row * m.ffn + o] = static_cast<float>(dot(weights, normed(f) + row * m.width, m.width));
    }
    dequantise_row(up.dtype, up.row(o), m.width, weights);
    for (uint64_t row = 0; row < n_rows; ++row) {
      const double g = static_cast<double>(f.gate[row * m.ffn + o]);
      const double u = dot(weights, normed(f) + row * m.width, m.width);
      f.gate[row * m.ffn + o] = static_cast<float>(g / (1 + std::exp(-g)) * u);
    }
  }
  worker.wait();
}

}  // namespace tramontane::ref
