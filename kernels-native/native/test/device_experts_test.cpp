// Mixture of experts on a device (cuda/experts.cu): a row's choice and where its rows lie are the host's, to the bit,
// and what comes out is that of the experts' matrices alone. stage_test has the sums, bits_test that they are a row's
// own.
#include <algorithm>
#include <cmath>

#include "../cuda/expert_work.h"
#include "chance.h"
#include "check.h"
#include "mixtures.h"
#include "model.h"
#include "probe.h"
#include "tiny_model.h"
#include "types.h"
#include "worker.h"

namespace test {
namespace {

using namespace tramontane::emulated;
using tramontane::Activation;
using tramontane::Operation;
using tramontane::Routing;

constexpr uint32_t kWidth = 64;

Shape shape_of(uint32_t experts, uint32_t used) {
  Shape s;
  s.layers = 1;
  s.dtype = TM_BF16;
  s.width = kWidth;
  s.ffn = 32;
  s.vocab = 40;
  s.experts = experts;
  s.experts_used = used;
  return s;
}

// A router that looks at one column for each expert, so that there is no order of sums in its logits.
struct Router {
  std::vector<uint32_t> column;
  std::vector<float> weight;

  Router(Weights& weights, Random& random) {
    for (uint32_t e = 0; e < weights.shape.experts; ++e) {
      column.push_back(random.below(kWidth));
      weight.push_back(random.below(9) == 0 ? 3e38f : random.normal());
    }
    std::vector<uint8_t>& bytes = entry(weights, TM_FFN_ROUTER).bytes;
    std::fill(bytes.begin(), bytes.end(), uint8_t{0});
    for (size_t e = 0; e < column.size(); ++e) memcpy(&bytes[(e * kWidth + column[e]) * 4], &weight[e], 4);
    std::vector<uint8_t>& norm = entry(weights, TM_FFN_NORM).bytes;
    const float one = 1;
    for (size_t i = 0; i < norm.size(); i += 4) memcpy(&norm[i], &one, 4);
  }

  // Of a row whose squares' sum is exact.
  std::vector<float> logits(const float* row) const {
    float total = 0;
    for (uint32_t i = 0; i < kWidth; ++i) total += row[i] * row[i];
    const float scale = 1.0f / std::sqrt(total / static_cast<float>(kWidth) + 1e-5f);
    std::vector<float> all;
    for (size_t e = 0; e < column.size(); ++e) all.push_back(weight[e] * (row[column[e]] * scale));
    return all;
  }
};

// What host code makes of the same choices.
struct Gathered {
  std::vector<uint32_t> place, row, first;

  Gathered(const std::vector<uint32_t>& experts, const Shape& shape)
      : place(experts.size()), row(experts.size()), first(shape.experts + 1) {
    tramontane::Model model{tm_model_config{}};
    model.n_experts = shape.experts;
    model.n_experts_used = shape.experts_used;
    std::vector<uint32_t> copy = experts;
    const Routing routing{nullptr, copy.data(), nullptr, place.data(), row.data(), first.data()};
    const auto n_rows = static_cast<uint32_t>(experts.size() / shape.experts_used);
    tramontane::gather_rows(model, routing, n_rows, {0, 1, nullptr});
  }
};

bool same_bits(const std::vector<float>& a, const float* b) {
  return memcmp(a.data(), b, a.size() * sizeof(float)) == 0;
}

}  // namespace

TEST(a_device_chooses_and_gathers_as_the_host_does) {
  struct Mixture {
    uint32_t experts, used;
  };
  const std::vector<Mixture> all = {{8, 2}, {1, 1}, {3, 3}, {40, 3}, {33, 32}, {512, 9}};
  for (const Placement& base : device_placements()) {
    for (const auto& [experts, used] : kSanitised ? std::vector<Mixture>{{8, 2}, {33, 32}} : all) {
      const uint32_t most = experts == 512 || kSanitised ? 33 : 300;
      Random random{experts};
      Weights weights(shape_of(experts, used));
      const Router router(weights, random);
      Placement p = base;
      p.max_rows = p.max_tokens = most;
      Session session(weights, p);
      session.run({{0, 0, std::vector<int32_t>(most, 1)}});
      std::vector<float> hidden(most * kWidth);
      // Few values, so that there are ties, also between zeros of both signs.
      for (float& value : hidden) value = (static_cast<float>(random.below(17)) - 8) / 8;
      hidden[kWidth + 1] = NAN;
      for (uint32_t i = 0; i < kWidth; ++i) hidden[2 * kWidth + i] = 1;   // what overflows is +infinity
      for (uint32_t i = 0; i < kWidth; ++i) hidden[3 * kWidth + i] = -1;  // and -infinity
      for (uint32_t i = 0; i < kWidth; ++i) hidden[4 * kWidth + i] = 0;   // nobody is better than another
      for (const uint32_t n : {1u, 5u, 32u, 33u, most}) {
        const auto& step = session.stage({{0, 0, std::vector<int32_t>(n, 1)}});
        session.probe().write(Activation::kHidden, hidden.data(), n * kWidth);
        session.probe().run(Operation::kGateUp, step, 0);
        const Routing& routing = *session.probe().routing();
        const std::string name = p.name() + " " + std::to_string(used) + " of " + std::to_string(experts) + ", row ";
        std::vector<uint32_t> chosen;
        for (uint32_t row = 0; row < n; ++row) {
          std::vector<uint32_t> expected(used);
          std::vector<float> shares(used);
          tramontane::choose_experts(router.logits(&hidden[row * kWidth]).data(), experts, used, expected.data(),
                                     shares.data());
          CHECK_TEXT(std::equal(expected.begin(), expected.end(), routing.expert + row * used),
                     name + std::to_string(row));
          CHECK_TEXT(same_bits(shares, routing.share + row * used), name + std::to_string(row));
          chosen.insert(chosen.end(), expected.begin(), expected.end());
        }
        const Gathered gathered(chosen, weights.shape);
        CHECK(std::equal(gathered.first.begin(), gathered.first.end(), routing.first));
        CHECK(std::equal(gathered.place.begin(), gathered.place.end(), routing.place));
        CHECK(std::equal(gathered.row.begin(), gathered.row.end(), routing.row));
      }
    }
  }
}

TEST(one_expert_for_all_rows_has_the_bits_of_the_dense_model) {
  for (const uint32_t dtype : {TM_BF16, TM_Q8_0, TM_F8_E4M3, TM_Q6_K}) {
    Shape shape;
    shape.dtype = dtype;
    shape.scales = dtype == TM_F8_E4M3 ? 2 : 0;
    shape.experts = 6;
    shape.experts_used = 1;
    if (dtype == TM_Q6_K) shape.width = shape.ffn = 256, shape.head_dim = 64;
    Weights experts(shape);
    level_router(experts);
    const Weights dense = dense_of(experts, 0);
    const auto tokens = random_tokens(kSanitised ? 12 : 110, shape.vocab, 5);
    for (const Placement& p : device_placements()) {
      Session a(experts, p);
      Session b(dense, p);
      CHECK_TEXT(same(a.run_chunked(0, tokens, 64), b.run_chunked(0, tokens, 64)),
                 p.name() + " " + tramontane::dtype_name(dtype));
    }
  }
}

namespace {

// What the feed-forward of rows makes of them, without their residual.
std::vector<float> feed_forward(Session& session, const std::vector<float>& hidden) {
  const auto rows = static_cast<uint32_t>(hidden.size() / session.context()->model.width);
  const std::vector<int32_t> tokens(rows, 1);
  session.run({{0, 0, tokens}});
  const auto& step = session.stage({{0, 0, tokens}});
  std::vector<float> out(hidden.size(), 0.0f);
  session.probe().write(Activation::kHidden, hidden.data(), hidden.size());
  session.probe().run(Operation::kGateUp, step, 0);
  session.probe().write(Activation::kHidden, out.data(), out.size());
  session.probe().run(Operation::kDown, step, 0);
  session.probe().read(Activation::kHidden, out.data(), out.size());
  return out;
}

}  // namespace

// Of each type of layout, with matrices whose last stack of 64 rows is not whole.
TEST(a_row_is_the_sum_of_its_experts_in_rising_order) {
  for (const uint32_t dtype : {TM_BF16, TM_Q8_0, TM_F8_E4M3, TM_Q6_K}) {
    Shape shape;
    shape.layers = 1;
    shape.dtype = dtype;
    shape.width = 96;
    shape.ffn = 160;
    shape.scales = dtype == TM_F8_E4M3 ? 2 : 0;
    shape.experts = 4;
    shape.experts_used = 3;
    if (dtype == TM_Q6_K) shape.width = shape.ffn = 256, shape.head_dim = 64;
    const Weights experts(shape);
    Random random{dtype};
    std::vector<float> hidden((kSanitised ? 9 : 50) * shape.width);
    for (float& value : hidden) value = random.hard();
    for (const Placement& p : device_placements()) {
      std::vector<std::vector<float>> outputs;
      for (uint32_t e = 0; e < shape.experts; ++e) {
        const Weights dense = dense_of(experts, e);
        Session session(dense, p);
        outputs.push_back(feed_forward(session, hidden));
      }
      Session session(experts, p);
      const std::vector<float> together = feed_forward(session, hidden);
      const Routing& routing = *session.probe().routing();
      for (size_t i = 0; i < together.size(); ++i) {
        float sum = 0;
        for (size_t at = i / shape.width * 3; at < i / shape.width * 3 + 3; ++at) {
          sum += routing.share[at] * outputs[routing.expert[at]][i];
        }
        CHECK_TEXT(together[i] == sum, p.name() + " " + tramontane::dtype_name(dtype) + " " + std::to_string(i));
      }
    }
  }
}

TEST(a_row_that_is_not_finite_fails_alone_on_a_device) {
  Shape shape = shape_of(5, 2);
  shape.tied = false;
  const Weights weights(shape);
  constexpr int32_t kBroken = 17;
  Weights broken = weights;
  const uint16_t nan = 0x7fc0;
  memcpy(entry(broken, TM_TOKEN_EMBEDDING).bytes.data() + kBroken * kWidth * 2, &nan, 2);
  for (const Placement& p : device_placements()) check_row_fails_alone(weights, broken, kBroken, p);
}

TEST(every_expert_is_counted_on_a_device) {
  Shape shape = shape_of(3, 2);
  shape.router_dtype = TM_Q8_0;
  const Weights weights(shape);
  for (const Placement& p : device_placements()) {
    Session session(weights, p);
    uint64_t of_file = 0;
    for (const Weights::Entry& e : weights.entries) of_file += e.rows > 1 ? e.bytes.size() : 0;
    uint64_t done = 0, total = 0;
    CHECK_EQ(tm_progress(session.context(), &done, &total), TM_OK);
    CHECK_EQ(total, of_file);
    CHECK_EQ(done, total);
  }
}

TEST(a_matrix_has_one_type_in_all_experts) {
  for (const Placement& p : device_placements()) {
    for (const uint32_t role : {TM_FFN_UP, TM_FFN_DOWN}) {
      Weights weights(shape_of(3, 2));
      Random random{9};
      for (Weights::Entry& e : weights.entries) {
        if (e.role != role || e.expert != 2) continue;
        e.dtype = TM_F16;
        e.bytes = random_matrix(TM_F16, e.rows, e.cols, 0.1, random);
      }
      CHECK_EQ(
          failure_of_prepare(weights, p, TM_UNSUPPORTED),
          "the " + p.name() + " backend needs a matrix of one type in all experts; in layer 0 there are BF16 and F16");
    }
  }
}

// However rows choose, there is room for the passes that they need, and no more than some choice fills.
TEST(passes_that_rows_can_need_are_bounded) {
  Random random{4};
  for (const Experts experts : {Experts{8, 2}, Experts{1, 1}, Experts{3, 3}, Experts{128, 4}, Experts{512, 1}}) {
    for (const uint32_t n_rows : {1u, 2u, 7u, 8u, 9u, 64u, 300u, 2048u}) {
      for (const uint32_t tokens : {8u, 32u, 256u}) {
        const uint32_t most = most_passes(experts, n_rows, tokens);
        for (uint32_t turn = 0; turn < 20; ++turn) {
          // Rows that all choose among a few, or among all.
          const uint32_t among = std::max(experts.used, turn % 2 == 0 ? experts.n : 1 + random.below(experts.n));
          std::vector<uint32_t> counts(experts.n);
          for (uint32_t row = 0; row < n_rows; ++row) {
            const uint32_t first = random.below(among);
            for (uint32_t i = 0; i < experts.used; ++i) ++counts[(first + i) % among];
          }
          uint32_t passes = 0;
          for (const uint32_t count : counts) passes += (count + tokens - 1) / tokens;
          CHECK(passes <= most);
        }
      }
    }
  }
  CHECK_EQ(most_passes({8, 2}, 1, 8), 2u);
  CHECK_EQ(most_passes({8, 2}, 2048, 256), 24u);
}

// Of Mixtral: few rows of an expert by mma, many in large tiles; and where there are none, all by mma.
TEST(passes_are_cut_by_the_rows_of_a_step) {
  const auto cut = [](uint32_t n_rows, uint32_t n_slices) { return pass_tokens({8, 2}, n_rows, n_slices, true); };
  CHECK_EQ(cut(1, 1), 8u);
  CHECK_EQ(cut(8, 1), 8u);
  CHECK_EQ(cut(32, 1), 16u);
  CHECK_EQ(cut(64, 1), 32u);
  CHECK_EQ(cut(128, 1), 64u);
  CHECK_EQ(cut(300, 1), 128u);
  CHECK_EQ(cut(2048, 1), 256u);
  CHECK_EQ(cut(128, 4), 128u);
  CHECK_EQ(cut(2048, 4), 128u);
  CHECK_EQ(pass_tokens({8, 2}, 2048, 1, false), 96u);
  CHECK_EQ(pass_tokens({8, 2}, 64, 1, false), 32u);
}

// As the C library has it, but for the last places: shares of experts are made of it.
TEST(exponentials_in_double_are_exact_to_the_last_places) {
  Random random{3};
  for (uint32_t i = 0; i < 20000; ++i) {
    const double x = -random.uniform() * (i % 2 == 0 ? 1 : 690);
    const double expected = std::exp(x);
    CHECK(std::abs(tramontane::exp_of(x) / expected - 1) < 5e-16);
  }
  CHECK(tramontane::exp_of(0) == 1.0 && tramontane::exp_of(-INFINITY) == 0.0);
}

}  // namespace test
