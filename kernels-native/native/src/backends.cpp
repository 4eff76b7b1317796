#include "backends.h"

#include <cstdio>

#include "cpu_features.h"
#include "stages.h"

namespace tramontane {

const Stages* stages_of(uint32_t backend) {
  switch (backend) {
    case TM_BACKEND_REF:
      return &kRefStages;
    case TM_BACKEND_CPU:
      return &kCpuStages;
#if defined(TM_HAS_CUDA)
    case TM_BACKEND_CUDA:
      return &cuda::kStages;
#endif
    case TM_BACKEND_EMU:
      return &emulated::kStages;
    default:
      return nullptr;
  }
}

bool describe_backend(uint32_t backend, char* text, uint64_t capacity) {
  static constexpr const char* kLevels[] = {"", "portable", "AVX2", "AVX-512"};
  const Stages* stages = stages_of(backend);
  if (stages == nullptr) {
    std::snprintf(
        text, capacity,
        "this library was built without nvcc; install the CUDA toolkit 13 (or set CUDA_HOME to one) and build "
        "again");
    return false;
  }
  if (stages->device != nullptr) return stages->device->found(text, capacity);
  if (backend == TM_BACKEND_REF) {
    std::snprintf(text, capacity, "scalar, in double");
  } else {
    std::snprintf(text, capacity, "%s, %u processors", kLevels[highest_cpu_level()], n_processors());
  }
  return true;
}

}  // namespace tramontane
