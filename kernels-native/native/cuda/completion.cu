#include <chrono>

#include "completion.h"

namespace tramontane::TM_DEVICE {
namespace {

using Clock = std::chrono::steady_clock;

constexpr auto kAsking = std::chrono::microseconds(50);  // a sleeping thread is as late as about half of it

}  // namespace

Completion::~Completion() {
  if (event_ != nullptr) cudaEventDestroy(event_);
}

void Completion::mark(cudaStream_t stream, const char* doing) {
  if (event_ == nullptr) {
    must(cudaEventCreateWithFlags(&event_, cudaEventBlockingSync | cudaEventDisableTiming), doing);
  }
  must(cudaEventRecord(event_, stream), doing);
}

void Completion::wait(const char* doing) {
  if (event_ == nullptr) return;
  const Clock::time_point until = Clock::now() + kAsking;
  cudaError_t error;
  do {
    error = cudaEventQuery(event_);
  } while (error == cudaErrorNotReady && Clock::now() < until);
  if (error == cudaErrorNotReady) error = cudaEventSynchronize(event_);
  must(error, doing);
}

}  // namespace tramontane::TM_DEVICE
