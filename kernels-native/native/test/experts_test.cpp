// Mixture of experts: the choice and its edges, the gathering, values recorded from transformers, and models in which
// every row goes the same way.
#include <algorithm>
#include <cmath>
#include <fstream>
#include <limits>
#include <numeric>

#include "check.h"
#include "mixtures.h"
#include "routing.h"
#include "tiny_model.h"
#include "worker.h"

namespace test {
namespace {

using namespace tramontane;

constexpr float kNaN = std::numeric_limits<float>::quiet_NaN();
constexpr float kInfinity = std::numeric_limits<float>::infinity();

struct Choice {
  std::vector<uint32_t> experts;
  std::vector<float> shares;
};

Choice choose(const std::vector<float>& logits, uint32_t used) {
  Choice choice{std::vector<uint32_t>(used, UINT32_MAX), std::vector<float>(used, -1.0f)};
  choose_experts(logits.data(), static_cast<uint32_t>(logits.size()), used, choice.experts.data(),
                 choice.shares.data());
  return choice;
}

}  // namespace

TEST(the_largest_logits_are_chosen_and_the_lower_index_on_ties) {
  using Experts = std::vector<uint32_t>;
  CHECK((choose({0, 3, 1, 2}, 2).experts == Experts{1, 3}));
  CHECK((choose({5, 5, 5, 5}, 2).experts == Experts{0, 1}));
  CHECK((choose({1, 2, 2, 2}, 2).experts == Experts{1, 2}));
  CHECK((choose({-1, -3, -2}, 1).experts == Experts{0}));
  CHECK((choose({2, 0, 1}, 3).experts == Experts{0, 1, 2}));
  CHECK((choose({-kInfinity, 0, -kInfinity, -kInfinity}, 3).experts == Experts{0, 1, 2}));
  CHECK((choose({7}, 1).shares == std::vector<float>{1}));
  CHECK((choose({-kInfinity, 0}, 2).shares == std::vector<float>{0, 1}));
  CHECK((choose({3e38f, 3e38f, -3e38f}, 2).shares == std::vector<float>{0.5f, 0.5f}));
  const Choice choice = choose({1, 4, 2, 3}, 2);
  CHECK_NEAR(static_cast<double>(choice.shares[0]), 1 / (1 + std::exp(-1.0)), 1e-7);
  CHECK_NEAR(static_cast<double>(choice.shares[1]), 1 / (1 + std::exp(1.0)), 1e-7);
}

TEST(logits_without_a_softmax_choose_the_first_experts_with_shares_that_are_not_numbers) {
  for (const std::vector<float>& logits : {std::vector<float>{0, 1, kNaN, 2},
                                           {kNaN, kNaN, kNaN, kNaN},
                                           {0, kInfinity, 1, 2},
                                           {-kInfinity, -kInfinity, -kInfinity, -kInfinity}}) {
    const Choice choice = choose(logits, 2);
    CHECK((choice.experts == std::vector<uint32_t>{0, 1}));
    CHECK(std::isnan(choice.shares[0]) && std::isnan(choice.shares[1]));
  }
}

TEST(random_choices_are_those_of_a_sort) {
  Random random{21};
  for (uint32_t n = 1; n <= kMaxExperts; n = n * 2 + random.below(3)) {
    for (uint32_t used = 1; used <= n; used += 1 + used / 2) {
      std::vector<float> logits(n);
      for (float& logit : logits) logit = static_cast<float>(random.below(n)) / 4;  // many ties
      std::vector<uint32_t> expected(n);
      std::iota(expected.begin(), expected.end(), 0u);
      std::stable_sort(expected.begin(), expected.end(), [&](uint32_t a, uint32_t b) { return logits[a] > logits[b]; });
      expected.resize(used);
      std::sort(expected.begin(), expected.end());
      const Choice choice = choose(logits, used);
      CHECK(choice.experts == expected);
      double sum = 0;
      for (const float share : choice.shares) sum += static_cast<double>(share);
      CHECK_NEAR(sum, 1.0, 1e-6);
    }
  }
}

TEST(gathered_rows_lie_by_expert_then_by_row_for_any_number_of_workers) {
  Random random{22};
  Model model{tm_model_config{}};
  for (const uint32_t n_experts : {1u, 3u, 8u, kMaxExperts}) {
    for (const uint32_t n_rows : {1u, 2u, 7u, 100u}) {
      model.n_experts = n_experts;
      model.n_experts_used = std::min(n_experts, 2u);
      const uint32_t k = model.n_experts_used;
      std::vector<uint32_t> expert, place(n_rows * k), row(n_rows * k), first(n_experts + 1);
      for (uint32_t r = 0; r < n_rows; ++r) {
        const uint32_t e = random.below(n_experts);
        expert.push_back(e);
        if (k == 2) expert.push_back(e == 0 ? 1 : 0);
      }
      for (const uint32_t workers : {1u, 2u, 5u}) {
        const Routing routing{nullptr, expert.data(), nullptr, place.data(), row.data(), first.data()};
        for (uint32_t id = 0; id < workers; ++id) gather_rows(model, routing, n_rows, {id, workers, nullptr});
        CHECK_EQ(first[0], 0u);
        CHECK_EQ(first[n_experts], n_rows * k);
        for (uint32_t e = 0; e < n_experts; ++e) {
          for (uint32_t p = first[e]; p < first[e + 1]; ++p) {
            CHECK(p == first[e] || row[p - 1] < row[p]);
            bool found = false;
            for (uint32_t i = row[p] * k; i < (row[p] + 1) * k; ++i) found |= expert[i] == e && place[i] == p;
            CHECK(found);
          }
        }
      }
    }
  }
}

namespace {

// Numbers of vectors/make_experts.py.
void fill(std::vector<uint8_t>& bytes, Random& random, float scale, float base) {
  for (size_t i = 0; i < bytes.size(); i += 4) {
    const float value = base + scale * (static_cast<float>(random.next() >> 40) * 0x1p-23f - 1);
    memcpy(&bytes[i], &value, 4);
  }
}

// embed, then the given hidden rows through the feed-forward of layer 0; what comes out.
std::vector<float> feed_forward(Probe& probe, const Step& step, const std::vector<uint8_t>& hidden) {
  std::vector<float> rows(hidden.size() / sizeof(float));
  memcpy(rows.data(), hidden.data(), hidden.size());
  probe.run(Operation::kEmbed, step, 0);
  probe.write(Activation::kHidden, rows.data(), rows.size());
  probe.run(Operation::kGateUp, step, 0);
  probe.run(Operation::kDown, step, 0);
  probe.read(Activation::kHidden, rows.data(), rows.size());
  return rows;
}

}  // namespace

TEST(a_layer_agrees_with_transformers) {
  std::ifstream file(TM_VECTORS "/experts.txt");
  uint32_t cases = 0;
  for (std::string line; std::getline(file, line);) {
    if (line[0] == '#') continue;
    ++cases;
    std::istringstream words(line);
    uint32_t rows, seed;
    std::string chosen, bits;
    Shape shape;
    words >> shape.width >> shape.ffn >> shape.experts >> shape.experts_used >> rows >> seed >> chosen >> bits;
    shape.layers = 1;
    Weights weights(shape);
    Random random{seed};
    fill(entry(weights, TM_FFN_NORM).bytes, random, 0.5f, 1);
    fill(entry(weights, TM_FFN_ROUTER).bytes, random, 0.5f, 0);
    for (uint32_t e = 0; e < shape.experts; ++e) {
      for (const uint32_t role : {TM_FFN_GATE, TM_FFN_UP, TM_FFN_DOWN}) {
        fill(entry(weights, role, e).bytes, random, 0.25f, 0);
      }
    }
    std::vector<uint8_t> hidden(rows * shape.width * 4);
    fill(hidden, random, 2, 0);
    for (Placement p : placements()) {
      p.threads = 2;
      Session session(weights, p);
      session.run({{0, 0, random_tokens(rows, shape.vocab, 1)}});
      const Step& step = session.stage({{0, 0, random_tokens(rows, shape.vocab, 1)}});
      const std::vector<float> actual = feed_forward(session.probe(), step, hidden);
      std::istringstream experts(chosen);
      std::string expert;
      for (uint32_t i = 0; std::getline(experts, expert, ','); ++i) {
        CHECK_EQ(session.probe().routing()->expert[i], static_cast<uint32_t>(std::stoul(expert)));
      }
      double error = 0, length = 0;
      for (uint32_t i = 0; i < rows * shape.width; ++i) {
        const auto word = static_cast<uint32_t>(std::stoul(bits.substr(8 * i, 8), nullptr, 16));
        const double expected = static_cast<double>(bits_to_float(word));
        const double difference = static_cast<double>(actual[i]) - expected;
        error += difference * difference;
        length += expected * expected;
      }
      CHECK_TEXT(std::sqrt(error / length) < (p.backend == TM_BACKEND_REF ? 1e-7 : 4e-7),
                 p.name() + ": " + std::to_string(1e7 * std::sqrt(error / length)) + "e-7");
    }
  }
  CHECK_EQ(cases, 3u);
}

TEST(one_expert_for_all_rows_is_the_dense_model) {
  for (const uint32_t dtype : {TM_F32, TM_Q8_0}) {
    Shape shape;
    shape.dtype = dtype;
    shape.experts = 6;
    shape.experts_used = 1;
    Weights experts(shape);
    level_router(experts);
    const Weights dense = dense_of(experts, 0);
    const auto tokens = random_tokens(40, shape.vocab, 5);
    for (Placement p : placements()) {
      p.threads = 3;
      Session a(experts, p);
      Session b(dense, p);
      const auto with = a.run_chunked(0, tokens, 29);
      const auto without = b.run_chunked(0, tokens, 29);
      if (p.backend == TM_BACKEND_CPU) {
        CHECK_TEXT(same(with, without), p.name());
        continue;
      }
      // ref rounds an expert's output before it adds it.
      for (size_t i = 0; i < with.size(); ++i) {
        CHECK_NEAR(static_cast<double>(with[i]), static_cast<double>(without[i]), 1e-5);
      }
    }
  }
}

TEST(a_row_that_is_not_finite_fails_alone) {
  for (const uint32_t dtype : {TM_F32, TM_Q8_0}) {
    Shape shape;
    shape.dtype = dtype;
    shape.experts = 5;
    shape.experts_used = 2;
    shape.tied = false;
    Weights weights(shape);
    constexpr int32_t kBroken = 17;
    const uint64_t row = row_bytes(dtype, shape.width);
    Weights broken = weights;
    const uint16_t nan = 0x7fc0;  // the upper half of a float, or the scale of a block
    uint8_t* at = entry(broken, TM_TOKEN_EMBEDDING).bytes.data() + kBroken * row;
    memcpy(at + (dtype == TM_F32 ? 2 : 0), &nan, 2);
    for (const Placement& p : placements()) check_row_fails_alone(weights, broken, kBroken, p);
  }
}

TEST(every_expert_is_asked_for_counted_and_packed) {
  Shape shape;
  shape.layers = 1;
  shape.dtype = shape.router_dtype = TM_Q8_0;
  shape.experts = 3;
  shape.experts_used = 2;
  const Weights weights(shape);
  Weights lacking = weights;
  std::erase_if(lacking.entries, [](const Weights::Entry& e) { return e.role == TM_FFN_UP && e.expert == 2; });
  uint64_t all = 0, matrices = 0;
  for (const Weights::Entry& e : weights.entries) {
    all += e.bytes.size();
    if (e.rows > 1) matrices += e.bytes.size();
  }
  for (const Placement& p : placements()) {
    CHECK_EQ(failure_of_prepare(lacking, p, TM_WRONG_STATE),
             std::string("ffn up of layer 0, expert 2 was not set before the weights were prepared"));
    Session session(weights, p);
    tm_memory memory{};
    memory.struct_size = sizeof memory;
    CHECK_EQ(tm_memory_use(session.context(), &memory), TM_OK);
    uint64_t done = 0, total = 0;
    CHECK_EQ(tm_progress(session.context(), &done, &total), TM_OK);
    CHECK_EQ(done, total);
    if (p.backend == TM_BACKEND_REF) {
      CHECK_EQ(memory.weights_in_place, all);
    } else {
      CHECK_EQ(total, matrices);
      CHECK(memory.weights_repacked >= matrices);
    }
  }
}

}  // namespace test
