// How many processors the device has, and how many blocks of a kernel it runs at once.
#pragma once

#include "device_words.h"

namespace tramontane::TM_DEVICE {

// Of the device of the calling thread; at least one. Lets the kernel have so much shared memory, and asks the runtime
// once for each kernel and device.
cudaError_t blocks_at_once(const void* kernel, uint32_t threads, uint32_t shared_bytes, uint32_t* blocks);

// Of the device of the calling thread.
cudaError_t processors(uint32_t* n);

}  // namespace tramontane::TM_DEVICE
