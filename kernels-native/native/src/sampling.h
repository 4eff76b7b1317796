// The sampling of a step's logits by the host's threads: what is shared out, and the scratch of each worker.
#pragma once

#include <cstdint>
#include <vector>

#include "memory.h"
#include "sampler.h"
#include "step.h"
#include "worker.h"

namespace tramontane {

inline constexpr uint32_t kLogitRows = 64;  // rows of logits computed and sampled together

class Sampling {
 public:
  Sampling() = default;
  Sampling(uint32_t vocab, uint32_t n_workers, const tm_cache_config& config);

  // Rows of logits that are needed at a time.
  static uint32_t rows_at_once(const tm_cache_config& config);

  // Makes the samples that name one of step.logit_rows[first, first + n), whose logits are given, [n][vocab]. Runs on
  // all workers and ends with a barrier: the logits may then be overwritten.
  void run(const Step& step, uint32_t first, uint32_t n, const float* logits, const Worker& worker);

  // Takes the scratch's pages from the system, each worker its own share.
  void touch(const Worker& worker) const;

  // Bytes that the constructor takes.
  static uint64_t bytes_for(uint32_t vocab, uint32_t n_workers, const tm_cache_config& config);
  uint64_t bytes() const { return memory_.bytes() + summaries_.size() * sizeof(Summary); }

 private:
  uint32_t vocab_ = 0;
  Buffer memory_;                        // of scratch_
  std::vector<SamplerScratch> scratch_;  // of each worker
  std::vector<Summary> summaries_;       // [kLogitRows][summary_tiles(vocab)]
};

}  // namespace tramontane
