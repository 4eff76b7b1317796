// The seam between the layer loop (src/forward.cpp, written once) and the backends (ref/, cpu/, later cuda/).
//
// A step runs as one SPMD program: every worker of the context executes forward() with its own Worker, and each stage
// divides its work among the workers. A stage returns only when its outputs may be read by every worker, so stages own
// their barriers. Within one worker the order of floating-point operations that make one output element depends on the
// element alone, never on the number of workers, the batch or the chunk (docs/adr: invariance).
//
// Stages neither allocate nor throw, except reserve.
#pragma once

#include <cstdint>

#include "barrier.h"
#include "error.h"
#include "memory.h"
#include "model.h"  // Model (geometry and tensors), Cache (pages, tables), Step (validated copy of tm_step's extents)
#include "routing.h"

namespace tramontane {

struct Worker {
  uint32_t id;       // 0 .. count-1
  uint32_t count;    // workers in this step: always model.n_workers
  Barrier* barrier;  // of exactly `count` workers

  void wait() const { barrier->wait(); }

  // This worker's share [first, last) of n items, in multiples of grain (but for the last item's tail).
  struct Range {
    uint64_t first;
    uint64_t last;
  };
  Range share(uint64_t n, uint64_t grain = 1) const {
    const uint64_t grains = (n + grain - 1) / grain;
    const uint64_t low = grains * id / count * grain;
    const uint64_t high = grains * (id + 1) / count * grain;
    return {low < n ? low : n, high < n ? high : n};
  }
};

// Buffers of one step, allocated by size_cache. R = rows of this step, k = experts used. 64-byte aligned.
struct Frame {
  const Model* model;
  Cache* cache;
  const Step* step;
  const float* rope_cos;  // [R, rope_dims / 2] cosine of each row's angles, made once per step by the core
  const float* rope_sin;  // [R, rope_dims / 2]
  float* hidden;          // [R, width] the residual stream
  float* q;               // [R, n_heads * head_dim]
  float* k;               // [R, n_kv_heads * head_dim]
  float* v;               // [R, n_kv_heads * head_dim]
  float* attention;       // [R, n_heads * head_dim]
  float* gate;            // [R, ffn]  SiLU(gate) * up after gate_up; with experts [R * k, ffn], gathered (routing.h)
  Routing routing;        // null pointers without experts
  float* expert_rows;     // [R * k, width] gathered: the backend's until down fills it with each expert's output
  float* logits;          // [kLogitRows, vocab] one tile of sampled rows
  void* scratch;          // backend's own (quantised activations and the like), Stages::scratch_bytes
};

inline constexpr uint32_t kLogitRows = 32;  // rows of logits computed and sampled together

// What a backend with a memory of its own adds. Frame's buffers, but for the logits, and the cache's pages then lie in
// that memory, and a stage returns when its work was submitted. Whatever fails is kept for failure(); what follows a
// failure does nothing.
struct DeviceStages {
  // Writes what the device is, or why there is none that can be used; true when there is one. Any thread.
  bool (*found)(char* text, uint64_t capacity);
  // What the backend lacks for this model or cache: TM_UNSUPPORTED.
  int32_t (*check_model)(const Model&, Error&);
  int32_t (*check_cache)(const tm_cache_config&, Error&);
  // Memory of the device, or of the host where the device reaches it. Throws std::exception.
  Buffer (*allocate)(uint64_t bytes, bool on_device);
  // Makes and drops what steps need beyond Frame; size gives its bytes and throws std::exception.
  uint64_t (*size)(Model&, const Cache&, const tm_cache_config&);
  void (*drop)(Model&);
  // The step's description, its page copies and its angles, before embed.
  void (*begin)(const Frame&, const Worker&);
  // qkv, attention, output, gate_up and down of every layer.
  void (*layers)(const Frame&, const Worker&);
  // Waits until all that was submitted is done.
  void (*finish)(const Frame&, const Worker&);
  // TM_OK, or the status and text of the first failure.
  int32_t (*failure)(const Model&, Error&);
};

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
  // hidden[r] = embedding[token[r]]
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
  const DeviceStages* device = nullptr;  // nullptr: the backend computes in the host's memory
};

extern const Stages kRefStages;
// Serves every cpu level: looks at model.cpu_level.
extern const Stages kCpuStages;
// The same kernels (cuda/) on a CUDA device, in a library built with nvcc, and on the processor (emu/), in every one.
namespace cuda {
extern const Stages kStages;
}
namespace emulated {
extern const Stages kStages;
}

// The stages of a backend; nullptr when this library was built without it.
const Stages* stages_of(uint32_t backend);

}  // namespace tramontane
