// The exported functions that tell types and sizes before there is a context: what the binding compares itself with,
// and what it plans memory by.
#include <new>

#include "backends.h"
#include "context.h"

using namespace tramontane;

int32_t tm_element_type(uint32_t index, char* name, uint64_t capacity, uint32_t* number, uint32_t* block_elements,
                        uint32_t* block_bytes, uint32_t* written) {
  const std::span<const ElementType> types = element_types();
  if (index >= types.size() || name == nullptr || number == nullptr || block_elements == nullptr ||
      block_bytes == nullptr || written == nullptr) {
    return TM_INVALID_ARGUMENT;
  }
  const ElementType& type = types[index];
  const size_t length = strlen(type.name);
  if (capacity <= length) return TM_INVALID_ARGUMENT;
  memcpy(name, type.name, length + 1);
  *number = type.number;
  *block_elements = type.block_elements;
  *block_bytes = type.block_bytes;
  *written = type.write != nullptr;
  return TM_OK;
}

int32_t tm_tensor_bytes(uint32_t backend, const tm_tensor* tensor, uint64_t* bytes, char* message, uint64_t capacity) {
  Error error;
  const auto told = [&]() -> int32_t {
    const BackendKind* kind = backend_of(backend);
    if (kind == nullptr) return error.invalid("backend is %u, expected one of TM_BACKEND_*", backend);
    if (tensor == nullptr) return error.invalid("tensor is NULL");
    if (bytes == nullptr) return error.invalid("bytes is NULL");
    if (const int32_t status = check_tensor_kind(*tensor, error)) return status;
    const TensorKind shape = {tensor->role, tensor->dtype, tensor->computed_as, static_cast<uint32_t>(tensor->rows),
                              static_cast<uint32_t>(tensor->cols)};
    uint64_t held = 0;
    if (!kind->tensor_bytes(shape, &held)) {
      return error.fail(TM_UNSUPPORTED, "the %s backend doesn't compute %s there", kind->name, dtype_name(shape.dtype));
    }
    *bytes = held;
    return TM_OK;
  };
  const int32_t status = told();
  error.copy(message, capacity);
  return status;
}

int32_t tm_cache_bytes(const tm_model_config* config, const tm_cache_config* cache_config, tm_memory* memory,
                       char* message, uint64_t capacity) {
  Error error;
  const auto told = [&]() -> int32_t {
    if (config == nullptr) return error.invalid("config is NULL");
    if (cache_config == nullptr) return error.invalid("cache is NULL");
    if (memory == nullptr) return error.invalid("memory is NULL");
    if (memory->struct_size != sizeof *memory) {
      return error.invalid("tm_memory.struct_size is %u, expected %zu", memory->struct_size, sizeof *memory);
    }
    if (const int32_t status = check_model_shape(*config, error)) return status;
    const Model model(*config);
    const BackendKind* kind = backend_of(config->backend);
    if (kind->accepts != nullptr) {
      if (const int32_t status = kind->accepts(model, error)) return status;
    }
    if (const int32_t status = check_cache_config(model, *cache_config, error)) return status;
    Cache cache;
    if (const int32_t status = size_groups(model, *cache_config, cache, error)) return status;
    *memory = {sizeof *memory, 0, 0, 0, 0, 0, 0};
    for (uint32_t g = 0; g < cache.n_groups; ++g) {
      memory->cache += cache.groups[g].bytes() + cache.table_entries(g) * sizeof(uint32_t);
    }
    memory->adapters = cache_config->max_adapters * AdapterLayout(model, *cache_config).slot_bytes +
                       Adapters::table_bytes(model, *cache_config);
    memory->workspace = StepRoom::bytes_for(cache, *cache_config) + kind->workspace_bytes(model, cache, *cache_config);
    return TM_OK;
  };
  int32_t status;
  try {
    status = told();
  } catch (const std::bad_alloc&) {
    status = error.fail(TM_OUT_OF_MEMORY, "the system gives no more memory");
  }
  error.copy(message, capacity);
  return status;
}
