// Portions of rows (experts.h) times items of columns; without experts a portion is rows of the step, with experts it
// is gathered rows of one expert. Frame::gate and Scratch::gated lie as the portions do.
#include "feed_forward.h"

#include <algorithm>

#include "adapt.h"
#include "experts.h"
#include "pack.h"

namespace tramontane::cpu {
namespace {

// Thirty-two columns of gate and up for the portion's rows, their product, and what down reads of it.
void gate_up_columns(const Frame& frame, uint32_t layer, const Portion& portion, uint32_t item, const Inputs& inputs,
                     const Scratch& scratch, const Private& own) {
  const Model& model = *frame.model;
  const FeedForward& ffn = *portion.ffn;
  const KernelTable& kernels = kernels_of(model.cpu_level);
  const uint32_t column = item * kFfnColumns;
  const uint32_t n_columns = std::min(kFfnColumns, model.ffn - column);
  const uint32_t first_strip = column / kStripRows;
  const uint32_t end_strip = first_strip + (n_columns + kStripRows - 1) / kStripRows;
  for (uint32_t first = portion.rows.first; first < portion.rows.end; first += kTokensInTurn) {
    const Rows turn = {first, std::min(first + kTokensInTurn, portion.rows.end)};
    multiply(kernels, ffn.gate, first_strip, end_strip, inputs, turn, Store::kWrite, own.gate, kFfnColumns);
    multiply(kernels, ffn.up, first_strip, end_strip, inputs, turn, Store::kWrite, own.up, kFfnColumns);
    if (model.n_experts == 0) {
      Expansion{frame, layer, kAdaptedGate, 0}.add(first_strip, end_strip, turn, own.gate, kFfnColumns);
      Expansion{frame, layer, kAdaptedUp, 1}.add(first_strip, end_strip, turn, own.up, kFfnColumns);
    }
    for (uint64_t row = turn.first; row < turn.end; ++row) {
      const uint64_t at = (row - first) * kFfnColumns;
      float* product = frame.gate + row * model.ffn + column;
      kernels.silu_product(own.gate + at, own.up + at, n_columns, product);
      if (is_packed(ffn.down.dtype)) kernels.quantise(product, 1, scratch.gated + row * (model.ffn / kBlock) + item);
    }
  }
}

Inputs norm_all(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Layer& l = frame.model->layers[layer];
  const bool packed[2] = {is_packed(l.ffn().gate.dtype), is_packed(l.ffn().up.dtype)};
  return norm_rows(frame, worker, l.ffn_norm, nullptr, frame.step->n_rows, packed[0] || packed[1],
                   !(packed[0] && packed[1]) || frame.step->n_runs > 0);
}

// visit(portion, first item, end item) for what this worker takes of all portions' items.
template <class Visit>
void share_out(const Frame& frame, uint32_t layer, Tensor FeedForward::*matrix, uint64_t items, StageCounter counter,
               const Worker& worker, Visit visit) {
  const Scratch scratch(*frame.model, frame.step->n_rows, frame.scratch);
  Portions portions(frame, layer, matrix);
  Tickets tickets(scratch.counters[layer * kCountersPerLayer + counter], portions.count() * items, worker);
  for (uint64_t at, end; tickets.take(&at, &end);) {
    while (at < end) {
      const uint64_t first = at % items;
      const uint64_t n = std::min(items - first, end - at);
      visit(portions.at(at / items), static_cast<uint32_t>(first), static_cast<uint32_t>(first + n));
      at += n;
    }
  }
}

}  // namespace

void gate_up(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Model& model = *frame.model;
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const Private own = scratch.of(model, worker);
  const Inputs inputs = model.n_experts > 0 ? gather_inputs(frame, layer, worker) : norm_all(frame, layer, worker);
  if (model.n_experts == 0) shrink(frame, layer, kAdaptedGate, 2, inputs, kShrinkGateUp, worker);
  const uint32_t items = (model.ffn + kFfnColumns - 1) / kFfnColumns;
  share_out(frame, layer, &FeedForward::gate, items, kGateUp, worker,
            [&](const Portion& portion, uint32_t item, uint32_t end) {
              for (; item < end; ++item) gate_up_columns(frame, layer, portion, item, inputs, scratch, own);
            });
  worker.wait();
}

void down(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Model& model = *frame.model;
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const Inputs inputs = {scratch.gated, model.ffn / kBlock, frame.gate, model.ffn};
  const bool experts = model.n_experts > 0;
  if (!experts) shrink(frame, layer, kAdaptedDown, 1, inputs, kShrinkDown, worker);
  share_out(frame, layer, &FeedForward::down, n_strips(model.layers[layer].ffn().down), kDown, worker,
            [&](const Portion& portion, uint32_t strip, uint32_t end) {
              float* rows = (experts ? frame.expert_rows : frame.hidden) + uint64_t{portion.rows.first} * model.width +
                            strip * kStripRows;
              multiply(kernels_of(model.cpu_level), portion.ffn->down, strip, end, inputs, portion.rows,
                       experts ? Store::kWrite : Store::kAdd, rows, model.width);
              if (!experts) Expansion{frame, layer, kAdaptedDown, 0}.add(strip, end, portion.rows, rows, model.width);
            });
  worker.wait();
  if (experts) add_experts(frame, worker);
}

}  // namespace tramontane::cpu
