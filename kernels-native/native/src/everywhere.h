// For formulas that the host's code and a device's kernels share: compiled for both by nvcc, and never out of line by
// the C++ compiler.
#pragma once

#if defined(__CUDACC__)
#define TM_EVERYWHERE __host__ __device__ __forceinline__
#else
#define TM_EVERYWHERE [[gnu::always_inline]] inline
#endif
