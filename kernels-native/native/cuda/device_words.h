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

}  // namespace tramontane::TM_DEVICE
