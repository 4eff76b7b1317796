// The exported functions: check, dispatch, keep the state. No exception leaves this file.
#include <algorithm>
#include <cmath>
#include <exception>
#include <memory>
#include <new>

#include "backends.h"
#include "context.h"
#include "cpu_features.h"

using namespace tramontane;

namespace {

// Runs body; an exception becomes a status. Only memory can be lacking: nothing else here throws. The caller knows what it
// asked for, so the message, which reaches people, names no function.
template <class Body>
int32_t guarded(Error& error, Body body) noexcept {
  try {
    return body();
  } catch (const std::bad_alloc&) {
    return error.fail(TM_OUT_OF_MEMORY, "the system gives no more memory or threads");
  } catch (const std::exception&) {  // std::length_error of an impossible size
    return error.fail(TM_OUT_OF_MEMORY, "it needs more memory than can be addressed");
  }
}

void fill_model(const tm_model_config& c, Model& m) {
  m.backend = c.backend;
  m.cpu_level = c.cpu_level == TM_CPU_AUTO ? highest_cpu_level() : c.cpu_level;
  m.n_workers = c.n_threads == 0 ? std::min(n_processors(), 1024u) : c.n_threads;
  m.n_layers = c.n_layers;
  m.width = c.width;
  m.n_heads = c.n_heads;
  m.n_kv_heads = c.n_kv_heads;
  m.head_dim = c.head_dim;
  m.ffn = c.ffn;
  m.vocab = c.vocab;
  m.n_experts = c.n_experts;
  m.n_experts_used = c.n_experts_used;
  m.rope_dims = c.rope_dims;
  m.n_groups = c.n_groups;
  m.rope_theta = c.rope_theta;
  m.rms_epsilon = c.rms_epsilon;
  m.layers.resize(c.n_layers);
  for (uint32_t g = 0; g < TM_MAX_GROUPS; ++g) {
    m.group_window[g] = c.group_window[g];
    m.group_layers[g] = 0;
  }
  for (uint32_t l = 0; l < c.n_layers; ++l) {
    m.layers[l].experts.resize(std::max(1u, c.n_experts));
    if (c.rope_style == TM_ROPE_HALVES) m.layers[l].q.halved = m.layers[l].k.halved = {c.head_dim, c.rope_dims};
    m.layers[l].group = c.layer_group[l];
    m.layers[l].index_in_group = m.group_layers[c.layer_group[l]]++;
  }
}

// Frequency i is theta^(-2i/d), in double and rounded once; Llama 3's factors divide it (TM_ROPE_FACTORS).
void make_frequencies(Model& m) {
  m.rope_frequency.resize(m.rope_dims / 2);
  for (uint32_t i = 0; i < m.rope_dims / 2; ++i) {
    double frequency = std::pow(m.rope_theta, -2.0 * i / m.rope_dims);
    if (m.rope_factors.set()) frequency /= static_cast<double>(m.rope_factors.f32()[i]);
    m.rope_frequency[i] = static_cast<float>(frequency);
  }
}

struct Prepare {
  const Stages* stages;
  Model* model;
};

void add_weights(const Tensor& tensor, tm_memory& memory) {
  if (tensor.set() && tensor.in_place) memory.weights_in_place += tensor.bytes;
  if (tensor.packed) memory.weights_repacked += tensor.packed->bytes();
}

}  // namespace

uint32_t tm_abi_version(void) { return TM_ABI_VERSION; }

int32_t tm_host_info(tm_host* host) {
  if (host == nullptr || host->struct_size != sizeof *host) return TM_INVALID_ARGUMENT;
  host->features = cpu_features();
  host->cpu_level = highest_cpu_level();
  host->backends = 0;
  for (uint32_t backend = TM_BACKEND_REF; backend <= TM_BACKEND_EMU; ++backend) {
    char text[kBackendText];
    if (describe_backend(backend, text, sizeof text)) host->backends |= 1u << backend;
  }
  host->n_processors = n_processors();
  host->reserved = 0;
  return TM_OK;
}

int32_t tm_describe_backend(uint32_t backend, char* text, uint64_t capacity) {
  if (backend > TM_BACKEND_EMU || text == nullptr || capacity == 0) return TM_INVALID_ARGUMENT;
  return describe_backend(backend, text, capacity) ? TM_OK : TM_UNSUPPORTED;
}

int32_t tm_open(const tm_model_config* config, tm_context** context, char* message, uint64_t capacity) {
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    if (context == nullptr) return error.invalid("context is NULL");
    *context = nullptr;
    if (config == nullptr) return error.invalid("config is NULL");
    if (const int32_t failed = check_model_config(*config, error)) return failed;
    auto opened = std::make_unique<tm_context>();
    fill_model(*config, opened->model);
    opened->stages = stages_of(config->backend);
    opened->pool.emplace(opened->model.n_workers, n_processors());
    *context = opened.release();
    return TM_OK;
  });
  error.copy(message, capacity);
  return status;
}

int32_t tm_set_tensor(tm_context* context, const tm_tensor* tensor) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  return guarded(error, [&]() -> int32_t {
    if (tensor == nullptr) return error.invalid("tensor is NULL");
    if (context->prepared) return error.fail(TM_WRONG_STATE, "tm_set_tensor after tm_prepare");
    Tensor* place = nullptr;
    if (const int32_t status = check_tensor(context->model, *tensor, error, &place)) return status;
    if (!context->stages->computes(tensor->computed_as)) {
      return error.fail(TM_UNSUPPORTED, "%s are not computed by this backend", dtype_name(tensor->computed_as));
    }
    if (tensor->dtype == TM_F8_E4M3) {
      place->scales.assign(tensor->rows, tensor->n_scales == 1 ? tensor->scales[0] : 1.0f);
      if (tensor->n_scales > 1) place->scales.assign(tensor->scales, tensor->scales + tensor->n_scales);
    }
    place->data = tensor->data;
    place->stored = tensor->dtype;
    place->dtype = tensor->computed_as;
    place->rows = tensor->rows;
    place->cols = tensor->cols;
    place->bytes = tensor->bytes;
    place->mapped = (tensor->flags & TM_TENSOR_MAPPED) != 0;
    return TM_OK;
  });
}

int32_t tm_prepare(tm_context* context) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  return guarded(error, [&]() -> int32_t {
    if (context->prepared) return error.fail(TM_WRONG_STATE, "tm_prepare was already done");
    Model& model = context->model;
    if (const int32_t status = check_complete(model, error)) return status;
    const DeviceStages* device = context->stages->device;
    if (device != nullptr) {
      if (const int32_t status = device->check_model(model, error)) return status;
    }
    make_frequencies(model);
    model.prepared_bytes = 0;
    context->stages->reserve(model);
    Prepare job{context->stages, &model};
    context->pool->run(
        [](void* argument, const Worker& worker) {
          const Prepare* prepare = static_cast<Prepare*>(argument);
          prepare->stages->prepare(*prepare->model, worker);
        },
        &job);
    if (device != nullptr) {
      if (const int32_t status = device->failure(model, error)) return status;
    }
    context->prepared = true;
    return TM_OK;
  });
}

int32_t tm_progress(const tm_context* context, uint64_t* done, uint64_t* total) {
  if (context == nullptr || done == nullptr || total == nullptr) return TM_INVALID_ARGUMENT;
  *done = context->model.prepared_bytes.load(std::memory_order_relaxed);
  *total = context->model.prepare_total.load(std::memory_order_relaxed);
  return TM_OK;
}

int32_t tm_size_cache(tm_context* context, const tm_cache_config* config) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  if (config == nullptr) return error.invalid("config is NULL");
  if (!context->prepared) return error.fail(TM_WRONG_STATE, "tm_size_cache before tm_prepare");
  if (context->in_flight) return error.fail(TM_WRONG_STATE, "tm_size_cache while a step is in flight");
  if (const int32_t status = check_cache_config(context->model, *config, error)) return status;
  const DeviceStages* device = context->stages->device;
  if (device != nullptr) {
    if (const int32_t status = device->check_cache(*config, error)) return status;
    device->drop(context->model);
  }
  // The old cache goes first: two of them might not fit.
  context->sized = false;
  context->cache = Cache();
  context->workspace = Workspace();
  const int32_t status = guarded(error, [&]() -> int32_t {
    const Stages& stages = *context->stages;
    Workspace& workspace = context->workspace;
    if (const int32_t failed = allocate_cache(context->model, stages, *config, context->cache, error)) return failed;
    if (const int32_t failed = allocate_workspace(context->model, stages, *config, workspace, context->run, error)) {
      return failed;
    }
    if (device != nullptr) workspace.bytes += device->size(context->model, context->cache, *config);
    context->pool->run(
        [](void* sized, const Worker& worker) {
          const tm_context* all = static_cast<tm_context*>(sized);
          touch(all->cache, all->workspace, worker);
        },
        context);
    return TM_OK;
  });
  if (status != TM_OK) {
    context->cache = Cache();
    context->workspace = Workspace();
    return status;
  }
  Run& run = context->run;
  run.stages = context->stages;
  run.last_token = &context->cache.last_token;
  run.frame.model = &context->model;
  run.frame.cache = &context->cache;
  run.frame.step = &context->step;
  context->sized = true;
  return TM_OK;
}

int32_t tm_memory_use(const tm_context* context, tm_memory* memory) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (memory == nullptr) return context->error.invalid("memory is NULL");
  if (memory->struct_size != sizeof *memory) {
    return context->error.invalid("tm_memory.struct_size is %u, expected %zu", memory->struct_size, sizeof *memory);
  }
  const Model& model = context->model;
  tm_memory sums{sizeof sums, 0, 0, 0, 0, 0};
  if (model.packed) sums.weights_repacked += model.packed->bytes();
  for (const Tensor* tensor : {&model.embedding, &model.output_norm, &model.output, &model.rope_factors}) {
    add_weights(*tensor, sums);
  }
  for (const Layer& layer : model.layers) {
    if (layer.packed) sums.weights_repacked += layer.packed->bytes();
    for (const Tensor* tensor :
         {&layer.attention_norm, &layer.q, &layer.k, &layer.v, &layer.out, &layer.ffn_norm, &layer.router}) {
      add_weights(*tensor, sums);
    }
    for (const FeedForward& expert : layer.experts) {
      for (const Tensor* tensor : {&expert.gate, &expert.up, &expert.down}) add_weights(*tensor, sums);
    }
  }
  for (const CacheGroup& group : context->cache.groups) {
    sums.cache += group.pages.bytes() + group.table.size() * sizeof(uint32_t);
  }
  sums.workspace = context->workspace.bytes;
  *memory = sums;
  return TM_OK;
}

int32_t tm_submit(tm_context* context, const tm_step* step) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  if (step == nullptr) return error.invalid("step is NULL");
  if (!context->sized) return error.fail(TM_WRONG_STATE, "tm_submit before tm_size_cache");
  if (context->in_flight) return error.fail(TM_WRONG_STATE, "tm_submit while a step is in flight: call tm_wait first");
  const DeviceStages* device = context->stages->device;
  if (device != nullptr && device->failure(context->model, error) != TM_OK) return TM_DEVICE_ERROR;
  if (const int32_t status =
          check_step(context->model, *step, context->cache, context->workspace, context->step, error)) {
    return status;
  }
  context->in_flight = true;
  context->pool->start([](void* run, const Worker& worker) { forward(*static_cast<Run*>(run), worker); },
                       &context->run);
  return TM_OK;
}

int32_t tm_wait(tm_context* context, int64_t timeout_ns) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (!context->in_flight) return TM_OK;
  if (!context->pool->wait(timeout_ns)) return TM_PENDING;
  context->in_flight = false;
  const DeviceStages* device = context->stages->device;
  if (device != nullptr && device->failure(context->model, context->error) != TM_OK) return TM_DEVICE_ERROR;
  return TM_OK;
}

int32_t tm_last_error(const tm_context* context, char* message, uint64_t capacity) {
  if (context == nullptr || message == nullptr || capacity == 0) return TM_INVALID_ARGUMENT;
  context->error.copy(message, capacity);
  return TM_OK;
}

int32_t tm_close(tm_context* context) {
  delete context;  // the pool goes first: it waits for the step in flight
  return TM_OK;
}
