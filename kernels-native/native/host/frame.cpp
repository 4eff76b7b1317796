#include "host/frame.h"

#include <algorithm>

#include "carver.h"

namespace tramontane {

// Rows <= 2^20, experts <= 2^9 and widths <= 2^18 floats: each product is below 2^50.
uint64_t Frame::lay_out(uint32_t most_rows, void* base) {
  const Model& m = *model;
  const uint64_t rows = m.n_layers == 0 ? 0 : most_rows;  // of what layers alone need
  const uint64_t chosen = rows * m.n_experts_used;
  Carver carver(base);
  carver.take(hidden, uint64_t{most_rows} * m.width);
  carver.take(rope_cos, rows * (m.rope_dims / 2));
  carver.take(rope_sin, rows * (m.rope_dims / 2));
  carver.take(query_scale, rows);
  carver.take(q, rows * m.q_width());
  carver.take(k, rows * m.kv_width());
  carver.take(v, rows * m.kv_width());
  carver.take(attention, rows * m.q_width());
  carver.take(gate, std::max(rows, chosen) * m.ffn);
  carver.take(routing.logits, rows * m.n_experts);
  carver.take(routing.expert, chosen);
  carver.take(routing.share, chosen);
  carver.take(routing.place, chosen);
  carver.take(routing.row, chosen);
  carver.take(routing.first, m.n_experts == 0 ? 0 : m.n_experts + 1);
  carver.take(expert_rows, chosen * m.width);
  carver.take(adapted, rows * kAdaptedTogether * adapter_layout.max_rank);
  return carver.bytes();
}

}  // namespace tramontane
