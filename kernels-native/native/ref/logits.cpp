#include "ref.h"

namespace tramontane::ref {

void logits(const Frame& f, const uint32_t* rows, uint32_t n, const Worker& worker) {
  const Model& m = *f.model;
  const auto [first_row, last_row] = worker.share(n);
  for (uint64_t i = first_row; i < last_row; ++i) {
    rms_norm(m, f.hidden + static_cast<uint64_t>(rows[i]) * m.width, m.output_norm, normed(f) + i * m.width);
  }
  worker.wait();

  const Tensor& head = m.head();
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(m.vocab);
  for (uint64_t o = first; o < last; ++o) {
    head.values(o, weights);
    for (uint64_t i = 0; i < n; ++i) {
      f.logits[i * m.vocab + o] = static_cast<float>(dot(weights, normed(f) + i * m.width, m.width));
    }
  }
  worker.wait();
}

}  // namespace tramontane::ref
