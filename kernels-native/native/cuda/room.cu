#include <map>
#include <mutex>
#include <utility>

#include "room.h"

namespace tramontane::TM_DEVICE {
namespace {

cudaError_t count_processors(int device, uint32_t* n) {
  int found = 0;
  const cudaError_t error = cudaDeviceGetAttribute(&found, cudaDevAttrMultiProcessorCount, device);
  *n = static_cast<uint32_t>(found);
  return error;
}

cudaError_t ask(const void* kernel, int device, uint32_t threads, uint32_t shared_bytes, uint32_t* blocks) {
  const int bytes = static_cast<int>(shared_bytes);
  if (const cudaError_t error = cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes)) {
    return error;
  }
  uint32_t n = 0;
  if (const cudaError_t error = count_processors(device, &n)) return error;
  int of_one = 0;
  if (const cudaError_t error =
          cudaOccupancyMaxActiveBlocksPerMultiprocessor(&of_one, kernel, static_cast<int>(threads), shared_bytes)) {
    return error;
  }
  *blocks = n * static_cast<uint32_t>(of_one > 0 ? of_one : 1);
  return cudaSuccess;
}

}  // namespace

cudaError_t blocks_at_once(const void* kernel, uint32_t threads, uint32_t shared_bytes, uint32_t* blocks) {
  // Never destroyed: a process may end while a step runs.
  static std::mutex& mutex = *new std::mutex();
  static std::map<std::pair<int, const void*>, uint32_t>& known =
      *new std::map<std::pair<int, const void*>, uint32_t>();
  int device = 0;
  if (const cudaError_t error = cudaGetDevice(&device)) return error;
  const std::lock_guard<std::mutex> lock(mutex);
  const auto [place, is_new] = known.try_emplace({device, kernel}, 0u);
  if (is_new) {
    if (const cudaError_t error = ask(kernel, device, threads, shared_bytes, &place->second)) {
      known.erase(place);
      return error;
    }
  }
  *blocks = place->second;
  return cudaSuccess;
}

cudaError_t processors(uint32_t* n) {
  int device = 0;
  if (const cudaError_t error = cudaGetDevice(&device)) return error;
  return count_processors(device, n);
}

}  // namespace tramontane::TM_DEVICE
