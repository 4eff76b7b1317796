// Everything behind one tm_context. Owned by the caller's thread; while a step is in flight the workers own the cache,
// the workspace and the frame.
#pragma once

#include <cstdint>
#include <optional>
#include <vector>

#include "cache.h"
#include "error.h"
#include "memory.h"
#include "model.h"
#include "pool.h"
#include "sampler.h"
#include "stages.h"
#include "step.h"

namespace tramontane {

// Buffers of a step, sized once for the largest step.
struct Workspace {
  uint32_t max_rows = 0;
  uint32_t max_spans = 0;
  uint32_t max_samples = 0;
  uint32_t max_edits = 0;                       // entries of all page tables
  Buffer floats;                                // everything that Frame points to but logits and scratch
  Buffer logits;                                // Frame's, in the host's memory
  Buffer scratch;                               // of the backend
  Buffer sampler;                               // SamplerScratch of each worker
  std::vector<SamplerScratch> samplers;         // [n_workers]
  std::vector<Summary> summaries;               // [kLogitRows][summary_tiles(vocab)]
  std::vector<int32_t> tokens;                  // [max_rows]
  std::vector<uint32_t> row_span;               // [max_rows]
  std::vector<uint32_t> logit_rows;             // [min(max_rows, max_samples)]
  std::vector<uint32_t> sample_row;             // [max_samples]
  std::vector<uint32_t> undo;                   // [max_edits] page table entries as they were before the edits
  std::vector<uint8_t> slot_seen;               // [n_slots] zero between steps
  std::vector<uint32_t> writer[TM_MAX_GROUPS];  // [group_pages] the slot that writes the page in this step, or kNoPage
  uint64_t bytes = 0;                           // of all the above
};

// What the layer loop needs, one per context.
struct Run {
  const Stages* stages;
  Frame frame;
  float* rope_cos;  // Frame's, writable
  float* rope_sin;
  Workspace* workspace;
  std::vector<int32_t>* last_token;
};

void forward(Run& run, const Worker& worker);

// Reserved fields, extents and placement of a configuration -> model. Messages name the field.
int32_t check_model_config(const tm_model_config& config, Error& error);
int32_t check_tensor(Model& model, const tm_tensor& tensor, Error& error, Tensor** place);
int32_t check_complete(const Model& model, Error& error);
int32_t check_cache_config(const Model& model, const tm_cache_config& config, Error& error);

// Allocates the cache and the workspace that config (already checked) asks for. TM_OUT_OF_MEMORY when a size does not
// fit the address space; throws std::bad_alloc when the system refuses.
int32_t allocate_cache(const Model& model, const Stages& stages, const tm_cache_config& config, Cache& cache,
                       Error& error);
int32_t allocate_workspace(const Model& model, const Stages& stages, const tm_cache_config& config,
                           Workspace& workspace, Run& run, Error& error);
// Takes their pages from the system, each worker its share; before anything is written to them.
void touch(const Cache& cache, const Workspace& workspace, const Worker& worker);

// Checks the whole descriptor and applies its page-table edits; on failure the tables are as they were. Fills step.
int32_t check_step(const Model& model, const tm_step& raw, Cache& cache, Workspace& workspace, Step& step,
                   Error& error);

}  // namespace tramontane

struct tm_context {
  tramontane::Model model;
  const tramontane::Stages* stages;
  tramontane::Cache cache;
  tramontane::Workspace workspace;
  tramontane::Step step;
  tramontane::Run run;
  std::optional<tramontane::Pool> pool;
  bool prepared = false;
  bool sized = false;
  bool in_flight = false;
  mutable tramontane::Error error;
};
