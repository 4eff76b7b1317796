#include <unistd.h>

#include <algorithm>
#include <cstdio>

#include "device.h"
#include "found.h"
#include "own_thread.h"

#if defined(__CUDACC__)

namespace tramontane::cuda {
namespace {

constexpr int kLeastMajor = 8;  // compute capability: Ampere

bool has_driver(int& n, char* text, uint64_t capacity) {
  const cudaError_t error = cudaGetDeviceCount(&n);
  if (error == cudaSuccess && n > 0) return true;
  cudaGetLastError();
  // The runtime says the same of a driver that is not there as of one that is too old.
  const char* reason = error == cudaSuccess ? "none found"
                       : error == cudaErrorInsufficientDriver
                           ? "NVIDIA's driver is not installed, or older than CUDA 13.0"
                           : cudaGetErrorString(error);
  std::snprintf(text, capacity, "no CUDA device: %s", reason);
  return false;
}

}  // namespace

bool found(char* text, uint64_t capacity) {
  int n = 0;
  if (!has_driver(n, text, capacity)) return false;
  for (int i = 0; i < n; ++i) {
    if (describe_device(static_cast<uint32_t>(i), text, capacity) == TM_OK) return true;
  }
  return false;
}

// Properties are the driver's, which answers without opening the device.
int32_t describe_device(uint32_t index, char* text, uint64_t capacity) {
  int n = 0;
  if (!has_driver(n, text, capacity)) return TM_UNSUPPORTED;
  if (index >= static_cast<uint32_t>(n)) {
    std::snprintf(text, capacity, "there is no CUDA device %u; there are %d, counted from 0", index, n);
    return TM_INVALID_ARGUMENT;
  }
  cudaDeviceProp device;
  if (const cudaError_t error = cudaGetDeviceProperties(&device, static_cast<int>(index)); error != cudaSuccess) {
    cudaGetLastError();
    std::snprintf(text, capacity, "the CUDA device does not answer: %s", cudaGetErrorString(error));
    return TM_UNSUPPORTED;
  }
  if (device.major < kLeastMajor) {
    std::snprintf(text, capacity, "%s has compute capability %d.%d; 8.0 (Ampere) or later is needed", device.name,
                  device.major, device.minor);
    return TM_UNSUPPORTED;
  }
  int driver = 0;
  cudaDriverGetVersion(&driver);
  const double gib = static_cast<double>(device.totalGlobalMem) / (1ull << 30);
  std::snprintf(text, capacity, "%s, %.1f GiB, compute capability %d.%d, driver for CUDA %d.%d", device.name, gib,
                device.major, device.minor, driver / 1000, driver % 1000 / 10);
  return TM_OK;
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
  return true;
}

}  // namespace tramontane::cuda

#else

namespace tramontane::emulated {

static constexpr uint32_t kDevices = 2;  // so that there is a choice

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity, "the CUDA kernels on this processor, thread by thread: for tests, not for speed");
  return true;
}

int32_t describe_device(uint32_t index, char* text, uint64_t capacity) {
  if (index >= kDevices) {
    std::snprintf(text, capacity, "there is no emulated device %u; there are %u, counted from 0", index, kDevices);
    return TM_INVALID_ARGUMENT;
  }
  const int length = std::snprintf(text, capacity, "emulated device %u: ", index);
  const uint64_t at = std::min<uint64_t>(static_cast<uint64_t>(length), capacity - 1);
  found(text + at, capacity - at);
  return TM_OK;
}

// Their memory is the machine's, of which the process may have less.
bool device_facts(uint32_t index, DeviceFacts& facts) {
  if (index >= kDevices) return false;
  std::snprintf(facts.name, sizeof facts.name, "emulated device");
  std::snprintf(facts.uuid, sizeof facts.uuid, "EMU-%u", index);
  facts.usable = true;
  facts.total_bytes = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  return true;
}

}  // namespace tramontane::emulated

#endif

namespace tramontane::TM_DEVICE {

int32_t free_bytes(uint32_t index, uint64_t* bytes, Error& error) {
  cudaError_t failed = cudaSuccess;
  size_t free = 0, total = 0;
  on_device(index, [&](cudaError_t chosen) {
    failed = chosen != cudaSuccess ? chosen : cudaMemGetInfo(&free, &total);
    cudaGetLastError();
  });
  if (failed != cudaSuccess) {
    return error.fail(TM_DEVICE_ERROR, "device %u does not tell its free memory: %s", index,
                      cudaGetErrorString(failed));
  }
  *bytes = free;
  return TM_OK;
}

}  // namespace tramontane::TM_DEVICE
