// From a row of logits to a token: mask, bias, penalties, temperature, top-k, top-p, min-p, one draw; and the
// log-probabilities of the raw logits. The rules are in tramontane.h at tm_sample.
//
// Two passes. summarise looks at a row in fixed tiles that any worker may take: finiteness, the largest logit and the
// sum of exponentials, so a greedy token costs no further look at the row. decide then makes one sample, serially, from
// the row and its tiles' summaries in order. So nothing depends on the number of workers or on the batch. A device's
// sampler (cuda/decide.cu) shares the arithmetic (chance.h) and gives the same bits.
#pragma once

#include <cstdint>

#include "chance.h"
#include "tramontane.h"

namespace tramontane {

// Tile of a row: logits[0..n) are those of ids first_id...
Summary summarise(const float* logits, uint32_t n, int32_t first_id);

// Scratch of one worker.
struct SamplerScratch {
  float* logits;   // [vocab] adjusted by mask, bias and penalties
  float* weights;  // [vocab] exp((logit - largest) / temperature)
  int32_t* ids;    // [vocab] candidates
};

// Makes sample number i of the step: results[i], and its row of top_tokens and top_logprobs when asked for.
void decide(const tm_step& step, uint32_t i, const float* logits, const Summary* tiles, uint32_t vocab,
            const SamplerScratch& scratch);

}  // namespace tramontane
