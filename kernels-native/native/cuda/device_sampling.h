// What the device's sampler needs of a step: samples, masks and lists are sent, results fetched, in batches that fit
// the buffers.
#pragma once

#include <cstdint>

#include "completion.h"
#include "decide.h"
#include "device_memory.h"
#include "step.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kLogitTile = 64;  // rows of logits, and samples, that are computed together

// Once in pinned memory and once on the device; n samples of a batch.
struct SampleBuffers {
  tm_sample* samples;   // [n]
  uint32_t* rows;       // [n]
  uint32_t* masks;      // [n][words]
  EntryRange* biases;   // [n] in entries
  EntryRange* counts;   // [n]
  uint64_t* entries;    // [kEntries] tm_bias and tm_token_count
  tm_result* results;   // [n]
  int32_t* top_tokens;  // [n][TM_MAX_TOP_LOGPROBS]
  float* top_logprobs;  // likewise
};

// Everything here may throw DeviceError. The driver's.
class DeviceSampling {
 public:
  DeviceSampling(uint32_t vocab, const tm_cache_config& config, cudaStream_t stream);

  // Makes the samples that name one of step.logit_rows[first, first + n), whose logits, [n][vocab], the stream is about
  // to have written. Waits for the step's masks where one is needed, and for the results.
  void run(const Step& step, uint32_t first, uint32_t n, const float* logits);

  // Bytes that the constructor takes.
  static uint64_t bytes_for(uint32_t vocab, const tm_cache_config& config);
  uint64_t bytes() const { return host_memory_.bytes() + device_memory_.bytes() + tiles_.bytes() + adjusted_.bytes(); }

 private:
  void run_batch(const Step& step, uint32_t from, uint32_t n, uint32_t first_row, const float* logits);
  void send_masks(const Step& step, uint32_t from, uint32_t n);
  void adjust(const Step& step, uint32_t from, const Draws& draws);
  void send(void* to, const void* from, uint64_t bytes);
  void fetch(void* to, const void* from, uint64_t bytes);
  void wait();

  uint32_t vocab_;
  cudaStream_t stream_;
  Memory host_memory_, device_memory_;  // of host_ and device_
  Memory tiles_;                        // [rows][summary_tiles(vocab)]
  Memory adjusted_;                     // [n][vocab]
  SampleBuffers host_ = {}, device_ = {};
  Completion done_;
};

}  // namespace tramontane::TM_DEVICE
