// What steps of a mixture of experts keep on the device, and its launches.
#pragma once

#include "device_memory.h"
#include "experts.h"
#include "model.h"

namespace tramontane::TM_DEVICE {

// 0 without experts.
struct ExpertSizes {
  ExpertSizes(const Model& model, const tm_cache_config& config);
  uint64_t bytes = 0;
  uint32_t tiles = 0;  // of activations, of all experts together
};

// Throws DeviceError. One thread at a time.
class DeviceExperts {
 public:
  DeviceExperts(const Model& model, const tm_cache_config& config, bool by_groups, cudaStream_t stream);

  uint64_t bytes() const { return memory_.bytes(); }
  const ExpertView& view() const { return view_; }
  // Of the activations that rows can take, in whose order `pick` has them.
  uint32_t most_tokens(uint32_t n_rows) const;

  void choose(uint32_t n_rows, const Norm& norm, const float* router, const uint32_t* span);
  // Makes a product, described as that of one expert, all experts'.
  void cut(Product& product, ExpertProduct which, uint32_t n_rows) const;
  void add(uint32_t n_rows, float* hidden);

 private:
  uint32_t tokens_of(ExpertProduct which, uint32_t n_rows) const;

  const Model& model_;
  const bool by_groups_;
  const cudaStream_t stream_;
  Memory memory_;
  ExpertView view_ = {};
};

}  // namespace tramontane::TM_DEVICE
