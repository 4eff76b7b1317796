#include <cstdio>

#include "device.h"
#include "found.h"

#if defined(__CUDACC__)

namespace tramontane::cuda {

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
  if (const cudaError_t error = cudaGetDeviceProperties(&device, 0); error != cudaSuccess) {
    cudaGetLastError();
    std::snprintf(text, capacity, "the CUDA device does not answer: %s", cudaGetErrorString(error));
    return false;
  }
  cudaDriverGetVersion(&driver);
  const double gib = static_cast<double>(device.totalGlobalMem) / (1ull << 30);
  if (device.major < 8) {
    std::snprintf(text, capacity, "%s has compute capability %d.%d; 8.0 (Ampere) or later is needed", device.name,
                  device.major, device.minor);
    return false;
  }
  std::snprintf(text, capacity, "%s, %.1f GiB, compute capability %d.%d, driver for CUDA %d.%d", device.name, gib,
                device.major, device.minor, driver / 1000, driver % 1000 / 10);
  return true;
}

}  // namespace tramontane::cuda

#else

namespace tramontane::emulated {

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity, "the CUDA kernels on this processor, thread by thread: for tests, not for speed");
  return true;
}

}  // namespace tramontane::emulated

#endif
