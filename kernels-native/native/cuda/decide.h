// Launches of the device's sampler: from rows of logits to tokens, by the rules at tm_sample and to the bit as the
// host's (src/sampler.h), whose arithmetic it shares (src/chance.h).
#pragma once

#include <cstdint>

#include "chance.h"
#include "device.h"

namespace tramontane::TM_DEVICE {

// Samples that are made together. Everything lies in the device's memory.
struct Draws {
  const float* logits;       // [rows][vocab]
  const Summary* tiles;      // [rows][summary_tiles(vocab)]
  const tm_sample* samples;  // [n] mask is only a flag
  const uint32_t* rows;      // [n] of logits
  const uint32_t* masks;     // [n][(vocab + 31) / 32] of samples that have one
  float* adjusted;           // [n][vocab] logits after mask, bias and penalties
  tm_result* results;        // [n]
  int32_t* top_tokens;       // [n][TM_MAX_TOP_LOGPROBS]
  float* top_logprobs;       // likewise
  uint32_t n;
  uint32_t vocab;
};

// A list's part that is there: entries[first, first + n).
struct EntryRange {
  uint32_t first, n;
};

cudaError_t summarise_rows(const float* logits, uint32_t n_rows, uint32_t vocab, Summary* tiles, cudaStream_t stream);
// Masks, for samples that look at other logits than the model's; then their biases, then their counts, in as many
// launches as the lists take. A range for each sample; most is the longest.
cudaError_t mask_rows(const Draws& draws, cudaStream_t stream);
cudaError_t add_biases(const Draws& draws, const tm_bias* entries, const EntryRange* ranges, cudaStream_t stream);
cudaError_t penalise(const Draws& draws, const tm_token_count* entries, const EntryRange* ranges, uint32_t most,
                     cudaStream_t stream);
cudaError_t decide_all(const Draws& draws, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
