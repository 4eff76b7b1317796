// Attention of one row has the same bits alone, beside others, with its keys divided among warps and inside a chunk,
// which wgmma multiplies where heads are wide and it adds as mma does; and on the emulator they are those of its
// definition (cuda/attention.h), written down once more in plain loops.
#include <algorithm>
#include <cmath>
#include <map>

#include "../cuda/kernels.h"
#include "check.h"
#include "device_as.h"
#include "kv_elements.h"
#include "probe.h"
#include "tiny_model.h"

namespace test {
namespace {

using tramontane::Activation;
using tramontane::Operation;

constexpr uint32_t kSegment = 128;
constexpr uint32_t kMostKeys = 700;

// As an operand of the products with keys and values of the type.
float operand(uint32_t kv_dtype, float value) {
  using namespace tramontane;
  return kv_dtype == TM_BF16 ? bf16_to_float(float_to_bf16(value)) : half_to_float(float_to_half(value));
}

Shape shape_of(uint32_t window, uint32_t head_dim = 32) {
  Shape s;
  s.layers = 1;
  s.width = 32;
  s.heads = 6;
  s.kv_heads = 2;
  s.head_dim = head_dim;
  s.rope_dims = 16;
  s.ffn = 32;
  s.vocab = 40;
  s.dtype = TM_F16;
  s.windows = {window};
  return s;
}

// Keys and values of one slot, and the queries of every position.
struct Past {
  uint32_t kv_dtype;
  std::vector<float> keys, values;  // [position][kv head][dimension], as they are kept
  std::vector<float> queries;       // [position][head][dimension]

  Past(const Shape& s, uint32_t type) : kv_dtype(type) {
    Random random{77};
    for (uint32_t i = 0; i < kMostKeys * s.kv_heads; ++i) {
      const float size = std::ldexp(1.0f, static_cast<int>(i % 7) - 3);  // of a head: scales differ
      for (uint32_t d = 0; d < s.head_dim; ++d) {
        keys.push_back(random.normal());
        values.push_back(random.hard() * size);
      }
      for (std::vector<float>* all : {&keys, &values}) keep(&(*all)[all->size() - s.head_dim], s.head_dim);
    }
    for (uint32_t i = 0; i < kMostKeys * s.heads * s.head_dim; ++i) queries.push_back(random.normal() * 3);
  }

 private:
  void keep(float* head, uint32_t n) const {
    std::vector<uint8_t> elements(n * sizeof(float));
    uint16_t scale = 0;
    const auto in_order = [](uint32_t i) { return i; };
    tramontane::put_elements(kv_dtype, head, n, elements.data(), in_order, &scale);
    tramontane::get_elements(kv_dtype, elements.data(), n, in_order, &scale, head);
  }
};

// 2^x, zero where that is no normal number.
float power_of_two(float x) { return x < -126.0f ? 0.0f : exp2f(x); }

struct Sums {
  float largest = -INFINITY;
  float total = 0;
  std::vector<float> values;
};

// One segment of one query: the largest score first, then sums from zero in groups of 32 keys: four lanes take four
// keys of each 16, and add in pairs.
Sums segment_of(const Shape& s, const Past& past, const std::vector<float>& query, int64_t position, int64_t first,
                int64_t segment, uint32_t head) {
  const uint32_t d = s.head_dim;
  Sums sums;
  sums.values.assign(d, 0);
  const auto there = [&](uint32_t i) {
    const int64_t at = segment * kSegment + i;
    return at >= first && at <= position;
  };
  const auto of_key = [&](const std::vector<float>& all, uint32_t i) {
    return &all[(static_cast<size_t>(segment * kSegment + i) * s.kv_heads + head) * d];
  };
  float p[kSegment];
  for (uint32_t i = 0; i < kSegment; ++i) {
    p[i] = there(i) ? 0 : -INFINITY;
    for (uint32_t k = 0; there(i) && k < d; ++k) p[i] += query[k] * of_key(past.keys, i)[k];
    sums.largest = std::max(sums.largest, p[i]);
  }
  const float base = sums.largest == -INFINITY ? 0.0f : sums.largest;
  for (float& score : p) score = power_of_two(score - base);
  for (const float* group = p; group < p + kSegment; group += 32) {
    float lane[4];
    for (uint32_t l = 0; l < 4; ++l) {
      const float* a = group + 2 * l;
      lane[l] = ((a[0] + a[1]) + (a[8] + a[9])) + ((a[16] + a[17]) + (a[24] + a[25]));
    }
    sums.total += (lane[0] + lane[1]) + (lane[2] + lane[3]);
  }
  for (uint32_t k = 0; k < kSegment; ++k) {
    for (uint32_t i = 0; there(k) && i < d; ++i)
      sums.values[i] += operand(past.kv_dtype, p[k]) * of_key(past.values, k)[i];
  }
  return sums;
}

// All heads of the row at a position.
std::vector<float> defined(const Shape& s, const Past& past, int64_t position) {
  const uint32_t d = s.head_dim;
  const int64_t window = s.windows[0];
  const int64_t first = window == 0 ? 0 : std::max<int64_t>(0, position - window + 1);
  const float scale = 1.4426950408889634f / std::sqrt(static_cast<float>(d));
  std::vector<float> out;
  for (uint32_t head = 0; head < s.heads; ++head) {
    std::vector<float> query(d), values(d, 0.0f);
    for (uint32_t i = 0; i < d; ++i) {
      const float value = past.queries[(static_cast<size_t>(position) * s.heads + head) * d + i];
      query[i] = operand(past.kv_dtype, value * scale);
    }
    float largest = -INFINITY, total = 0;
    for (int64_t segment = first / kSegment; segment <= position / kSegment; ++segment) {
      const Sums sums = segment_of(s, past, query, position, first, segment, head / (s.heads / s.kv_heads));
      const float most = std::max(largest, sums.largest);
      const float before = power_of_two(largest - most), now = power_of_two(sums.largest - most);
      total = std::fma(sums.total, now, total * before);
      for (uint32_t i = 0; i < d; ++i) values[i] = std::fma(sums.values[i], now, values[i] * before);
      largest = most;
    }
    for (uint32_t i = 0; i < d; ++i) out.push_back(values[i] * (1.0f / total));
  }
  return out;
}

// Runs attention over a cache that holds the past, for spans of positions; a slot each.
class Attending {
 public:
  Attending(const Shape& shape, Placement p, const Past& past, uint32_t slots = kSlots, uint32_t keys = kMostKeys)
      : shape_(shape), past_(past), weights_(shape) {
    p.slots = kSlots;
    p.max_rows = kSlots * 64;
    p.max_tokens = kMostKeys;
    p.kv_dtype = past.kv_dtype;
    session_ = std::make_unique<Session>(weights_, p);
    session_->run({{0, 0, {1}}});  // sends the page tables
    for (uint32_t slot = 0; slot < slots; ++slot) fill(slot, 0, keys);
  }

  // A span of slot i: n rows from a position on. The rows' results, in order.
  std::vector<std::vector<float>> run(const std::vector<std::pair<int64_t, uint32_t>>& spans) {
    std::vector<SpanInput> inputs;
    std::vector<float> queries;
    const size_t width = shape_.heads * shape_.head_dim;
    for (const auto& [position, n] : spans) {
      inputs.push_back({static_cast<uint32_t>(inputs.size()), position, std::vector<int32_t>(n, 1)});
      const auto from = past_.queries.begin() + static_cast<long>(static_cast<size_t>(position) * width);
      queries.insert(queries.end(), from, from + static_cast<long>(n * width));
    }
    session_->run(inputs);  // describes the spans, and writes keys of its own
    for (uint32_t slot = 0; slot < spans.size(); ++slot) fill(slot, spans[slot].first, spans[slot].second);
    const auto& step = session_->stage(inputs);
    std::vector<float> out(queries.size(), NAN);
    session_->probe().write(Activation::kQ, queries.data(), queries.size());
    session_->probe().write(Activation::kAttention, out.data(), out.size());
    session_->probe().run(Operation::kAttention, step, 0);
    tramontane::Error error;
    CHECK_TEXT(session_->context()->backend->failure(error) == TM_OK, error.text());
    session_->probe().read(Activation::kAttention, out.data(), out.size());
    std::vector<std::vector<float>> rows;
    for (size_t at = 0; at < out.size(); at += width) {
      rows.emplace_back(out.begin() + static_cast<long>(at), out.begin() + static_cast<long>(at + width));
    }
    return rows;
  }

  static constexpr uint32_t kSlots = 3;

 private:
  void fill(uint32_t slot, int64_t position, uint32_t n) {
    for (int64_t at = position; at < position + n; ++at) {
      for (uint32_t head = 0; head < shape_.kv_heads; ++head) {
        const size_t from = (static_cast<size_t>(at) * shape_.kv_heads + head) * shape_.head_dim;
        session_->probe().write({0, slot, head, at}, &past_.keys[from], &past_.values[from]);
      }
    }
  }

  const Shape shape_;
  const Past& past_;
  const Weights weights_;
  std::unique_ptr<Session> session_;
};

}  // namespace

namespace {

const std::vector<int64_t> kKeys =
    kSanitised ? std::vector<int64_t>{1, 129} : std::vector<int64_t>{1, 127, 128, 129, 300, 700};

void compare_rows(uint32_t kv_dtype, const std::vector<uint32_t>& windows, uint32_t head_dim = 32,
                  const std::vector<int64_t>& keys = kKeys, bool by_definition = true) {
  const std::vector<int64_t> all_before =
      head_dim < 64 ? std::vector<int64_t>{0, 5, 31} : std::vector<int64_t>{0, 31, 60};
  for (const Placement& p : device_placements()) {
    for (const uint32_t window : windows) {
      const Shape shape = shape_of(window, head_dim);
      const Past past(shape, kv_dtype);
      Attending attending(shape, p, past);
      std::map<int64_t, std::vector<float>> alone;  // the row whose last key is this one
      for (const int64_t n : keys) alone[n - 1] = attending.run({{n - 1, 1}})[0];
      const auto compare = [&](const char* how, int64_t position, const std::vector<float>& row) {
        CHECK_TEXT(row == alone.at(position), p.name() + " " + tramontane::dtype_name(kv_dtype) + " window " +
                                                  std::to_string(window) + ", heads of " + std::to_string(head_dim) +
                                                  ", " + how + ": position " + std::to_string(position));
      };
      for (const auto& [position, row] : alone) {
        if (p.backend == TM_BACKEND_EMU && by_definition)
          compare("by its definition", position, defined(shape, past, position));
        const auto beside = attending.run({{699, 1}, {position, 1}, {3, 1}});
        compare("beside others", position, beside[1]);
        // In chunks that begin and end at other places, beside a single row.
        for (const int64_t before : all_before) {
          const int64_t first = std::max<int64_t>(0, position - before);
          // So many after it that a block's second group of warps has it, among others.
          const int64_t after = head_dim >= 64 && before == 31 ? 16 : before % 4;
          const uint32_t n = static_cast<uint32_t>(std::min<int64_t>(position - first + 1 + after, kMostKeys - first));
          if (n == 1) continue;
          const auto rows = attending.run({{first, n}, {position, 1}});
          compare("in a chunk", position, rows[static_cast<size_t>(position - first)]);
          compare("beside a chunk", position, rows[n]);
        }
      }
    }
  }
}

}  // namespace

TEST(attention_of_a_row_is_the_same_alone_divided_and_in_a_chunk) {
  compare_rows(TM_F16, kSanitised ? std::vector<uint32_t>{100} : std::vector<uint32_t>{0, 100, 128, 300});
}

// Windows and chunks are the same code whatever is kept.
TEST(attention_over_a_cache_of_bf16_is_too) { compare_rows(TM_BF16, {100}); }
TEST(attention_over_a_cache_of_eight_bits_is_too) { compare_rows(TM_F8_E4M3, {kSanitised ? 100u : 0u}); }

// Of heads so wide that wgmma multiplies for chunks.
TEST(attention_of_wide_heads_is_too) {
  compare_rows(TM_F16, {100}, 64);
  if (kSanitised) return;
  compare_rows(TM_F16, {0}, 96);
  // The row with 685 keys doesn't see a segment's first, and one that the same lane has does.
  compare_rows(TM_F16, {300}, 128, {1, 127, 129, 300, 685});
  compare_rows(TM_BF16, {0}, 128);
}

TEST(attention_of_wide_heads_is_too_as_a_device_adds) {
  for (const Placement& p : device_placements()) {
    if (p.backend != TM_BACKEND_EMU || kSanitised) continue;
    const DeviceAs device(90, StepArithmetic::kHopper, StepArithmetic::kHopper);
    compare_rows(TM_F16, {100}, 64, {129, 300}, false);
  }
}

// Values that are no numbers reach who sees them, and nobody else: in a chunk, of the rows before and those whose
// window has passed, whichever instruction multiplies.
TEST(values_that_are_no_numbers_reach_who_sees_them) {
  struct Bad {
    int64_t position;
    float value;
  } const bad[] = {{150, INFINITY}, {165, NAN}};  // of each kv head
  constexpr uint32_t kBadDimension = 3;
  for (const Placement& p : device_placements()) {
    for (const uint32_t kv_dtype : {TM_F16, TM_BF16, TM_F8_E4M3}) {
      for (const uint32_t head_dim : {32u, 64u, 96u}) {
        if (head_dim == 96 && kv_dtype == TM_BF16) continue;
        if (kSanitised && (head_dim == 96 || kv_dtype == TM_BF16)) continue;
        const uint32_t window = head_dim == 64 ? 100 : 0;
        const Shape shape = shape_of(window, head_dim);
        const Past past(shape, kv_dtype);
        Past other = past;
        for (uint32_t head = 0; head < shape.kv_heads; ++head) {
          const size_t row = static_cast<size_t>(bad[head].position) * shape.kv_heads + head;
          other.values[row * head_dim + kBadDimension] = bad[head].value;
        }
        Attending attending(shape, p, past, 1, 320), with_bad(shape, p, other, 1, 320);
        for (const std::pair<int64_t, uint32_t>& chunk : {std::pair<int64_t, uint32_t>{130, 60}, {226, 60}}) {
          const auto expected = attending.run({chunk}), rows = with_bad.run({chunk});
          for (uint32_t i = 0; i < chunk.second; ++i) {
            for (uint32_t head = 0; head < shape.heads; ++head) {
              const int64_t at = bad[head / (shape.heads / shape.kv_heads)].position, position = chunk.first + i;
              const bool sees = at <= position && (window == 0 || at > position - window);
              const float* row = &rows[i][head * head_dim];
              const bool right = sees ? !std::isfinite(row[kBadDimension])
                                      : memcmp(row, &expected[i][head * head_dim], head_dim * sizeof(float)) == 0;
              CHECK_TEXT(right, p.name() + " " + tramontane::dtype_name(kv_dtype) + " heads of " +
                                    std::to_string(head_dim) + ", position " + std::to_string(position) + ", head " +
                                    std::to_string(head));
            }
          }
        }
      }
    }
  }
}

TEST(wgmma_multiplies_for_chunks_where_it_adds_as_mma_does) {
  using tramontane::emulated::attends_by_groups;
  for (const uint32_t kv_dtype : {TM_F16, TM_BF16, TM_F8_E4M3}) {
    for (const uint32_t head_dim : {32u, 64u}) {
      if (kSanitised || (head_dim == 32 && kv_dtype != TM_F16)) continue;
      const Shape shape = shape_of(0, head_dim);
      const Past past(shape, kv_dtype);
      for (const Placement& p : device_placements()) {
        if (p.backend != TM_BACKEND_EMU) continue;
        const std::vector<std::pair<int64_t, uint32_t>> chunk = {{100, 40}};
        const uint32_t n_keys = 140;
        std::vector<std::vector<float>> plain, hopper;
        {
          const DeviceAs device(90, StepArithmetic::kPlain, StepArithmetic::kPlain);
          Attending attending(shape, p, past, 1, n_keys);
          plain = attending.run(chunk);
          use_arithmetic(StepArithmetic::kHopper);
          hopper = attending.run(chunk);
          CHECK(plain != hopper);
          // Found alike, and made to differ behind the self-test's back.
          use_arithmetic(StepArithmetic::kPlain, StepArithmetic::kHopper);
          CHECK(attending.run(chunk) == (attends_by_groups(kv_dtype, head_dim) ? hopper : plain));
        }
        // Found to differ; without wgmma, and with small copies in place of bulk ones.
        for (const int capability : {90, 80}) {
          const DeviceAs device(capability, StepArithmetic::kPlain, StepArithmetic::kHopper);
          CHECK(Attending(shape, p, past, 1, n_keys).run(chunk) == plain);
        }
      }
    }
  }
}

}  // namespace test
