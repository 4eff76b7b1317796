// Launches of kernels, and what a kernel asks of the device besides arithmetic.
#pragma once

#include "device_words.h"
#include "early_start.h"

namespace tramontane::TM_DEVICE {

struct Grid {
  dim3 blocks;
  dim3 threads;
  uint32_t shared_bytes = 0;
};

// Starts a kernel on the stream. Where its code has the wait (early_start.h) it may begin before the kernel ahead of it
// has ended, so every kernel calls wait_for_previous() in each thread, before it touches anything but weights.
template <class... Parameters, class... Arguments>
cudaError_t launch(void (*kernel)(Parameters...), const Grid& grid, cudaStream_t stream, Arguments... arguments) {
  bool early = false;
  if (const cudaError_t error = starts_early(reinterpret_cast<const void*>(kernel), &early)) return error;
#if defined(__CUDACC__)
  cudaLaunchAttribute attribute = {};
  attribute.id = cudaLaunchAttributeProgrammaticStreamSerialization;
  attribute.val.programmaticStreamSerializationAllowed = 1;
  cudaLaunchConfig_t config = {};
  config.gridDim = grid.blocks;
  config.blockDim = grid.threads;
  config.dynamicSmemBytes = grid.shared_bytes;
  config.stream = stream;
  config.attrs = &attribute;
  config.numAttrs = early ? 1 : 0;
  return cudaLaunchKernelEx(&config, kernel, Parameters(arguments)...);
#else
  return record_launch(
      {grid.blocks, grid.threads, grid.shared_bytes, early, true, reinterpret_cast<const void*>(kernel)}, stream,
      [=] { kernel(Parameters(arguments)...); });
#endif
}

__device__ inline void wait_for_previous() {
#if !defined(__CUDACC__)
  current().wait_for_previous();
#elif defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= TM_FIRST_WITH_WAIT
  asm volatile("griddepcontrol.wait;" ::: "memory");
#endif
}

// Lets the next kernel's blocks start as soon as there is room for them.
__device__ inline void let_next_start() {
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= TM_FIRST_WITH_WAIT
  asm volatile("griddepcontrol.launch_dependents;" ::: "memory");
#endif
}

// Says that no kernel writes this memory once it is there, so that it may be read before wait_for_previous().
inline void holds_weights([[maybe_unused]] void* memory) {
#if !defined(__CUDACC__)
  may_be_read_early(memory);
#endif
}

// Says that a kernel is code for 9.0a, which no other device takes.
inline void runs_on_9_alone([[maybe_unused]] const void* kernel) {
#if !defined(__CUDACC__)
  needs_groups(kernel);
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

// 1, 2 or 4 words of shared memory, at a multiple of as many.
template <int kWords>
__device__ inline void load_words(const uint32_t* from, uint32_t* to) {
#if !defined(__CUDACC__)
  check_aligned(from, kWords * sizeof *from);
#endif
  if constexpr (kWords == 4) {
    const uint4 all = *reinterpret_cast<const uint4*>(from);
    to[0] = all.x;
    to[1] = all.y;
    to[2] = all.z;
    to[3] = all.w;
  } else if constexpr (kWords == 2) {
    const uint2 both = *reinterpret_cast<const uint2*>(from);
    to[0] = both.x;
    to[1] = both.y;
  } else {
    to[0] = from[0];
  }
}

}  // namespace tramontane::TM_DEVICE
