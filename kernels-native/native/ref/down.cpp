#include "ref.h"

namespace tramontane::ref {
namespace {

void add_down(const Frame& f, uint32_t l, const Tensor& weight, const Worker& worker) {
  shrink(f, l, kAdaptedDown, 1, f.gate, worker);
  const uint64_t width = weight.rows;
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(width);
  for (uint64_t o = first; o < last; ++o) {
    weight.values(o, weights);
    for (uint64_t row = 0; row < f.step->n_rows; ++row) {
      float& hidden = f.hidden[row * width + o];
      const double added = dot(weights, f.gate + row * weight.cols, weight.cols);
      hidden = static_cast<float>(static_cast<double>(hidden) + adapted(f, l, kAdaptedDown, 0, o, row, added));
    }
  }
}

void down_of_expert(const Frame& f, const Tensor& weight, uint64_t first_place, uint64_t last_place,
                    const Worker& worker) {
  if (first_place == last_place) return;  // nobody chose this expert
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(weight.rows);
  for (uint64_t o = first; o < last; ++o) {
    weight.values(o, weights);
    for (uint64_t place = first_place; place < last_place; ++place) {
      f.expert_rows[place * weight.rows + o] =
          static_cast<float>(dot(weights, f.gate + place * weight.cols, weight.cols));
    }
  }
}

}  // namespace

void down(const Frame& f, uint32_t l, const Worker& worker) {
  const Layer& layer = f.model->layers[l];
  if (f.model->n_experts == 0) {
    add_down(f, l, layer.ffn().down, worker);
    worker.wait();
    return;
  }
  for (uint32_t e = 0; e < f.model->n_experts; ++e) {
    down_of_expert(f, layer.experts[e].down, f.routing.first[e], f.routing.first[e + 1], worker);
  }
  worker.wait();
  add_experts(f, worker);
}

}  // namespace tramontane::ref
