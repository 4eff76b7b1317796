// The attention stage and the writing of the cache.
#pragma once

#include "host/stages.h"
#include "matmul.h"

namespace tramontane::cpu {

// Divides the step's rows into groups that attend together; worker 0 does, before the first layer.
void group_rows(const Frame& frame);

// Writes keys or values of heads [first_head, end_head) of the given rows into their pages; keys are rotated first.
void write_keys(const Frame& frame, uint32_t layer, uint32_t first_head, uint32_t end_head, Rows rows);
void write_values(const Frame& frame, uint32_t layer, uint32_t first_head, uint32_t end_head, Rows rows);

// True if the attention stage leaves its output in blocks too (a head is a whole number of blocks).
inline bool attention_quantises(const Model& model) { return model.head_dim % kBlock == 0; }

void attention(const Frame& frame, uint32_t layer, const Worker& worker);

}  // namespace tramontane::cpu
