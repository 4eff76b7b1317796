#include "model.h"

#include "quantise.h"
#include "scales.h"

namespace tramontane {

void Tensor::stored_values(uint64_t r, float* dst) const {
  dequantise_row(stored, row(r), cols, dst);
  if (!scales.empty()) scale_row(scale(r), cols, dst);
}

void Tensor::values(uint64_t r, float* dst) const {
  stored_values(r, dst);
  if (dtype != stored) round_row(dtype, dst, cols);
}

Tensor* Model::find(uint32_t role, uint32_t layer, uint32_t expert) {
  if (role >= TM_ATTENTION_NORM ? layer >= n_layers : layer != 0) return nullptr;
  const bool per_expert = role == TM_FFN_GATE || role == TM_FFN_UP || role == TM_FFN_DOWN;
  if (per_expert ? expert >= layers[layer].experts.size() : expert != 0) return nullptr;
  switch (role) {
    case TM_TOKEN_EMBEDDING:
      return &embedding;
    case TM_OUTPUT_NORM:
      return &output_norm;
    case TM_OUTPUT:
      return &output;
    case TM_ROPE_FACTORS:
      return &rope_factors;
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
