#include "model.h"

#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>

#include "cpu_features.h"
#include "quantise.h"
#include "scales.h"

namespace tramontane {

void Tensor::set_to(const tm_tensor& t) {
  if (t.dtype == TM_F8_E4M3) {
    scales.assign(t.rows, t.n_scales == 1 ? t.scales[0] : 1.0f);
    if (t.n_scales > 1) scales.assign(t.scales, t.scales + t.n_scales);
  }
  data = t.data;
  stored = t.dtype;
  dtype = t.computed_as;
  rows = t.rows;
  cols = t.cols;
  bytes = t.bytes;
  mapped = (t.flags & TM_TENSOR_MAPPED) != 0;
}

void Tensor::stored_values(uint64_t r, float* dst) const {
  dequantise_row(stored, row(r), cols, dst);
  if (!scales.empty()) scale_row(scale(r), cols, dst);
}

void Tensor::values(uint64_t r, float* dst) const {
  stored_values(r, dst);
  if (dtype != stored) round_row(dtype, dst, cols);
}

void Tensor::drop_pages() const {
  if (!mapped) return;
  const auto page = static_cast<uintptr_t>(sysconf(_SC_PAGESIZE));
  const auto start = reinterpret_cast<uintptr_t>(data);
  const uintptr_t first = (start + page - 1) / page * page;
  const uintptr_t end = (start + bytes) / page * page;
  if (first < end) madvise(reinterpret_cast<void*>(first), end - first, MADV_DONTNEED);  // advice
}

Model::Model(const tm_model_config& c)
    : cpu_level(c.cpu_level == TM_CPU_AUTO ? highest_cpu_level() : c.cpu_level),
      device(c.device),
      n_workers(c.n_threads == 0 ? std::min(n_processors(), 1024u) : c.n_threads),
      has_embedding((c.parts & TM_PART_EMBEDDING) != 0),
      has_head((c.parts & TM_PART_HEAD) != 0),
      n_layers(c.n_layers),
      width(c.width),
      n_heads(c.n_heads),
      n_kv_heads(c.n_kv_heads),
      head_dim(c.head_dim),
      ffn(c.ffn),
      vocab(c.vocab),
      n_experts(c.n_experts),
      n_experts_used(c.n_experts_used),
      rope_dims(c.rope_dims),
      n_groups(c.n_groups),
      rope_theta(c.rope_theta),
      rms_epsilon(c.rms_epsilon),
      rope_magnitude(c.rope_magnitude),
      query_scale{c.query_scale_beta, c.query_scale_positions},
      layers(c.n_layers) {
  for (uint32_t g = 0; g < TM_MAX_GROUPS; ++g) {
    group_window[g] = c.group_window[g];
    group_layers[g] = 0;
  }
  for (uint32_t l = 0; l < c.n_layers; ++l) {
    Layer& layer = layers[l];
    layer.experts.resize(std::max(1u, c.n_experts));
    if (c.rope_style == TM_ROPE_HALVES) layer.q.halved = layer.k.halved = {c.head_dim, c.rope_dims};
    layer.group = c.layer_group[l];
    layer.index_in_group = group_layers[layer.group]++;
  }
}

// Frequency i is theta^(-2i/d), in double and rounded once; Llama 3's factors divide it (TM_ROPE_FACTORS).
void Model::make_frequencies() {
  rope_frequency.resize(rope_dims / 2);
  for (uint32_t i = 0; i < rope_dims / 2; ++i) {
    double frequency = std::pow(rope_theta, -2.0 * i / rope_dims);
    if (rope_factors.set()) frequency /= static_cast<double>(rope_factors.f32()[i]);
    rope_frequency[i] = static_cast<float>(frequency);
  }
}

void Model::add_weights(tm_memory& memory) const {
  const auto add = [&](const Tensor& tensor) {
    if (tensor.set() && tensor.in_place) memory.weights_in_place += tensor.bytes;
    if (tensor.packed) memory.weights_repacked += tensor.packed->bytes();
  };
  for (const Tensor* tensor : {&embedding, &output_norm, &output, &rope_factors}) add(*tensor);
  for (const Layer& layer : layers) {
    for (const Tensor* tensor :
         {&layer.attention_norm, &layer.q, &layer.k, &layer.v, &layer.out, &layer.ffn_norm, &layer.router}) {
      add(*tensor);
    }
    for (const FeedForward& expert : layer.experts) {
      for (const Tensor* tensor : {&expert.gate, &expert.up, &expert.down}) add(*tensor);
    }
  }
}

Tensor* Model::find(uint32_t role, uint32_t layer, uint32_t expert) {
  if (role >= TM_ATTENTION_NORM ? layer >= n_layers : layer != 0) return nullptr;
  const bool per_expert = role == TM_FFN_GATE || role == TM_FFN_UP || role == TM_FFN_DOWN;
  if (per_expert ? expert >= layers[layer].experts.size() : expert != 0) return nullptr;
  switch (role) {
    case TM_TOKEN_EMBEDDING:
      return has_embedding ? &embedding : nullptr;
    case TM_OUTPUT_NORM:
      return has_head ? &output_norm : nullptr;
    case TM_OUTPUT:
      return has_head ? &output : nullptr;
    case TM_ROPE_FACTORS:
      return n_layers > 0 ? &rope_factors : nullptr;
    case TM_ATTENTION_NORM:
      return &layers[layer].attention_norm;
    case TM_ATTENTION_Q:
      return &layers[layer].q;
    case TM_ATTENTION_K:
      return &layers[layer].k;
    case TM_ATTENTION_V:
      return &layers[layer].v;
    case TM_ATTENTION_OUT:
      return &layers[layer].out;
    case TM_FFN_NORM:
      return &layers[layer].ffn_norm;
    case TM_FFN_ROUTER:
      return n_experts == 0 ? nullptr : &layers[layer].router;
    case TM_FFN_GATE:
      return &layers[layer].experts[expert].gate;
    case TM_FFN_UP:
      return &layers[layer].experts[expert].up;
    case TM_FFN_DOWN:
      return &layers[layer].experts[expert].down;
    default:
      return nullptr;
  }
}

}  // namespace tramontane
