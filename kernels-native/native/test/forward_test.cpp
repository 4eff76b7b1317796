// Promise 4 by equivalence: the same tokens give the same logits, bit for bit, whatever the chunks, the batch, the
// ring, the pages and the number of threads. And the reference backend against an oracle without a cache.
#include <algorithm>
#include <cmath>
#include <tuple>

#include "check.h"
#include "oracle.h"
#include "quantise.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

constexpr uint32_t kWindow = 12;
constexpr uint32_t kLength = 61;  // wraps a ring of window + 13 tokens; no multiple of anything

std::vector<uint32_t> either(const std::vector<uint32_t>& all, const std::vector<uint32_t>& sanitised) {
  return kSanitised ? sanitised : all;
}

std::vector<Shape> shapes() {
  std::vector<Shape> all;
  Shape plain;  // a windowed and an unwindowed group, one layer and two
  plain.layers = 3;
  plain.windows = {kWindow, 0};
  all.push_back(plain);
  Shape odd;  // no dimension is a multiple of a vector
  odd.width = 40;
  odd.heads = 3;
  odd.kv_heads = 1;
  odd.head_dim = 10;
  odd.rope_dims = 6;
  odd.rope_style = TM_ROPE_HALVES;
  odd.rope_factors = true;
  odd.ffn = 56;
  odd.vocab = 67;
  odd.tied = false;
  odd.windows = {kWindow};
  for (const uint32_t dtype : {TM_F32, TM_F16, TM_BF16}) {
    odd.dtype = dtype;
    all.push_back(odd);
  }
  Shape grouped;  // three query heads to a kv head, a window on every other layer, split-halves rows
  grouped.layers = 3;
  grouped.width = 72;
  grouped.heads = 6;
  grouped.head_dim = 16;
  grouped.rope_dims = 10;
  grouped.rope_style = TM_ROPE_HALVES;
  grouped.rope_factors = true;
  grouped.ffn = 88;
  grouped.vocab = 67;
  grouped.tied = false;
  grouped.windows = {kWindow, 0};
  for (const uint32_t dtype : {TM_F16, TM_BF16}) {
    grouped.dtype = dtype;
    all.push_back(grouped);
  }
  Shape stretched;  // YaRN's magnitude on a part of the head, Llama 4's temperature on all of it
  stretched.layers = 3;
  stretched.rope_dims = 10;
  stretched.rope_factors = true;
  stretched.magnitude = 1.3;
  stretched.query_beta = 0.4;
  stretched.query_positions = 9;
  stretched.seed = 4;  // in whose cache few keys lie between two halves
  stretched.windows = {kWindow, 0};
  for (const uint32_t dtype : {TM_F32, TM_BF16}) {
    stretched.dtype = dtype;
    all.push_back(stretched);
  }
  Shape quantised;
  quantised.layers = 1;
  quantised.width = 256;
  quantised.head_dim = 64;
  quantised.rope_dims = 64;
  quantised.ffn = 256;
  quantised.vocab = 77;
  quantised.windows = {kWindow};
  for (const uint32_t dtype : kPackedTypes) {
    quantised.dtype = dtype;
    // Random minima give each 32 columns a mean. Where a token's row and a matrix both have them, queries and keys
    // become several times larger than in a model, and attention takes errors along with the size of its scores.
    const bool has_means = dtype == TM_Q2_K || dtype == TM_Q4_K || dtype == TM_Q5_K;
    quantised.embedding_dtype = has_means ? TM_F16 : kAsStored;
    quantised.tied = !has_means;
    all.push_back(quantised);
  }
  quantised.embedding_dtype = kAsStored;
  // Rounded while they are prepared, and eight-bit floats with either kind of scales.
  for (const auto& [dtype, computed_as, scales] : {std::tuple{TM_F32, TM_Q8_0, 0u},
                                                   {TM_BF16, TM_Q4_0, 0u},
                                                   {TM_F16, TM_BF16, 0u},
                                                   {TM_F8_E4M3, TM_F8_E4M3, 1u},
                                                   {TM_F8_E4M3, TM_F8_E4M3, 2u},
                                                   {TM_F8_E4M3, TM_Q5_1, 2u}}) {
    quantised.dtype = dtype;
    quantised.computed_as = computed_as;
    quantised.scales = scales;
    quantised.rope_style = scales == 2 ? TM_ROPE_HALVES : TM_ROPE_INTERLEAVED;
    quantised.tied = scales != 1;
    quantised.experts = scales == 1 ? 4 : 0;
    quantised.experts_used = scales == 1 ? 2 : 0;
    all.push_back(quantised);
  }
  Shape experts;  // eight, two used; then one of four, three of three, two of five
  experts.ffn = 40;
  experts.experts = 8;
  experts.experts_used = 2;
  experts.windows = {kWindow};
  all.push_back(experts);
  experts.layers = 1;
  experts.width = 96;
  experts.ffn = 64;
  experts.dtype = TM_Q8_0;
  all.push_back(experts);
  experts.dtype = TM_Q4_0;
  experts.experts = 4;
  experts.experts_used = 1;
  experts.router_dtype = TM_Q8_0;
  all.push_back(experts);
  experts.dtype = TM_BF16;
  experts.experts = experts.experts_used = 3;
  experts.router_dtype = TM_BF16;
  all.push_back(experts);
  experts.computed_as = TM_Q8_0;  // of the router, too
  experts.experts = 5;
  experts.experts_used = 2;
  all.push_back(experts);
  return all;
}

std::string label(const Shape& shape, const Placement& p) {
  return p.name() + " " + tramontane::dtype_name(shape.dtype) + " as " + tramontane::dtype_name(shape.computed_type()) +
         " width " + std::to_string(shape.width) +
         (shape.experts > 0 ? " experts " + std::to_string(shape.experts_used) + "/" + std::to_string(shape.experts)
                            : "") +
         " kv " + tramontane::dtype_name(p.kv_dtype);
}

// Distance relative to the length of the expected logits, worst row.
double distance(const Rows& expected, const std::vector<float>& actual) {
  double worst = 0;
  for (size_t r = 0; r < expected.size(); ++r) {
    double error = 0, length = 0;
    for (size_t i = 0; i < expected[r].size(); ++i) {
      const double difference = static_cast<double>(actual[r * expected[r].size() + i]) - expected[r][i];
      error += difference * difference;
      length += expected[r][i] * expected[r][i];
    }
    worst = std::max(worst, std::sqrt(error / length));
    if (std::isnan(error)) return error;
  }
  return worst;
}

// The same model as a file of the halves style has it: in every head of q and k, first the first elements of the pairs
// that rotate together, then the second ones.
Weights with_halved_rows(const Weights& interleaved) {
  Weights halves = interleaved;
  const Shape& s = interleaved.shape;
  halves.shape.rope_style = TM_ROPE_HALVES;
  for (size_t e = 0; e < halves.entries.size(); ++e) {
    const Weights::Entry& from = interleaved.entries[e];
    if (from.role != TM_ATTENTION_Q && from.role != TM_ATTENTION_K) continue;
    const size_t bytes = from.bytes.size() / from.rows;
    for (uint64_t head = 0; head < from.rows; head += s.head_dim) {
      for (uint32_t i = 0; i < s.rope_dims; ++i) {
        const uint64_t place = i < s.rope_dims / 2 ? 2 * i : 2 * (i - s.rope_dims / 2) + 1;
        memcpy(&halves.entries[e].bytes[(head + i) * bytes], &from.bytes[(head + place) * bytes], bytes);
        if (from.scales.size() > 1) halves.entries[e].scales[head + i] = from.scales[head + place];
      }
    }
  }
  return halves;
}

// What is run of all placements where it takes long: sanitised, of packed types, and on the emulated device. Each
// kernel reads each shape under the oracle's test. The tests of equal bits take turns: sanitised code, whose own
// finding is made elsewhere, one placement a shape; a packed type every other placement, and in the next test those
// between, because cpu_kernels_test compares each kernel's rows, and cpu_levels_agree_bit_for_bit the levels; the
// emulator every third shape, another third in each test, because bits_test and attention_bits_test compare bits of
// each type there, operation by operation.
enum class Where { kEverywhere, kInTurns };
constexpr uint32_t kEmulatedTurns = 3;

// The placements that a shape of this number runs in.
std::vector<Placement> placements_of(const Shape& shape, uint32_t turn, Where where = Where::kInTurns) {
  std::vector<Placement> all = placements();
  if (where == Where::kEverywhere || all.empty()) return all;
  if (kSanitised) return {all[turn % all.size()]};
  if (tramontane::block_elements(shape.computed_type()) == 1) return all;
  std::vector<Placement> some;
  for (size_t i = all.size() > 1 ? turn % 2 : 0; i < all.size(); i += 2) some.push_back(all[i]);
  return some;
}

// Two kinds of cache for each float shape, in turns; the others, and all when sanitised, have one each, because neither
// asks what the other is.
constexpr uint32_t kCaches[] = {TM_F32, TM_F16, TM_BF16, TM_F8_E4M3};

template <class Body>
void everywhere(Body body, Where where = Where::kInTurns) {
  static uint32_t test = 0;  // begins each test's turns at another place
  ++test;
  uint32_t turn = 0, device_turn = 0;
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    const bool quantised = tramontane::block_elements(shape.computed_type()) > 1;
    ++turn;
    for (Placement placement : placements_of(shape, turn + test, where)) {
      for (const uint32_t more : {0u, 2u}) {
        if ((quantised || kSanitised) && more > 0) continue;
        placement.kv_dtype = kCaches[(turn + more) % 4];
        body(weights, placement, label(shape, placement));
      }
    }
    if (!device_runs(shape) || (kSanitised && where == Where::kInTurns)) continue;
    // How a block is unpacked is all that a packed type has of its own on a device (bits_test, stage_test).
    const bool all_types = where == Where::kEverywhere && !kSanitised;
    if (quantised && !all_types && shape.computed_type() != TM_Q4_0 && shape.computed_type() != TM_Q6_K) continue;
    const bool emulates = where == Where::kEverywhere || device_turn++ % kEmulatedTurns == test % kEmulatedTurns;
    for (Placement placement : device_placements()) {
      placement.kv_dtype = kCaches[1 + (turn + test) % 3];
      if (placement.backend != TM_BACKEND_EMU || emulates) body(weights, placement, label(shape, placement));
    }
  }
}

}  // namespace

TEST(logits_agree_with_the_oracle) {
  everywhere(
      [](const Weights& weights, Placement p, const std::string& name) {
        const auto tokens = random_tokens(kLength, weights.shape.vocab, 7);
        Session session(weights, p);
        const Rows expected = oracle_logits(weights, tokens, p.kv_dtype);
        const double error = distance(expected, session.run_chunked(0, tokens, 64));
        // ref: binary32 between the operations, and a key that rounds to the other neighbour of the cache's type. cpu:
        // activations rounded to eight bits per block of quantised weights.
        const bool quantised = tramontane::block_elements(weights.shape.computed_type()) > 1;
        const double neighbour = p.kv_dtype == TM_F32    ? 2e-6
                                 : p.kv_dtype == TM_F16  ? 2e-4
                                 : p.kv_dtype == TM_BF16 ? 1.5e-3
                                                         : 1.2e-2;
        double limit = neighbour + (p.backend == TM_BACKEND_REF ? 0.0 : quantised ? 4e-2 : 1e-4);
        // A device: activations, queries and probabilities rounded to 11 bits, with BF16 weights activations to 8;
        // weights to 11, and of super-blocks the scales and minima that they are made of. Random scales and minima
        // don't go together as those of real weights do: those of Q4_K and Q5_K spread twice as far.
        const uint32_t type = weights.shape.computed_type();
        const double of_device = type == TM_BF16 ? 2e-2 : type == TM_Q4_K || type == TM_Q5_K ? 8e-3 : 4e-3;
        // Its keys round to another neighbour more often than a host's, and in eight bits that is an eighth of a key.
        const double of_cache = p.kv_dtype == TM_BF16 ? 8e-3 : p.kv_dtype == TM_F8_E4M3 ? 5 * of_device : 0.0;
        if (p.backend >= TM_BACKEND_CUDA) limit = of_device + neighbour + of_cache;
        CHECK_TEXT(error <= limit, name + ": " + std::to_string(error) + " of " + std::to_string(limit));
      },
      Where::kEverywhere);
}

TEST(chunked_is_whole) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    const auto tokens = random_tokens(kLength, weights.shape.vocab, 8);
    Session session(weights, p);
    const auto whole = session.run_chunked(0, tokens, 64);
    for (const uint32_t chunk : either({1, 7, kWindow - 1, kWindow, kWindow + 1}, {7, kWindow})) {
      session.resize(p);
      CHECK_TEXT(same(whole, session.run_chunked(0, tokens, chunk)), name + " chunk " + std::to_string(chunk));
    }
  });
}

TEST(ring_is_unbounded_with_a_mask) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    const auto tokens = random_tokens(kLength, weights.shape.vocab, 9);
    Session session(weights, p);
    const auto unbounded = session.run_chunked(0, tokens, 64);
    for (const uint32_t page : either({16, 32}, {16})) {
      for (const uint32_t chunk : either({1, kWindow - 1, kWindow, kWindow + 1}, {kWindow + 1})) {
        Placement ring = p;
        ring.ring = true;
        ring.page_tokens = page;
        ring.max_rows = chunk;
        ring.page_seed = page + chunk;
        session.resize(ring);
        CHECK_TEXT(same(unbounded, session.run_chunked(0, tokens, chunk)),
                   name + " page " + std::to_string(page) + " chunk " + std::to_string(chunk));
      }
    }
  });
}

// Speculation: a step computes a token and guesses at those that follow, keeps the right ones and computes the rest
// again. Neither the guesses' keys and values in the ring nor where the steps begin shows in any logit.
TEST(rejected_tokens_leave_no_trace) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    const uint32_t vocab = weights.shape.vocab;
    const auto tokens = random_tokens(kLength, vocab, 21);
    Session session(weights, p);
    const auto expected = session.run_chunked(0, tokens, 64);
    Placement ring = p;
    ring.ring = true;
    ring.max_rows = 5;
    session.resize(ring);
    Random random{weights.shape.seed + ring.threads};
    std::vector<float> kept;
    for (uint32_t position = 0; position < kLength;) {
      const uint32_t rows = std::min<uint32_t>(1 + random.below(5), kLength - position);
      const uint32_t right = 1 + random.below(rows);
      std::vector<int32_t> guesses(tokens.begin() + position, tokens.begin() + position + rows);
      for (uint32_t i = right; i < rows; ++i) guesses[i] = static_cast<int32_t>(random.below(vocab));
      const auto logits = session.run({{0, position, guesses}});
      kept.insert(kept.end(), logits.begin(), logits.begin() + right * vocab);
      position += right;
    }
    CHECK_TEXT(same(expected, kept), name);
  });
}

TEST(pages_may_lie_anywhere_and_have_any_size) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    const auto tokens = random_tokens(kLength, weights.shape.vocab, 10);
    Session session(weights, p);
    const auto expected = session.run_chunked(0, tokens, 13);
    for (const uint32_t page : either({16, 32, 64, 128, 256}, {16, 256})) {
      Placement other = p;
      other.page_tokens = page;
      other.page_seed = 77 + page;
      session.resize(other);
      CHECK_TEXT(same(expected, session.run_chunked(0, tokens, 13)), name + " page " + std::to_string(page));
    }
  });
}

TEST(batched_is_alone_at_any_thread_count) {
  everywhere([](const Weights& weights, Placement p, const std::string& name) {
    constexpr uint32_t kSlots = 5;
    std::vector<std::vector<int32_t>> tokens;
    std::vector<std::vector<float>> alone;
    p.slots = kSlots;
    p.ring = true;
    {
      Session session(weights, p);
      for (uint32_t slot = 0; slot < kSlots; ++slot) {
        tokens.push_back(random_tokens(17 + 9 * slot, weights.shape.vocab, 100 + slot));
        alone.push_back(session.run_chunked(slot, tokens[slot], 64));
      }
    }
    for (const uint32_t threads : either({1, 2, 3, 5}, {3})) {
      p.threads = threads;
      Session session(weights, p);
      // Steps that mix chunks and single tokens, each slot at its own pace and in changing order.
      std::vector<size_t> done(kSlots, 0);
      std::vector<std::vector<float>> together(kSlots);
      Random random{threads};
      for (uint32_t step = 0;; ++step) {
        std::vector<SpanInput> spans;
        for (uint32_t i = 0; i < kSlots; ++i) {
          const uint32_t slot = (i * 2 + step) % kSlots;
          const size_t left = tokens[slot].size() - done[slot];
          if (left == 0) continue;
          const size_t n = std::min<size_t>(left, random.below(2) == 0 ? 1 : 1 + random.below(11));
          const auto begin = tokens[slot].begin() + static_cast<long>(done[slot]);
          spans.push_back({slot, static_cast<int64_t>(done[slot]), {begin, begin + static_cast<long>(n)}});
        }
        if (spans.empty()) break;
        const auto logits = session.run(spans);
        size_t row = 0;
        for (const SpanInput& span : spans) {
          const size_t n = span.tokens.size();
          const auto begin = logits.begin() + static_cast<long>(row * weights.shape.vocab);
          together[span.slot].insert(together[span.slot].end(), begin,
                                     begin + static_cast<long>(n * weights.shape.vocab));
          done[span.slot] += n;
          row += n;
        }
      }
      for (uint32_t slot = 0; slot < kSlots; ++slot) {
        CHECK_TEXT(same(alone[slot], together[slot]),
                   name + " threads " + std::to_string(threads) + " slot " + std::to_string(slot));
      }
    }
  });
}

TEST(rounded_at_load_is_the_converted_model) {
  Shape shape;
  shape.width = 96;
  shape.ffn = 160;
  for (const bool tied : {true, false}) {
    shape.tied = tied;
    for (const uint32_t stored : either({TM_F32, TM_BF16, TM_F16, TM_F8_E4M3}, {TM_F8_E4M3})) {
      for (const uint32_t to : kWrittenTypes) {
        shape.dtype = stored;
        shape.computed_as = to;
        shape.scales = 2;
        const Weights rounded(shape);
        Weights converted = rounded;
        for (Weights::Entry& e : converted.entries) {
          if (e.computed_type() == e.dtype) continue;
          const std::vector<float> values = e.values();
          const std::vector<float> exact = e.stored_values();
          e.bytes.resize(e.rows * tramontane::row_bytes(to, e.cols));
          e.scales.clear();
          e.dtype = to;
          e.computed_as = kAsStored;
          tramontane::quantise_row(to, exact.data(), exact.size(), e.bytes.data());
          std::vector<float> read(values.size());
          tramontane::dequantise_row(to, e.bytes.data(), read.size(), read.data());
          CHECK(same(values, read));
        }
        const auto tokens = random_tokens(19, shape.vocab, 14);
        for (Placement p : placements()) {
          p.threads = 3;
          Session a(rounded, p);
          Session b(converted, p);
          CHECK_TEXT(same(a.run_chunked(0, tokens, 7), b.run_chunked(0, tokens, 7)), label(shape, p));
        }
      }
    }
  }
}

TEST(weights_that_are_not_finite_do_no_harm) {
  for (const Shape& shape : shapes()) {
    Weights weights(shape);
    for (Weights::Entry& e : weights.entries) {  // all ones: NaN in every float, and in the scales of every block
      if (e.role >= TM_ATTENTION_Q && e.dtype == shape.dtype) std::fill(e.bytes.begin(), e.bytes.end(), uint8_t{0xff});
    }
    std::vector<Placement> all = placements();
    if (device_runs(shape) && shape.computed_type() == TM_F8_E4M3) {  // whose NaN a device keeps in the row's scale
      for (const Placement& p : device_placements()) all.push_back(p);
    }
    for (Placement p : all) {
      p.threads = 2;
      Session session(weights, p);
      const auto logits = session.run_chunked(0, random_tokens(9, shape.vocab, 13), 4);
      CHECK_TEXT(std::all_of(logits.begin(), logits.end(), [](float x) { return std::isnan(x); }), label(shape, p));
    }
  }
}

TEST(halved_rows_are_the_same_model) {
  uint32_t turn = 0;
  for (Shape shape : shapes()) {
    ++turn;
    shape.rope_style = TM_ROPE_INTERLEAVED;
    const Weights interleaved(shape);
    const Weights halves = with_halved_rows(interleaved);
    const auto tokens = random_tokens(kLength, shape.vocab, 12);
    for (Placement p : placements_of(shape, turn)) {
      for (const uint32_t kv : either({TM_F32, TM_F16}, {turn % 3 == 0 ? TM_F32 : TM_F16})) {
        p.kv_dtype = kv;
        p.ring = true;
        p.max_rows = 13;
        Session a(interleaved, p);
        Session b(halves, p);
        CHECK_TEXT(same(a.run_chunked(0, tokens, 13), b.run_chunked(0, tokens, 13)), label(shape, p));
        for (uint32_t g = 0; g < shape.windows.size(); ++g) {  // a page of one is a page of the other
          CHECK_TEXT(a.probe().pages(g) == b.probe().pages(g), label(shape, p));
        }
      }
    }
  }
}

TEST(cpu_levels_agree_bit_for_bit) {
  if (kSanitised) return;  // equal bits are looked at without; what is read here, the oracle's test reads, too
  for (const Shape& shape : shapes()) {
    const Weights weights(shape);
    const auto tokens = random_tokens(kLength, shape.vocab, 11);
    std::vector<float> first;
    for (const Placement& p : placements()) {
      if (p.backend != TM_BACKEND_CPU) continue;
      Session session(weights, p);
      const auto logits = session.run_chunked(0, tokens, 13);
      if (first.empty()) first = logits;
      CHECK_TEXT(same(first, logits), label(shape, p));
    }
  }
}

}  // namespace test
