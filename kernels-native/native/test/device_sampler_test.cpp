// A device draws what the host's sampler draws from the same logits: every token, status and bit of a logarithm.
#include <algorithm>
#include <cstring>
#include <vector>

#include "check.h"
#include "sampler.h"
#include "tiny_model.h"

namespace test {
namespace {

using tramontane::kSummaryTile;
using tramontane::Summary;

// A step with many samples, and all that they point to.
struct Samples {
  std::vector<tm_sample> samples;
  std::vector<tm_token_count> counts;
  std::vector<tm_bias> biases;
  std::vector<uint32_t> masks;
  uint32_t n_masks = 0;
};

template <class T>
T one_of(Random& random, std::initializer_list<T> values) {
  return values.begin()[random.below(static_cast<uint32_t>(values.size()))];
}

Samples random_samples(uint32_t n, uint32_t rows, uint32_t vocab, uint64_t seed) {
  Random random{seed};
  Samples all;
  const uint32_t words = (vocab + 31) / 32;
  const auto some_token = [&] { return static_cast<int32_t>(random.below(vocab)); };
  for (uint32_t i = 0; i < n; ++i) {
    tm_sample s = plain_sample(i * rows / n, 0);
    s.temperature = one_of(random, {0.0f, 0.3f, 1.0f, 1.0f, 1.0f, 2.5f});
    s.top_k = one_of(random, {0u, 0u, 0u, 1u, 2u, 40u, vocab - 1, vocab, vocab + 7});
    s.top_p = one_of(random, {1.0f, 1.0f, 0.9f, 0.5f, 0.999f, 1e-6f});
    s.min_p = one_of(random, {0.0f, 0.0f, 0.0f, 0.05f, 1.0f});
    s.seed = random.below(5) * 0x9e3779b97f4a7c15u;
    s.position = one_of<int64_t>(random, {0, 1, 77, int64_t{1} << 40});
    s.top_logprobs = one_of(random, {0u, 0u, 1u, 5u, 20u});
    if (random.below(8) == 0) s.target = some_token();
    if (random.below(4) == 0) {
      s.mask = static_cast<int32_t>(all.n_masks++);
      const uint32_t kind = random.below(4);  // nothing, one token, few, about half
      for (uint32_t w = 0; w < words; ++w) {
        uint32_t bits = kind < 2 ? 0 : random.below(1u << 16) << 16 | random.below(1u << 16);
        if (kind == 2) bits &= random.below(1u << 16) << 7;
        all.masks.push_back(bits);
      }
      const uint32_t only = random.below(vocab);
      if (kind == 1) all.masks[all.masks.size() - words + only / 32] |= 1u << (only % 32);
    }
    if (random.below(4) == 0) {
      s.first_bias = static_cast<uint32_t>(all.biases.size());
      s.n_biases = 1 + random.below(12);
      for (uint32_t j = 0; j < s.n_biases; ++j) {
        const bool again = j > 0 && random.below(3) == 0;  // listed twice: in order
        all.biases.push_back({again ? all.biases.back().token : some_token(), random.normal() * 3});
      }
    }
    if (random.below(3) == 0) {
      s.repetition_penalty = one_of(random, {1.0f, 1.3f, 0.8f, 1e30f});
      s.frequency_penalty = one_of(random, {0.0f, 0.7f, -1.0f});
      s.presence_penalty = one_of(random, {0.0f, 1.1f});
      s.first_count = static_cast<uint32_t>(all.counts.size());
      const uint32_t step = 1 + random.below(5);
      for (uint32_t token = random.below(step); token < vocab; token += step) {
        all.counts.push_back({static_cast<int32_t>(token), static_cast<int32_t>(random.below(4))});
      }
      s.n_counts = static_cast<uint32_t>(all.counts.size()) - s.first_count;
    }
    all.samples.push_back(s);
  }
  return all;
}

struct Answers {
  std::vector<tm_result> results;
  std::vector<int32_t> tokens;
  std::vector<float> logprobs;
  std::vector<float> logits;

  Answers(size_t n, uint32_t vocab)
      : results(n), tokens(n * TM_MAX_TOP_LOGPROBS, -9), logprobs(n * TM_MAX_TOP_LOGPROBS), logits(n * vocab) {}

  void point(tm_step& step) {
    step.results = results.data();
    step.top_tokens = tokens.data();
    step.top_logprobs = logprobs.data();
  }
};

void compare(const Shape& shape, const Weights& weights, Placement p, const Samples& samples, uint32_t rows) {
  const uint32_t n = static_cast<uint32_t>(samples.samples.size());
  p.kv_dtype = TM_F16;
  p.max_rows = std::max(rows, n);
  Session session(weights, p);
  const std::vector<int32_t> tokens = random_tokens(rows, shape.vocab, 5);
  session.run({{0, 0, tokens}});  // sends the page tables
  const tm_span span = {0, 0, rows, 0, 0};
  tm_step step{};
  step.struct_size = sizeof step;
  step.n_rows = rows;
  step.n_spans = 1;
  step.n_samples = n;
  step.n_counts = static_cast<uint32_t>(samples.counts.size());
  step.n_biases = static_cast<uint32_t>(samples.biases.size());
  step.n_masks = samples.n_masks;
  step.tokens = tokens.data();
  step.spans = &span;
  step.samples = samples.samples.data();
  step.counts = samples.counts.data();
  step.biases = samples.biases.data();
  step.masks = samples.masks.data();
  Answers device(n, shape.vocab), host(n, shape.vocab);
  device.point(step);
  step.logits = device.logits.data();
  CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
  CHECK_EQ(tm_wait(session.context(), -1), TM_OK);

  host.point(step);
  std::vector<float> a(shape.vocab), b(shape.vocab);
  std::vector<int32_t> ids(shape.vocab);
  for (uint32_t i = 0; i < n; ++i) {
    const float* logits = device.logits.data() + static_cast<uint64_t>(i) * shape.vocab;
    std::vector<Summary> tiles;
    for (uint32_t first = 0; first < shape.vocab; first += kSummaryTile) {
      tiles.push_back(tramontane::summarise(logits + first, std::min(kSummaryTile, shape.vocab - first),
                                            static_cast<int32_t>(first)));
    }
    tramontane::decide(step, i, logits, tiles.data(), shape.vocab, {a.data(), b.data(), ids.data()});
    const std::string name = p.name() + " vocab " + std::to_string(shape.vocab) + " sample " + std::to_string(i);
    CHECK_TEXT(
        memcmp(&device.results[i], &host.results[i], sizeof(tm_result)) == 0,
        name + ": token " + std::to_string(device.results[i].token) + ", not " + std::to_string(host.results[i].token));
    const uint64_t at = static_cast<uint64_t>(i) * TM_MAX_TOP_LOGPROBS;
    const uint32_t tops = host.results[i].n_top;
    CHECK_TEXT(memcmp(device.tokens.data() + at, host.tokens.data() + at, tops * sizeof(int32_t)) == 0, name + " top");
    CHECK_TEXT(memcmp(device.logprobs.data() + at, host.logprobs.data() + at, tops * sizeof(float)) == 0,
               name + " top logprobs");
  }
}

// spread: of the logits; equal: every so many tokens have the same ones.
void compare(uint32_t vocab, float spread, uint32_t equal, uint32_t rows, const Samples& samples) {
  Shape shape;
  shape.layers = 1;
  shape.vocab = vocab;
  shape.dtype = TM_BF16;
  Weights weights(shape);
  std::vector<uint8_t>& table = weights.entries[0].bytes;
  const size_t row = table.size() / vocab;
  for (size_t token = 0; token < vocab; ++token) {
    if (equal > 0)
      std::copy_n(table.begin() + static_cast<long>(token % equal * row), row,
                  table.begin() + static_cast<long>(token * row));
  }
  std::vector<uint8_t>& norm = weights.entries[1].bytes;
  for (size_t i = 0; i < norm.size(); i += sizeof(float)) {
    float value;
    memcpy(&value, &norm[i], sizeof value);
    value *= spread / 8;
    memcpy(&norm[i], &value, sizeof value);
  }
  for (const Placement& p : device_placements()) compare(shape, weights, p, samples, rows);
}

}  // namespace

TEST(a_device_draws_what_the_host_draws) {
  compare(101, 3, 0, 7, random_samples(150, 7, 101, 1));
  compare(5000, 1, 0, 3, random_samples(40, 3, 5000, 2));
  compare(5000, 8, 0, 3, random_samples(30, 3, 5000, 3));
}

TEST(a_device_puts_equal_logits_in_the_order_of_their_ids) {
  compare(300, 2, 7, 3, random_samples(120, 3, 300, 4));
  compare(300, 2, 1, 1, random_samples(60, 1, 300, 5));  // all are equal
}

// Two tokens may be drawn, each the first of a warp: one that comes after the chosen warp has written must not choose
// itself.
TEST(a_warp_that_comes_late_draws_nothing) {
  constexpr uint32_t kVocab = 2000, kOfWarp = 1024;
  Samples all;
  for (uint32_t i = 0; i < 100; ++i) {
    tm_sample s = plain_sample(0, 0);
    s.temperature = 1;
    s.seed = i;
    s.mask = 0;
    all.samples.push_back(s);
  }
  all.n_masks = 1;
  all.masks.resize((kVocab + 31) / 32);
  all.masks[0] = all.masks[kOfWarp / 32] = 1;
  compare(kVocab, 2, 1, 1, all);
}

TEST(a_device_draws_among_more_tokens_than_a_block_has_threads) {
  compare(40'000, 2, 0, 1, random_samples(10, 1, 40'000, 6));  // several tiles and, with counts, several rounds
}

}  // namespace test
