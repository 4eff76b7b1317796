// The whole model again, as plainly as it can be written, in double and without a cache: every row looks at every
// earlier row through a mask. Shares nothing with the library but the dequantised weights.
#pragma once

#include <cstdint>
#include <vector>

#include "tiny_model.h"

namespace test {

using Row = std::vector<double>;
using Rows = std::vector<Row>;

struct OracleExpert {
  uint32_t index;
  double share;
};

// The experts of an input, in rising order, as transformers' Mixtral chooses them.
std::vector<OracleExpert> oracle_experts(const Weights& weights, uint32_t layer, const Row& x);

// SiLU(W_gate x) * (W_up x) of an expert.
Row oracle_gate(const Weights& weights, uint32_t layer, uint32_t expert, const Row& x);

// Logits of every position of a sequence that begins at position 0. kv_dtype: what keys and values are kept as.
Rows oracle_logits(const Weights& weights, const std::vector<int32_t>& tokens, uint32_t kv_dtype);

Row oracle_norm(const Row& x, const std::vector<float>& weight, double epsilon);
Row oracle_matmul(const std::vector<float>& weight, const Row& x);  // rows = weight.size() / x.size()
// What a query is multiplied by for its position.
double oracle_query_scale(const Shape& shape, int64_t position);
// Rotates one head, times the magnitude. position and frequency multiply in float32, as the model's definition has it.
void oracle_rope(const Shape& shape, const std::vector<float>& factors, int64_t position, double* head);
// Attention of one query over keys[j], values[j] (already inside the window).
Row oracle_attend(const double* query, const std::vector<const double*>& keys, const std::vector<const double*>& values,
                  uint32_t head_dim);

}  // namespace test
