#include "experts.h"

#include <algorithm>

#include "pack.h"

namespace tramontane::cpu {

Portions::Portions(const Frame& frame, uint32_t layer, Tensor FeedForward::*matrix)
    : frame_(frame), experts_(frame.model->layers[layer].experts), matrix_(matrix) {
  for (uint32_t e = 0; e < experts_.size(); ++e) count_ += portions(e);
}

uint32_t Portions::first(uint32_t expert) const {
  if (frame_.model->n_experts > 0) return frame_.routing.first[expert];
  return expert == 0 ? 0 : frame_.step->n_rows;
}

uint64_t Portions::portions(uint32_t expert) const {
  return (first(expert + 1) - first(expert) + turn(expert) - 1) / turn(expert);
}

Portion Portions::at(uint64_t index) {
  for (uint64_t n; index - before_ >= (n = portions(expert_)); ++expert_) before_ += n;
  const uint32_t from = first(expert_) + static_cast<uint32_t>(index - before_) * turn(expert_);
  return {&experts_[expert_], {from, std::min(from + turn(expert_), first(expert_ + 1))}};
}

namespace {

// The forms of the input that the layer's router, gates and ups read.
struct Forms {
  bool blocks = false;
  bool floats = false;

  void add(const Tensor& weights) { (is_packed(weights.dtype) ? blocks : floats) = true; }
};

Forms forms_of_experts(const Layer& layer) {
  Forms forms;
  for (const FeedForward& expert : layer.experts) {
    forms.add(expert.gate);
    forms.add(expert.up);
  }
  return forms;
}

// A worker's rows: norm, router, choice.
void choose(const Frame& frame, const Layer& layer, Rows rows, bool blocks, const Scratch& scratch) {
  const Model& model = *frame.model;
  const Routing& routing = frame.routing;
  const KernelTable& kernels = kernels_of(model.cpu_level);
  const uint64_t width = model.width;
  const uint64_t width_blocks = width / kBlock;
  for (uint64_t row = rows.first; row < rows.end; ++row) {
    float* normed = scratch.normed + row * width;
    kernels.norm(frame.hidden + row * width, layer.ffn_norm.f32(), model.width, model.rms_epsilon, normed);
    if (blocks) kernels.quantise(normed, model.width / kBlock, scratch.inputs + row * width_blocks);
  }
  const uint64_t n_experts = model.n_experts;
  multiply(kernels, layer.router, 0, n_strips(layer.router), {scratch.inputs, width_blocks, scratch.normed, width},
           rows, Store::kWrite, routing.logits + rows.first * n_experts, n_experts);
  for (uint64_t row = rows.first; row < rows.end; ++row) {
    const uint64_t at = row * model.n_experts_used;
    choose_experts(routing.logits + row * n_experts, model.n_experts, model.n_experts_used, routing.expert + at,
                   routing.share + at);
  }
}

}  // namespace

Inputs gather_inputs(const Frame& frame, uint32_t layer, const Worker& worker) {
  const Model& model = *frame.model;
  const Layer& l = model.layers[layer];
  const Scratch scratch(model, frame.step->n_rows, frame.scratch);
  const uint64_t width = model.width;
  const uint64_t width_blocks = width / kBlock;
  const Forms forms = forms_of_experts(l);
  const auto [first, last] = worker.share(frame.step->n_rows);
  choose(frame, l, {static_cast<uint32_t>(first), static_cast<uint32_t>(last)},
         forms.blocks || is_packed(l.router.dtype), scratch);
  worker.wait();
  gather_rows(model, frame.routing, frame.step->n_rows, worker);
  for (uint64_t i = first * model.n_experts_used; i < last * model.n_experts_used; ++i) {
    const uint64_t row = i / model.n_experts_used;
    const uint64_t place = frame.routing.place[i];
    if (forms.blocks) {
      std::copy_n(scratch.inputs + row * width_blocks, width_blocks, scratch.gathered + place * width_blocks);
    }
    if (forms.floats) std::copy_n(scratch.normed + row * width, width, frame.expert_rows + place * width);
  }
  worker.wait();
  return {scratch.gathered, width_blocks, frame.expert_rows, width};
}

// Plain arithmetic, element by element: the same bits whatever the compiler makes of it, since nothing contracts.
void add_experts(const Frame& frame, const Worker& worker) {
  constexpr uint32_t kColumns = 64;
  const Model& model = *frame.model;
  const Routing& routing = frame.routing;
  const uint64_t pieces = (model.width + kColumns - 1) / kColumns;
  const auto [first, last] = worker.share(frame.step->n_rows * pieces);
  for (uint64_t piece = first; piece < last; ++piece) {
    const uint64_t row = piece / pieces;
    const uint32_t column = static_cast<uint32_t>(piece % pieces) * kColumns;
    const uint32_t n = std::min(kColumns, model.width - column);
    float sums[kColumns] = {};
    for (uint64_t i = row * model.n_experts_used; i < (row + 1) * model.n_experts_used; ++i) {
      const float* output = frame.expert_rows + static_cast<uint64_t>(routing.place[i]) * model.width + column;
      for (uint32_t c = 0; c < n; ++c) sums[c] += routing.share[i] * output[c];
    }
    float* hidden = frame.hidden + row * model.width + column;
    for (uint32_t c = 0; c < n; ++c) hidden[c] += sums[c];
  }
  worker.wait();
}

}  // namespace tramontane::cpu
