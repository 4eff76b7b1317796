// The exported functions about a context: check, delegate to its backend, keep the state. No exception leaves this
// file.
#include <cstdio>
#include <cstring>
#include <exception>
#include <new>

#include "backends.h"
#include "context.h"
#include "cpu/ceilings.h"
#include "cpu_features.h"

using namespace tramontane;

namespace {

// Runs body; an exception becomes a status. Only memory can be lacking: nothing else here throws. The caller knows what
// it asked for, so the message, which reaches people, names no function.
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

// Whether there is a cache and nothing runs. what: is done then.
int32_t check_between_steps(const tm_context& context, const char* what) {
  Error& error = context.error;
  if (!context.sized) return error.fail(TM_WRONG_STATE, "the cache has to be sized before %s", what);
  if (context.in_flight) return error.fail(TM_WRONG_STATE, "a step is in flight: wait for it before %s", what);
  return context.backend->failure(error) == TM_OK ? TM_OK : TM_DEVICE_ERROR;
}

// Whether a page may be copied now, and is one.
int32_t check_page(const tm_context& context, uint32_t group, uint32_t page, const void* place, uint64_t bytes) {
  Error& error = context.error;
  if (const int32_t status = check_between_steps(context, "a page is copied")) return status;
  if (group >= context.cache.n_groups) {
    return error.invalid("group is %u, expected 0..%u", group, context.cache.n_groups - 1);
  }
  const CacheGroup& of = context.cache.groups[group];
  if (page >= of.n_pages) return error.invalid("page is %u, expected 0..%u", page, of.n_pages - 1);
  if (bytes != of.page_bytes) {
    return error.invalid("a page of group %u has %llu bytes, got %llu", group,
                         static_cast<unsigned long long>(of.page_bytes), static_cast<unsigned long long>(bytes));
  }
  if (place == nullptr) return error.invalid("the memory of the page is NULL");
  return TM_OK;
}

constexpr uint32_t kMostThreads = 1024;
constexpr uint64_t kLeastMeasured = 1ull << 20;
constexpr uint64_t kMostMeasured = 64ull << 30;

int32_t check_measured(uint64_t bytes, Error& error) {
  if (bytes >= kLeastMeasured && bytes <= kMostMeasured) return TM_OK;
  return error.invalid("bytes is %llu, expected %llu..%llu", static_cast<unsigned long long>(bytes),
                       static_cast<unsigned long long>(kLeastMeasured), static_cast<unsigned long long>(kMostMeasured));
}

}  // namespace

uint32_t tm_abi_version(void) { return TM_ABI_VERSION; }

int32_t tm_host_info(tm_host* host) {
  if (host == nullptr || host->struct_size != sizeof *host) return TM_INVALID_ARGUMENT;
  host->features = cpu_features();
  host->cpu_level = highest_cpu_level();
  host->backends = 0;
  for (const BackendKind* kind : backends()) {
    char text[kBackendText];
    if (kind->found(text, sizeof text)) host->backends |= 1u << kind->number;
  }
  host->n_processors = n_processors();
  host->reserved = 0;
  return TM_OK;
}

int32_t tm_describe_backend(uint32_t backend, uint32_t device, char* text, uint64_t capacity) {
  const BackendKind* kind = backend_of(backend);
  if (kind == nullptr || text == nullptr || capacity == 0) return TM_INVALID_ARGUMENT;
  if (kind->devices == nullptr) {
    if (!kind->found(text, capacity)) return TM_UNSUPPORTED;
    if (device == 0) return TM_OK;
    std::snprintf(text, capacity, "the %s backend has no devices; device is %u, expected 0", kind->name, device);
    return TM_INVALID_ARGUMENT;
  }
  if (const int32_t status = kind->devices->describe(device, text, capacity)) return status;
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    char clause[kBackendText];
    kind->devices->tested(device, clause, sizeof clause);
    const size_t length = std::strlen(text);
    std::snprintf(text + length, capacity - length, "; %s", clause);
    return TM_OK;
  });
  if (status != TM_OK) error.copy(text, capacity);
  return status;
}

int32_t tm_device_info(uint32_t backend, uint32_t index, tm_device* device, char* name, uint64_t name_capacity,
                       char* uuid, uint64_t uuid_capacity) {
  const BackendKind* kind = backend_of(backend);
  if (kind == nullptr || device == nullptr || device->struct_size != sizeof *device) return TM_INVALID_ARGUMENT;
  if (name == nullptr || name_capacity == 0 || uuid == nullptr || uuid_capacity == 0) return TM_INVALID_ARGUMENT;
  DeviceFacts facts = {};
  if (kind->devices == nullptr || !kind->devices->facts(index, facts)) return TM_INVALID_ARGUMENT;
  *device = {sizeof *device, facts.usable ? 1u : 0u, facts.total_bytes};
  std::snprintf(name, name_capacity, "%s", facts.name);
  std::snprintf(uuid, uuid_capacity, "%s", facts.uuid);
  return TM_OK;
}

int32_t tm_device_free_bytes(uint32_t backend, uint32_t index, uint64_t* free_bytes, char* message, uint64_t capacity) {
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    const BackendKind* kind = backend_of(backend);
    if (kind == nullptr) return error.invalid("there is no backend %u", backend);
    if (free_bytes == nullptr) return error.invalid("a place for the bytes is NULL");
    DeviceFacts facts = {};
    if (kind->devices == nullptr || !kind->devices->facts(index, facts)) {
      return error.invalid("the %s backend has no device %u", kind->name, index);
    }
    if (!facts.usable) return error.fail(TM_UNSUPPORTED, "device %u, %s, can't be used", index, facts.name);
    return kind->devices->free_bytes(index, free_bytes, error);
  });
  error.copy(message, capacity);
  return status;
}

int32_t tm_measure_host(uint32_t cpu_level, uint32_t n_threads, uint64_t bytes, double* read_bytes,
                        double* int8_operations, char* message, uint64_t capacity) {
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    if (read_bytes == nullptr || int8_operations == nullptr) return error.invalid("a place for a rate is NULL");
    if (cpu_level > TM_CPU_AVX512) {
      return error.invalid("cpu_level is %u, expected 0..%u", cpu_level, TM_CPU_AVX512);
    }
    if (n_threads < 1 || n_threads > kMostThreads) {
      return error.invalid("n_threads is %u, expected 1..%u", n_threads, kMostThreads);
    }
    if (const int32_t failed = check_measured(bytes, error)) return failed;
    const uint32_t level = cpu_level == TM_CPU_AUTO ? highest_cpu_level() : cpu_level;
    if (!has_cpu_level(level)) return error.fail(TM_UNSUPPORTED, "the processor lacks this cpu level");
    const cpu::Ceilings ceilings = cpu::measure_ceilings(level, n_threads, bytes);
    *read_bytes = ceilings.read_bytes;
    *int8_operations = ceilings.int8_operations;
    return TM_OK;
  });
  error.copy(message, capacity);
  return status;
}

int32_t tm_measure_device(uint32_t backend, uint32_t index, uint64_t bytes, double* upload_bytes, char* message,
                          uint64_t capacity) {
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    if (upload_bytes == nullptr) return error.invalid("a place for a rate is NULL");
    const BackendKind* kind = backend_of(backend);
    if (kind == nullptr) return error.invalid("there is no backend %u", backend);
    if (const int32_t failed = check_measured(bytes, error)) return failed;
    DeviceFacts facts = {};
    if (kind->devices == nullptr || !kind->devices->facts(index, facts)) {
      return error.invalid("the %s backend has no device %u", kind->name, index);
    }
    if (!facts.usable) return error.fail(TM_UNSUPPORTED, "device %u, %s, can't be used", index, facts.name);
    return kind->devices->measure(index, bytes, upload_bytes, error);
  });
  error.copy(message, capacity);
  return status;
}

int32_t tm_open(const tm_model_config* config, tm_context** context, char* message, uint64_t capacity) {
  Error error;
  const int32_t status = guarded(error, [&]() -> int32_t {
    if (context == nullptr) return error.invalid("context is NULL");
    *context = nullptr;
    if (config == nullptr) return error.invalid("config is NULL");
    if (const int32_t failed = check_model_config(*config, error)) return failed;
    *context = new tm_context(*config, *backend_of(config->backend));
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
    if (context->prepared) return error.fail(TM_WRONG_STATE, "the weights are prepared: no tensor can be set any more");
    Tensor* place = nullptr;
    if (const int32_t status = check_tensor(context->model, *tensor, error, &place)) return status;
    if (!context->backend->computes(tensor->computed_as)) {
      return error.fail(TM_UNSUPPORTED, "%s are not computed by this backend", dtype_name(tensor->computed_as));
    }
    place->set_to(*tensor);
    return TM_OK;
  });
}

int32_t tm_prepare(tm_context* context) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  return guarded(error, [&]() -> int32_t {
    if (context->prepared) return error.fail(TM_WRONG_STATE, "the weights are prepared already");
    Model& model = context->model;
    if (const int32_t status = check_complete(model, error)) return status;
    model.make_frequencies();
    model.prepared_bytes = 0;
    if (const int32_t status = context->backend->reserve(error)) return status;
    if (const int32_t status = context->backend->prepare(error)) return status;
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
  if (!context->prepared)
    return error.fail(TM_WRONG_STATE, "the weights have to be prepared before the cache is sized");
  if (context->in_flight) return error.fail(TM_WRONG_STATE, "the cache can't be sized while a step is in flight");
  if (const int32_t status = check_cache_config(context->model, *config, error)) return status;
  if (const int32_t status = context->backend->accepts(*config, error)) return status;
  const auto drop = [context] {
    context->sized = false;
    context->backend->drop();
    context->cache = Cache();
    context->adapters = Adapters();
    context->room = StepRoom();
  };
  drop();  // the old cache goes first: two of them might not fit
  const int32_t status = guarded(error, [&]() -> int32_t {
    if (const int32_t failed = size_groups(context->model, *config, context->cache, error)) return failed;
    make_tables(context->cache);
    context->adapters = Adapters(context->model, *config);
    context->room = StepRoom(context->cache, *config);
    return context->backend->size(context->cache, *config, error);
  });
  if (status != TM_OK) {
    drop();
    return status;
  }
  context->sized = true;
  return TM_OK;
}

int32_t tm_memory_use(const tm_context* context, tm_memory* memory) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (memory == nullptr) return context->error.invalid("memory is NULL");
  if (memory->struct_size != sizeof *memory) {
    return context->error.invalid("tm_memory.struct_size is %u, expected %zu", memory->struct_size, sizeof *memory);
  }
  const Backend::Holdings holdings = context->backend->holdings();
  *memory = {sizeof *memory,
             0,
             0,
             holdings.weights,
             holdings.pages,
             context->room.bytes() + holdings.workspace,
             holdings.adapters + context->adapters.bytes()};
  context->model.add_weights(*memory);
  for (const CacheGroup& group : context->cache.groups) memory->cache += group.table.size() * sizeof(uint32_t);
  return TM_OK;
}

int32_t tm_submit(tm_context* context, const tm_step* step) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  Error& error = context->error;
  if (step == nullptr) return error.invalid("step is NULL");
  if (!context->sized) return error.fail(TM_WRONG_STATE, "the cache has to be sized before a step");
  if (context->in_flight) return error.fail(TM_WRONG_STATE, "a step is in flight: wait for it before the next one");
  if (context->backend->failure(error) != TM_OK) return TM_DEVICE_ERROR;
  if (const int32_t status =
          check_step(context->model, context->adapters, *step, context->cache, context->room, context->step, error)) {
    return status;
  }
  context->in_flight = true;
  if (step->late_masks != 0) context->gate.shut();
  context->backend->submit(context->step);
  return TM_OK;
}

int32_t tm_release_masks(tm_context* context) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (!context->in_flight)
    return context->error.fail(TM_WRONG_STATE, "no step is in flight whose masks could be released");
  context->gate.open();
  return TM_OK;
}

int32_t tm_wait(tm_context* context, int64_t timeout_ns) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (!context->in_flight) return TM_OK;
  if (!context->gate.is_open()) {
    return context->error.fail(TM_WRONG_STATE, "the step's late masks have to be released before it is waited for");
  }
  if (!context->backend->wait(timeout_ns)) return TM_PENDING;
  context->in_flight = false;
  if (context->backend->failure(context->error) != TM_OK) return TM_DEVICE_ERROR;
  remember_tokens(context->step, context->cache);
  return TM_OK;
}

int32_t tm_read_page(tm_context* context, uint32_t group, uint32_t page, void* to, uint64_t bytes) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (const int32_t status = check_page(*context, group, page, to, bytes)) return status;
  if (bytes == 0) return TM_OK;  // of a part of a model that has none of the group's layers
  return context->backend->read_page(group, page, to, context->error);
}

int32_t tm_write_page(tm_context* context, uint32_t group, uint32_t page, const void* from, uint64_t bytes) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (const int32_t status = check_page(*context, group, page, from, bytes)) return status;
  if (bytes == 0) return TM_OK;  // of a part of a model that has none of the group's layers
  return context->backend->write_page(group, page, from, context->error);
}

int32_t tm_load_adapter(tm_context* context, uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (const int32_t status = check_between_steps(*context, "an adapter is loaded")) return status;
  Error& error = context->error;
  if (const int32_t status = check_adapter(context->model, context->adapters, adapter, parts, n_parts, error)) {
    return status;
  }
  return guarded(error, [&]() -> int32_t {
    context->adapters.forget(adapter);
    if (const int32_t status = context->backend->load_adapter(adapter, parts, n_parts, error)) return status;
    context->adapters.remember(adapter, parts, n_parts);
    return TM_OK;
  });
}

int32_t tm_drop_adapter(tm_context* context, uint32_t adapter) {
  if (context == nullptr) return TM_INVALID_ARGUMENT;
  if (const int32_t status = check_between_steps(*context, "an adapter is dropped")) return status;
  if (!context->adapters.loaded(adapter)) return context->error.invalid("adapter %u is not loaded", adapter);
  context->adapters.forget(adapter);
  return TM_OK;
}

int32_t tm_last_error(const tm_context* context, char* message, uint64_t capacity) {
  if (context == nullptr || message == nullptr || capacity == 0) return TM_INVALID_ARGUMENT;
  context->error.copy(message, capacity);
  return TM_OK;
}

int32_t tm_close(tm_context* context) {
  delete context;  // waits for the step in flight
  return TM_OK;
}
