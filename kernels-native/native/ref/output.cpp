#include "ref.h"

namespace tramontane::ref {

void output(const Frame& f, uint32_t l, const Worker& worker) {
  const Tensor& weight = f.model->layers[l].out;
  const uint64_t width = weight.rows;
  shrink(f, l, kAdaptedOut, 1, f.attention, worker);
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(width);
  for (uint64_t o = first; o < last; ++o) {
    weight.values(o, weights);
    for (uint64_t row = 0; row < f.step->n_rows; ++row) {
      float& hidden = f.hidden[row * width + o];
      const double added = dot(weights, f.attention + row * weight.cols, weight.cols);
      hidden = static_cast<float>(static_cast<double>(hidden) + adapted(f, l, kAdaptedOut, 0, o, row, added));
    }
  }
  worker.wait();
}

}  // namespace tramontane::ref
