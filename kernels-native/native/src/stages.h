// The seam between the layer loop (src/forward.cpp, written once) and the backends (ref/, cpu/, later cuda/).
//
// A step runs as one SPMD program: every worker of the context executes forward() with its own Worker, and each stage
// divides its work among the workers. A stage returns only when its outputs may be read by every worker, so stages own
// their barriers. Within one worker the order of floating-point operations that make one output element depends on the
// element alone, never on the number of workers, the batch or the chunk (docs/adr: invariance).
#pragma once

#include <cstdint>

#include "model.h"  // Model (geometry and tensors), Cache (pages, tables), Step (validated copy of tm_step's extents)

namespace tm {

class Barrier;

struct Worker {
  uint32_t id;       // 0 .. count-1
  uint32_t count;    // workers in this step
  Barrier* barrier;  // of exactly `count` workers
};

// Buffers of one step, allocated by size_cache. R = rows of this step.
struct Frame {
  const Model* model;
  Cache* cache;
  const Step* step;
  float* hidden;     // [R, width] the residual stream
  float* q;          // [R, n_heads * head_dim]
  float* k;          // [R, n_kv_heads * head_dim]
  float* v;          // [R, n_kv_heads * head_dim]
  float* attention;  // [R, n_heads * head_dim]
  float* gate;       // [R, ffn]  SiLU(gate) * up after gate_up
  float* logits;     // [kLogitRows, vocab] one tile of sampled rows
  void* scratch;     // backend's own (quantised activations and the like), model->backend_scratch_bytes
};

inline constexpr uint32_t kLogitRows = 32;  // rows of logits computed and sampled together

struct Stages {
  // Prepares weights (repack) and tells how much scratch a step of max_rows needs. Runs on all workers.
  void (*prepare)(Model&, const Worker&);
  uint64_t (*scratch_bytes)(const Model&, uint32_t max_rows);
  // hidden[r] = embedding[token[r]]
  void (*embed)(const Frame&, const Worker&);
  // norm, q/k/v projections, RoPE at absolute positions, write of k and v into the slot's pages
  void (*qkv)(const Frame&, uint32_t layer, const Worker&);
  // windowed grouped-query attention of every row over its slot's pages -> attention
  void (*attention)(const Frame&, uint32_t layer, const Worker&);
  // hidden += W_o attention
  void (*output)(const Frame&, uint32_t layer, const Worker&);
  // norm, gate = SiLU(W_gate x) * (W_up x)
  void (*gate_up)(const Frame&, uint32_t layer, const Worker&);
  // hidden += W_down gate
  void (*down)(const Frame&, uint32_t layer, const Worker&);
  // final norm and head of step samples [first, first + n), n <= kLogitRows: logits[i] belongs to sample first + i
  void (*logits)(const Frame&, uint32_t first, uint32_t n, const Worker&);
};

extern const Stages kRefStages;
extern const Stages kCpuStages;

}  // namespace tm
