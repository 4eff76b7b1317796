// A model in parts: a chain of contexts has the bits of the whole, on every backend, whatever the cuts, chunks, batches
// and micro-batches; its pages are the whole's, one part after the other; and what a part lacks is refused by name.
#include <algorithm>
#include <cstddef>
#include <deque>

#include "check.h"
#include "tiny_model.h"

namespace test {
namespace {

constexpr uint32_t kWindow = 12;
constexpr uint32_t kLength = 41;  // wraps a ring of window + 13 tokens

struct Cut {
  uint32_t first, end, parts;
};

// A chain of contexts. Each has the same tables.
class Chain {
 public:
  Chain(const Weights& whole, const std::vector<Cut>& cuts, const Placement& p) {
    for (const Cut& cut : cuts) {
      weights_.push_back(part_of(whole, cut.first, cut.end, cut.parts));
      sessions_.emplace_back(weights_.back(), p);
    }
  }

  std::deque<Session>& sessions() { return sessions_; }

  std::vector<float> run(const std::vector<SpanInput>& spans) {
    std::vector<float> rows;
    for (Session& session : sessions_) rows = session.run(spans, rows);
    return rows;
  }

  // The layers see the step in two parts, cut inside a span where there is a long one; the head sees it whole.
  std::vector<float> run_in_two(const std::vector<SpanInput>& spans) {
    std::vector<SpanInput> parts[2];
    for (const SpanInput& span : spans) {
      const size_t half = span.tokens.size() / 2;
      if (half == 0) {
        parts[span.slot % 2].push_back(span);
        continue;
      }
      const auto middle = span.tokens.begin() + static_cast<std::ptrdiff_t>(half);
      parts[0].push_back({span.slot, span.position, {span.tokens.begin(), middle}, span.adapter});
      parts[1].push_back(
          {span.slot, span.position + static_cast<int64_t>(half), {middle, span.tokens.end()}, span.adapter});
    }
    std::map<std::pair<uint32_t, int64_t>, std::vector<float>> row_of;  // by slot and position
    for (const std::vector<SpanInput>& part : parts) {
      if (part.empty()) continue;
      std::vector<float> rows;
      for (size_t i = 0; i + 1 < sessions_.size(); ++i) rows = sessions_[i].run(part, rows);
      const auto width = static_cast<std::ptrdiff_t>(weights_[0].shape.width);
      auto at = rows.begin();
      for (const SpanInput& span : part) {
        for (size_t i = 0; i < span.tokens.size(); ++i, at += width) {
          row_of[{span.slot, span.position + static_cast<int64_t>(i)}] = {at, at + width};
        }
      }
    }
    std::vector<float> rows;
    for (const SpanInput& span : spans) {
      for (size_t i = 0; i < span.tokens.size(); ++i) {
        const std::vector<float>& row = row_of[{span.slot, span.position + static_cast<int64_t>(i)}];
        rows.insert(rows.end(), row.begin(), row.end());
      }
    }
    return sessions_.back().run(spans, rows);
  }

 private:
  std::deque<Weights> weights_;
  std::deque<Session> sessions_;
};

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  Shape plain;  // a windowed and an unwindowed group, of which some parts have no layer
  plain.layers = 3;
  plain.windows = {kWindow, 0};
  plain.dtype = TM_BF16;
  all.push_back(plain);
  Shape untied = plain;
  untied.tied = false;
  untied.rope_style = TM_ROPE_HALVES;
  untied.rope_factors = true;
  untied.magnitude = 1.3;
  untied.query_beta = 0.4;
  untied.query_positions = 9;
  untied.dtype = TM_F32;
  all.push_back(untied);
  Shape quantised = plain;
  quantised.width = 256;
  quantised.head_dim = 64;
  quantised.rope_dims = 64;
  quantised.ffn = 256;
  for (const uint32_t dtype : {TM_Q8_0, TM_Q4_K}) {
    quantised.dtype = dtype;
    all.push_back(quantised);
  }
  quantised.dtype = TM_F8_E4M3;
  quantised.scales = 2;
  quantised.computed_as = TM_Q4_0;  // the embedding's, which is the head's, too
  all.push_back(quantised);
  Shape experts = plain;
  experts.ffn = 40;
  experts.experts = 5;
  experts.experts_used = 2;
  all.push_back(experts);
  if (kSanitised) return {untied, all[3], experts};
  return all;
}

std::vector<std::vector<Cut>> cuts() {
  std::vector<std::vector<Cut>> all = {
      {{0, 1, TM_PART_EMBEDDING}, {1, 3, 0}, {3, 3, TM_PART_HEAD}},
      {{0, 3, TM_PART_EMBEDDING}, {3, 3, TM_PART_HEAD}},
      {{0, 0, TM_PART_EMBEDDING}, {0, 1, 0}, {1, 2, 0}, {2, 3, TM_PART_HEAD}},
  };
  if (kSanitised) all.resize(1);
  return all;
}

template <class Body>
void everywhere(Body body) {
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    std::vector<Placement> all = placements();
    if (device_runs(shape)) {
      for (const Placement& p : device_placements()) all.push_back(p);
    }
    for (Placement p : all) {
      p.threads = 3;
      p.slots = 3;
      p.ring = true;
      p.max_rows = 30;
      body(weights, p, p.name() + " " + tramontane::dtype_name(shape.dtype));
    }
  }
}

// Steps that mix chunks and single tokens of three slots.
std::vector<std::vector<SpanInput>> mixed_steps(uint32_t vocab) {
  std::vector<std::vector<int32_t>> tokens;
  for (uint32_t slot = 0; slot < 3; ++slot) tokens.push_back(random_tokens(kLength - 7 * slot, vocab, 50 + slot));
  std::vector<size_t> done(3, 0);
  std::vector<std::vector<SpanInput>> steps;
  Random random{3};
  while (true) {
    std::vector<SpanInput> spans;
    for (uint32_t slot = 0; slot < 3; ++slot) {
      const size_t left = tokens[slot].size() - done[slot];
      if (left == 0) continue;
      const size_t n = std::min<size_t>(left, random.below(3) == 0 ? 1 : 1 + random.below(10));
      const auto begin = tokens[slot].begin() + static_cast<std::ptrdiff_t>(done[slot]);
      spans.push_back({slot, static_cast<int64_t>(done[slot]), {begin, begin + static_cast<std::ptrdiff_t>(n)}});
      done[slot] += n;
    }
    if (spans.empty()) return steps;
    steps.push_back(spans);
  }
}

// Three parts for each of two layers.
struct TinyAdapter {
  std::vector<std::vector<uint8_t>> data;
  std::vector<tm_adapter_part> parts;

  explicit TinyAdapter(const Shape& s) {
    Random random{77};
    const auto add = [&](uint32_t role, uint32_t layer, uint64_t rows, uint64_t cols) {
      data.push_back(random_matrix(TM_F32, 4, cols, 0.2, random));
      data.push_back(random_matrix(TM_F32, rows, 4, 0.5, random));
      parts.push_back({sizeof(tm_adapter_part), role, layer, 4, TM_F32, TM_F32, TM_ROPE_HALVES, 0.5f, 16 * cols,
                       16 * rows, nullptr, nullptr});
    };
    for (const uint32_t layer : {0u, 2u}) {
      add(TM_ATTENTION_Q, layer, uint64_t{s.heads} * s.head_dim, s.width);
      add(TM_ATTENTION_OUT, layer, s.width, uint64_t{s.heads} * s.head_dim);
      if (s.experts == 0) add(TM_FFN_DOWN, layer, s.width, s.ffn);
    }
    for (size_t i = 0; i < parts.size(); ++i) {
      parts[i].a = data[2 * i].data();
      parts[i].b = data[2 * i + 1].data();
    }
  }

  int32_t load(Session& session, const Cut& cut) const {
    std::vector<tm_adapter_part> own;
    for (tm_adapter_part part : parts) {
      if (part.layer < cut.first || part.layer >= cut.end) continue;
      part.layer -= cut.first;
      own.push_back(part);
    }
    return tm_load_adapter(session.context(), 1, own.data(), static_cast<uint32_t>(own.size()));
  }
};

}  // namespace

TEST(a_chain_has_the_bits_of_the_whole) {
  everywhere([](const Weights& weights, const Placement& p, const std::string& name) {
    const auto steps = mixed_steps(weights.shape.vocab);
    Session whole(weights, p);
    std::vector<std::vector<float>> expected;
    for (const auto& step : steps) expected.push_back(whole.run(step));
    for (const auto& of : cuts()) {
      Chain chain(weights, of, p);
      for (size_t i = 0; i < steps.size(); ++i) {
        CHECK_TEXT(same(expected[i], chain.run(steps[i])), name + " step " + std::to_string(i));
      }
    }
  });
}

TEST(micro_batches_show_in_no_bit) {
  everywhere([](const Weights& weights, const Placement& p, const std::string& name) {
    const auto steps = mixed_steps(weights.shape.vocab);
    Session whole(weights, p);
    Chain chain(weights, cuts()[0], p);
    for (const auto& step : steps) CHECK_TEXT(same(whole.run(step), chain.run_in_two(step)), name);
  });
}

TEST(adapters_are_divided_like_layers) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    p.max_adapters = 2;
    p.max_rank = 5;
    const TinyAdapter adapter(weights.shape);
    Session whole(weights, p);
    CHECK_EQ(adapter.load(whole, {0, 3, 0}), TM_OK);
    const auto cut = cuts()[0];
    Chain chain(weights, cut, p);
    for (size_t i = 0; i < cut.size(); ++i) CHECK_EQ(adapter.load(chain.sessions()[i], cut[i]), TM_OK);
    const auto plain = whole.run({{0, 0, {1, 2, 3}}});
    CHECK_TEXT(same(plain, chain.run({{0, 0, {1, 2, 3}}})), name);
    for (auto step : mixed_steps(weights.shape.vocab)) {
      for (SpanInput& span : step) span.adapter = span.slot % 2;
      CHECK_TEXT(same(whole.run(step), chain.run_in_two(step)), name);
    }
    CHECK_TEXT(!same(plain, chain.run({{1, 0, {1, 2, 3}, 1}})), name);
    for (Session& session : chain.sessions()) CHECK_EQ(tm_drop_adapter(session.context(), 1), TM_OK);
  });
}

TEST(pages_of_parts_are_the_whole_page) {
  everywhere([](const Weights& weights, const Placement& p, const std::string& name) {
    Session whole(weights, p);
    Chain chain(weights, cuts()[0], p);
    for (const auto& step : mixed_steps(weights.shape.vocab)) {
      whole.run(step);
      chain.run(step);
    }
    for (uint32_t g = 0; g < weights.shape.windows.size(); ++g) {
      const tramontane::CacheGroup& group = whole.context()->cache.groups[g];
      for (uint32_t page = 0; page < group.n_pages; ++page) {
        std::vector<uint8_t> expected(group.page_bytes), joined;
        CHECK_EQ(tm_read_page(whole.context(), g, page, expected.data(), expected.size()), TM_OK);
        for (Session& session : chain.sessions()) {
          std::vector<uint8_t> part(session.context()->cache.groups[g].page_bytes);
          if (part.empty()) continue;
          CHECK_EQ(tm_read_page(session.context(), g, page, part.data(), part.size()), TM_OK);
          joined.insert(joined.end(), part.begin(), part.end());
        }
        CHECK_TEXT(expected == joined, name);
      }
    }
  });
}

TEST(copies_reach_pages_of_every_part) {
  everywhere([](const Weights& weights, const Placement& p, const std::string& name) {
    const std::vector<Cut> chain = cuts()[0];
    for (const Cut& cut : chain) {
      const Weights part = part_of(weights, cut.first, cut.end, cut.parts);
      Session session(part, p);
      session.run({{0, 0, {1}}});  // sets the tables
      const tramontane::Cache& cache = session.context()->cache;
      std::vector<tm_page_copy> copies;
      for (uint32_t g = 0; g < cache.n_groups; ++g) {
        copies.push_back({g, *cache.groups[g].table_of(1), *cache.groups[g].table_of(2), 0});
        std::vector<uint8_t> bytes(cache.groups[g].page_bytes);
        for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(3 + g);
        if (bytes.empty()) continue;
        CHECK_EQ(tm_write_page(session.context(), g, copies[g].from, bytes.data(), bytes.size()), TM_OK);
      }
      const int32_t token = 1;
      const tm_span span = {0, 0, 1, 0, 1};
      std::vector<float> hidden(part.shape.width);
      tm_step step{};
      step.struct_size = sizeof step;
      step.n_rows = step.n_spans = 1;
      step.n_copies = static_cast<uint32_t>(copies.size());
      step.tokens = &token;
      step.spans = &span;
      step.copies = copies.data();
      if (!part.shape.has(TM_PART_EMBEDDING)) step.hidden_in = hidden.data();
      if (!part.shape.has(TM_PART_HEAD)) step.hidden_out = hidden.data();
      CHECK_EQ(tm_submit(session.context(), &step), TM_OK);
      CHECK_EQ(tm_wait(session.context(), -1), TM_OK);
      for (uint32_t g = 0; g < cache.n_groups; ++g) {
        std::vector<uint8_t> bytes(cache.groups[g].page_bytes);
        if (bytes.empty()) continue;
        CHECK_EQ(tm_read_page(session.context(), g, copies[g].to, bytes.data(), bytes.size()), TM_OK);
        const auto copied = [g](uint8_t byte) { return byte == 3 + g; };
        CHECK_TEXT(std::all_of(bytes.begin(), bytes.end(), copied), name);
      }
    }
  });
}

namespace {

void expect(int32_t status, int32_t expected, const std::string& message, const char* text) {
  CHECK_EQ(status, expected);
  CHECK_TEXT(message.find(text) != std::string::npos, message);
}

void refuses_to_open(uint32_t parts, uint32_t layers, const char* text) {
  Shape shape;
  std::vector<uint8_t> layer_group;
  tm_model_config config = model_config(shape, {}, layer_group);
  config.parts = parts;
  config.n_layers = layers;
  tm_context* context = nullptr;
  char message[512];
  const int32_t status = tm_open(&config, &context, message, sizeof message);
  expect(status, TM_INVALID_ARGUMENT, message, text);
}

}  // namespace

TEST(parts_that_cannot_be_are_refused) {
  refuses_to_open(4, 1, "parts is 4, expected 0..3");
  refuses_to_open(0, 0, "n_layers is 0, expected 1..1024");
  refuses_to_open(3, 0, "n_layers is 0, expected 1..1024");
  Shape shape;
  std::vector<uint8_t> layer_group;
  tm_model_config config = model_config(shape, {}, layer_group);
  config.reserved = 1;
  tm_context* context = nullptr;
  char message[512];
  const int32_t status = tm_open(&config, &context, message, sizeof message);
  expect(status, TM_INVALID_ARGUMENT, message, "reserved is 1");
}

TEST(tensors_of_other_parts_are_refused) {
  Shape shape;
  shape.rope_factors = true;
  shape.tied = false;
  const Weights weights(shape);
  const struct {
    uint32_t role, parts, layers;
  } cases[] = {{TM_TOKEN_EMBEDDING, TM_PART_HEAD, 1},
               {TM_OUTPUT, TM_PART_EMBEDDING, 1},
               {TM_OUTPUT_NORM, 0, 1},
               {TM_ROPE_FACTORS, TM_PART_HEAD, 0},
               {TM_ATTENTION_Q, TM_PART_HEAD, 0}};
  for (const auto& c : cases) {
    std::vector<uint8_t> layer_group;
    tm_model_config config = model_config(shape, {}, layer_group);
    config.parts = c.parts;
    config.n_layers = c.layers;
    if (c.layers == 0) config.layer_group = nullptr;
    tm_context* context = nullptr;
    char message[512];
    CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
    for (const Weights::Entry& e : weights.entries) {
      if (e.role != c.role || e.layer > 0) continue;
      const tm_tensor tensor = e.tensor();
      const int32_t status = tm_set_tensor(context, &tensor);
      tm_last_error(context, message, sizeof message);
      expect(status, TM_INVALID_ARGUMENT, message, "this part of a model has no such tensor");
    }
    tm_close(context);
  }
}

TEST(a_head_needs_its_output) {
  const Shape shape;  // tied
  Weights head = part_of(Weights(shape), 2, 2, TM_PART_HEAD);
  std::vector<uint8_t> layer_group;
  const tm_model_config config = model_config(head.shape, {}, layer_group);
  tm_context* context = nullptr;
  char message[512];
  CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
  for (const Weights::Entry& e : head.entries) {
    const tm_tensor tensor = e.tensor();
    if (e.role == TM_OUTPUT_NORM) CHECK_EQ(tm_set_tensor(context, &tensor), TM_OK);
  }
  const int32_t status = tm_prepare(context);
  tm_last_error(context, message, sizeof message);
  expect(status, TM_WRONG_STATE, message, "output of layer 0 was not set");
  tm_close(context);
}

TEST(steps_of_parts_are_checked) {
  const Weights whole((Shape()));
  const auto refused = [&](uint32_t first, uint32_t end, uint32_t parts, void (*change)(tm_step&), const char* text) {
    const Weights part = part_of(whole, first, end, parts);
    Session session(part, Placement());
    session.run({{0, 0, {1}}});  // sets the tables
    const int32_t token = 1;
    const tm_span span = {0, 0, 1, 0, 1};
    tm_sample sample = plain_sample(0, 0);
    tm_result result{};
    std::vector<float> in(part.shape.width), out(part.shape.width, 7.0f);
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = step.n_spans = 1;
    step.tokens = &token;
    step.spans = &span;
    step.samples = &sample;
    step.results = &result;
    if (!part.shape.has(TM_PART_EMBEDDING)) step.hidden_in = in.data();
    if (!part.shape.has(TM_PART_HEAD)) step.hidden_out = out.data();
    change(step);
    const int32_t status = tm_submit(session.context(), &step);
    expect(status, TM_INVALID_ARGUMENT, session.error(), text);
    CHECK(out == std::vector<float>(part.shape.width, 7.0f));
  };
  static float other[64];
  static const int32_t previous = TM_TOKEN_PREVIOUS;
  const auto unaligned = reinterpret_cast<float*>(reinterpret_cast<uint8_t*>(other) + 2);
  static float* const askew = unaligned;
  refused(
      0, 1, TM_PART_EMBEDDING, [](auto& s) { s.hidden_in = other; }, "hidden_in is not NULL, but the context has the");
  refused(
      0, 1, TM_PART_EMBEDDING, [](auto& s) { s.hidden_out = nullptr; }, "hidden_out is NULL, but the context has no");
  refused(
      0, 1, TM_PART_EMBEDDING, [](auto& s) { s.tokens = nullptr; }, "tokens is NULL, expected 1 entries");
  refused(
      0, 1, TM_PART_EMBEDDING, [](auto& s) { s.n_samples = 1; }, "n_samples is 1, expected 0..0");
  refused(
      0, 1, TM_PART_EMBEDDING, [](auto& s) { s.tokens = &previous; }, "slot 0 has drawn no token");
  refused(
      1, 2, 0, [](auto& s) { s.hidden_in = nullptr; }, "hidden_in is NULL, but the context has no embedding");
  refused(
      1, 2, 0, [](auto& s) { s.hidden_in = askew; }, "hidden_in is not aligned");
  refused(
      1, 2, 0, [](auto& s) { s.hidden_out = askew; }, "hidden_out is not aligned");
  refused(
      2, 2, TM_PART_HEAD, [](auto& s) { s.hidden_out = other; }, "hidden_out is not NULL, but the context has the");
  const Weights part = part_of(whole, 1, 2, 0);
  Session session(part, Placement());
  tm_cache_config cache{};
  cache.struct_size = sizeof cache;
  cache.page_tokens = 16;
  cache.n_slots = cache.max_rows = cache.max_spans = cache.max_samples = 1;
  cache.group_pages[0] = cache.group_ring[0] = 1;
  const int32_t status = tm_size_cache(session.context(), &cache);
  expect(status, TM_INVALID_ARGUMENT, session.error(), "max_samples is 1, expected 0..0 without the head");
}

}  // namespace test
