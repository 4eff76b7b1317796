// The buffers of one step on the host. R = rows of this step, k = experts used. 64-byte aligned.
#pragma once

#include <cstdint>

#include "adapters.h"
#include "cache.h"
#include "host/tile_pages.h"
#include "model.h"
#include "routing.h"
#include "step.h"

namespace tramontane {

struct Frame {
  const Model* model;
  const Cache* cache;      // page tables
  const TilePages* pages;  // what they point to
  const Step* step;
  float* rope_cos;     // [R, rope_dims / 2] cosine of each row's angles times the magnitude, made once per step by the
                       // layer loop, as are
  float* rope_sin;     // [R, rope_dims / 2]
  float* query_scale;  // [R] what each row's queries are multiplied by: query_scale.h
  float* hidden;       // [R, width] the residual stream
  float* q;            // [R, n_heads * head_dim]
  float* k;            // [R, n_kv_heads * head_dim]
  float* v;            // [R, n_kv_heads * head_dim]
  float* attention;    // [R, n_heads * head_dim]
  float* gate;         // [R, ffn]  SiLU(gate) * up after gate_up; with experts [R * k, ffn], gathered (routing.h)
  Routing routing;     // of no length without experts
  float* expert_rows;  // [R * k, width] gathered: the backend's until down fills it with each expert's output
  float* adapted;      // [R, kAdaptedTogether, max_rank] scale * a x of rows with an adapter, matrix by matrix
  const uint8_t* adapters;  // [max_adapters] slots as adapter_layout has them
  AdapterLayout adapter_layout;
  float* logits;  // [kLogitRows, vocab] one tile of sampled rows
  void* scratch;  // backend's own (quantised activations and the like), Stages::scratch_bytes

  // Lays the buffers of a step of up to `rows` rows out from base on, all but adapters, logits and scratch; gives their
  // bytes. With base null it only measures.
  uint64_t lay_out(uint32_t rows, void* base);

  // Matrices of a part of an adapter in a layer.
  const uint8_t* adapter_a(uint32_t adapter, uint32_t layer, uint32_t matrix) const {
    return adapters + (adapter - 1) * adapter_layout.slot_bytes + adapter_layout.a_of(layer, matrix);
  }
  const uint8_t* adapter_b(uint32_t adapter, uint32_t layer, uint32_t matrix) const {
    return adapters + (adapter - 1) * adapter_layout.slot_bytes + adapter_layout.b_of(layer, matrix);
  }
  // What a row has in `adapted` of the place-th (0..kAdaptedTogether-1) matrix.
  float* adapted_of(uint64_t row, uint32_t place) const {
    return adapted + (row * kAdaptedTogether + place) * adapter_layout.max_rank;
  }
};

}  // namespace tramontane
