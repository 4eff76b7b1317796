#include "ref.h"

namespace tramontane::ref {

void embed(const Frame& f, const Worker& worker) {
  const Tensor& embedding = f.model->embedding;
  const auto [first, last] = worker.share(f.step->n_rows);
  for (uint64_t row = first; row < last; ++row) {
    const uint32_t token = static_cast<uint32_t>(f.step->tokens[row]);
    embedding.values(token, f.hidden + row * f.model->width);
  }
  worker.wait();
}

}  // namespace tramontane::ref
