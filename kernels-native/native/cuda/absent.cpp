// Stands in for the device's backend in a library built without nvcc.
#if !defined(TM_HAS_CUDA)

#include <cstdio>

#include "backend.h"

namespace tramontane::cuda {
namespace {

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity,
                "this library was built without nvcc; install the CUDA toolkit 13 (or set CUDA_HOME to one) and build "
                "again");
  return false;
}

}  // namespace

extern const BackendKind kBackend;
constinit const BackendKind kBackend = {TM_BACKEND_CUDA, "cuda", found, nullptr};

}  // namespace tramontane::cuda

#endif
