// That a stream has done what it was given so far, seen without keeping a processor busy meanwhile: what ends at once
// is asked for, for longer the thread sleeps until the device wakes it.
#pragma once

#include "device_memory.h"

namespace tramontane::TM_DEVICE {

class Completion {
 public:
  Completion() = default;
  ~Completion();
  Completion(const Completion&) = delete;

  // From here on it stands for what the stream was given before.
  void mark(cudaStream_t stream, const char* doing);
  // Returns when that is done, at once if nothing was marked; throws DeviceError when the device failed.
  void wait(const char* doing);

 private:
  cudaEvent_t event_ = nullptr;  // made by the first mark
};

}  // namespace tramontane::TM_DEVICE
