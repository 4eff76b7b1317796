// The seam between the host's layer loop (forward.cpp) and the backends that compute on its threads (ref/, cpu/).
//
// A step runs as one SPMD program: every worker executes forward() with its own Worker, and each stage divides its work
// among the workers. A stage returns only when its outputs may be read by every worker, so stages own their barriers.
// Within one worker the order of floating-point operations that make one output element depends on the element alone,
// never on the number of workers, the batch or the chunk (docs/adr: invariance).
//
// Stages neither allocate nor throw, except reserve.
#pragma once

#include <cstdint>

#include "host/frame.h"
#include "model.h"
#include "sampling.h"
#include "worker.h"

namespace tramontane {

struct Stages {
  // Whether matrices of the type are computed here; a tensor of another is refused when it is set.
  bool (*computes)(uint32_t dtype);
  // Allocates what prepare will fill (Tensor::packed and friends) and sets model.prepare_total. Called by one
  // thread after every tensor is set; may throw std::bad_alloc, and is called again when the caller tries again.
  void (*reserve)(Model&);
  // Repacks weights, advancing model.prepared_bytes. Runs on all workers.
  void (*prepare)(Model&, const Worker&);
  // Scratch that a step of max_rows rows needs on model.n_workers workers.
  uint64_t (*scratch_bytes)(const Model&, uint32_t max_rows);
  // enter_row of every row
  void (*embed)(const Frame&, const Worker&);
  // norm, q/k/v projections, RoPE at absolute positions, write of k and v into the slot's pages
  void (*qkv)(const Frame&, uint32_t layer, const Worker&);
  // windowed grouped-query attention of every row over its slot's pages -> attention
  void (*attention)(const Frame&, uint32_t layer, const Worker&);
  // hidden += W_o attention
  void (*output)(const Frame&, uint32_t layer, const Worker&);
  // norm, gate = SiLU(W_gate x) * (W_up x); with experts after norm the router's choice, then for each row's experts
  void (*gate_up)(const Frame&, uint32_t layer, const Worker&);
  // hidden += W_down gate; with experts the sum of shares times W_down gate, in rising order of experts
  void (*down)(const Frame&, uint32_t layer, const Worker&);
  // final norm and head of n <= kLogitRows rows of hidden: logits[i] belongs to hidden[rows[i]]; hidden stays as it is
  void (*logits)(const Frame&, const uint32_t* rows, uint32_t n, const Worker&);
};

// hidden[row] = embedding[token[row]], or, without the embedding, what came from the context before.
void enter_row(const Frame& frame, uint64_t row);

// The layer loop, with the page copies and angles before it and the sampling behind it. Every worker runs it.
void forward(const Stages& stages, const Frame& frame, Sampling& sampling, const Worker& worker);

}  // namespace tramontane
