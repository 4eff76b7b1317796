#include <cmath>

#include "ref.h"

namespace tramontane::ref {

namespace {

// SwiGLU (Shazeer, arXiv 2002.05202) of places [first_place, last_place) of gate; inputs[place] is the normed row that
// belongs there, without inputs the row of the same number.
void gate_up_rows(const Frame& f, uint32_t l, const FeedForward& ffn, const uint32_t* inputs, uint64_t first_place,
                  uint64_t last_place, const Worker& worker) {
  if (first_place == last_place) return;  // nobody chose this expert
  const Model& m = *f.model;
  // Experts have no adapters, so a place is a row where there is one.
  const auto with_adapter = [&](Adapted matrix, uint64_t o, uint64_t place, double output) {
    return inputs != nullptr ? output : adapted(f, l, matrix, matrix - kAdaptedGate, o, place, output);
  };
  const auto input = [&](uint64_t place) { return normed(f) + (inputs == nullptr ? place : inputs[place]) * m.width; };
  float* weights = weight_row(f, worker);
  const auto [first, last] = worker.share(m.ffn);
  for (uint64_t o = first; o < last; ++o) {
    ffn.gate.values(o, weights);
    for (uint64_t place = first_place; place < last_place; ++place) {
      const double gate = dot(weights, input(place), m.width);
      f.gate[place * m.ffn + o] = static_cast<float>(with_adapter(kAdaptedGate, o, place, gate));
    }
    ffn.up.values(o, weights);
    for (uint64_t place = first_place; place < last_place; ++place) {
      const double g = static_cast<double>(f.gate[place * m.ffn + o]);
      const double u = with_adapter(kAdaptedUp, o, place, dot(weights, input(place), m.width));
      f.gate[place * m.ffn + o] = static_cast<float>(g / (1 + std::exp(-g)) * u);
    }
  }
}

}  // namespace

void gate_up(const Frame& f, uint32_t l, const Worker& worker) {
  const Model& m = *f.model;
  const Layer& layer = m.layers[l];
  const auto [first_row, last_row] = worker.share(f.step->n_rows);
  for (uint64_t row = first_row; row < last_row; ++row) {
    rms_norm(m, f.hidden + row * m.width, layer.ffn_norm, normed(f) + row * m.width);
  }
  worker.wait();

  if (m.n_experts == 0) {
    shrink(f, l, kAdaptedGate, 2, normed(f), worker);
    gate_up_rows(f, l, layer.ffn(), nullptr, 0, f.step->n_rows, worker);
  } else {
    route(f, l, worker);
    for (uint32_t e = 0; e < m.n_experts; ++e) {
      gate_up_rows(f, l, layer.experts[e], f.routing.row, f.routing.first[e], f.routing.first[e + 1], worker);
    }
  }
  worker.wait();
}

}  // namespace tramontane::ref
