// The buffers of one step on the host. R = rows of this step, k = experts used. 64-byte aligned.
#pragma once

#include <cstdint>

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
  float* logits;       // [kLogitRows, vocab] one tile of sampled rows
  void* scratch;       // backend's own (quantised activations and the like), Stages::scratch_bytes

  // Lays the buffers of a step of up to `rows` rows out from base on, all but logits and scratch; gives their bytes.
  // With base null it only measures.
  uint64_t lay_out(uint32_t rows, void* base);
};

}  // namespace tramontane
