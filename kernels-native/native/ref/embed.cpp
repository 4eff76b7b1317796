#include "ref.h"

namespace tramontane::ref {

void embed(const Frame& f, const Worker& worker) {
  const auto [first, last] = worker.share(f.step->n_rows);
  for (uint64_t row = first; row < last; ++row) enter_row(f, row);
  worker.wait();
}

}  // namespace tramontane::ref
