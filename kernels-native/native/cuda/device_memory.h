// Owned memory of the device, and of the host where the device can reach it (pinned). What the runtime refuses becomes
// a DeviceError.
#pragma once

#include <cstdint>
#include <cstdio>
#include <exception>
#include <utility>

#include "device.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

// Carries a status and one sentence; never leaves the backend.
class DeviceError : public std::exception {
 public:
  DeviceError(cudaError_t error, const char* doing) : status_(TM_DEVICE_ERROR) {
    if (error == cudaErrorMemoryAllocation) status_ = TM_OUT_OF_MEMORY;
    std::snprintf(text_, sizeof text_, "the device failed while %s: %s", doing, cudaGetErrorString(error));
  }
  // Of memory that it lacks, although no call was refused yet.
  explicit DeviceError(const char* lack) : status_(TM_OUT_OF_MEMORY) { std::snprintf(text_, sizeof text_, "%s", lack); }
  int32_t status() const { return status_; }
  const char* what() const noexcept override { return text_; }

 private:
  int32_t status_;
  char text_[256];
};

inline void must(cudaError_t error, const char* doing) {
  if (error == cudaSuccess) return;
  cudaGetLastError();  // forgets an error that is not the device's end
  throw DeviceError(error, doing);
}

class Memory {
 public:
  enum class Place { kDevice, kWeights, kPinned };  // weights: on the device, and written before the first step

  Memory() = default;
  Memory(uint64_t bytes, Place place) : bytes_(bytes), place_(place) {
    if (bytes == 0) return;
    must(place == Place::kPinned ? cudaMallocHost(&data_, bytes) : cudaMalloc(&data_, bytes),
         place == Place::kPinned ? "pinning the host's memory" : "taking its memory");
    if (place == Place::kWeights) holds_weights(data_);
  }
  Memory(Memory&& other) noexcept
      : data_(std::exchange(other.data_, nullptr)), bytes_(std::exchange(other.bytes_, 0)), place_(other.place_) {}
  Memory& operator=(Memory&& other) noexcept {
    std::swap(data_, other.data_);
    std::swap(bytes_, other.bytes_);
    std::swap(place_, other.place_);
    return *this;
  }
  // After a failure of the device freeing fails as well; there is nothing left to say then.
  ~Memory() {
    if (data_ != nullptr) place_ == Place::kPinned ? cudaFreeHost(data_) : cudaFree(data_);
  }

  uint64_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }
  void* release() {
    bytes_ = 0;
    return std::exchange(data_, nullptr);
  }

 private:
  void* data_ = nullptr;
  uint64_t bytes_ = 0;
  Place place_ = Place::kDevice;
};

}  // namespace tramontane::TM_DEVICE
