// Random damage to valid steps: each is refused with a message or runs; nothing else may happen. Run it under ASan. The
// seed is fixed, so a failure repeats; TM_FUZZ_SEED and TM_FUZZ_STEPS look elsewhere.
#include <cstddef>
#include <cstdlib>

#include "check.h"
#include "tiny_model.h"

namespace test {
namespace {

uint64_t setting(const char* name, uint64_t otherwise) {
  const char* text = std::getenv(name);
  return text == nullptr ? otherwise : std::strtoull(text, nullptr, 10);
}

// Values that live near the edges of some check.
uint32_t nasty(Random& random) {
  static constexpr uint32_t kValues[] = {
      0,          1,          2,          3,          4,          7,          8,          15,         16,
      17,         31,         32,         33,         63,         64,         100,        101,        102,
      0x7f800000, 0x7fc00000, 0xff800000, 0x3f800000, 0xbf800000, 0x7fffffff, 0x80000000, 0xfffffffe, 0xffffffff};
  return random.below(4) == 0 ? static_cast<uint32_t>(random.next())
                              : kValues[random.below(sizeof kValues / sizeof kValues[0])];
}

// Overwrites one 32-bit field of one of n structs of `size` bytes; `skip` protects the fields before it.
void damage(void* structs, size_t size, size_t n, Random& random) {
  if (n == 0) return;
  uint8_t* at = static_cast<uint8_t*>(structs) + random.below(static_cast<uint32_t>(n)) * size +
                random.below(static_cast<uint32_t>(size / 4)) * 4;
  const uint32_t value = nasty(random);
  memcpy(at, &value, 4);
}

struct Case {
  std::vector<int32_t> tokens;
  std::vector<tm_span> spans;
  std::vector<tm_page_edit> edits;
  std::vector<tm_page_copy> copies;
  std::vector<tm_sample> samples;
  std::vector<tm_token_count> counts;
  std::vector<tm_bias> biases;
  std::vector<uint32_t> masks;
  std::vector<tm_result> results;
  std::vector<int32_t> top_tokens;
  std::vector<float> top_logprobs, logits, hidden_in, hidden_out;
};

// A plausible step. Arrays have exactly the entries that the step names, so a read beyond them is found.
tm_step make(Case& c, const Shape& shape, uint32_t slots, Random& random) {
  const uint32_t vocab = shape.vocab;
  c = Case();
  const uint32_t first_slot = random.below(slots);
  for (uint32_t i = 0; i < 1 + random.below(3); ++i) {
    const uint32_t n = 1 + random.below(random.below(2) == 0 ? 1 : 6);
    c.spans.push_back({(first_slot + i) % slots, static_cast<uint32_t>(c.tokens.size()), n, 0, random.below(60)});
    for (uint32_t j = 0; j < n; ++j) c.tokens.push_back(static_cast<int32_t>(random.below(vocab)));
  }
  if (random.below(8) == 0) c.tokens[0] = TM_TOKEN_PREVIOUS;
  for (uint32_t i = random.below(3); i > 0; --i)
    c.edits.push_back({random.below(slots), random.below(2), random.below(2), random.below(6)});
  for (uint32_t i = random.below(3); i > 0; --i)
    c.copies.push_back({random.below(2), random.below(6), random.below(6), 0});
  for (uint32_t i = random.below(3); i > 0; --i) c.counts.push_back({static_cast<int32_t>(random.below(vocab)), 1});
  for (uint32_t i = random.below(3); i > 0; --i) c.biases.push_back({static_cast<int32_t>(random.below(vocab)), 1.5f});
  c.masks.assign(random.below(2) * ((vocab + 31) / 32), static_cast<uint32_t>(random.next()));
  for (uint32_t row = 0; row < c.tokens.size(); ++row) {
    if (random.below(2) == 0 || (!shape.has(TM_PART_HEAD) && random.below(20) > 0)) continue;
    tm_sample s = plain_sample(row, random.below(slots));
    s.temperature = static_cast<float>(random.uniform()) * 2;
    s.top_p = 0.1f + 0.9f * static_cast<float>(random.uniform());
    s.top_k = random.below(20);
    s.min_p = static_cast<float>(random.uniform()) * 0.2f;
    s.repetition_penalty = 1.1f;
    s.n_counts = static_cast<uint32_t>(c.counts.size());
    s.n_biases = static_cast<uint32_t>(c.biases.size());
    s.mask = c.masks.empty() ? -1 : 0;
    s.top_logprobs = random.below(21);
    s.seed = random.next();
    c.samples.push_back(s);
  }
  c.results.resize(c.samples.size());
  c.top_tokens.resize(c.samples.size() * TM_MAX_TOP_LOGPROBS);
  c.top_logprobs.resize(c.samples.size() * TM_MAX_TOP_LOGPROBS);
  c.logits.resize(c.samples.size() * vocab);
  tm_step step{};
  step.struct_size = sizeof step;
  step.n_rows = static_cast<uint32_t>(c.tokens.size());
  step.n_spans = static_cast<uint32_t>(c.spans.size());
  step.n_edits = static_cast<uint32_t>(c.edits.size());
  step.n_copies = static_cast<uint32_t>(c.copies.size());
  step.n_samples = static_cast<uint32_t>(c.samples.size());
  step.n_counts = static_cast<uint32_t>(c.counts.size());
  step.n_biases = static_cast<uint32_t>(c.biases.size());
  step.n_masks = c.masks.empty() ? 0 : 1;
  step.late_masks = random.below(2);
  step.tokens = c.tokens.data();
  step.spans = c.spans.data();
  step.edits = c.edits.data();
  step.copies = c.copies.data();
  step.samples = c.samples.data();
  step.counts = c.counts.data();
  step.biases = c.biases.data();
  step.masks = c.masks.data();
  step.results = c.results.data();
  step.top_tokens = c.top_tokens.data();
  step.top_logprobs = c.top_logprobs.data();
  step.logits = c.logits.data();
  for (uint32_t i = 0; i < c.tokens.size() * shape.width; ++i) {
    if (!shape.has(TM_PART_EMBEDDING)) c.hidden_in.push_back(static_cast<float>(random.uniform()));
    if (!shape.has(TM_PART_HEAD)) c.hidden_out.push_back(0);
  }
  step.hidden_in = c.hidden_in.empty() ? nullptr : c.hidden_in.data();
  step.hidden_out = c.hidden_out.empty() ? nullptr : c.hidden_out.data();
  return step;
}

// Counts may only shrink: the caller, not the library, vouches that an array has as many entries as it says.
void damage_step(tm_step& step, Random& random) {
  uint32_t* counts[] = {&step.n_rows,    &step.n_spans,  &step.n_edits,  &step.n_copies,
                        &step.n_samples, &step.n_counts, &step.n_biases, &step.n_masks};
  switch (random.below(4)) {
    case 0:
      step.struct_size = nasty(random);
      return;
    case 1:
      step.late_masks = nasty(random);
      return;
    case 2: {
      uint32_t& count = *counts[random.below(8)];
      count = count == 0 ? 0 : random.below(count + 1);
      return;
    }
    default: {
      // The pointers lie side by side at the struct's end.
      constexpr size_t kFirst = offsetof(tm_step, tokens);
      const uint32_t pointer = random.below((sizeof step - kFirst) / sizeof(void*));
      memset(reinterpret_cast<uint8_t*>(&step) + kFirst + pointer * sizeof(void*), 0, sizeof(void*));
    }
  }
}

// n steps, damaged or not, on one backend.
void fuzz(const Weights& weights, Placement p, uint64_t seed, uint64_t n) {
  const Shape& shape = weights.shape;
  p.slots = 3;
  p.max_rows = 16;
  p.max_tokens = 64;
  p.ring = true;
  p.threads = 2;
  Session session(weights, p);
  Random random{seed};
  uint64_t ran = 0, refused = 0;
  for (uint64_t i = 0; i < n; ++i) {
    if (i % 500 == 0) {  // sends fresh page tables
      session.resize(p);
      session.run({{0, 0, {1}}});
    }
    Case c;
    tm_step step = make(c, shape, p.slots, random);
    for (uint32_t k = random.below(4); k > 0; --k) {
      switch (random.below(9)) {
        case 0:
          damage_step(step, random);
          break;
        case 1:
          damage(c.tokens.data(), 4, c.tokens.size(), random);
          break;
        case 2:
          damage(c.spans.data(), sizeof(tm_span), c.spans.size(), random);
          break;
        case 3:
          damage(c.edits.data(), sizeof(tm_page_edit), c.edits.size(), random);
          break;
        case 4:
          damage(c.copies.data(), sizeof(tm_page_copy), c.copies.size(), random);
          break;
        case 5:
          damage(c.counts.data(), sizeof(tm_token_count), c.counts.size(), random);
          break;
        case 6:
          damage(c.biases.data(), sizeof(tm_bias), c.biases.size(), random);
          break;
        default:
          damage(c.samples.data(), sizeof(tm_sample), c.samples.size(), random);
      }
    }
    const int32_t status = tm_submit(session.context(), &step);
    if (status == TM_OK) {
      ++ran;
      if (step.late_masks != 0) {
        CHECK_EQ(tm_wait(session.context(), -1), TM_WRONG_STATE);
        for (uint32_t& word : c.masks) word = static_cast<uint32_t>(random.next());
        CHECK_EQ(tm_release_masks(session.context()), TM_OK);
      }
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      for (uint32_t s = 0; s < step.n_samples; ++s) {
        const tm_result& r = c.results[s];
        const bool token = r.token >= 0 && static_cast<uint32_t>(r.token) < shape.vocab;
        CHECK_TEXT(r.status == TM_RESULT_OK ? token : r.token == -1,
                   "seed " + std::to_string(seed) + " step " + std::to_string(i));
      }
    } else {
      ++refused;
      CHECK_EQ(status, TM_INVALID_ARGUMENT);
      CHECK(!session.error().empty());
    }
  }
  CHECK_TEXT(ran > n / 20 && refused > n / 20, "ran " + std::to_string(ran) + ", refused " + std::to_string(refused));
}

Shape small_shape() {
  Shape shape;
  shape.windows = {0, 9};
  shape.width = 32;
  shape.ffn = 32;
  shape.head_dim = 8;
  shape.rope_dims = 8;
  return shape;
}

void fuzz_everywhere(const Shape& shape, uint64_t steps) {
  const Weights weights(shape);
  const uint64_t seed = setting("TM_FUZZ_SEED", 20261123);
  for (const Placement& p : placements()) fuzz(weights, p, seed, p.backend == TM_BACKEND_REF ? steps : steps / 4);
}

}  // namespace

TEST(damaged_steps_are_refused_or_run) { fuzz_everywhere(small_shape(), setting("TM_FUZZ_STEPS", 20'000)); }

TEST(damaged_steps_of_experts_are_refused_or_run) {
  Shape shape = small_shape();
  shape.experts = 4;
  shape.experts_used = 2;
  fuzz_everywhere(shape, setting("TM_FUZZ_STEPS", 20'000) / 4);
}

// The first, a middle and the last part of a model.
TEST(damaged_steps_of_parts_are_refused_or_run) {
  Shape shape = small_shape();
  shape.dtype = TM_BF16;
  shape.head_dim = 16;
  const Weights whole(shape);
  const uint64_t steps = setting("TM_FUZZ_STEPS", 20'000) / 8;
  std::vector<Placement> all = placements();
  for (const Placement& p : device_placements()) all.push_back(p);
  for (const Weights& part :
       {part_of(whole, 0, 1, TM_PART_EMBEDDING), part_of(whole, 1, 2, 0), part_of(whole, 2, 2, TM_PART_HEAD)}) {
    for (const Placement& p : all) {
      fuzz(part, p, setting("TM_FUZZ_SEED", 20261123), p.backend == TM_BACKEND_EMU ? steps / 10 : steps);
    }
  }
}

TEST(damaged_steps_on_a_device_are_refused_or_run) {
  Shape shape = small_shape();
  shape.dtype = TM_BF16;
  shape.head_dim = 16;
  const Weights weights(shape);
  const uint64_t steps = setting("TM_FUZZ_STEPS", 20'000);
  for (const Placement& p : device_placements()) {
    fuzz(weights, p, setting("TM_FUZZ_SEED", 20261123), p.backend == TM_BACKEND_EMU ? steps / 40 : steps);
  }
}

}  // namespace test
