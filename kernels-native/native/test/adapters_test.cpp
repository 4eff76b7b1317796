// LoRA adapters: they compute what merged weights compute; a row's bits depend on its own adapter alone, whoever its
// neighbours are and whatever theirs; and rows without one have the bits that they have where there are no adapters.
#include "adapters.h"

#include <algorithm>
#include <cmath>
#include <functional>
#include <limits>

#include "check.h"
#include "cpu_features.h"
#include "halved_rows.h"
#include "tiny_model.h"

namespace test {
namespace {

constexpr uint32_t kRoles[] = {TM_ATTENTION_Q, TM_ATTENTION_K, TM_ATTENTION_V, TM_ATTENTION_OUT,
                               TM_FFN_GATE,    TM_FFN_UP,      TM_FFN_DOWN};
constexpr uint32_t kMaxRank = 20;

struct Part {
  uint32_t role, layer, rank, dtype;
  float scale;
  std::vector<uint8_t> a, b;
};

struct Adapter {
  std::vector<Part> parts;
  uint32_t rope_style;

  std::vector<tm_adapter_part> described() const {
    std::vector<tm_adapter_part> all;
    for (const Part& p : parts) {
      all.push_back({sizeof(tm_adapter_part), p.role, p.layer, p.rank, p.dtype, p.dtype, rope_style, p.scale,
                     p.a.size(), p.b.size(), p.a.data(), p.b.data()});
    }
    return all;
  }
};

// Random parts for the matrices that wanted(role, layer) names; ranks follow each other from `rank` on.
Adapter random_adapter(const Weights& weights, uint64_t seed, uint32_t rank, uint32_t dtype, uint32_t rope_style,
                       const std::function<bool(uint32_t, uint32_t)>& wanted) {
  Random random{seed};
  Adapter adapter{{}, rope_style};
  for (const Weights::Entry& e : weights.entries) {
    if (std::find(std::begin(kRoles), std::end(kRoles), e.role) == std::end(kRoles) || e.expert > 0) continue;
    if (weights.shape.experts > 0 && e.role >= TM_FFN_GATE) continue;
    if (!wanted(e.role, e.layer)) continue;
    const double spread = 1 / std::sqrt(static_cast<double>(e.cols));
    adapter.parts.push_back({e.role, e.layer, rank, dtype, 1.5f / static_cast<float>(rank),
                             random_matrix(dtype, rank, e.cols, spread, random),
                             random_matrix(dtype, e.rows, rank, 0.7, random)});
    rank = rank % kMaxRank + 1;
  }
  return adapter;
}

bool everywhere(uint32_t, uint32_t) { return true; }

// Three adapters: one of everything, one of some matrices, one of a single one.
std::vector<Adapter> adapters_of(const Weights& weights) {
  const uint32_t style = weights.shape.rope_style;
  return {random_adapter(weights, 5, 8, TM_F32, style, everywhere),
          random_adapter(weights, 6, 3, TM_F16, TM_ROPE_HALVES,
                         [](uint32_t role, uint32_t layer) { return (role + layer) % 2 == 0; }),
          random_adapter(weights, 7, 17, TM_BF16, TM_ROPE_INTERLEAVED,
                         [](uint32_t role, uint32_t layer) { return role == TM_ATTENTION_V && layer == 0; })};
}

void load(Session& session, const std::vector<Adapter>& adapters) {
  for (uint32_t i = 0; i < adapters.size(); ++i) {
    const std::vector<tm_adapter_part> parts = adapters[i].described();
    CHECK_EQ(tm_load_adapter(session.context(), i + 1, parts.data(), static_cast<uint32_t>(parts.size())), TM_OK);
  }
}

// The weights that the adapter makes of others, whose matrices are F32: W + scale * b a.
Weights merged(const Weights& weights, const Adapter& adapter) {
  Weights all = weights;
  const tramontane::HalvedRows halves = {all.shape.head_dim, all.shape.rope_dims};
  for (const Part& part : adapter.parts) {
    for (Weights::Entry& e : all.entries) {
      if (e.role != part.role || e.layer != part.layer) continue;
      std::vector<float> a(part.rank * e.cols), b(e.rows * part.rank), w(e.rows * e.cols);
      tramontane::dequantise_row(part.dtype, part.a.data(), a.size(), a.data());
      tramontane::dequantise_row(part.dtype, part.b.data(), b.size(), b.data());
      memcpy(w.data(), e.bytes.data(), e.bytes.size());
      const bool rotated = e.role == TM_ATTENTION_Q || e.role == TM_ATTENTION_K;
      for (uint64_t row = 0; row < e.rows; ++row) {
        // By way of the interleaved order, in which row r of either lies at place_of(r) of a file of halves.
        const bool from_halves = rotated && adapter.rope_style == TM_ROPE_HALVES;
        const bool to_halves = rotated && all.shape.rope_style == TM_ROPE_HALVES;
        const uint64_t from = from_halves ? halves.place_of(row) : row;
        const uint64_t to = to_halves ? halves.place_of(row) : row;
        for (uint64_t c = 0; c < e.cols; ++c) {
          double sum = 0;
          for (uint32_t r = 0; r < part.rank; ++r) {
            sum += static_cast<double>(b[from * part.rank + r]) * static_cast<double>(a[r * e.cols + c]);
          }
          float& weight = w[to * e.cols + c];
          weight = static_cast<float>(static_cast<double>(weight) + static_cast<double>(part.scale) * sum);
        }
      }
      memcpy(e.bytes.data(), w.data(), e.bytes.size());
    }
  }
  return all;
}

Shape plain_shape() {
  Shape s;
  s.layers = 3;
  s.windows = {12, 0};
  return s;
}

Shape odd_shape() {  // no dimension is a multiple of a vector
  Shape s;
  s.width = 40;
  s.heads = 3;
  s.kv_heads = 1;
  s.head_dim = 10;
  s.rope_dims = 6;
  s.rope_style = TM_ROPE_HALVES;
  s.ffn = 56;
  s.windows = {12};
  return s;
}

std::vector<Shape> shapes() {
  std::vector<Shape> all = {plain_shape(), odd_shape()};
  Shape typed;
  typed.layers = 2;
  typed.width = 256;
  typed.head_dim = 64;
  typed.rope_dims = 64;
  typed.ffn = 256;
  typed.vocab = 77;
  typed.windows = {12};
  for (const uint32_t dtype : {TM_BF16, TM_Q8_0, TM_Q4_0, TM_Q4_K}) {
    typed.dtype = dtype;
    all.push_back(typed);
  }
  Shape experts;
  experts.experts = 4;
  experts.experts_used = 2;
  all.push_back(experts);
  return all;
}

std::vector<Placement> with_room(std::vector<Placement> all) {
  for (Placement& p : all) {
    p.slots = 8;
    p.max_adapters = 4;
    p.max_rank = kMaxRank;
  }
  return all;
}

std::vector<Placement> all_placements(const Shape& shape) {
  std::vector<Placement> all = placements();
  // Of the types that devices multiply two, as slow as an emulated one is.
  if (device_runs(shape) && (shape.dtype == TM_BF16 || shape.dtype == TM_Q4_K)) {
    for (const Placement& p : device_placements()) all.push_back(p);
  }
  return with_room(all);
}

// A shape of a type that devices multiply.
Shape device_shape(uint32_t dtype = TM_F16) {
  Shape s = plain_shape();
  s.dtype = dtype;
  return s;
}

// A plain shape for the host, and a like one for devices.
std::vector<std::pair<Shape, Placement>> everyone() {
  std::vector<std::pair<Shape, Placement>> all;
  for (const Placement& p : with_room(placements())) all.emplace_back(plain_shape(), p);
  for (const Placement& p : with_room(device_placements())) all.emplace_back(device_shape(), p);
  return all;
}

double distance(const std::vector<float>& expected, const std::vector<float>& actual, uint32_t vocab) {
  double worst = 0;
  for (size_t row = 0; row < expected.size(); row += vocab) {
    double error = 0, length = 0;
    for (size_t i = row; i < row + vocab; ++i) {
      const double e = static_cast<double>(expected[i]);
      const double difference = static_cast<double>(actual[i]) - e;
      error += difference * difference;
      length += e * e;
    }
    worst = std::max(worst, std::sqrt(error / length));
    if (std::isnan(error)) return error;
  }
  return worst;
}

std::string label(const Shape& shape, const Placement& p) {
  return p.name() + " " + tramontane::dtype_name(shape.dtype) + " width " + std::to_string(shape.width);
}

std::vector<int32_t> tokens_of(const Shape& shape, uint32_t sequence, uint32_t n) {
  return random_tokens(n, shape.vocab, 40 + sequence);
}

// An adapter far from nothing computes what its merged weights do, in either order of rows.
TEST(merged_weights_compute_the_same) {
  for (Shape shape : {plain_shape(), odd_shape()}) {
    for (const uint32_t style : {TM_ROPE_INTERLEAVED, TM_ROPE_HALVES}) {
      const Weights weights(shape);
      const Adapter adapter = random_adapter(weights, 9, 4, TM_F32, style, everywhere);
      const Weights whole = merged(weights, adapter);
      const auto tokens = tokens_of(shape, 0, 40);
      for (const Placement& p : all_placements(shape)) {
        Session with(weights, p), without(whole, p), base(weights, p);
        load(with, {adapter});
        const auto expected = without.run_chunked(0, tokens, 16);
        const auto actual = with.run_chunked(0, tokens, 16, 1);
        const double tolerance = p.kv_dtype == TM_F16 ? 5e-3 : 3e-5;
        CHECK_TEXT(distance(expected, actual, shape.vocab) < tolerance,
                   label(shape, p) + ": " + std::to_string(distance(expected, actual, shape.vocab)));
        CHECK_TEXT(distance(expected, base.run_chunked(0, tokens, 16), shape.vocab) > 0.1, label(shape, p));
      }
    }
  }
}

// A device computes what the reference does, as closely as it multiplies the matrices' type, and far from the base.
TEST(a_device_computes_the_same) {
  for (const Placement& p : with_room(device_placements())) {
    for (Shape shape : {device_shape(TM_F16), device_shape(TM_BF16), device_shape(TM_Q8_0)}) {
      if (shape.dtype == TM_Q8_0) shape.rope_style = TM_ROPE_HALVES;
      const Weights weights(shape);
      Placement reference;
      reference.kv_dtype = TM_F16;
      reference = with_room({reference})[0];
      Session there(weights, p), here(weights, reference);
      const std::vector<Adapter> adapters = adapters_of(weights);
      load(there, adapters);
      load(here, adapters);
      const auto tokens = tokens_of(shape, 4, 40);
      const auto base = here.run_chunked(0, tokens, 16);
      for (uint32_t adapter = 1; adapter <= adapters.size(); ++adapter) {
        const auto expected = here.run_chunked(1, tokens, 16, adapter);
        const double error = distance(expected, there.run_chunked(1, tokens, 16, adapter), shape.vocab);
        CHECK_TEXT(error < (shape.dtype == TM_BF16 ? 3e-2 : 4e-3), label(shape, p) + ": " + std::to_string(error));
        CHECK_TEXT(distance(expected, base, shape.vocab) > 0.1, label(shape, p));
      }
    }
  }
}

// Zeros of either sign reach the cache as they would without an adapter, where it has a part for queries alone.
TEST(a_matrix_without_a_part_keeps_the_sign_of_its_zeros) {
  for (Placement p : with_room(device_placements())) {
    Shape shape = device_shape(TM_F8_E4M3);
    shape.layers = 1;
    shape.windows = {0};
    shape.scales = 1;
    Weights weights(shape);
    for (Weights::Entry& e : weights.entries) {
      if (e.role != TM_ATTENTION_V) continue;
      std::fill(e.bytes.begin(), e.bytes.end(), uint8_t{0});
      e.scales = {-1};
    }
    const Adapter adapter = random_adapter(weights, 3, 4, TM_F16, shape.rope_style,
                                           [](uint32_t role, uint32_t) { return role == TM_ATTENTION_Q; });
    std::vector<std::vector<uint8_t>> pages;
    for (const uint32_t number : {0u, 1u}) {
      Session session(weights, p);
      load(session, {adapter});
      session.run_chunked(0, tokens_of(shape, 0, p.page_tokens), p.page_tokens, number);
      const auto& group = session.context()->cache.groups[0];
      pages.emplace_back(group.page_bytes);
      CHECK_EQ(tm_read_page(session.context(), 0, group.table[0], pages.back().data(), pages.back().size()), TM_OK);
    }
    const auto* halves = reinterpret_cast<const uint16_t*>(pages[0].data());
    CHECK(std::count(halves, halves + pages[0].size() / 2, 0x8000) >= p.page_tokens * shape.kv_heads * shape.head_dim);
    CHECK(pages[1] == pages[0]);
  }
}

// Matrices of one layer in types that are several products, and columns that end inside a block.
TEST(several_products_of_a_layer_are_adapted) {
  for (const Placement& p : with_room(device_placements())) {
    Shape shape = device_shape(TM_BF16);
    shape.width = 72;
    shape.ffn = 104;
    Weights weights(shape);
    Random random{77};
    for (Weights::Entry& e : weights.entries) {
      if (e.role != TM_ATTENTION_K && e.role != TM_FFN_DOWN) continue;
      e.dtype = TM_F16;
      e.bytes = random_matrix(TM_F16, e.rows, e.cols, 1 / std::sqrt(static_cast<double>(e.cols)), random);
    }
    Placement reference;
    reference.kv_dtype = TM_F16;
    Session there(weights, p), here(weights, with_room({reference})[0]);
    const std::vector<Adapter> adapters = adapters_of(weights);
    load(there, adapters);
    load(here, adapters);
    const auto tokens = tokens_of(shape, 5, 20);
    for (uint32_t adapter = 1; adapter <= adapters.size(); ++adapter) {
      const double error =
          distance(here.run_chunked(1, tokens, 16, adapter), there.run_chunked(1, tokens, 16, adapter), shape.vocab);
      CHECK_TEXT(error < 3e-2, label(shape, p) + ": " + std::to_string(error));
    }
  }
}

// Six sequences of four kinds in every step, in an order in which no kind lies together, against each alone.
TEST(a_row_sees_its_own_adapter_alone) {
  constexpr uint32_t kKinds[] = {1, 0, 2, 1, 3, 0, 2};
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    const std::vector<Adapter> adapters = adapters_of(weights);
    for (Placement p : all_placements(shape)) {
      std::vector<std::vector<float>> alone;
      {
        p.threads = 1;
        Session session(weights, p);
        load(session, adapters);
        for (uint32_t s = 0; s < std::size(kKinds); ++s) {
          alone.push_back(session.run_chunked(s, tokens_of(shape, s, 23), 23, kKinds[s]));
        }
        Placement none = p;
        none.max_adapters = none.max_rank = 0;
        Session plain(weights, none);
        for (uint32_t s = 0; s < std::size(kKinds); ++s) {
          if (kKinds[s] != 0) continue;
          CHECK_TEXT(same(alone[s], plain.run_chunked(s, tokens_of(shape, s, 23), 23)), label(shape, p));
        }
      }
      p.threads = 3;
      Session session(weights, p);
      load(session, adapters);
      std::vector<std::vector<float>> together(std::size(kKinds));
      for (uint32_t at = 0; at < 23;) {  // chunks of 7, then of 1: more rows than are normed privately, and fewer
        const uint32_t n = at < 21 ? 7 : 1;
        std::vector<SpanInput> spans;
        for (uint32_t s = 0; s < std::size(kKinds); ++s) {
          const auto tokens = tokens_of(shape, s, 23);
          spans.push_back({s, at, {tokens.begin() + at, tokens.begin() + at + n}, kKinds[s]});
        }
        const auto logits = session.run(spans);
        for (uint32_t s = 0; s < std::size(kKinds); ++s) {
          const auto first = logits.begin() + static_cast<long>(s * n * shape.vocab);
          together[s].insert(together[s].end(), first, first + static_cast<long>(n * shape.vocab));
        }
        at += n;
      }
      for (uint32_t s = 0; s < std::size(kKinds); ++s) {
        CHECK_TEXT(same(alone[s], together[s]), label(shape, p) + " sequence " + std::to_string(s));
        CHECK_TEXT(same(alone[s], session.run_chunked(7, tokens_of(shape, s, 23), 4, kKinds[s])), label(shape, p));
      }
    }
  }
}

// More rows than a run has, of one adapter, in a chunk.
TEST(a_long_chunk_is_its_tokens_one_by_one) {
  for (const uint32_t dtype : {TM_F32, TM_F16, TM_BF16}) {
    for (auto [shape, p] : everyone()) {
      const Weights weights(shape);
      const bool device = p.kv_dtype == TM_F16;
      p.max_rows = !device ? 150 : dtype == TM_F16 ? 70 : 20;
      p.adapter_dtype = dtype;
      Session session(weights, p);
      load(session, adapters_of(weights));
      const auto tokens = tokens_of(shape, 1, p.max_rows);
      CHECK_TEXT(same(session.run_chunked(0, tokens, p.max_rows, 1), session.run_chunked(1, tokens, 1, 1)),
                 label(shape, p));
    }
  }
}

TEST(cpu_levels_agree) {
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    std::vector<float> first;
    for (const Placement& p : all_placements(shape)) {
      if (p.backend != TM_BACKEND_CPU) continue;
      Session session(weights, p);
      load(session, adapters_of(weights));
      const auto logits = session.run_chunked(0, tokens_of(shape, 2, 30), 9, 1);
      if (first.empty()) first = logits;
      CHECK_TEXT(same(first, logits), label(shape, p));
    }
  }
}

// Adapters change between steps, and an infinite one spoils no neighbour.
TEST(adapters_come_and_go) {
  for (const auto& [shape, p] : everyone()) {
    const Weights weights(shape);
    const std::vector<Adapter> adapters = adapters_of(weights);
    Session session(weights, p);
    load(session, adapters);
    const auto tokens = tokens_of(shape, 3, 9);
    const auto first = session.run_chunked(0, tokens, 9, 1);
    const auto third = session.run_chunked(0, tokens, 9, 3);
    const std::vector<tm_adapter_part> parts = adapters[2].described();
    CHECK_EQ(tm_load_adapter(session.context(), 1, parts.data(), 1), TM_OK);  // what it had of others is gone
    CHECK_TEXT(same(third, session.run_chunked(0, tokens, 9, 1)), label(shape, p));
    CHECK_EQ(tm_drop_adapter(session.context(), 1), TM_OK);
    CHECK_EQ(tm_drop_adapter(session.context(), 1), TM_INVALID_ARGUMENT);
    CHECK_EQ(session.error(), std::string("adapter 1 is not loaded"));
    Adapter broken = adapters[0];
    const float infinite = std::numeric_limits<float>::infinity();
    memcpy(broken.parts[0].b.data(), &infinite, sizeof infinite);
    const std::vector<tm_adapter_part> wild = broken.described();
    CHECK_EQ(tm_load_adapter(session.context(), 1, wild.data(), static_cast<uint32_t>(wild.size())), TM_OK);
    const auto both = session.run({{1, 0, tokens, 1}, {0, 0, tokens, 3}});
    CHECK_EQ(session.results()[0].status, TM_RESULT_NOT_FINITE);
    CHECK_TEXT(same(third, {both.begin() + static_cast<long>(tokens.size() * shape.vocab), both.end()}),
               label(shape, p));
    session.resize(p);
    CHECK_EQ(tm_drop_adapter(session.context(), 3), TM_INVALID_ARGUMENT);  // a new cache has none
    load(session, adapters);
    CHECK_TEXT(same(first, session.run_chunked(0, tokens, 9, 1)), label(shape, p));
  }
}

TEST(what_is_no_adapter_is_refused) {
  const Shape shape = plain_shape();
  const Weights weights(shape);
  const Adapter adapter = random_adapter(weights, 9, 4, TM_F32, TM_ROPE_HALVES, everywhere);
  const std::vector<tm_adapter_part> good = adapter.described();
  using Parts = std::vector<tm_adapter_part>;
  const struct {
    std::function<void(Parts&)> change;
    const char* message;
  } cases[] = {
      {[](Parts& p) { p[0].struct_size = 8; }, "tm_adapter_part.struct_size is 8"},
      {[](Parts& p) { p[0].role = TM_OUTPUT; }, "role is 2"},
      {[](Parts& p) { p[0].role = 99; }, "role is 99"},
      {[](Parts& p) { p[0].layer = 3; }, "attention q: layer is 3, expected below 3"},
      {[](Parts& p) { p[1].rank = 0; }, "attention k of layer 0: rank is 0, expected 1..20 (max_rank)"},
      {[](Parts& p) { p[1].rank = 21; }, "rank is 21"},
      {[](Parts& p) { p[0].rope_style = 2; }, "rope_style is 2"},
      {[](Parts& p) { p[0].scale = std::numeric_limits<float>::infinity(); }, "scale is inf"},
      {[](Parts& p) { p[0].a_dtype = TM_Q8_0; }, "a_dtype is 8"},
      {[](Parts& p) { p[0].b_dtype = 77; }, "b_dtype is 77"},
      {[](Parts& p) { p[0].a_bytes -= 4; }, "a_bytes is 1020, expected 1024 for F32 [4, 64]"},
      {[](Parts& p) { p[0].b_bytes += 1; }, "b_bytes is 1025, expected 1024 for F32 [64, 4]"},
      {[](Parts& p) { p[0].a = nullptr; }, "a is NULL"},
      {[](Parts& p) { p[0].b = nullptr; }, "b is NULL"},
      {[](Parts& p) { p[2] = p[0]; }, "attention q of layer 0: the adapter has two parts for it"},
      {[](Parts& p) { std::swap(p.front(), p.back()); }, "rising layers"},
      {[](Parts& p) { p.clear(); }, "n_parts is 0, expected 1..21"},
  };
  for (const auto& [of_place, p] : everyone()) {
    const Weights placed(of_place);
    Session session(placed, p);
    for (const auto& c : cases) {
      Parts parts = good;
      c.change(parts);
      CHECK_EQ(tm_load_adapter(session.context(), 1, parts.data(), static_cast<uint32_t>(parts.size())),
               TM_INVALID_ARGUMENT);
      CHECK_TEXT(session.error().find(c.message) != std::string::npos, session.error());
    }
    const uint32_t n = static_cast<uint32_t>(good.size());
    CHECK_EQ(tm_load_adapter(nullptr, 1, good.data(), n), TM_INVALID_ARGUMENT);
    CHECK_EQ(tm_load_adapter(session.context(), 1, nullptr, n), TM_INVALID_ARGUMENT);
    for (const uint32_t number : {0u, 5u, UINT32_MAX}) {
      CHECK_EQ(tm_load_adapter(session.context(), number, good.data(), n), TM_INVALID_ARGUMENT);
      CHECK_EQ(tm_drop_adapter(session.context(), number), TM_INVALID_ARGUMENT);
    }
    CHECK_EQ(tm_load_adapter(session.context(), 2, good.data(), n), TM_OK);
    tm_span span = {0, 0, 1, 1, 0};  // adapter 1 is not loaded
    const int32_t token = 1;
    tm_step step{};
    step.struct_size = sizeof step;
    step.n_rows = step.n_spans = 1;
    step.tokens = &token;
    step.spans = &span;
    for (const uint32_t number : {1u, 5u, UINT32_MAX}) {
      span.adapter = number;
      CHECK_EQ(tm_submit(session.context(), &step), TM_INVALID_ARGUMENT);
      CHECK_TEXT(session.error().find("expected 0 or a loaded one") != std::string::npos, session.error());
    }
  }
}

TEST(adapters_need_room_and_a_dense_feed_forward) {
  Shape shape;
  shape.experts = 4;
  shape.experts_used = 2;
  const Weights weights(shape);
  for (Placement p : all_placements(shape)) {
    Session session(weights, p);
    const std::vector<uint8_t> bytes(shape.width * shape.ffn * 4);
    const tm_adapter_part gate = {
        sizeof(tm_adapter_part), TM_FFN_GATE,  1,           1, TM_F32, TM_F32, 0, 1, shape.width * 4ull,
        shape.ffn * 4ull,        bytes.data(), bytes.data()};
    CHECK_EQ(tm_load_adapter(session.context(), 1, &gate, 1), TM_UNSUPPORTED);
    CHECK_EQ(session.error(), std::string("ffn gate of layer 1: the feed-forward of experts is not adapted"));
    p.max_adapters = p.max_rank = 0;
    session.resize(p);
    CHECK_EQ(tm_load_adapter(session.context(), 1, &gate, 1), TM_WRONG_STATE);
    CHECK_TEXT(session.error().find("max_adapters is 0") != std::string::npos, session.error());
  }
}

}  // namespace
}  // namespace test
