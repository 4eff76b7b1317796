// A device is asked on a thread of its own: which one a thread computes on is the thread's, and one that went back to
// the device that it had would open that one, too (since CUDA 12 cudaSetDevice does).
#pragma once

#include <exception>

#include "device.h"
#include "pool.h"

namespace tramontane::TM_DEVICE {

// Calls work(error) on a thread that has chosen the device, or could not. Throws what work throws, and std::bad_alloc
// when the system gives no more threads.
template <class Work>
void on_device(uint32_t index, Work work) {
  std::exception_ptr thrown;
  Pool thread(1, 1, "tm-device");
  thread.run([&](const Worker&) {
    try {
      work(cudaSetDevice(static_cast<int>(index)));
    } catch (...) {
      thrown = std::current_exception();
    }
  });
  if (thrown) std::rethrow_exception(thrown);
}

}  // namespace tramontane::TM_DEVICE
