// A step from submit to wait: late masks, closing in between, tokens drawn before, pages copied.
#include <algorithm>
#include <cstdint>
#include <cstring>
#include <limits>
#include <string>
#include <vector>

#include "check.h"
#include "runtime.h"
#include "sampling.h"
#include "tiny_model.h"

namespace test {

TEST(submit_and_wait) {
  const Shape shape;
  const Weights weights(shape);
  for (Placement p : placements()) {
    p.threads = 2;
    Session session(weights, p);
    const auto tokens = random_tokens(60, shape.vocab, 1);
    session.run({{0, 0, {tokens.begin(), tokens.begin() + 4}}});
    const tm_span span{0, 0, 56, 0, 4};
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = 56;
    step.n_spans = 1;
    step.tokens = tokens.data() + 4;
    step.spans = &span;
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_WRONG_STATE);
    const tm_cache_config cache{};
    CHECK_EQ(tm_size_cache(session.context(), &cache), TM_WRONG_STATE);
    int32_t status;
    while ((status = tm_wait(session.context(), 1000)) == TM_PENDING) {
    }
    CHECK_EQ(status, TM_OK);
    CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    CHECK_EQ(tm_wait(session.context(), std::numeric_limits<int64_t>::max()), TM_OK);
    CHECK_EQ(tm_submit(session.context(), &step), TM_OK);  // closing waits for it
  }
}

// Masks that come after the step has begun hold up what reads them, and nothing is drawn by what stood there before.
TEST(late_masks) {
  const Shape shape;
  const Weights weights(shape);
  constexpr uint32_t kSamples = tramontane::kLogitRows + 8;  // more rows of logits than are sampled together
  const uint32_t words = (shape.vocab + 31) / 32;
  const auto tokens = random_tokens(kSamples, shape.vocab, 2);
  for (Placement p : placements()) {
    p.threads = 3;
    p.max_rows = kSamples;
    Session session(weights, p);
    session.run({{0, 0, tokens}});  // sends the page tables
    std::vector<tm_sample> samples;
    for (uint32_t row = 0; row < kSamples; ++row) {
      samples.push_back(plain_sample(row, 0));
      if (row % 3 != 0) samples.back().mask = static_cast<int32_t>(row % 2);
    }
    const tm_span span{0, 0, kSamples, 0, 0};
    const auto run = [&](uint32_t late, std::vector<uint32_t> masks, const std::vector<uint32_t>& written) {
      std::vector<tm_result> results(kSamples);
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = kSamples;
      step.n_spans = 1;
      step.n_samples = kSamples;
      step.n_masks = 2;
      step.late_masks = late;
      step.tokens = tokens.data();
      step.spans = &span;
      step.samples = samples.data();
      step.masks = masks.data();
      step.results = results.data();
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
      if (late != 0) {
        for (const int64_t timeout : {int64_t{-1}, int64_t{0}, int64_t{1000}}) {
          CHECK_EQ(tm_wait(session.context(), timeout), TM_WRONG_STATE);
        }
        CHECK(session.error().find("late masks") != std::string::npos);
        masks = written;
      }
      CHECK_EQ(tm_release_masks(session.context()), TM_OK);
      CHECK_EQ(tm_release_masks(session.context()), TM_OK);
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      std::vector<int32_t> drawn;
      for (const tm_result& result : results) {
        CHECK_EQ(result.status, TM_RESULT_OK);
        drawn.push_back(result.token);
      }
      return drawn;
    };
    std::vector<uint32_t> masks(2 * words);
    masks[0] = 1u << 7;       // of the even rows
    masks[words] = 3u << 20;  // of the odd ones
    std::vector<uint32_t> others(2 * words, 1u << 3);
    const auto known = run(0, masks, masks);
    CHECK(run(1, std::vector<uint32_t>(2 * words), masks) == known);
    CHECK(run(1, others, masks) == known);
    CHECK_EQ(tm_release_masks(session.context()), TM_WRONG_STATE);
    CHECK_EQ(tm_release_masks(nullptr), TM_INVALID_ARGUMENT);
  }
}

// Closing waits for the step, but for nobody who was to release its masks.
TEST(closing_with_late_masks) {
  const Shape shape;
  const Weights weights(shape);
  const auto tokens = random_tokens(8, shape.vocab, 3);
  for (Placement p : placements()) {
    p.threads = 2;
    std::vector<uint32_t> mask((shape.vocab + 31) / 32);
    mask[0] = 2;
    const tm_span span{0, 0, 8, 0, 0};
    tm_sample sample = plain_sample(7, 0);
    sample.mask = 0;
    tm_result result{};
    result.token = -7;
    {
      Session session(weights, p);
      session.run({{0, 0, tokens}});  // sends the page tables
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = 8;
      step.n_spans = 1;
      step.n_samples = 1;
      step.n_masks = 1;
      step.late_masks = 1;
      step.tokens = tokens.data();
      step.spans = &span;
      step.samples = &sample;
      step.masks = mask.data();
      step.results = &result;
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
    }
    CHECK_EQ(result.token, 1);
  }
}

TEST(previous_token_is_the_one_drawn) {
  const Shape shape;
  const Weights weights(shape);
  for (const Placement& p : placements()) {
    Session session(weights, p);
    const auto prompt = random_tokens(9, shape.vocab, 5);
    const auto logits = session.run({{0, 0, prompt}});
    const float* last = logits.data() + 8 * shape.vocab;
    const auto greedy = static_cast<int32_t>(std::max_element(last, last + shape.vocab) - last);
    const auto implied = session.run({{0, 9, {TM_TOKEN_PREVIOUS}}});
    const auto named = session.run({{0, 9, {greedy}}});
    CHECK_TEXT(implied == named, p.name());
  }
}

TEST(copied_pages_are_whole) {
  Shape shape;
  shape.windows = {0, 12};
  shape.layers = 3;
  const Weights weights(shape);
  for (const uint32_t threads : {1u, 3u}) {
    for (Placement p : placements()) {
      p.slots = 2;
      p.threads = threads;
      p.max_tokens = 64;
      Session session(weights, p);
      const auto tokens = random_tokens(30, shape.vocab, 6);
      session.run_chunked(0, {tokens.begin(), tokens.begin() + 20}, 20);
      const auto expected = session.run({{0, 20, {tokens.begin() + 20, tokens.end()}}});
      // Slot 1 takes copies of the first two pages of slot 0, by way of a third page.
      const auto& groups = session.context()->cache.groups;
      std::vector<tm_page_copy> copies;
      for (uint32_t g = 0; g < 2; ++g) {
        for (uint32_t i = 0; i < 2; ++i) {
          const uint32_t ring = groups[g].ring;
          copies.push_back({g, groups[g].table[i], groups[g].table[ring + 3], 0});
          copies.push_back({g, groups[g].table[ring + 3], groups[g].table[ring + i], 0});
        }
      }
      const tm_span span{1, 0, 10, 0, 20};
      std::vector<tm_sample> samples;
      for (uint32_t row = 0; row < 10; ++row) samples.push_back(plain_sample(row, 1));
      std::vector<tm_result> results(10);
      std::vector<float> logits(10 * shape.vocab);
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = 10;
      step.n_spans = 1;
      step.n_copies = static_cast<uint32_t>(copies.size());
      step.n_samples = 10;
      step.tokens = tokens.data() + 20;
      step.spans = &span;
      step.copies = copies.data();
      step.samples = samples.data();
      step.results = results.data();
      step.logits = logits.data();
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      CHECK_TEXT(logits == expected, p.name());
    }
  }
}

}  // namespace test
