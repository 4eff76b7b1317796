// One source, two compilers: under nvcc these are CUDA's own words, under the C++ compiler the emulator's (emu/). Both
// sets of kernels live in one library, so each has a namespace of its own.
#pragma once

#include <cstdint>

#if defined(__CUDACC__)
#include <cuda_runtime.h>
#define TM_DEVICE cuda
#else
#include "simt.h"
#define TM_DEVICE emulated
#endif

namespace tramontane::TM_DEVICE {

#if !defined(__CUDACC__)
using namespace tramontane::emu;
#endif

struct Grid {
  dim3 blocks;
  dim3 threads;
  uint32_t shared_bytes = 0;
};

// Starts a kernel on the stream. On sm_90 and later it may begin before the kernel ahead of it has ended, so every
// kernel calls wait_for_previous() in each thread before it touches what others wrote.
template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), const Grid& grid, cudaStream_t stream, Arguments... arguments) {
#if defined(__CUDACC__)
  cudaLaunchAttribute early = {};
  early.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  early.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = grid.blocks;
  config.blockDim = grid.threads;
  config.dynamicSmemBytes = grid.shared_bytes;
  config.stream = stream;
  config.attrs = &early;
  config.numAttrs = 1;
  return cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...);
#else
  return record_launch(grid.blocks, grid.threads, grid.shared_bytes, stream, [=] { kernel(Parameters(arguments)...); });
#endif
}

__device__ inline void wait_for_previous() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel's blocks start as soon as there is room for them.
__device__ inline void let_next_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 900
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// The block's dynamic shared memory.
template <class T>
__device__ inline T* shared_memory() {
#if defined(__CUDACC__)
  extern __shared__ __align__(16) uint8_t bytes[];
  return reinterpret_cast<T*>(bytes);
#else
  return static_cast<T*>(current().shared());
#endif
}

// Weights are read once: they leave the first-level cache to the activations.
__device__ inline uint4 load_once(const uint4* from) {
#if defined(__CUDA_ARCH__)
  uint4 v;
  asm volatile("ld.global.nc.L1::no_allocate.v4.u32 {%0, %1, %2, %3}, [%4];"
               : "=r"(v.x), "=r"(v.y), "=r"(v.z), "=r"(v.w)
               : "l"(from));
  return v;
#else
  return *from;
#endif
}

}  // namespace tramontane::TM_DEVICE
