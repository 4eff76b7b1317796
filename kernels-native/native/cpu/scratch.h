// The cpu backend's part of a step's workspace: one block of memory, laid out anew for each step's number of rows.
#pragma once

#include <cstdint>

#include "host/stages.h"
#include "kernels.h"
#include "tickets.h"

namespace tramontane::cpu {

inline constexpr uint32_t kPrivateRows = 4;     // up to here each worker norms and quantises all rows for itself
inline constexpr uint32_t kTokensInTurn = 64;   // rows whose gate and up a worker holds at a time
inline constexpr uint32_t kFfnColumns = 32;     // columns of an item of gate_up: a block of the input of down
inline constexpr uint32_t kMaxPartials = 2048;  // segments that several workers compute for each other

// Rows of one span that attend together, so that they share loads of keys and values.
struct RowGroup {
  uint32_t first;
  uint32_t n;
};

// A part of a layer's stages, which has its own counters.
enum StageCounter : uint32_t {
  kQkv,
  kAttention,
  kOutput,
  kGateUp,
  kDown,
  kShrinkQkv,  // of adapters
  kShrinkOutput,
  kShrinkGateUp,
  kShrinkDown,
  kCountersPerLayer
};

// What one worker needs for itself.
struct Private {
  ActivationBlock* blocks;  // [kPrivateRows][width / 32]
  float* normed;            // [kPrivateRows][width]
  float* gate;              // [kTokensInTurn][kFfnColumns]
  float* up;                // [kTokensInTurn][kFfnColumns]
  uint32_t* first;          // [queries] positions of a segment that a query sees: from here
  uint32_t* end;            // [queries] to before here
  float* queries;           // [queries][head_dim]
  float* scores;            // [queries][kSegment]
  float* sums;              // [queries][head_dim] of a segment
  float* maxima;            // [queries] of a segment
  float* totals;            // [queries] of a segment
  float* folded_sums;       // [queries][head_dim] of all segments so far
  float* folded_maxima;     // [queries]
  float* folded_totals;     // [queries]
};

struct Scratch {
  // Lays the parts out from base on; with base null it only measures.
  Scratch(const Model& model, uint32_t n_rows, void* base);

  static uint32_t rows_at_once(const Model& model);  // of a RowGroup
  static uint32_t queries_at_once(const Model& model) {
    return rows_at_once(model) * (model.n_heads / model.n_kv_heads);
  }
  static bool may_split(const Model& model) { return model.n_kv_heads < 2 * model.n_workers; }

  Counter* counters;         // [n_layers][kCountersPerLayer]
  Counter* logits_counters;  // [2] taken in turns
  Counter* finished;         // [item] segments done of an attention item that workers share, [2 * n_workers]
  uint32_t* n_groups;
  RowGroup* groups;           // [n_rows]
  ActivationBlock* inputs;    // [n_rows][max(width, n_heads * head_dim) / 32]
  ActivationBlock* gated;     // [n_rows][ffn / 32]; with experts, as gathered, [n_rows * n_experts_used][ffn / 32]
  ActivationBlock* gathered;  // [n_rows * n_experts_used][width / 32]: blocks of the rows as their experts read them
  float* normed;              // [n_rows][width]
  float* partials;            // [kMaxPartials][queries][head_dim + 2]; only where may_split
  uint64_t private_bytes;     // of each worker
  uint8_t* privates;          // [n_workers][private_bytes]
  uint64_t bytes;

  Private of(const Model& model, const Worker& worker) const;
  // logits_calls lives here, at the start of the worker's part.
  uint32_t& logits_calls(const Worker& worker) const {
    return *reinterpret_cast<uint32_t*>(privates + worker.id * private_bytes);
  }
};

}  // namespace tramontane::cpu
