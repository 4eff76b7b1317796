// Promise 4 at the operation: the floats that a product or attention gives a row are the same bits, whatever rows are
// with it. Logits hide an order of sums, because activations are rounded after every stage; here nothing is rounded. On
// every backend that takes the shapes; TM_TEST_BACKEND=cuda runs the same on a device.
#include <algorithm>
#include <cstdlib>
#include <map>

#include "../cuda/product.h"
#include "check.h"
#include "dtype.h"
#include "probe.h"
#include "sampling.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

using tramontane::Activation;
using tramontane::Operation;

constexpr uint32_t kMostRows = 300;
constexpr uint32_t kChunk = 128;  // columns that a device takes at once

// All of it takes the emulator minutes: without TM_TEST_WHOLE it multiplies most rows by the shorter ones.
bool is_whole(const Placement& p) { return p.backend != TM_BACKEND_EMU || std::getenv("TM_TEST_WHOLE") != nullptr; }

// How many rows are together, and which of them are computed alone as well: both sides of each edge of a tile or a
// pass.
struct Counts {
  std::vector<uint32_t> together, alone;
};

Counts counts(bool all) {
  if (!all || kSanitised) return {{9, 33}, {0, 8, 32}};
  return {{1, 5, 8, 9, 16, 17, 32, 33, 64, 65, 256, kMostRows},
          {0, 1, 4, 7, 8, 9, 15, 16, 17, 31, 32, 33, 63, 64, 65, 128, 255, 256, kMostRows - 1}};
}

bool has_supers(uint32_t dtype) { return tramontane::block_elements(dtype) == 256; }

// Of each way to stream weights one type has all widths; what a type has of its own is how a block is unpacked.
std::vector<uint32_t> chunk_counts(uint32_t dtype, bool whole) {
  const bool all = whole || dtype == TM_BF16 || dtype == TM_Q4_K;
  std::vector<uint32_t> counts = kSanitised || !all ? std::vector<uint32_t>{9} : std::vector<uint32_t>{9, 33, 57};
  for (uint32_t& n : counts) n += has_supers(dtype) ? 1 : 0;
  return counts;
}

std::vector<uint32_t> types() {
  if (kSanitised) return {TM_BF16, TM_Q6_K};
  return {std::begin(kDeviceTypes), std::end(kDeviceTypes)};
}

// One operation of a model, as rows of floats that go in and come out.
struct Case {
  std::vector<Operation> operations;
  std::vector<std::pair<Activation, uint32_t>> outputs;  // and their widths
};

class Rows {
 public:
  Rows(const Shape& shape, Placement p, uint32_t most)
      : shape_(shape), weights_(shape), session_(weights_, with_room(p)) {
    tokens_ = random_tokens(kMostRows, shape.vocab, 5);
    session_.run({{0, 0, first_tokens(most)}});  // describes the rows, and costs more than all that follows
    Random random{shape.seed};
    hidden_.resize(static_cast<size_t>(kMostRows) * shape.width);
    for (float& value : hidden_) value = random.hard();
  }

  // The outputs of these rows of hidden, one after the other.
  std::vector<std::vector<float>> run(const Case& c, const std::vector<uint32_t>& rows) {
    const uint32_t n = static_cast<uint32_t>(rows.size());
    std::vector<float> hidden;
    for (const uint32_t row : rows) {
      const auto from = hidden_.begin() + static_cast<long>(static_cast<size_t>(row) * shape_.width);
      hidden.insert(hidden.end(), from, from + shape_.width);
    }
    session_.probe().write(Activation::kHidden, hidden.data(), hidden.size());
    const auto& step = session_.stage({{0, 0, first_tokens(n)}});
    for (const Operation operation : c.operations) session_.probe().run(operation, step, 0);
    if (c.operations.empty()) {
      std::vector<uint32_t> all(n);
      for (uint32_t i = 0; i < n; ++i) all[i] = i;
      session_.probe().logits(step, all.data(), n);
    }
    tramontane::Error error;
    CHECK_TEXT(session_.context()->backend->failure(error) == TM_OK, error.text());
    std::vector<std::vector<float>> outputs;
    for (const auto& [which, width] : c.outputs) {
      outputs.emplace_back(static_cast<size_t>(n) * width);
      session_.probe().read(which, outputs.back().data(), outputs.back().size());
      if (which == Activation::kGate && shape_.experts > 0) outputs.back() = by_rows(outputs.back(), n);
    }
    return outputs;
  }

  void compare(const Case& c, const std::string& name, const Counts& counts) {
    const uint32_t most = c.operations.empty() ? tramontane::kLogitRows : kMostRows;
    std::map<uint32_t, std::vector<std::vector<float>>> alone;
    for (const uint32_t row : counts.alone) {
      if (row < most) alone[row] = run(c, {row});
    }
    for (const uint32_t n : counts.together) {
      if (n > most) continue;
      std::vector<uint32_t> rows(n);
      for (uint32_t i = 0; i < n; ++i) rows[i] = i;
      const auto together = run(c, rows);
      for (const auto& [row, expected] : alone) {
        if (row >= n) continue;
        for (size_t o = 0; o < c.outputs.size(); ++o) {
          const uint32_t width = c.outputs[o].second;
          CHECK_TEXT(
              memcmp(&together[o][static_cast<size_t>(row) * width], expected[o].data(), width * 4) == 0,
              name + " output " + std::to_string(o) + " row " + std::to_string(row) + " of " + std::to_string(n));
        }
      }
    }
  }

 private:
  static Placement with_room(Placement p) {
    p.max_rows = kMostRows;
    p.max_tokens = kMostRows;
    return p;
  }
  // What experts made of n rows, which lies by places: each row's one after the other.
  std::vector<float> by_rows(const std::vector<float>& by_places, uint32_t n) {
    const tramontane::Routing& routing = *session_.probe().routing();
    std::vector<float> rows;
    for (uint32_t i = 0; i < n * shape_.experts_used; ++i) {
      const auto from = by_places.begin() + static_cast<long>(static_cast<size_t>(routing.place[i]) * shape_.ffn);
      rows.insert(rows.end(), from, from + shape_.ffn);
    }
    return rows;
  }
  std::vector<int32_t> first_tokens(uint32_t n) const { return {tokens_.begin(), tokens_.begin() + n}; }

  const Shape shape_;
  const Weights weights_;
  Session session_;
  std::vector<int32_t> tokens_;
  std::vector<float> hidden_;
};

// Narrow matrices but for one side.
Shape narrow(uint32_t dtype) {
  Shape s;
  s.layers = 1;
  s.dtype = dtype;
  s.width = 32;
  s.heads = 2;
  s.kv_heads = 1;
  s.ffn = 32;
  s.vocab = 40;
  s.scales = dtype == TM_F8_E4M3 ? 2 : 0;
  if (has_supers(dtype)) s.width = s.ffn = 256, s.head_dim = 128;
  return s;
}

void for_all(uint32_t Shape::*side, std::vector<std::pair<const char*, Case>> (*cases_of)(const Shape&)) {
  for (const Placement& p : device_placements()) {
    for (const uint32_t dtype : types()) {
      for (const uint32_t chunks : chunk_counts(dtype, is_whole(p))) {
        Shape shape = narrow(dtype);
        if (side == &Shape::ffn && chunks > 10 && !is_whole(p)) continue;
        shape.*side = chunks * kChunk;
        const bool all = is_whole(p) || (chunks == 9 && side == &Shape::width && dtype == TM_BF16);
        Rows rows(shape, p, counts(all).together.back());
        for (const auto& [what, c] : cases_of(shape)) {
          rows.compare(c, p.name() + " " + tramontane::dtype_name(dtype) + " " + std::to_string(chunks) + " " + what,
                       counts(all));
        }
      }
    }
  }
}

}  // namespace

TEST(products_of_long_rows_are_the_same_alone) {
  for_all(&Shape::width, [](const Shape& s) {
    return std::vector<std::pair<const char*, Case>>{
        {"k and v", {{Operation::kQkv}, {{Activation::kK, s.head_dim}, {Activation::kV, s.head_dim}}}},
        {"gate", {{Operation::kGateUp}, {{Activation::kGate, s.ffn}}}},
        {"logits", {{}, {{Activation::kLogits, s.vocab}}}}};
  });
}

TEST(sums_into_the_residual_are_the_same_alone) {
  for_all(&Shape::ffn, [](const Shape& s) {
    return std::vector<std::pair<const char*, Case>>{
        {"down", {{Operation::kGateUp, Operation::kDown}, {{Activation::kHidden, s.width}}}}};
  });
}

// Whoever else chooses an expert, and however its rows are cut into passes: few of five experts, and all rows to both
// of two, which are many.
TEST(rows_of_experts_are_the_same_alone) {
  for (const Placement& p : device_placements()) {
    for (const uint32_t dtype : types()) {
      const auto compare = [&](uint32_t experts, uint32_t Shape::*side, uint32_t chunks, const Counts& counts) {
        Shape shape = narrow(dtype);
        shape.experts = experts;
        shape.experts_used = 2;
        shape.*side = (chunks + (has_supers(dtype) ? 1 : 0)) * kChunk;
        Rows rows(shape, p, counts.together.back());
        const Case c = {{Operation::kGateUp, Operation::kDown},
                        {{Activation::kGate, 2 * shape.ffn}, {Activation::kHidden, shape.width}}};
        rows.compare(c, p.name() + " " + tramontane::dtype_name(dtype) + " " + std::to_string(experts) + " experts",
                     counts);
      };
      const Counts some = {{1, 5, 8, 9, 17, 33, 64, 65, kMostRows}, {0, 4, 8, 16, 32, 64, kMostRows - 1}};
      const bool all = is_whole(p) || (dtype == TM_BF16 && !kSanitised);
      compare(5, &Shape::ffn, 9, is_whole(p) ? counts(true) : all ? some : counts(false));
      if (!all && dtype != TM_Q4_K) continue;
      compare(5, &Shape::width, 9, counts(is_whole(p)));
      if (all && dtype == TM_BF16) compare(2, &Shape::ffn, 9, {{33, 65, kMostRows}, {0, 64, kMostRows - 1}});
      if (!is_whole(p)) continue;
      compare(5, &Shape::width, 33, counts(true));
      compare(5, &Shape::ffn, 33, counts(true));
    }
  }
}

TEST(slices_are_a_matter_of_shape) {
  using tramontane::emulated::slices_of;
  CHECK_EQ(slices_of(4096, 14336), 4u);
  CHECK_EQ(slices_of(16383, 1024), 4u);
  CHECK_EQ(slices_of(16384, 1024), 1u);
  CHECK_EQ(slices_of(4096, 1023), 1u);
  CHECK_EQ(slices_of(2ull << 31, 4096), 1u);
}

// The contract of docs/adr/0055, written down once more: weights and activations in 16 bits, columns in order from zero
// in each slice, slices of whole blocks of 64 columns added in order. In the emulator's plain steps, whose products are
// added one by one.
TEST(sums_are_made_as_the_contract_says) {
  const auto half = [](float value) { return tramontane::half_to_float(tramontane::float_to_half(value)); };
  for (const Placement& p : device_placements()) {
    if (p.backend != TM_BACKEND_EMU) continue;
    for (const uint32_t dtype : {TM_BF16, TM_F16, TM_Q8_0, TM_Q4_0, TM_IQ4_NL}) {
      for (const uint32_t columns : {960u, 1152u}) {  // one slice; four of 4, 5, 4 and 5 blocks
        Shape shape = narrow(dtype);
        shape.ffn = columns;
        const Weights weights(shape);
        Session session(weights, p);
        const std::vector<int32_t> tokens = random_tokens(2, shape.vocab, 9);
        session.run({{0, 0, tokens}});
        std::vector<float> hidden(tokens.size() * shape.width), gate(tokens.size() * columns), after(hidden.size());
        Random random{8};
        for (float& value : hidden) value = random.normal();
        const auto& step = session.stage({{0, 0, tokens}});
        session.probe().write(Activation::kHidden, hidden.data(), hidden.size());
        session.probe().run(Operation::kGateUp, step, 0);
        session.probe().read(Activation::kGate, gate.data(), gate.size());
        session.probe().run(Operation::kDown, step, 0);
        session.probe().read(Activation::kHidden, after.data(), after.size());
        const auto rounded = [&](float v) {
          return dtype == TM_BF16 ? tramontane::bf16_to_float(tramontane::float_to_bf16(v)) : half(v);
        };
        const std::vector<float>& down = weights.values(TM_FFN_DOWN, 0);
        const uint32_t n_slices = columns < 1024 ? 1 : 4;
        for (size_t i = 0; i < after.size(); ++i) {
          float sum = 0;
          for (uint32_t slice = 0; slice < n_slices; ++slice) {
            float of_slice = 0;
            const uint32_t end = columns / 64 * (slice + 1) / n_slices * 64;
            for (uint32_t c = columns / 64 * slice / n_slices * 64; c < end; ++c) {
              of_slice += rounded(down[i % shape.width * columns + c]) * rounded(gate[i / shape.width * columns + c]);
            }
            sum = slice == 0 ? of_slice : sum + of_slice;
          }
          CHECK_TEXT(after[i] == hidden[i] + sum, std::string(tramontane::dtype_name(dtype)) + " " +
                                                      std::to_string(columns) + " output " + std::to_string(i));
        }
      }
    }
  }
}

// A decode's graph is kept for its rows and for how many segments of 128 keys they see.
TEST(decoding_past_a_segment_is_the_whole) {
  Shape shape = narrow(TM_F16);
  shape.layers = 2;
  shape.windows = {0, 200};
  const Weights weights(shape);
  const auto tokens = random_tokens(400, shape.vocab, 6);
  const auto part = [&](uint32_t first, uint32_t n) {
    return std::vector<int32_t>(tokens.begin() + first, tokens.begin() + first + n);
  };
  for (Placement p : device_placements()) {
    p.slots = 2;
    p.max_tokens = 400;
    Session session(weights, p);
    const auto whole = session.run_chunked(0, tokens, 64);
    session.resize(p);
    session.run({{1, 0, part(0, 30)}});
    uint32_t short_at = 30;
    for (uint32_t at = 0; at < 400;) {
      // One by one around the edges of segments and windows, alone and beside a short sequence.
      const bool single = (at + 4) % 128 < 8 || (at >= 198 && at < 202);
      uint32_t n = single ? 1 : std::min({64u, 124 - at % 128, 400 - at});
      if (at < 198) n = std::min(n, 198 - at);
      std::vector<SpanInput> spans = {{0, at, part(at, n)}};
      if (single && at % 2 == 0 && short_at < 60) spans.push_back({1, short_at, part(short_at, 1)});
      const auto logits = session.run(spans);
      const size_t row = static_cast<size_t>(at) * shape.vocab;
      CHECK_TEXT(memcmp(&whole[row], logits.data(), static_cast<size_t>(n) * shape.vocab * 4) == 0,
                 p.name() + " position " + std::to_string(at) + ", rows " + std::to_string(n));
      if (spans.size() == 2) {
        CHECK_TEXT(memcmp(&whole[static_cast<size_t>(short_at) * shape.vocab],
                          &logits[static_cast<size_t>(n) * shape.vocab], shape.vocab * 4) == 0,
                   p.name() + " short sequence at " + std::to_string(short_at));
        ++short_at;
      }
      at += n;
    }
  }
}

}  // namespace test
