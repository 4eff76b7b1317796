// Weights on their way to the device: read and ordered by several threads into pinned memory, a part at a time, while
// the part before crosses the bus and is arranged there.
#pragma once

#include <cstdint>
#include <vector>

#include "completion.h"
#include "device_model.h"
#include "pool.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint64_t kUploadPart = 4 << 20;  // pinning takes long, and copies of some MiB draw the bus's rate

// Of DeviceKind.
int32_t measure_upload(uint32_t index, uint64_t bytes, double* upload_bytes, Error& error);

// Advances model.prepared_bytes as parts of the file have arrived. Everything may throw DeviceError.
class Uploader {
 public:
  Uploader(Model& model, cudaStream_t stream);
  ~Uploader();

  // One of the n_experts that lie one behind the other; the first takes the memory of all.
  void matrix(Tensor& from, DeviceMatrix& to, uint32_t expert = 0, uint32_t n_experts = 1);
  void values(Tensor& from, Memory& to);  // of a matrix, as products see them
  void floats(const float* from, uint64_t n, Memory& to);
  void finish();  // waits until all has arrived

 private:
  // Two take turns: one is filled while the other is sent.
  struct Stage {
    Memory pinned;
    Completion sent;
    uint64_t of_file = 0;  // bytes that have arrived with it
  };

  Stage& next_stage();
  void arrived(Stage& stage);
  void copy(const float* from, uint64_t n, float* to, uint64_t of_file);
  void send(void* to, Stage& stage, uint64_t bytes, uint64_t of_file);
  void fill(const Tensor& from, uint64_t first, uint64_t n, uint8_t* to);

  Model& model_;
  cudaStream_t stream_;
  Memory raw_;  // rows of a matrix on the device, before they are arranged
  Stage stages_[2];
  uint32_t next_ = 0;
  std::vector<std::vector<float>> values_;  // of a row that a worker rounds
  Pool pool_;
};

}  // namespace tramontane::TM_DEVICE
