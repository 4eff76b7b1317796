// The cpu backend over several attention segments: what forward_test does, where splitting over keys and folding begin.
#include <algorithm>

#include "check.h"
#include "oracle.h"
#include "tiny_model.h"

namespace test {
namespace {

constexpr uint32_t kLength = 900;

Shape long_shape(uint32_t window) {
  Shape shape;
  shape.layers = 2;
  shape.width = 64;
  shape.heads = 3;
  shape.kv_heads = 1;
  shape.head_dim = 32;
  shape.rope_dims = 32;
  shape.dtype = TM_Q8_0;
  shape.windows = {window, 0};
  return shape;
}

Placement long_placement(uint32_t level, uint32_t threads, uint32_t kv_dtype) {
  Placement placement;
  placement.backend = TM_BACKEND_CPU;
  placement.cpu_level = level;
  placement.threads = threads;
  placement.kv_dtype = kv_dtype;
  placement.page_tokens = 32;
  placement.max_rows = kLength;
  placement.max_tokens = kLength;
  return placement;
}

}  // namespace

TEST(chunks_threads_and_levels_change_nothing_over_several_segments) {
  for (const uint32_t window : {0u, 1u, 255u, 256u, 257u, 600u}) {
    const Weights weights(long_shape(window));
    const auto tokens = random_tokens(kLength, weights.shape.vocab, 5);
    std::vector<float> whole;
    for (const uint32_t threads : {1u, 2u, 3u}) {
      for (const uint32_t chunk : {kLength, 211u, 13u}) {
        Session session(weights, long_placement(TM_CPU_AUTO, threads, TM_F16));
        const auto logits = session.run_chunked(0, tokens, chunk);
        if (whole.empty()) whole = logits;
        CHECK_TEXT(same(whole, logits), "window " + std::to_string(window) + " threads " + std::to_string(threads) +
                                            " chunk " + std::to_string(chunk));
      }
    }
    for (const Placement& level : placements()) {
      if (level.backend != TM_BACKEND_CPU) continue;
      Session session(weights, long_placement(level.cpu_level, 2, TM_F16));
      CHECK_TEXT(same(whole, session.run_chunked(0, tokens, 300)), level.name());
    }
  }
}

TEST(decode_token_by_token_equals_prefill_at_depth) {
  const Weights weights(long_shape(600));
  const auto tokens = random_tokens(kLength, weights.shape.vocab, 6);
  Session prefilled(weights, long_placement(TM_CPU_AUTO, 1, TM_F32));
  const auto whole = prefilled.run_chunked(0, tokens, kLength);
  Session decoded(weights, long_placement(TM_CPU_AUTO, 3, TM_F32));
  constexpr uint32_t kFrom = kLength - 60;
  decoded.run_chunked(0, {tokens.begin(), tokens.begin() + kFrom}, kFrom);
  for (uint32_t p = kFrom; p < kLength; ++p) {
    const auto logits = decoded.run({{0, p, {tokens[p]}}});
    CHECK(memcmp(logits.data(), whole.data() + static_cast<size_t>(p) * weights.shape.vocab,
                 logits.size() * sizeof(float)) == 0);
  }
}

TEST(long_sequences_agree_with_the_oracle) {
  Shape shape = long_shape(300);
  shape.dtype = TM_F32;
  const Weights weights(shape);
  const auto tokens = random_tokens(kLength, shape.vocab, 7);
  const Rows expected = oracle_logits(weights, tokens, TM_F32);
  Session session(weights, long_placement(TM_CPU_AUTO, 2, TM_F32));
  const auto logits = session.run_chunked(0, tokens, 400);
  for (size_t row = 0; row < expected.size(); ++row) {
    for (uint32_t i = 0; i < shape.vocab; ++i) {
      CHECK_NEAR(static_cast<double>(logits[row * shape.vocab + i]), expected[row][i], 2e-4);
    }
  }
}

TEST(a_kv_head_may_serve_any_number_of_heads) {
  Shape shape = long_shape(40);
  shape.heads = 130;  // more than any fixed table would hold
  shape.head_dim = 2;
  shape.rope_dims = 2;
  shape.dtype = TM_F32;
  const Weights weights(shape);
  const auto tokens = random_tokens(100, shape.vocab, 8);
  const Rows expected = oracle_logits(weights, tokens, TM_F32);
  Session session(weights, long_placement(TM_CPU_AUTO, 2, TM_F32));
  const auto logits = session.run_chunked(0, tokens, 33);
  for (size_t row = 0; row < expected.size(); ++row) {
    for (uint32_t i = 0; i < shape.vocab; ++i) {
      CHECK_NEAR(static_cast<double>(logits[row * shape.vocab + i]), expected[row][i], 2e-4);
    }
  }
}

}  // namespace test
