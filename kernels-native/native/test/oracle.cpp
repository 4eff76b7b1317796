#include "oracle.h"

#include <algorithm>
#include <cmath>
#include <cstdlib>

#include "kv_elements.h"

namespace test {

Row oracle_norm(const Row& x, const std::vector<float>& weight, double epsilon) {
  double mean = 0;
  for (const double v : x) mean += v * v / static_cast<double>(x.size());
  Row y;
  for (size_t i = 0; i < x.size(); ++i) y.push_back(x[i] / std::sqrt(mean + epsilon) * static_cast<double>(weight[i]));
  return y;
}

Row oracle_matmul(const std::vector<float>& weight, const Row& x) {
  Row y(weight.size() / x.size(), 0.0);
  const float* next = weight.data();
  for (double& sum : y) {
    for (const double value : x) sum += static_cast<double>(*next++) * value;
  }
  return y;
}

void oracle_rope(const Shape& s, const std::vector<float>& factors, int64_t position, double* head) {
  const Row before(head, head + s.head_dim);
  for (uint32_t i = 0; i < s.rope_dims / 2; ++i) {
    double frequency = 1 / std::pow(10000.0, 2.0 * i / s.rope_dims);
    if (!factors.empty()) frequency /= static_cast<double>(factors[i]);
    const double angle = static_cast<double>(static_cast<float>(position) * static_cast<float>(frequency));
    const uint32_t a = s.rope_style == TM_ROPE_INTERLEAVED ? 2 * i : i;
    const uint32_t b = s.rope_style == TM_ROPE_INTERLEAVED ? 2 * i + 1 : i + s.rope_dims / 2;
    head[a] = s.magnitude * (std::cos(angle) * before[a] - std::sin(angle) * before[b]);
    head[b] = s.magnitude * (std::sin(angle) * before[a] + std::cos(angle) * before[b]);
  }
}

double oracle_query_scale(const Shape& s, int64_t position) {
  if (s.query_beta == 0) return 1;
  return 1 + s.query_beta * std::log1p(std::floor(static_cast<double>(position) / s.query_positions));
}

Row oracle_attend(const double* query, const std::vector<const double*>& keys, const std::vector<const double*>& values,
                  uint32_t head_dim) {
  Row scores;
  for (const double* key : keys) {
    double dot = 0;
    for (uint32_t d = 0; d < head_dim; ++d) dot += query[d] * key[d];
    scores.push_back(dot / std::sqrt(static_cast<double>(head_dim)));
  }
  const double largest = *std::max_element(scores.begin(), scores.end());
  double total = 0;
  for (double& score : scores) total += score = std::exp(score - largest);
  Row out(head_dim, 0.0);
  for (size_t j = 0; j < values.size(); ++j) {
    for (uint32_t d = 0; d < head_dim; ++d) out[d] += scores[j] / total * values[j][d];
  }
  return out;
}

std::vector<OracleExpert> oracle_experts(const Weights& w, uint32_t layer, const Row& x) {
  const Row logits = oracle_matmul(w.values(TM_FFN_ROUTER, layer), x);
  const double largest = *std::max_element(logits.begin(), logits.end());
  double total = 0;
  for (const double logit : logits) total += std::exp(logit - largest);
  std::vector<OracleExpert> experts;
  for (uint32_t e = 0; e < logits.size(); ++e) experts.push_back({e, std::exp(logits[e] - largest) / total});
  std::stable_sort(experts.begin(), experts.end(), [](const auto& a, const auto& b) { return a.share > b.share; });
  experts.resize(w.shape.experts_used);
  std::sort(experts.begin(), experts.end(), [](const auto& a, const auto& b) { return a.index < b.index; });
  double chosen = 0;
  for (const OracleExpert& expert : experts) chosen += expert.share;
  for (OracleExpert& expert : experts) expert.share /= chosen;
  return experts;
}

Row oracle_gate(const Weights& w, uint32_t layer, uint32_t expert, const Row& x) {
  Row gate = oracle_matmul(w.values(TM_FFN_GATE, layer, expert), x);
  const Row up = oracle_matmul(w.values(TM_FFN_UP, layer, expert), x);
  for (size_t i = 0; i < gate.size(); ++i) gate[i] = gate[i] / (1 + std::exp(-gate[i])) * up[i];
  return gate;
}

namespace {

// Every head's numbers as a cache of the type keeps them.
void keep(uint32_t kv_dtype, uint32_t head_dim, Row& heads) {
  if (kv_dtype == TM_F32) return;
  const auto in_order = [](uint32_t i) { return i; };
  std::vector<float> x(head_dim);
  std::vector<uint8_t> elements(head_dim * sizeof(float));
  for (size_t at = 0; at < heads.size(); at += head_dim) {
    uint16_t scale = 0;
    for (uint32_t d = 0; d < head_dim; ++d) x[d] = static_cast<float>(heads[at + d]);
    tramontane::put_elements(kv_dtype, x.data(), head_dim, elements.data(), in_order, &scale);
    tramontane::get_elements(kv_dtype, elements.data(), head_dim, in_order, &scale, x.data());
    for (uint32_t d = 0; d < head_dim; ++d) heads[at + d] = static_cast<double>(x[d]);
  }
}

void add(Row& to, const Row& what) {
  for (size_t i = 0; i < to.size(); ++i) to[i] += what[i];
}

}  // namespace

Rows oracle_logits(const Weights& w, const std::vector<int32_t>& tokens, uint32_t kv_dtype) {
  const Shape& s = w.shape;
  const std::vector<float> embedding = w.values(TM_TOKEN_EMBEDDING, 0);
  const std::vector<float> factors = w.values(TM_ROPE_FACTORS, 0);
  Rows hidden;
  for (const int32_t token : tokens) {
    const float* row = embedding.data() + static_cast<size_t>(token) * s.width;
    hidden.emplace_back(row, row + s.width);
  }
  for (uint32_t l = 0; l < s.layers; ++l) {
    const uint32_t group = l < s.layer_group.size() ? s.layer_group[l] : l % static_cast<uint32_t>(s.windows.size());
    const size_t window = s.windows[group] == 0 ? tokens.size() : s.windows[group];
    Rows q, k, v;
    for (size_t i = 0; i < tokens.size(); ++i) {
      const Row x = oracle_norm(hidden[i], w.values(TM_ATTENTION_NORM, l), 1e-5);
      q.push_back(oracle_matmul(w.values(TM_ATTENTION_Q, l), x));
      k.push_back(oracle_matmul(w.values(TM_ATTENTION_K, l), x));
      v.push_back(oracle_matmul(w.values(TM_ATTENTION_V, l), x));
      for (uint32_t h = 0; h < s.heads; ++h) oracle_rope(s, factors, static_cast<int64_t>(i), &q[i][h * s.head_dim]);
      for (uint32_t h = 0; h < s.kv_heads; ++h) oracle_rope(s, factors, static_cast<int64_t>(i), &k[i][h * s.head_dim]);
      for (double& value : q[i]) value *= oracle_query_scale(s, static_cast<int64_t>(i));
      keep(kv_dtype, s.head_dim, k[i]);
      keep(kv_dtype, s.head_dim, v[i]);
    }
    for (size_t i = 0; i < tokens.size(); ++i) {
      Row attended;
      for (uint32_t h = 0; h < s.heads; ++h) {
        const size_t from = h / (s.heads / s.kv_heads) * s.head_dim;
        std::vector<const double*> keys, values;
        for (size_t j = 0; j <= i; ++j) {
          if (i - j >= window) continue;
          keys.push_back(&k[j][from]);
          values.push_back(&v[j][from]);
        }
        const Row head = oracle_attend(&q[i][h * s.head_dim], keys, values, s.head_dim);
        attended.insert(attended.end(), head.begin(), head.end());
      }
      add(hidden[i], oracle_matmul(w.values(TM_ATTENTION_OUT, l), attended));
      const Row x = oracle_norm(hidden[i], w.values(TM_FFN_NORM, l), 1e-5);
      const auto experts = s.experts == 0 ? std::vector<OracleExpert>{{0, 1}} : oracle_experts(w, l, x);
      for (const OracleExpert& expert : experts) {
        Row output = oracle_matmul(w.values(TM_FFN_DOWN, l, expert.index), oracle_gate(w, l, expert.index, x));
        for (double& value : output) value *= expert.share;
        add(hidden[i], output);
      }
    }
  }
  Rows logits;
  for (const Row& row : hidden) {
    const Row x = oracle_norm(row, w.values(TM_OUTPUT_NORM, 0), 1e-5);
    logits.push_back(oracle_matmul(w.values(s.tied ? TM_TOKEN_EMBEDDING : TM_OUTPUT, 0), x));
  }
  return logits;
}

}  // namespace test
