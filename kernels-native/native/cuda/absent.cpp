// Stands in for the device's backend in a library built without nvcc.
#if !defined(TM_HAS_CUDA)

#include <cstdio>

#include "backend.h"

namespace tramontane::emulated {
extern const BackendKind kBackend;
}

namespace tramontane::cuda {
namespace {

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity,
                "this library was built without nvcc; install the CUDA toolkit 13 (or set CUDA_HOME to one) and build "
                "again");
  return false;
}

// As the emulator's, whose sources are the same.
bool tensor_bytes(const TensorKind& tensor, uint64_t* bytes) { return emulated::kBackend.tensor_bytes(tensor, bytes); }

uint64_t workspace_bytes(const Model& model, const Cache& cache, const tm_cache_config& config) {
  return emulated::kBackend.workspace_bytes(model, cache, config);
}

int32_t accepts(const Model& model, Error& error) {
  if (emulated::kBackend.accepts(model, error) == TM_OK) return TM_OK;
  return error.fail(TM_UNSUPPORTED, "the cuda backend takes no model of this shape");
}

}  // namespace

extern const BackendKind kBackend;
constinit const BackendKind kBackend = {TM_BACKEND_CUDA, "cuda",          found,   nullptr,
                                        tensor_bytes,    workspace_bytes, accepts, nullptr};

}  // namespace tramontane::cuda

#endif
