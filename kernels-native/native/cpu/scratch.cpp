#include "scratch.h"

#include <algorithm>

#include "carver.h"

namespace tramontane::cpu {
namespace {

uint64_t carve(const Model& model, void* base, Private& p) {
  const uint64_t queries = Scratch::queries_at_once(model);
  Carver carver(base);
  uint32_t* calls = nullptr;
  carver.take(calls, 1);
  carver.take(p.blocks, kPrivateRows * static_cast<uint64_t>(model.width / kBlock + 1));
  carver.take(p.normed, kPrivateRows * static_cast<uint64_t>(model.width));
  carver.take(p.gate, kTokensInTurn * kFfnColumns);
  carver.take(p.up, kTokensInTurn * kFfnColumns);
  carver.take(p.first, queries);
  carver.take(p.end, queries);
  carver.take(p.queries, queries * model.head_dim);
  carver.take(p.scores, queries * kSegment);
  carver.take(p.sums, queries * model.head_dim);
  carver.take(p.maxima, queries);
  carver.take(p.totals, queries);
  carver.take(p.folded_sums, queries * model.head_dim);
  carver.take(p.folded_maxima, queries);
  carver.take(p.folded_totals, queries);
  return carver.bytes();
}

}  // namespace

uint32_t Scratch::rows_at_once(const Model& model) {
  constexpr uint32_t kQueries = 12;  // enough to hide the loads of keys and values, few enough for the first cache
  return std::max(1u, kQueries / (model.n_heads / model.n_kv_heads));
}

Scratch::Scratch(const Model& model, uint32_t n_rows, void* base) {
  const uint64_t rows = n_rows;
  Carver carver(base);
  carver.take(counters, static_cast<uint64_t>(model.n_layers) * kCountersPerLayer);
  carver.take(logits_counters, 2);
  carver.take(finished, 2ull * model.n_workers);
  carver.take(n_groups, 1);
  carver.take(groups, rows);
  carver.take(inputs, rows * (std::max(model.width, model.q_width()) / kBlock + 1));
  const uint64_t fed = model.n_layers == 0 ? 0 : rows;
  const uint64_t chosen = fed * model.n_experts_used;
  carver.take(gated, std::max(fed, chosen) * (model.ffn / kBlock + 1));
  carver.take(gathered, chosen * (model.width / kBlock + 1));
  carver.take(normed, rows * model.width);
  carver.take(partials, model.n_layers > 0 && may_split(model)
                            ? kMaxPartials * static_cast<uint64_t>(queries_at_once(model)) * (model.head_dim + 2)
                            : 0);
  Private none;
  private_bytes = carve(model, nullptr, none);
  carver.take(privates, model.n_workers * private_bytes);
  bytes = carver.bytes();
}

Private Scratch::of(const Model& model, const Worker& worker) const {
  Private p;
  carve(model, privates + worker.id * private_bytes, p);
  return p;
}

}  // namespace tramontane::cpu
