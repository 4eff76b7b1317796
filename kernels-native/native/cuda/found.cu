#include <unistd.h>

#include <cstdio>

#include "device.h"
#include "found.h"

#if defined(__CUDACC__)

namespace tramontane::cuda {
namespace {

constexpr int kLeastMajor = 8;  // compute capability: Ampere

}  // namespace

bool found(char* text, uint64_t capacity) {
  int n = 0;
  if (const cudaError_t error = cudaGetDeviceCount(&n); error != cudaSuccess || n == 0) {
    cudaGetLastError();
    // The runtime says the same of a driver that is not there as of one that is too old.
    const char* reason = error == cudaSuccess ? "none found"
                         : error == cudaErrorInsufficientDriver
                             ? "NVIDIA's driver is not installed, or older than CUDA 13.0"
                             : cudaGetErrorString(error);
    std::snprintf(text, capacity, "no CUDA device: %s", reason);
    return false;
  }
  cudaDeviceProp device;
  int driver = 0;
  for (int i = 0; i < n; ++i) {  // the first that can be used
    if (const cudaError_t error = cudaGetDeviceProperties(&device, i); error != cudaSuccess) {
      cudaGetLastError();
      std::snprintf(text, capacity, "the CUDA device does not answer: %s", cudaGetErrorString(error));
      return false;
    }
    if (device.major >= kLeastMajor) break;
  }
  cudaDriverGetVersion(&driver);
  const double gib = static_cast<double>(device.totalGlobalMem) / (1ull << 30);
  if (device.major < kLeastMajor) {
    std::snprintf(text, capacity, "%s has compute capability %d.%d; 8.0 (Ampere) or later is needed", device.name,
                  device.major, device.minor);
    return false;
  }
  std::snprintf(text, capacity, "%s, %.1f GiB, compute capability %d.%d, driver for CUDA %d.%d", device.name, gib,
                device.major, device.minor, driver / 1000, driver % 1000 / 10);
  return true;
}

bool device_facts(uint32_t index, DeviceFacts& facts) {
  int n = 0;
  cudaDeviceProp device;
  if (cudaGetDeviceCount(&n) != cudaSuccess || index >= static_cast<uint32_t>(n) ||
      cudaGetDeviceProperties(&device, static_cast<int>(index)) != cudaSuccess) {
    cudaGetLastError();
    return false;
  }
  std::snprintf(facts.name, sizeof facts.name, "%s", device.name);
  const auto* id = reinterpret_cast<const uint8_t*>(device.uuid.bytes);
  int at = std::snprintf(facts.uuid, sizeof facts.uuid, "GPU-");
  for (int i = 0; i < 16; ++i) {
    const bool dash = i == 4 || i == 6 || i == 8 || i == 10;
    at += std::snprintf(facts.uuid + at, sizeof facts.uuid - static_cast<size_t>(at), dash ? "-%02x" : "%02x", id[i]);
  }
  facts.usable = device.major >= kLeastMajor;
  facts.total_bytes = device.totalGlobalMem;
  facts.free_bytes = 0;
  size_t free = 0, total = 0;
  int current = 0;
  // Where the device can't be asked it has nothing free: the plan then says so.
  if (facts.usable && cudaGetDevice(&current) == cudaSuccess && cudaSetDevice(static_cast<int>(index)) == cudaSuccess) {
    if (cudaMemGetInfo(&free, &total) == cudaSuccess) facts.free_bytes = free;
    cudaSetDevice(current);
  }
  cudaGetLastError();
  return true;
}

}  // namespace tramontane::cuda

#else

namespace tramontane::emulated {

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity, "the CUDA kernels on this processor, thread by thread: for tests, not for speed");
  return true;
}

// Two, so that there is a choice. Their memory is the machine's, of which the process may have less.
bool device_facts(uint32_t index, DeviceFacts& facts) {
  if (index > 1) return false;
  std::snprintf(facts.name, sizeof facts.name, "emulated device");
  std::snprintf(facts.uuid, sizeof facts.uuid, "EMU-%u", index);
  facts.usable = true;
  const auto page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  facts.total_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * page;
  facts.free_bytes = facts.total_bytes;
  return true;
}

}  // namespace tramontane::emulated

#endif
