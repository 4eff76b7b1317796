// Everything behind one tm_context, and the checks of what the ABI's caller says. Owned by the caller's thread; while a
// step is in flight the backend reads model, cache and step.
#pragma once

#include <cstdint>
#include <memory>

#include "adapters.h"
#include "backend.h"
#include "cache.h"
#include "error.h"
#include "model.h"
#include "step.h"
#include "step_room.h"

namespace tramontane {

// Reserved fields, extents and placement of a configuration. Messages name the field.
int32_t check_model_config(const tm_model_config& config, Error& error);
int32_t check_model_shape(const tm_model_config& config, Error& error);  // the same without looking for the backend
int32_t check_tensor_kind(const tm_tensor& tensor, Error& error);        // its types, whatever the model
int32_t check_tensor(Model& model, const tm_tensor& tensor, Error& error, Tensor** place);
int32_t check_complete(const Model& model, Error& error);
const char* role_name(uint32_t role);  // of a TM_* role, for messages
int32_t check_cache_config(const Model& model, const tm_cache_config& config, Error& error);

// A cache as config (already checked) asks for, but its tables. TM_OUT_OF_MEMORY when the pages don't fit the address
// space.
int32_t size_groups(const Model& model, const tm_cache_config& config, Cache& cache, Error& error);
// Its empty page tables; throws std::bad_alloc when the system refuses.
void make_tables(Cache& cache);

// Checks the whole descriptor and applies its page-table edits; on failure the tables are as they were. Fills step.
int32_t check_step(const Model& model, const Adapters& adapters, const tm_step& raw, Cache& cache, StepRoom& room,
                   Step& step, Error& error);
// Checks all parts of an adapter that is to be loaded.
int32_t check_adapter(const Model& model, const Adapters& adapters, uint32_t adapter, const tm_adapter_part* parts,
                      uint32_t n_parts, Error& error);

// After the step: each slot's latest draw becomes its TM_TOKEN_PREVIOUS.
void remember_tokens(const Step& step, Cache& cache);

}  // namespace tramontane

struct tm_context {
  tm_context(const tm_model_config& config, const tramontane::BackendKind& kind)
      : model(config), backend(kind.open(model)) {
    step.gate = &gate;
    step.adapters = &adapters;
  }
  ~tm_context() { gate.open(); }

  tramontane::Model model;
  tramontane::Cache cache;
  tramontane::Adapters adapters;
  tramontane::StepRoom room;
  tramontane::Step step{};
  tramontane::MaskGate gate;
  bool prepared = false;
  bool sized = false;
  bool in_flight = false;
  mutable tramontane::Error error;
  std::unique_ptr<tramontane::Backend> backend;  // last, so that it goes first: it waits for the step in flight
};
