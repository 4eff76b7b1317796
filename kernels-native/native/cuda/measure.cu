#include <algorithm>
#include <chrono>
#include <cstring>

#include "own_thread.h"
#include "upload.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr int kTries = 5;

using Clock = std::chrono::steady_clock;

class Stream {
 public:
  Stream() { must(cudaStreamCreate(&stream_), "opening a stream"); }
  ~Stream() { cudaStreamDestroy(stream_); }
  Stream(const Stream&) = delete;
  cudaStream_t get() const { return stream_; }

 private:
  cudaStream_t stream_ = nullptr;
};

// Seconds of the fastest try.
double upload_seconds(uint64_t bytes) {
  const uint64_t part = std::min(bytes, kUploadPart);
  const Stream stream;
  const Memory to(part, Memory::Place::kDevice);
  const Memory from[] = {Memory(part, Memory::Place::kPinned), Memory(part, Memory::Place::kPinned)};
  for (const Memory& each : from) memset(each.as<void>(), 1, part);
  double best = 0;
  for (int i = 0; i < kTries; ++i) {
    const Clock::time_point begun = Clock::now();
    for (uint64_t sent = 0; sent < bytes; sent += part) {
      must(cudaMemcpyAsync(to.as<void>(), from[sent / part % 2].as<void>(), std::min(part, bytes - sent),
                           cudaMemcpyHostToDevice, stream.get()),
           "measuring its bus");
    }
    must(cudaStreamSynchronize(stream.get()), "measuring its bus");
    const double took = std::chrono::duration<double>(Clock::now() - begun).count();
    best = i == 0 ? took : std::min(best, took);
  }
  return best;
}

}  // namespace

int32_t measure_upload(uint32_t index, uint64_t bytes, double* upload_bytes, Error& error) {
  try {
    on_device(index, [&](cudaError_t chosen) {
      must(chosen, "choosing it");
      *upload_bytes = static_cast<double>(bytes) / upload_seconds(bytes);
    });
  } catch (const DeviceError& failed) {
    return error.fail(failed.status(), "%s", failed.what());
  }
  return TM_OK;
}

}  // namespace tramontane::TM_DEVICE
