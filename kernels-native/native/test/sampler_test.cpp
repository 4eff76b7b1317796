// The sampler against exact probabilities (chi-square over 100,000 draws), and every rule of tm_sample.
#include "sampler.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <numeric>
#include <vector>

#include "check.h"
#include "philox.h"
#include "random.h"
#include "tiny_model.h"

namespace test {
namespace {

using tramontane::Summary;

// One row of logits and whatever a sample may point to.
struct Bench {
  std::vector<float> logits;
  std::vector<tm_token_count> counts;
  std::vector<tm_bias> biases;
  std::vector<uint32_t> mask;
  std::vector<float> a, b;
  std::vector<int32_t> ids;
  int32_t top_tokens[TM_MAX_TOP_LOGPROBS];
  float top_logprobs[TM_MAX_TOP_LOGPROBS];
  std::vector<Summary> tiles;

  explicit Bench(std::vector<float> row) : logits(std::move(row)) { summarise(); }

  uint32_t vocab() const { return static_cast<uint32_t>(logits.size()); }

  void summarise() {
    tiles.clear();
    for (uint32_t first = 0; first < vocab(); first += tramontane::kSummaryTile) {
      const uint32_t n = std::min(tramontane::kSummaryTile, vocab() - first);
      tiles.push_back(tramontane::summarise(logits.data() + first, n, static_cast<int32_t>(first)));
    }
    a.assign(vocab(), NAN);  // poison
    b.assign(vocab(), NAN);
    ids.assign(vocab(), -7);
  }

  tm_result decide(tm_sample s) {
    tm_result result{};
    tm_step step{};
    s.n_counts = static_cast<uint32_t>(counts.size());
    s.n_biases = static_cast<uint32_t>(biases.size());
    s.mask = mask.empty() ? -1 : 0;
    step.samples = &s;
    step.results = &result;
    step.counts = counts.data();
    step.biases = biases.data();
    step.masks = mask.data();
    step.top_tokens = top_tokens;
    step.top_logprobs = top_logprobs;
    tramontane::decide(step, 0, logits.data(), tiles.data(), vocab(), {a.data(), b.data(), ids.data()});
    return result;
  }

  // The exact probabilities, by the header's words: sort, cut, divide.
  std::vector<double> exact(const tm_sample& s) const {
    std::vector<double> z(logits.begin(), logits.end());
    for (uint32_t i = 0; i < vocab(); ++i) {
      if (!mask.empty() && (mask[i / 32] >> (i % 32) & 1) == 0) z[i] = -std::numeric_limits<double>::infinity();
    }
    for (const tm_bias& bias : biases) z[static_cast<size_t>(bias.token)] += static_cast<double>(bias.bias);
    for (const tm_token_count& c : counts) {
      double& x = z[static_cast<size_t>(c.token)];
      x = x > 0 ? x / static_cast<double>(s.repetition_penalty) : x * static_cast<double>(s.repetition_penalty);
      x -= c.count * static_cast<double>(s.frequency_penalty);
      if (c.count > 0) x -= static_cast<double>(s.presence_penalty);
    }
    const double largest = *std::max_element(z.begin(), z.end());
    std::vector<double> p;
    for (const double x : z) p.push_back(std::exp((x - largest) / static_cast<double>(s.temperature)));
    std::vector<uint32_t> order(vocab());
    std::iota(order.begin(), order.end(), 0u);
    std::stable_sort(order.begin(), order.end(), [&](uint32_t i, uint32_t j) { return z[i] > z[j]; });
    const auto keep = [&](size_t n) {
      for (size_t i = n; i < order.size(); ++i) p[order[i]] = 0;
      order.resize(std::min(n, order.size()));
      const double total = std::accumulate(p.begin(), p.end(), 0.0);
      for (double& x : p) x /= total;
    };
    keep(s.top_k == 0 ? order.size() : s.top_k);
    if (s.top_p < 1) {
      double mass = 0;
      size_t n = 0;
      while (n < order.size() && mass < static_cast<double>(s.top_p)) mass += p[order[n++]];
      keep(n);
    }
    const double least = static_cast<double>(s.min_p) * p[order[0]];
    size_t n = 0;
    while (n < order.size() && p[order[n]] >= least) ++n;
    keep(n);
    return p;
  }
};

tm_sample sample_with(float temperature, uint32_t top_k, float top_p, float min_p) {
  tm_sample s = plain_sample(0, 0);
  s.temperature = temperature;
  s.top_k = top_k;
  s.top_p = top_p;
  s.min_p = min_p;
  return s;
}

std::vector<float> random_logits(uint32_t vocab, double spread, uint64_t seed) {
  Random random{seed};
  std::vector<float> row(vocab);
  for (float& x : row) x = random.normal() * static_cast<float>(spread);
  return row;
}

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr uint32_t kSquareDraws = 10'000;  // an order slower, and the code is the same
#else
constexpr uint32_t kSquareDraws = 100'000;
#endif

// Pearson's statistic; cells that expect fewer than ten draws are taken together. Wilson and Hilferty's approximation
// turns it into standard deviations; with about 150 tests, 5 of them are a fault, not bad luck.
void chi_square(Bench& bench, tm_sample s, const char* name) {
  const std::vector<double> p = bench.exact(s);
  std::vector<uint32_t> seen(bench.vocab(), 0);
  for (uint32_t i = 0; i < kSquareDraws; ++i) {
    s.seed = 1234567 + i / 1000;
    s.position = i % 1000;
    const tm_result result = bench.decide(s);
    if (result.token < 0 || p[static_cast<size_t>(result.token)] == 0) {
      CHECK_TEXT(false, std::string(name) + ": drew token " + std::to_string(result.token) + ", which is filtered out");
      return;
    }
    ++seen[static_cast<size_t>(result.token)];
  }
  double statistic = 0, rest_expected = 0, rest_seen = 0;
  int cells = 0;
  for (uint32_t i = 0; i < bench.vocab(); ++i) {
    const double expected = p[i] * kSquareDraws;
    if (expected < 10) {
      rest_expected += expected;
      rest_seen += seen[i];
      continue;
    }
    statistic += (seen[i] - expected) * (seen[i] - expected) / expected;
    ++cells;
  }
  if (rest_expected >= 10) {
    statistic += (rest_seen - rest_expected) * (rest_seen - rest_expected) / rest_expected;
    ++cells;
  }
  const double k = cells - 1;
  if (k < 1) return;
  const double deviations = (std::cbrt(statistic / k) - (1 - 2 / (9 * k))) / std::sqrt(2 / (9 * k));
  CHECK_TEXT(std::fabs(deviations) < 5, std::string(name) + ": chi-square off by " + std::to_string(deviations));
}

}  // namespace

TEST(philox_known_answers) {  // Random123's kat_vectors
  using Words = std::array<uint32_t, 4>;
  const auto philox = [](Words counter, std::array<uint32_t, 2> key) {
    tramontane::PhiloxCounter at;
    std::copy(counter.begin(), counter.end(), at.at);
    at = tramontane::philox(at, key[0], key[1]);
    return Words{at.at[0], at.at[1], at.at[2], at.at[3]};
  };
  CHECK((philox({0, 0, 0, 0}, {0, 0}) == Words{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  CHECK((philox({0xffffffff, 0xffffffff, 0xffffffff, 0xffffffff}, {0xffffffff, 0xffffffff}) ==
         Words{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  CHECK((philox({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}) ==
         Words{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(draws_follow_the_exact_probabilities) {
  Bench bench(random_logits(50, 2, 1));
  chi_square(bench, sample_with(1, 0, 1, 0), "temperature 1");
  chi_square(bench, sample_with(2, 0, 1, 0), "temperature 2");
  chi_square(bench, sample_with(1, 49, 1, 0), "top-k 49");
  chi_square(bench, sample_with(1, 0, 0.3f, 0), "top-p 0.3");
  chi_square(bench, sample_with(1, 10, 0.7f, 0), "top-k 10, top-p 0.7");
}

// Each filter alone, and with each of the others: temperature, top-k, top-p, min-p, repetition, frequency and presence.
TEST(draws_follow_the_probabilities_with_any_combination_of_filters) {
  for (uint32_t chosen = 0; chosen < 1u << 7; ++chosen) {
    const auto has = [&](uint32_t filter) { return (chosen >> filter & 1) != 0; };
    Bench bench(random_logits(40, 2, 100 + chosen));
    bench.counts = {{3, 2}, {7, 0}, {11, 5}, {12, 1}};
    if (chosen % 3 == 0) bench.biases = {{3, 2.0f}, {20, -1.5f}, {21, 4.0f}};
    if (chosen % 5 == 0) bench.mask = {0xf7fffffe, 0x000000f7};
    tm_sample s = sample_with(has(0) ? 0.6f : 1.0f, has(1) ? 15 : 0, has(2) ? 0.9f : 1.0f, has(3) ? 0.03f : 0.0f);
    if (has(4)) s.repetition_penalty = 1.3f;
    if (has(5)) s.frequency_penalty = 0.4f;
    if (has(6)) s.presence_penalty = -0.7f;
    chi_square(bench, s, ("combination " + std::to_string(chosen)).c_str());
  }
}

TEST(draws_follow_the_probabilities_with_mask_bias_and_penalties) {
  Bench bench(random_logits(50, 2, 2));
  bench.counts = {{3, 2}, {7, 0}, {11, 5}, {12, 1}};
  bench.biases = {{3, 2.0f}, {20, -1.5f}, {21, 4.0f}};
  bench.mask = {0xf7fffffe, 0x0003fff7};
  tm_sample s = sample_with(0.9f, 0, 1, 0);
  s.repetition_penalty = 1.3f;
  chi_square(bench, s, "repetition");
  s.frequency_penalty = 0.4f;
  chi_square(bench, s, "repetition, frequency");
  s.presence_penalty = -0.7f;
  chi_square(bench, s, "all penalties");
  s.top_k = 12;
  s.top_p = 0.9f;
  s.min_p = 0.03f;
  chi_square(bench, s, "all penalties and filters");
}

// A vocabulary of a real size: the candidates' pool is cut, the quickselect runs, the draw skips tiles. The kept set
// must be the exact one: equal to the set of tokens that a full sort keeps.
TEST(filters_keep_exactly_the_right_tokens_of_a_large_vocabulary) {
  for (const double spread : {0.0, 0.3, 2.0, 6.0}) {
    Bench bench(random_logits(49'152, spread, 3));
    if (spread == 2.0) {  // many ties
      for (float& x : bench.logits) x = std::round(x * 4) / 4;
      bench.summarise();
    }
    for (const auto& [top_k, top_p, min_p] : std::vector<std::tuple<uint32_t, float, float>>{{1, 1, 0},
                                                                                             {40, 1, 0},
                                                                                             {5000, 1, 0},
                                                                                             {0, 0.9f, 0},
                                                                                             {0, 0.01f, 0},
                                                                                             {0, 0.999f, 0},
                                                                                             {50, 0.9f, 0},
                                                                                             {0, 1, 0.2f},
                                                                                             {3000, 0.5f, 0.01f},
                                                                                             {0, 1, 0}}) {
      tm_sample s = sample_with(1, top_k, top_p, min_p);
      const std::vector<double> p = bench.exact(s);
      const auto kept = static_cast<size_t>(std::count_if(p.begin(), p.end(), [](double x) { return x > 0; }));
      for (uint32_t i = 0; i < 50; ++i) {
        s.seed = i;
        const tm_result result = bench.decide(s);
        // Where the nucleus ends is a matter of rounding when thousands of weights are almost equal: one place of
        // slack.
        const bool in = p[static_cast<size_t>(result.token)] > 0;
        CHECK_TEXT(in || (top_p < 1 && kept > 1000), "spread " + std::to_string(spread) + " k " +
                                                         std::to_string(top_k) + " p " + std::to_string(top_p) +
                                                         " drew " + std::to_string(result.token));
      }
    }
  }
}

TEST(large_vocabulary_draws_have_the_right_mean) {
  // Weights fall with the id, so a draw that skips tiles wrongly moves the mean id.
  std::vector<float> row(20'000);
  for (uint32_t i = 0; i < row.size(); ++i) row[i] = -0.0003f * static_cast<float>(i);
  Bench bench(row);
  tm_sample s = sample_with(1, 0, 1, 0);
  const std::vector<double> p = bench.exact(s);
  double mean = 0, square = 0;
  for (uint32_t i = 0; i < p.size(); ++i) {
    mean += p[i] * i;
    square += p[i] * i * i;
  }
  constexpr int kDraws = 4000;
  double seen = 0;
  for (int i = 0; i < kDraws; ++i) {
    s.position = i;
    seen += static_cast<double>(bench.decide(s).token) / kDraws;
  }
  CHECK_NEAR(seen, mean, 4 * std::sqrt((square - mean * mean) / kDraws));
}

TEST(greedy_takes_the_largest_and_the_lowest_id_on_ties) {
  std::vector<float> row(9000, -1.0f);
  row[8500] = 3;
  row[4100] = 3;
  row[4095] = 2.5f;
  Bench bench(row);
  CHECK_EQ(bench.decide(sample_with(0, 0, 1, 0)).token, 4100);
  bench.biases = {{4095, 1.0f}};
  CHECK_EQ(bench.decide(sample_with(0, 0, 1, 0)).token, 4095);
  bench.biases = {{4095, 0.5f}};  // a tie of three
  CHECK_EQ(bench.decide(sample_with(0, 0, 1, 0)).token, 4095);
  bench.biases.clear();
  bench.counts = {{4100, 1}};
  tm_sample s = sample_with(0, 0, 1, 0);
  s.presence_penalty = 0.1f;
  CHECK_EQ(bench.decide(s).token, 8500);
  bench.counts = {{4100, 0}};  // a prompt token: only the repetition penalty counts it
  CHECK_EQ(bench.decide(s).token, 4100);
  s.repetition_penalty = 1.1f;
  CHECK_EQ(bench.decide(s).token, 8500);
  bench.counts = {{8500, 0}, {4100, 0}};
  s.repetition_penalty = 0.5f;
  CHECK_EQ(bench.decide(s).token, 4100);
  // Filters never remove the most likely token.
  CHECK_EQ(bench.decide(sample_with(1e-30f, 0, 1e-30f, 1)).token, 4100);
  CHECK_EQ(bench.decide(sample_with(5, 1, 1, 0)).token, 4100);
  CHECK_EQ(bench.decide(sample_with(5, 0, 1e-6f, 0)).token, 4100);
}

TEST(repetition_penalty_multiplies_negative_logits) {
  Bench bench({-1.0f, -1.5f, -5.0f});
  bench.counts = {{0, 1}};
  tm_sample s = sample_with(0, 0, 1, 0);
  s.repetition_penalty = 1.4f;
  CHECK_EQ(bench.decide(s).token, 0);
  s.repetition_penalty = 1.6f;
  CHECK_EQ(bench.decide(s).token, 1);
  s.repetition_penalty = std::numeric_limits<float>::max();  // overflow is bounded, not infinite
  s.temperature = 1;
  CHECK_EQ(bench.decide(s).status, TM_RESULT_OK);
  s.repetition_penalty = std::numeric_limits<float>::denorm_min();
  bench.logits[0] = 8;
  bench.summarise();
  CHECK_EQ(bench.decide(s).token, 0);
}

TEST(masks) {
  std::vector<float> row(70, 0.0f);
  row[69] = 5;
  row[33] = 4;
  Bench bench(row);
  bench.mask = {0, 0, 0};
  tm_sample s = sample_with(1, 0, 1, 0);
  s.top_logprobs = 5;
  tm_result result = bench.decide(s);
  CHECK_EQ(result.status, TM_RESULT_MASKED_OUT);
  CHECK_EQ(result.token, -1);
  CHECK_EQ(result.n_top, 0u);
  bench.mask = {0, 1u << 1, 0};
  result = bench.decide(s);
  CHECK_EQ(result.status, TM_RESULT_OK);
  CHECK_EQ(result.token, 33);
  CHECK_EQ(result.n_top, 5u);
  CHECK_EQ(bench.top_tokens[0], 69);  // of the raw logits
  bench.mask = {1u << 2, 0, 1u << 4};
  for (uint32_t k : {0u, 1u, 2u, 69u}) {  // filters count allowed tokens first
    s = sample_with(0.1f, k, 1, 0);
    for (s.seed = 0; s.seed < 50; ++s.seed) {
      const int32_t token = bench.decide(s).token;
      CHECK(token == 2 || token == 68);
    }
  }
}

TEST(not_finite_is_told) {
  const float bad[] = {NAN, std::numeric_limits<float>::infinity(), -std::numeric_limits<float>::infinity()};
  for (const float value : bad) {
    for (const size_t place : {size_t{0}, size_t{4096}, size_t{8999}}) {
      std::vector<float> row(9000, 1.0f);
      row[place] = value;
      Bench bench(row);
      tm_sample s = sample_with(1, 0, 1, 0);
      s.top_logprobs = 3;
      const tm_result result = bench.decide(s);
      CHECK_EQ(result.status, TM_RESULT_NOT_FINITE);
      CHECK_EQ(result.token, -1);
      CHECK_EQ(result.n_top, 0u);
      s.target = 5;
      CHECK_EQ(bench.decide(s).status, TM_RESULT_NOT_FINITE);
    }
  }
}

TEST(log_probabilities_are_those_of_the_raw_logits) {
  for (const uint32_t vocab : {1u, 5u, 4096u, 4097u, 49'152u}) {
    Bench bench(random_logits(vocab, 4, vocab));
    double largest = -1e30, total = 0;
    for (const float x : bench.logits) largest = std::max(largest, static_cast<double>(x));
    for (const float x : bench.logits) total += std::exp(static_cast<double>(x) - largest);
    const double log_sum = largest + std::log(total);
    std::vector<int32_t> order(vocab);
    std::iota(order.begin(), order.end(), 0);
    std::stable_sort(order.begin(), order.end(), [&](int32_t a, int32_t b) {
      return bench.logits[static_cast<size_t>(a)] > bench.logits[static_cast<size_t>(b)];
    });
    tm_sample s = sample_with(0.3f, 3, 0.5f, 0);
    s.top_logprobs = 20;
    bench.biases = {{0, 30.0f}};
    tm_result result = bench.decide(s);
    CHECK_EQ(result.n_top, std::min(vocab, 20u));
    CHECK_NEAR(result.logprob, static_cast<double>(bench.logits[static_cast<size_t>(result.token)]) - log_sum, 3e-6);
    for (uint32_t i = 0; i < result.n_top; ++i) {
      CHECK_EQ(bench.top_tokens[i], order[i]);
      CHECK_NEAR(bench.top_logprobs[i], static_cast<double>(bench.logits[static_cast<size_t>(order[i])]) - log_sum,
                 3e-6);
    }
    s.target = static_cast<int32_t>(vocab / 2);
    result = bench.decide(s);
    CHECK_EQ(result.token, s.target);
    CHECK_NEAR(result.logprob, static_cast<double>(bench.logits[vocab / 2]) - log_sum, 3e-6);
  }
  Bench far({-300.0f, 500.0f, 0.0f});  // no overflow, and a vanishing probability keeps its logarithm
  tm_sample s = sample_with(1, 0, 1, 0);
  s.target = 0;
  CHECK_NEAR(far.decide(s).logprob, -800, 1e-4);
}

TEST(extreme_logits_and_temperatures) {
  Bench bench({-3e38f, 3e38f, 3e38f, 0.0f});
  for (const float temperature : {std::numeric_limits<float>::denorm_min(), 1e-10f, 1.0f, 1e30f}) {
    tm_sample s = sample_with(temperature, 0, 0.99f, 0);
    const tm_result result = bench.decide(s);
    CHECK_EQ(result.status, TM_RESULT_OK);
    CHECK(result.token >= 0 && result.token < 4);
    if (temperature <= 1) CHECK(result.token == 1 || result.token == 2);
  }
}

TEST(a_draw_depends_on_seed_and_position_alone) {
  Shape shape;
  const Weights weights(shape);
  const auto tokens = random_tokens(6, shape.vocab, 3);
  std::vector<int32_t> expected;
  for (const Placement& base : placements()) {
    for (const uint32_t threads : {1u, 2u, 3u}) {
      for (const uint32_t copies : {1u, 3u, 40u}) {  // samples of one row: beside how many others it is drawn
        Placement p = base;
        p.threads = threads;
        p.slots = 2;
        Session session(weights, p);
        session.run({{0, 0, tokens}, {1, 0, tokens}});  // sends the page tables
        std::vector<tm_sample> samples;
        for (uint32_t i = 0; i < copies; ++i) {
          tm_sample s = plain_sample(5, i % 2);
          s.temperature = 1.2f;
          s.top_p = 0.95f;
          s.seed = 40 - i;
          s.position = 6;
          samples.push_back(s);
        }
        std::vector<tm_result> results(copies);
        const tm_span span{0, 0, 6, 0, 0};
        tm_step step{};
        step.struct_size = sizeof step;
        step.n_rows = 6;
        step.n_spans = 1;
        step.n_samples = copies;
        step.tokens = tokens.data();
        step.spans = &span;
        step.samples = samples.data();
        step.results = results.data();
        CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
        CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
        if (p.backend != TM_BACKEND_REF) continue;  // other backends have other logits: the forward tests compare those
        expected.resize(std::max<size_t>(expected.size(), copies), -1);
        for (uint32_t i = 0; i < copies; ++i) {
          if (expected[i] < 0) expected[i] = results[i].token;
          CHECK_EQ(results[i].token, expected[i]);
        }
      }
    }
  }
}

}  // namespace test
