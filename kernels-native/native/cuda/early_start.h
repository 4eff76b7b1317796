// Whether a kernel may start before the one ahead of it in its stream has ended. It may only where it waits for that
// one itself: wait_for_previous() is an instruction that devices have from 9.0 on, and in code that was compiled for an
// earlier one it is empty. What counts is what the kernel was compiled for, not what it runs on: a driver makes code
// for any device out of older PTX.
#pragma once

#include "device_words.h"

// __CUDA_ARCH__ from which on code has the wait; the attributes of a loaded kernel count in tenths of it.
#define TM_FIRST_WITH_WAIT 900

namespace tramontane::TM_DEVICE {

// Whether code with these attributes has the wait.
constexpr bool has_wait(int binary_version, int ptx_version) {
  return binary_version * 10 >= TM_FIRST_WITH_WAIT && ptx_version * 10 >= TM_FIRST_WITH_WAIT;
}

// Of the kernel as it is loaded on the device of the calling thread. Asks the runtime once for each kernel and device.
cudaError_t starts_early(const void* kernel, bool* early);

}  // namespace tramontane::TM_DEVICE
