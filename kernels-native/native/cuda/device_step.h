// A step on the device: its buffers, its description, and the launches of a layer.
#pragma once

#include <cstdint>
#include <map>

#include "cache.h"
#include "device_memory.h"
#include "device_model.h"
#include "kernels.h"
#include "stages.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kGraphRows = 64;  // largest decode that is captured

// Everything here may throw DeviceError. One thread at a time.
class DeviceStep {
 public:
  DeviceStep(const Model& model, const DeviceModel& weights, const Cache& cache, const tm_cache_config& config,
             cudaStream_t stream);
  ~DeviceStep();
  DeviceStep(const DeviceStep&) = delete;

  uint64_t bytes() const;
  float* host_hidden() const { return host_hidden_.as<float>(); }

  void begin(const Frame& frame);  // page copies, description, angles
  void send_hidden(const Frame& frame);
  void layers(const Frame& frame);  // a decode of up to kGraphRows rows as one captured graph
  void qkv(const Frame& frame, uint32_t layer);
  void attention(const Frame& frame, uint32_t layer);
  void output(const Frame& frame, uint32_t layer);
  void gate_up(const Frame& frame, uint32_t layer);
  void down(const Frame& frame, uint32_t layer);
  void logits(const Frame& frame, const uint32_t* rows, uint32_t n);
  void finish();

 private:
  // Description of a step, once in pinned memory and once on the device.
  struct Description {
    int64_t* position;  // [max_rows]
    uint32_t* span;     // [max_rows]
    uint32_t* pick;     // [kLogitRows]
    QueryTile* tiles;   // [max_tiles]
    uint32_t* tables[TM_MAX_GROUPS];
  };
  uint64_t lay_out(uint8_t* base, Description& description) const;
  void send(void* to, const void* from, uint64_t bytes);
  uint32_t add_tiles(const Step& step, bool split, uint32_t n_tiles);
  void all_layers(const Frame& frame);
  Product product(uint32_t n_rows, const DeviceMatrix& matrix, const Memory& activations) const;
  CacheView view(const Frame& frame, uint32_t layer) const;

  const Model& model_;
  const DeviceModel& weights_;
  const cudaStream_t stream_;
  const uint32_t max_rows_;
  const uint32_t max_spans_;
  uint32_t ring_[TM_MAX_GROUPS] = {};
  uint32_t group_segments_[TM_MAX_GROUPS] = {};  // most segments that a row of the group sees
  uint32_t max_segments_ = 0;
  uint32_t max_split_ = 0;            // rows whose attention is divided
  Memory normed_, attended_, gated_;  // activations
  Memory partial_;
  Memory logits_;
  Memory host_hidden_;
  Memory host_description_, device_description_;
  Description host_ = {}, device_ = {};
  uint32_t n_tiles_ = 0;
  uint32_t n_split_ = 0;
  uint32_t segments_ = 0;  // of this step's split rows, a power of two
  std::map<uint64_t, cudaGraphExec_t> graphs_;
};

}  // namespace tramontane::TM_DEVICE
