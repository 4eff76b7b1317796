#include "ref.h"

namespace tramontane::ref {

// The router of Mixtral (Jiang et al., arXiv 2401.04088, section 2.1).
void route(const Frame& f, uint32_t l, const Worker& worker) {
  const Model& m = *f.model;
  const Routing& routing = f.routing;
  const Tensor& router = m.layers[l].router;
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(f.step->n_rows);
  for (uint64_t e = 0; e < m.n_experts; ++e) {
    router.values(e, weights);
    for (uint64_t row = first; row < last; ++row) {
      routing.logits[row * m.n_experts + e] =
          static_cast<float>(dot(weights, normed(f) + row * router.cols, router.cols));
    }
  }
  const uint64_t k = m.n_experts_used;
  for (uint64_t row = first; row < last; ++row) {
    choose_experts(routing.logits + row * m.n_experts, m.n_experts, m.n_experts_used, routing.expert + row * k,
                   routing.share + row * k);
  }
  worker.wait();
  gather_rows(m, routing, f.step->n_rows, worker);
  worker.wait();
}

void add_experts(const Frame& f, const Worker& worker) {
  const Model& m = *f.model;
  const uint64_t k = m.n_experts_used;
  const auto [first, last] = worker.share(f.step->n_rows);
  for (uint64_t row = first; row < last; ++row) {
    for (uint64_t o = 0; o < m.width; ++o) {
      double added = 0;
      for (uint64_t i = row * k; i < (row + 1) * k; ++i) {
        const float output = f.expert_rows[static_cast<uint64_t>(f.routing.place[i]) * m.width + o];
        added += static_cast<double>(f.routing.share[i]) * static_cast<double>(output);
      }
      float& hidden = f.hidden[row * m.width + o];
      hidden = static_cast<float>(static_cast<double>(hidden) + added);
    }
  }
  worker.wait();
}

}  // namespace tramontane::ref
