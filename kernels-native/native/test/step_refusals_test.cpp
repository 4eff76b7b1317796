// Whatever is wrong with a step has its status and a message that names it, and nothing of the step is applied.
#include <cstdint>
#include <functional>
#include <vector>

#include "check.h"
#include "refusals.h"
#include "runtime.h"
#include "tiny_model.h"

namespace test {

TEST(step_refusals) {
  Shape shape;
  shape.windows = {0, 12};
  const Weights weights(shape);
  Placement placement;
  placement.slots = 4;
  placement.max_rows = 16;
  placement.max_tokens = 64;
  placement.ring = true;  // group 1 holds 32 tokens
  Session session(weights, placement);
  const auto prompt = random_tokens(16, shape.vocab, 5);
  session.run({{0, 0, prompt}});
  session.run({{1, 0, prompt}});

  // What a case may change.
  struct Bench {
    std::vector<int32_t> tokens = {1, 2, 3, 4};
    std::vector<tm_span> spans = {{0, 0, 3, 0, 16}, {1, 3, 1, 0, 16}};
    std::vector<tm_page_edit> edits = {{2, 0, 0, 0}};
    std::vector<tm_page_copy> copies = {{0, 0, 1, 0}};
    std::vector<tm_sample> samples = {plain_sample(2, 0), plain_sample(3, 1)};
    std::vector<tm_token_count> counts = {{5, 1}};
    std::vector<tm_bias> biases = {{5, 1}};
    std::vector<uint32_t> masks = std::vector<uint32_t>(4, ~0u);
    std::vector<tm_result> results = std::vector<tm_result>(2);
    std::vector<int32_t> top_tokens = std::vector<int32_t>(40);
    std::vector<float> top_logprobs = std::vector<float>(40);
    tm_step step{};
  };
  const struct {
    std::function<void(Bench&)> change;
    const char* message;
  } cases[] = {
      {[](Bench& b) { b.step.struct_size += 8; }, "tm_step.struct_size"},
      {[](Bench& b) { b.step.late_masks = 2; }, "tm_step.late_masks is 2"},
      {[](Bench& b) { b.step.n_rows = 0; }, "n_rows is 0"},
      {[](Bench& b) { b.step.n_rows = 17; }, "n_rows is 17, expected 1..16"},
      {[](Bench& b) { b.step.n_spans = 0; }, "n_spans is 0"},
      {[](Bench& b) { b.step.n_spans = 5; }, "n_spans is 5"},
      {[](Bench& b) { b.step.n_samples = 17; }, "n_samples is 17"},
      {[](Bench& b) { b.step.n_edits = UINT32_MAX; }, "n_edits is"},
      {[](Bench& b) { b.step.tokens = nullptr; }, "tokens is NULL"},
      {[](Bench& b) { b.step.spans = nullptr; }, "spans is NULL"},
      {[](Bench& b) { b.step.edits = nullptr; }, "edits is NULL"},
      {[](Bench& b) { b.step.copies = nullptr; }, "copies is NULL"},
      {[](Bench& b) { b.step.samples = nullptr; }, "samples is NULL"},
      {[](Bench& b) { b.step.counts = nullptr; }, "counts is NULL"},
      {[](Bench& b) { b.step.biases = nullptr; }, "biases is NULL"},
      {[](Bench& b) { b.step.masks = nullptr; }, "masks is NULL"},
      {[](Bench& b) { b.step.results = nullptr; }, "results is NULL"},
      {[](Bench& b) { b.spans[1].slot = 4; }, "spans[1].slot is 4"},
      {[](Bench& b) { b.spans[1].slot = 0; }, "spans[1].slot is 0, which has a span already"},
      {[](Bench& b) { b.spans[1].adapter = 1; }, "spans[1].adapter is 1"},
      {[](Bench& b) { b.spans[1].first_row = 2; }, "spans[1].first_row is 2, expected 3"},
      {[](Bench& b) { b.spans[0].first_row = 1; }, "spans[0].first_row is 1, expected 0"},
      {[](Bench& b) { b.spans[0].n_rows = 0; }, "spans[0].n_rows is 0"},
      {[](Bench& b) { b.spans[1].n_rows = 2; }, "spans[1].n_rows is 2, expected 1..1"},
      {[](Bench& b) { b.spans[1].n_rows = UINT32_MAX; }, "spans[1].n_rows is"},
      {[](Bench& b) { b.step.n_spans = 1; }, "spans cover 3 rows, expected n_rows (4)"},
      {[](Bench& b) { b.spans[0].position = -1; }, "spans[0].position is -1"},
      {[](Bench& b) { b.spans[0].position = INT64_MAX; }, "spans[0].position is 9223372036854775807"},
      {[](Bench& b) { b.spans[0].position = 62; }, "spans[0] ends at position 65, but group 0 has no window"},
      {[](Bench& b) { b.tokens[1] = 101; }, "tokens[1] is 101"},
      {[](Bench& b) { b.tokens[1] = -2; }, "tokens[1] is -2"},
      {[](Bench& b) { b.tokens[1] = TM_TOKEN_PREVIOUS; }, "tokens[1] is TM_TOKEN_PREVIOUS in a span of 3 rows"},
      {[](Bench& b) {
         b.tokens[3] = TM_TOKEN_PREVIOUS;
         b.spans[1].slot = 2;
       },
       "slot 2 has drawn no token"},
      {[](Bench& b) { b.edits[0].slot = 4; }, "edits[0].slot is 4"},
      {[](Bench& b) { b.edits[0].group = 2; }, "edits[0].group is 2"},
      {[](Bench& b) { b.edits[0].index = 4; }, "edits[0].index is 4, expected below group_ring (4)"},
      {[](Bench& b) { b.edits[0].page = 19; }, "edits[0].page is 19, expected below group_pages (19)"},
      {[](Bench& b) { b.copies[0].group = 2; }, "copies[0].group is 2"},
      {[](Bench& b) { b.copies[0].from = 19; }, "copies[0] is from page 19"},
      {[](Bench& b) { b.copies[0].to = 19; }, "to 19"},
      {[](Bench& b) { b.copies[0].to = 0; }, "expected two pages"},
      {[](Bench& b) { b.copies[0].reserved = 1; }, "copies[0].reserved"},
      {[](Bench& b) { b.samples[1].row = 4; }, "samples[1].row is 4"},
      {[](Bench& b) { b.samples[0].row = 4; }, "samples[0].row is 4"},
      {[](Bench& b) { std::swap(b.samples[0], b.samples[1]); }, "samples[1].row is 2 after 3"},
      {[](Bench& b) { b.samples[1].slot = 4; }, "samples[1].slot is 4"},
      {[](Bench& b) { b.samples[1].target = 101; }, "samples[1].target is 101"},
      {[](Bench& b) { b.samples[1].target = -2; }, "samples[1].target is -2"},
      {[](Bench& b) { b.samples[1].top_logprobs = 21; }, "top_logprobs is 21"},
      {[](Bench& b) {
         b.samples[1].top_logprobs = 1;
         b.step.top_tokens = nullptr;
       },
       "top_tokens is NULL"},
      {[](Bench& b) {
         b.samples[1].top_logprobs = 1;
         b.step.top_logprobs = nullptr;
       },
       "tm_step.top_logprobs is NULL"},
      {[](Bench& b) { b.samples[1].temperature = -0.1f; }, "temperature is -0.1"},
      {[](Bench& b) { b.samples[1].temperature = kNan; }, "temperature is"},
      {[](Bench& b) { b.samples[1].temperature = kInfinity; }, "temperature is inf"},
      {[](Bench& b) { b.samples[1].top_p = 0; }, "top_p is 0"},
      {[](Bench& b) { b.samples[1].top_p = 1.01f; }, "top_p is 1.01"},
      {[](Bench& b) { b.samples[1].top_p = kNan; }, "top_p is"},
      {[](Bench& b) { b.samples[1].min_p = -0.5f; }, "min_p is -0.5"},
      {[](Bench& b) { b.samples[1].min_p = kNan; }, "min_p is"},
      {[](Bench& b) { b.samples[1].repetition_penalty = 0; }, "repetition_penalty is 0"},
      {[](Bench& b) { b.samples[1].repetition_penalty = kInfinity; }, "repetition_penalty is inf"},
      {[](Bench& b) { b.samples[1].presence_penalty = 2.5f; }, "presence_penalty is 2.5"},
      {[](Bench& b) { b.samples[1].presence_penalty = kNan; }, "presence_penalty is"},
      {[](Bench& b) { b.samples[1].frequency_penalty = -2.5f; }, "frequency_penalty is -2.5"},
      {[](Bench& b) { b.samples[1].n_counts = 2; }, "names 2 counts"},
      {[](Bench& b) { b.samples[1].first_count = 2; }, "counts from 2 on"},
      {[](Bench& b) { b.samples[1].n_counts = b.samples[1].first_count = UINT32_MAX; }, "counts from"},
      {[](Bench& b) { b.samples[1].n_biases = 2; }, "names 2 biases"},
      {[](Bench& b) { b.samples[1].first_bias = UINT32_MAX; }, "biases from"},
      {[](Bench& b) { b.samples[1].mask = 1; }, "mask is 1"},
      {[](Bench& b) { b.samples[1].mask = -2; }, "mask is -2"},
      {[](Bench& b) { b.samples[1].position = -1; }, "samples[1].position is -1"},
      {[](Bench& b) { b.counts[0].token = 101; }, "counts[0].token is 101"},
      {[](Bench& b) { b.counts[0].token = -1; }, "counts[0].token is -1"},
      {[](Bench& b) { b.counts[0].count = -1; }, "counts[0].count is -1"},
      {[](Bench& b) { b.biases[0].token = 101; }, "biases[0].token is 101"},
      {[](Bench& b) { b.biases[0].bias = 101; }, "biases[0].bias is 101"},
      {[](Bench& b) { b.biases[0].bias = kNan; }, "biases[0].bias is"},
      {[](Bench& b) { b.biases[0].bias = -kInfinity; }, "biases[0].bias is -inf"},
  };
  const auto submit = [&](Bench& b) {
    const int32_t status = tm_submit(session.context(), &b.step);
    tm_wait(session.context(), -1);
    return status;
  };
  const auto refused = [&](Bench& b, const char* message) {
    const int32_t status = submit(b);
    expect(status, TM_INVALID_ARGUMENT, session.error().c_str(), message);
  };
  const auto wire = [](Bench& b) {
    b.step.struct_size = sizeof b.step;
    b.step.n_rows = 4;
    b.step.n_spans = 2;
    b.step.n_edits = 1;
    b.step.n_copies = 1;
    b.step.n_samples = 2;
    b.step.n_counts = 1;
    b.step.n_biases = 1;
    b.step.n_masks = 1;
    b.step.tokens = b.tokens.data();
    b.step.spans = b.spans.data();
    b.step.edits = b.edits.data();
    b.step.copies = b.copies.data();
    b.step.samples = b.samples.data();
    b.step.counts = b.counts.data();
    b.step.biases = b.biases.data();
    b.step.masks = b.masks.data();
    b.step.results = b.results.data();
    b.step.top_tokens = b.top_tokens.data();
    b.step.top_logprobs = b.top_logprobs.data();
  };
  const auto tables = [&] {
    std::vector<uint32_t> all;
    for (const auto& group : session.context()->cache.groups)
      all.insert(all.end(), group.table.begin(), group.table.end());
    return all;
  };
  const auto before = tables();
  for (const auto& c : cases) {
    Bench bench;
    wire(bench);
    bench.edits[0].page = 7;
    c.change(bench);
    refused(bench, c.message);
    CHECK_TEXT(tables() == before, c.message);  // nothing was applied
  }
  CHECK_EQ(tm_submit(session.context(), nullptr), TM_INVALID_ARGUMENT);
  Bench good;
  wire(good);
  good.edits.clear();
  good.copies.clear();
  good.step.n_edits = good.step.n_copies = 0;
  CHECK_EQ(submit(good), TM_OK);

  // The ring: 12 + n - 1 tokens must fit 32 once positions wrap; at most 16 rows fit anyway, so a step is refused only
  // when the window grows. Pages that were never set, and pages that two slots share.
  Bench fresh;
  wire(fresh);
  fresh.step.n_edits = fresh.step.n_copies = 0;
  fresh.spans[0].slot = 3;
  session.context()->cache.groups[1].table[3 * 2 + 1] = tramontane::kNoPage;
  refused(fresh, "slot 3 writes entry 1 of group 1's page table");
  session.context()->cache.groups[1].table = {before.end() - 8, before.end()};
  session.context()->cache.groups[0].table[3 * 4] = tramontane::kNoPage;
  refused(fresh, "slot 3 reads positions 0..18 in group 0, but entry 0");
  session.context()->cache.groups[0].table = {before.begin(), before.begin() + 16};

  Bench shared;
  wire(shared);
  shared.step.n_copies = 0;
  shared.edits[0] = {0, 0, 1, before[1 * 4 + 1]};  // slot 0 writes the page that slot 1 writes
  refused(shared, "is written by slot 0 and slot 1");
  shared.edits[0] = {0, 0, 0, before[1 * 4 + 1]};  // and now reads it
  refused(shared, "is written by slot 1 and read by slot 0");
  shared.edits[0] = {0, 0, 0, before[1 * 4 + 0]};  // sharing a page that nobody writes is what prefixes do
  CHECK_EQ(submit(shared), TM_OK);
}

TEST(ring_must_hold_window_and_chunk) {
  Shape shape;
  shape.windows = {20};
  const Weights weights(shape);
  Placement placement;
  placement.max_rows = 16;
  placement.ring = true;  // 20 + 16 - 1 tokens: 3 pages
  Session session(weights, placement);
  const auto tokens = random_tokens(30, shape.vocab, 5);
  session.run_chunked(0, tokens, 15);
  session.context()->cache.groups[0].ring = 2;  // 32 tokens: 13 rows fit behind a window of 20, 14 don't
  const tm_span span{0, 0, 14, 0, 30};
  tm_step step{};
  step.struct_size = sizeof step;
  step.n_rows = 14;
  step.n_spans = 1;
  step.tokens = tokens.data();
  step.spans = &span;
  const int32_t status = tm_submit(session.context(), &step);
  expect(status, TM_INVALID_ARGUMENT, session.error().c_str(),
         "spans[0] needs 33 tokens of group 0's ring (window 20 + 14 rows - 1), which holds 32");
  const tm_span shorter{0, 0, 13, 0, 30};
  step.n_rows = 13;
  step.spans = &shorter;
  CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
}

}  // namespace test
