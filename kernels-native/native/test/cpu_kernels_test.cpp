// The cpu backend's kernels: the same bits at every level and for every batch, exact integers, errors against double,
// and no read past a row or a strip.
#include <sys/mman.h>
#include <unistd.h>

#include <algorithm>
#include <cmath>
#include <memory>

#include "../cpu/kernels.h"
#include "../cpu/pack.h"
#include "check.h"
#include "cpu_features.h"
#include "kv_elements.h"
#include "quantise.h"
#include "random.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

using namespace tramontane;
using namespace tramontane::cpu;

struct Level {
  const char* name;
  const KernelTable* kernels;
};

std::vector<Level> levels() {
  std::vector<Level> all = {{"portable", &kernels_of(TM_CPU_PORTABLE)}};
  if (has_cpu_level(TM_CPU_AVX2)) all.push_back({"avx2", &kernels_of(TM_CPU_AVX2)});
  if (has_cpu_level(TM_CPU_AVX512)) all.push_back({"avx512", &kernels_of(TM_CPU_AVX512)});
  return all;
}

template <class T>
bool same(const std::vector<T>& a, const std::vector<T>& b) {
  return a.size() == b.size() && memcmp(a.data(), b.data(), a.size() * sizeof(T)) == 0;
}

// Bytes that end (or begin) at a page which nobody may touch.
class Guarded {
 public:
  Guarded(uint64_t bytes, bool at_end) {
    page_ = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
    inner_ = (bytes + page_ - 1) / page_ * page_;
    base_ = static_cast<uint8_t*>(
        mmap(nullptr, inner_ + 2 * page_, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0));
    mprotect(base_, page_, PROT_NONE);
    mprotect(base_ + page_ + inner_, page_, PROT_NONE);
    data_ = base_ + page_ + (at_end ? inner_ - bytes : 0);
  }
  ~Guarded() { munmap(base_, inner_ + 2 * page_); }
  Guarded(const Guarded&) = delete;
  template <class T>
  T* as() {
    return reinterpret_cast<T*>(data_);
  }

 private:
  uint64_t page_, inner_;
  uint8_t *base_, *data_;
};

std::vector<float> hard_row(uint64_t n, Random& random) {
  std::vector<float> row(n);
  for (float& x : row) x = random.hard();
  return row;
}

// Where a block keeps its binary16 scale; that of the minima follows it.
uint32_t scale_offset(uint32_t dtype) { return random_block(dtype)->scale_at; }
bool has_minima(uint32_t dtype) { return random_block(dtype)->has_minimum(); }

struct PackedCase {
  uint32_t dtype;
  uint32_t rows, cols;
  std::vector<uint8_t> source;
  std::vector<float> values;
  std::vector<uint8_t, std::allocator<uint8_t>> strips;

  PackedCase(uint32_t type, uint32_t n_rows, uint32_t n_cols, Random& random)
      : dtype(type), rows(n_rows), cols(n_cols), source(random_matrix(type, n_rows, n_cols, 0.5, random)) {
    values.resize(static_cast<uint64_t>(rows) * cols);
    const uint64_t stride = row_bytes(dtype, cols);
    for (uint32_t r = 0; r < rows; ++r) {
      dequantise_row(dtype, source.data() + r * stride, cols, values.data() + static_cast<uint64_t>(r) * cols);
    }
    const uint32_t n = (rows + kStripRows - 1) / kStripRows;
    strips.resize(n * strip_bytes(dtype, cols));
    pack();
  }

  void pack() {
    for (uint32_t r = 0; r < rows; ++r) {
      pack_row(dtype, source.data() + r * row_bytes(dtype, cols), cols, r % kStripRows,
               strips.data() + r / kStripRows * strip_bytes(dtype, cols));
    }
  }

  // out [n_tokens][rows], from `start`.
  std::vector<float> multiply(const KernelTable& kernels, const ActivationBlock* blocks, uint32_t n_tokens, Store store,
                              float start) const {
    std::vector<float> out(static_cast<uint64_t>(n_tokens) * rows, start);
    for (uint32_t s = 0; s * kStripRows < rows; ++s) {
      StripJob job = {};
      job.weights = strips.data() + s * strip_bytes(dtype, cols);
      job.cols = cols;
      job.n_rows = std::min(kStripRows, rows - s * kStripRows);
      job.activations = blocks;
      job.activation_stride = cols / kBlock;
      job.n_tokens = n_tokens;
      job.store = store;
      job.out = out.data() + s * kStripRows;
      job.out_stride = rows;
      kernels.packed_strip[type_slot(dtype)](job);
    }
    return out;
  }
};

std::vector<ActivationBlock> quantised(const KernelTable& kernels, const std::vector<float>& x) {
  std::vector<ActivationBlock> blocks(x.size() / kBlock);
  memset(static_cast<void*>(blocks.data()), 0, blocks.size() * sizeof(ActivationBlock));
  kernels.quantise(x.data(), static_cast<uint32_t>(blocks.size()), blocks.data());
  return blocks;
}

}  // namespace

TEST(quantised_activations_are_the_same_at_every_level_and_near_their_inputs) {
  Random random{11};
  std::vector<float> x = hard_row(32 * 200, random);
  std::fill_n(x.begin(), 32, 0.0f);
  for (uint32_t i = 0; i < 32; ++i) x[32 + i] = std::ldexp(random.normal(), -140);  // subnormal
  for (uint32_t i = 0; i < 32; ++i) x[64 + i] = i % 2 == 0 ? 3e38f : -3e38f;
  for (uint32_t i = 0; i < 32; ++i) x[96 + i] = i % 3 == 0 ? 127.0f : static_cast<float>(i) + 0.5f;  // ties
  const auto expected = quantised(kernels_of(TM_CPU_PORTABLE), x);
  for (const Level& level : levels()) {
    CHECK_TEXT(same(expected, quantised(*level.kernels, x)), level.name);
  }
  for (size_t b = 0; b < expected.size(); ++b) {
    const ActivationBlock& block = expected[b];
    int32_t sums[2] = {};
    for (uint32_t i = 0; i < kBlock; ++i) {
      sums[i / 16] += block.code(i);
      CHECK_NEAR(static_cast<double>(block.scale) * block.code(i), static_cast<double>(x[b * kBlock + i]),
                 0.5001 * static_cast<double>(block.scale) + 0x1p-100);
    }
    CHECK_EQ(block.minus_8_sum, -8 * (sums[0] + sums[1]));
    CHECK_EQ(block.minus_128_sum, -128 * (sums[0] + sums[1]));
    CHECK_EQ(block.minus_32_sums[0], -32 * sums[0]);
    CHECK_EQ(block.minus_32_sums[1], -32 * sums[1]);
    CHECK_EQ(block.scaled_sum, block.scale * static_cast<float>(sums[0] + sums[1]));
  }
}

TEST(inputs_that_are_not_finite_poison_their_whole_row_only) {
  Random random{12};
  const PackedCase weights(TM_Q4_0, 16, 64, random);
  for (const float bad : {std::nanf(""), HUGE_VALF, -HUGE_VALF}) {
    for (const Level& level : levels()) {
      std::vector<float> x = hard_row(3 * 64, random);
      const auto clean = weights.multiply(*level.kernels, quantised(*level.kernels, x).data(), 3, Store::kWrite, 0);
      x[64 + 37] = bad;
      const auto out = weights.multiply(*level.kernels, quantised(*level.kernels, x).data(), 3, Store::kWrite, 0);
      for (uint32_t r = 0; r < 16; ++r) {
        CHECK_EQ(out[r], clean[r]);
        CHECK_TEXT(!std::isfinite(out[16 + r]), level.name);
        CHECK_EQ(out[32 + r], clean[32 + r]);
      }
    }
  }
}

TEST(packed_products_are_the_same_at_every_level_and_batch_and_near_double) {
  for (const uint32_t dtype : kPackedTypes) {
    Random random{dtype + 100};
    for (const uint32_t rows : {16u, 37u}) {
      for (const uint32_t cols : {block_elements(dtype), 3 * block_elements(dtype), 768u}) {
        const PackedCase weights(dtype, rows, cols, random);
        const std::vector<float> x = hard_row(17ull * cols, random);
        const auto blocks = quantised(kernels_of(TM_CPU_PORTABLE), x);
        const auto expected = weights.multiply(kernels_of(TM_CPU_PORTABLE), blocks.data(), 17, Store::kWrite, 0);
        for (const Level& level : levels()) {
          for (uint32_t n = 1; n <= 17; ++n) {
            const auto out = weights.multiply(*level.kernels, blocks.data(), n, Store::kWrite, 7);
            CHECK_TEXT(memcmp(out.data(), expected.data(), out.size() * sizeof(float)) == 0,
                       std::string(level.name) + " " + dtype_name(dtype) + " tokens " + std::to_string(n));
          }
          const auto sum = weights.multiply(*level.kernels, blocks.data(), 9, Store::kAdd, 7);
          for (size_t i = 0; i < sum.size(); ++i) CHECK_EQ(sum[i], 7 + expected[i]);
        }
        // Against double: the dequantised weights times the activations as quantised, so only float sums differ.
        for (uint32_t t = 0; t < 17; ++t) {
          for (uint32_t r = 0; r < rows; ++r) {
            double exact = 0, magnitude = 0;
            for (uint32_t k = 0; k < cols; ++k) {
              const ActivationBlock& block = blocks[(static_cast<uint64_t>(t) * cols + k) / kBlock];
              const double product = static_cast<double>(weights.values[static_cast<uint64_t>(r) * cols + k]) *
                                     static_cast<double>(block.scale) * block.code(k % kBlock);
              exact += product;
              magnitude += std::fabs(product);
            }
            CHECK_NEAR(static_cast<double>(expected[static_cast<uint64_t>(t) * rows + r]), exact, 4e-6 * magnitude);
          }
        }
      }
    }
  }
}

TEST(integers_are_exact_at_their_extremes) {
  // Largest codes against largest activations of either sign: nothing may saturate or round at any level.
  for (const uint32_t dtype : kPackedTypes) {
    for (const uint8_t fill : {uint8_t{0x00}, uint8_t{0xff}, uint8_t{0x80}, uint8_t{0x7f}}) {
      Random random{1};
      PackedCase weights(dtype, 16, 256, random);
      std::fill(weights.source.begin(), weights.source.end(), fill);
      const uint64_t stride = row_bytes(dtype, 256);
      for (uint32_t r = 0; r < 16; ++r) {  // scales 1, minima 0
        for (uint8_t* p = weights.source.data() + r * stride; p < weights.source.data() + (r + 1) * stride;
             p += block_bytes(dtype)) {
          const uint16_t one = 0x3c00, zero = 0;
          memcpy(p + scale_offset(dtype), &one, 2);
          if (has_minima(dtype)) memcpy(p + scale_offset(dtype) + 2, &zero, 2);
        }
        dequantise_row(dtype, weights.source.data() + r * stride, 256, weights.values.data() + r * 256);
      }
      weights.pack();
      for (const int sign : {1, -1}) {
        std::vector<float> x(256);
        for (uint32_t i = 0; i < 256; ++i) x[i] = static_cast<float>(i < 32 && i % 2 == 1 ? sign : -sign) * 127;
        double exact = 0;
        for (uint32_t i = 0; i < 256; ++i) exact += static_cast<double>(weights.values[i]) * static_cast<double>(x[i]);
        for (const Level& level : levels()) {
          const auto out = weights.multiply(*level.kernels, quantised(*level.kernels, x).data(), 1, Store::kWrite, 0);
          for (uint32_t r = 0; r < 16; ++r)
            CHECK_EQ(static_cast<double>(out[r]), static_cast<double>(static_cast<float>(exact)));
        }
      }
    }
  }
}

namespace {

float scale_of_row(uint32_t row) { return 0.01f + 0.003f * static_cast<float>(row); }

}  // namespace

TEST(every_byte_of_eight_bits_is_the_same_number_at_every_level) {
  std::vector<uint8_t> codes(256);
  for (uint32_t i = 0; i < 256; ++i) codes[i] = static_cast<uint8_t>(i);
  const float one = 1;
  for (const Level& level : levels()) {
    for (uint32_t i = 0; i < 256; ++i) {
      float out = 5;
      StripJob job = {};
      job.rows[0] = &codes[i];
      job.scales[0] = 1;
      job.cols = job.n_rows = job.n_tokens = 1;
      job.inputs = &one;
      job.out = &out;
      level.kernels->float_strip[type_slot(TM_F8_E4M3)](job);
      const float expected = f8_e4m3_to_float(codes[i]);
      CHECK_TEXT(std::isnan(expected) ? std::isnan(out) : out == expected, level.name + std::to_string(i));
    }
  }
}

TEST(products_with_weights_in_place_are_the_same_everywhere_and_read_no_further_than_their_rows) {
  for (const uint32_t dtype : kFloatTypes) {
    Random random{dtype + 200};
    for (const uint32_t cols : {1u, 8u, 15u, 16u, 17u, 40u, 100u}) {
      const uint32_t rows = 13;
      const auto bytes = random_matrix(dtype, rows, cols, 0.5, random);
      const std::vector<float> values = hard_row(17ull * cols, random);
      std::vector<float> weights(static_cast<uint64_t>(rows) * cols);
      for (uint32_t r = 0; r < rows; ++r) {
        dequantise_row(dtype, bytes.data() + r * row_bytes(dtype, cols), cols, weights.data() + r * cols);
      }
      std::vector<float> expected;
      for (const Level& level : levels()) {
        for (const bool at_end : {true, false}) {
          for (uint32_t n = 1; n <= 17; n += 4) {
            Guarded w(bytes.size(), at_end);
            memcpy(w.as<uint8_t>(), bytes.data(), bytes.size());
            Guarded x(sizeof(float) * n * cols, at_end);
            memcpy(x.as<float>(), values.data(), sizeof(float) * n * cols);
            Guarded out(sizeof(float) * n * rows, at_end);
            StripJob job = {};
            for (uint32_t r = 0; r < rows; ++r) {
              job.rows[r] = w.as<uint8_t>() + r * row_bytes(dtype, cols);
              job.scales[r] = scale_of_row(r);  // for one type
            }
            job.cols = cols;
            job.n_rows = rows;
            job.inputs = x.as<float>();
            job.input_stride = cols;
            job.n_tokens = n;
            job.out = out.as<float>();
            job.out_stride = rows;
            level.kernels->float_strip[type_slot(dtype)](job);
            const std::vector<float> got(out.as<float>(), out.as<float>() + n * rows);
            if (expected.size() < got.size()) {
              expected = got;
            }
            CHECK_TEXT(memcmp(expected.data(), got.data(), got.size() * sizeof(float)) == 0,
                       std::string(level.name) + " " + dtype_name(dtype) + " cols " + std::to_string(cols));
          }
        }
      }
      for (uint32_t t = 0; t < 17; ++t) {
        for (uint32_t r = 0; r < rows; ++r) {
          double exact = 0, magnitude = 0;
          for (uint32_t k = 0; k < cols; ++k) {
            const double product =
                static_cast<double>(weights[r * cols + k]) * static_cast<double>(values[t * cols + k]);
            exact += product;
            magnitude += std::fabs(product);
          }
          const double scale = dtype == TM_F8_E4M3 ? static_cast<double>(scale_of_row(r)) : 1.0;
          CHECK_NEAR(static_cast<double>(expected[t * rows + r]), scale * exact, 2e-6 * scale * magnitude);
        }
      }
    }
  }
}

TEST(values_are_converted_as_the_scalar_code_does_at_every_level) {
  Random random{16};
  // Rows of every magnitude, with ties, zeros of both signs and what is not finite strewn in.
  std::vector<float> x;
  for (int exponent = -150; exponent <= 126; exponent += 3) {
    for (uint32_t i = 0; i < 64; ++i) x.push_back(std::ldexp(random.normal(), exponent));
  }
  for (uint32_t i = 0; i < 4096; ++i) {
    const float odd[] = {0.0f, -0.0f, 1.0f, -1.0f, 0.5f, HUGE_VALF, -HUGE_VALF, std::nanf(""), 3.4e38f, -3.4e38f};
    x.push_back(random.below(40) == 0 ? odd[random.below(10)] : static_cast<float>(random.below(255)) - 127);
  }
  for (const uint32_t dtype : kWrittenTypes) {
    if (dtype == TM_F32) continue;                                       // copied
    const uint64_t n = x.size() - (block_elements(dtype) == 1 ? 5 : 0);  // a tail where there can be one
    std::vector<uint8_t> expected(row_bytes(dtype, n));
    quantise_row(dtype, x.data(), n, expected.data());
    for (const Level& level : levels()) {
      Guarded in(n * sizeof(float), true), out(expected.size(), true);
      memcpy(in.as<float>(), x.data(), n * sizeof(float));
      level.kernels->narrow[type_slot(dtype)](in.as<float>(), n, out.as<uint8_t>());
      for (uint64_t i = 0; i < expected.size(); ++i) {
        if (out.as<uint8_t>()[i] == expected[i]) continue;
        CHECK_TEXT(false, std::string(level.name) + " " + dtype_name(dtype) + " byte " + std::to_string(i));
        break;
      }
    }
  }
  std::vector<uint8_t> bytes(2 * 777);
  for (uint8_t& byte : bytes) byte = static_cast<uint8_t>(random.next());
  for (const uint32_t dtype : {TM_F16, TM_BF16, TM_F8_E4M3}) {
    std::vector<float> expected(777);
    dequantise_row(dtype, bytes.data(), 777, expected.data());
    for (float& value : expected) value *= dtype == TM_F8_E4M3 ? 0.37f : 1.0f;
    for (const Level& level : levels()) {
      Guarded in(row_bytes(dtype, 777), true), out(777 * sizeof(float), true);
      memcpy(in.as<uint8_t>(), bytes.data(), row_bytes(dtype, 777));
      level.kernels->widen[type_slot(dtype)](in.as<uint8_t>(), 777, 0.37f, out.as<float>());
      for (uint32_t i = 0; i < 777; ++i) {
        const float got = out.as<float>()[i];
        CHECK(std::isnan(expected[i]) ? std::isnan(got) : float_to_bits(expected[i]) == float_to_bits(got));
      }
    }
  }
}

TEST(elementwise_kernels_are_the_same_at_every_level_and_near_double) {
  Random random{13};
  for (const uint32_t n : {1u, 8u, 16u, 31u, 64u, 100u, 576u}) {
    const std::vector<float> x = hard_row(n, random);
    const std::vector<float> y = hard_row(n, random);
    std::vector<float> normed, gated;
    std::vector<uint16_t> halves;
    double squares = 0;
    for (const float v : x) squares += static_cast<double>(v) * static_cast<double>(v);
    for (const Level& level : levels()) {
      Guarded a(4 * n, true), b(4 * n, true), out(4 * n, true), half(2 * n, true);
      memcpy(a.as<float>(), x.data(), 4 * n);
      memcpy(b.as<float>(), y.data(), 4 * n);
      level.kernels->norm(a.as<float>(), b.as<float>(), n, 1e-5, out.as<float>());
      std::vector<float> got(out.as<float>(), out.as<float>() + n);
      if (normed.empty()) normed = got;
      CHECK_TEXT(same(normed, got), std::string("norm ") + level.name);
      level.kernels->silu_product(a.as<float>(), b.as<float>(), n, out.as<float>());
      got.assign(out.as<float>(), out.as<float>() + n);
      if (gated.empty()) gated = got;
      CHECK_TEXT(same(gated, got), std::string("silu ") + level.name);
      level.kernels->to_half(a.as<float>(), n, half.as<uint16_t>());
      const std::vector<uint16_t> rounded(half.as<uint16_t>(), half.as<uint16_t>() + n);
      if (halves.empty()) halves = rounded;
      CHECK_TEXT(same(halves, rounded), std::string("to_half ") + level.name);
    }
    for (uint32_t i = 0; i < n; ++i) {
      const double xi = static_cast<double>(x[i]);
      const double yi = static_cast<double>(y[i]);
      const double norm = xi / std::sqrt(squares / n + 1e-5) * yi;
      CHECK_NEAR(static_cast<double>(normed[i]), norm, 1e-6 * std::fabs(norm));
      const double silu = xi / (1 + std::exp(-xi)) * yi;
      CHECK_NEAR(static_cast<double>(gated[i]), silu, 1e-6 * std::fabs(silu));
    }
  }
}

TEST(silu_holds_from_end_to_end) {
  std::vector<float> x, ones;
  for (float v = -200; v <= 200; v += 0.37f) x.push_back(v);
  for (const float v : {0.0f, -0.0f, 88.3f, -88.3f, -87.3f, 3e38f, -3e38f, HUGE_VALF}) x.push_back(v);
  ones.assign(x.size(), 1.0f);
  std::vector<float> first;
  for (const Level& level : levels()) {
    std::vector<float> out(x.size());
    level.kernels->silu_product(x.data(), ones.data(), static_cast<uint32_t>(x.size()), out.data());
    if (first.empty()) first = out;
    CHECK_TEXT(same(first, out), level.name);
  }
  for (size_t i = 0; i < x.size(); ++i) {
    const double v = static_cast<double>(x[i]);
    const double exact = v / (1 + std::exp(-v));
    if (std::isinf(x[i])) {
      CHECK(std::isinf(first[i]));
    } else {
      CHECK_NEAR(static_cast<double>(first[i]), exact, 3e-7 * std::fabs(exact) + 1e-32);
    }
  }
}

namespace {

// A segment of 256 positions whose unseen part is not a number.
struct SegmentCase {
  uint32_t dtype, head_dim, n_queries;
  std::vector<float> keys, values;  // [256][head_dim] as rounded
  std::vector<uint8_t> key_tiles, value_rows;
  std::vector<uint16_t> key_scales, value_scales;
  std::vector<float> queries;
  std::vector<uint32_t> first, end;

  SegmentCase(uint32_t type, uint32_t dim, uint32_t n, uint32_t low, uint32_t high, Random& random)
      : dtype(type), head_dim(dim), n_queries(n) {
    keys.resize(kSegment * dim);
    values.resize(kSegment * dim);
    key_tiles.assign(kSegment * dim * block_bytes(dtype), 0xff);  // not a number, in any type
    value_rows.assign(kSegment * dim * block_bytes(dtype), 0xff);
    key_scales.assign(kSegment, 0xffff);
    value_scales.assign(kSegment, 0xffff);
    for (uint32_t q = 0; q < n; ++q) {  // rows see a sliding range
      first.push_back(std::min(low + q / 2, high - 1));
      end.push_back(std::min(high + q / 2, kSegment));
    }
    for (uint32_t p = low; p < end.back(); ++p) {
      const auto key_at = [&](uint32_t d) { return p / kTile * dim * kTile + d * kTile + p % kTile; };
      const auto value_at = [&](uint32_t d) { return p * dim + d; };
      const std::vector<float> key = hard_row(dim, random), value = hard_row(dim, random);
      put_elements(dtype, key.data(), dim, key_tiles.data(), key_at, &key_scales[p]);
      put_elements(dtype, value.data(), dim, value_rows.data(), value_at, &value_scales[p]);
      get_elements(dtype, key_tiles.data(), dim, key_at, &key_scales[p], &keys[p * dim]);
      get_elements(dtype, value_rows.data(), dim, value_at, &value_scales[p], &values[p * dim]);
    }
    queries = hard_row(static_cast<uint64_t>(n) * dim, random);
    for (float& x : queries) x *= 0.3f;
  }

  // [query][maximum, total, sums] of queries [from, to)
  std::vector<float> run(const KernelTable& kernels, uint32_t from, uint32_t to) const {
    const uint32_t n = to - from;
    std::vector<float> scores(n * kSegment, -7), maxima(n), totals(n), sums(n * head_dim, 5);
    SegmentJob job = {};
    for (uint32_t t = first[from] / kTile; t < (end[to - 1] + kTile - 1) / kTile; ++t) {
      const uint32_t at = t * kTile * head_dim * block_bytes(dtype);
      job.tiles[t] = {key_tiles.data() + at, value_rows.data() + at, key_scales.data() + t * kTile,
                      value_scales.data() + t * kTile};
    }
    job.head_dim = head_dim;
    job.n_queries = n;
    job.queries = queries.data() + from * head_dim;
    job.first = first.data() + from;
    job.end = end.data() + from;
    job.scores = scores.data();
    job.maximum = maxima.data();
    job.total = totals.data();
    job.sums = sums.data();
    kernels.segment[type_slot(dtype)](job);
    std::vector<float> out;
    for (uint32_t q = 0; q < n; ++q) {
      out.push_back(maxima[q]);
      out.push_back(totals[q]);
      out.insert(out.end(), sums.begin() + q * head_dim, sums.begin() + (q + 1) * head_dim);
    }
    return out;
  }

  void check(const std::string& label) const {
    const auto expected = run(kernels_of(TM_CPU_PORTABLE), 0, n_queries);
    const uint32_t stride = head_dim + 2;
    for (const Level& level : levels()) {
      CHECK_TEXT(same(expected, run(*level.kernels, 0, n_queries)), label + level.name);
      for (uint32_t q = 0; q < n_queries; ++q) {  // alone as in company
        const auto alone = run(*level.kernels, q, q + 1);
        CHECK_TEXT(memcmp(alone.data(), expected.data() + q * stride, stride * sizeof(float)) == 0,
                   label + level.name + " alone");
      }
    }
    for (uint32_t q = 0; q < n_queries; ++q) {
      std::vector<double> score(kSegment);
      double most = -HUGE_VAL;
      for (uint32_t p = first[q]; p < end[q]; ++p) {
        for (uint32_t d = 0; d < head_dim; ++d) {
          score[p] += static_cast<double>(queries[q * head_dim + d]) * static_cast<double>(keys[p * head_dim + d]);
        }
        most = std::max(most, score[p]);
      }
      double total = 0;
      std::vector<double> sums(head_dim);
      for (uint32_t p = first[q]; p < end[q]; ++p) {
        const double weight = std::exp(score[p] - most);
        total += weight;
        for (uint32_t d = 0; d < head_dim; ++d) sums[d] += weight * static_cast<double>(values[p * head_dim + d]);
      }
      for (uint32_t d = 0; d < head_dim; ++d) {
        const float* got = expected.data() + q * stride;
        CHECK_NEAR(static_cast<double>(got[2 + d]) / static_cast<double>(got[1]), sums[d] / total, 2e-4);
      }
    }
  }
};

}  // namespace

TEST(attention_over_a_segment_is_the_same_at_every_level_and_in_any_company) {
  Random random{14};
  for (const uint32_t head_dim : {2u, 10u, 16u, 64u, 80u, 128u}) {
    for (const uint32_t n : {1u, 2u, 3u, 4u, 5u, 7u, 12u, 13u}) {
      for (const auto& [low, high] :
           {std::pair{0u, 1u}, {0u, 17u}, {5u, 6u}, {15u, 16u}, {30u, 200u}, {0u, 256u}, {255u, 256u}}) {
        const std::string label = "dim " + std::to_string(head_dim) + " queries " + std::to_string(n) + " [" +
                                  std::to_string(low) + ", " + std::to_string(high) + ") ";
        for (const uint32_t dtype : {TM_F32, TM_F16, TM_BF16, TM_F8_E4M3}) {
          SegmentCase(dtype, head_dim, n, low, high, random).check(label + dtype_name(dtype) + " ");
        }
      }
    }
  }
}

TEST(folding_segments_equals_one_softmax) {
  Random random{15};
  constexpr uint32_t kDim = 20;
  std::vector<float> first;
  for (const Level& level : levels()) {
    Random again = random;
    float maximum = -HUGE_VALF, total = 0;
    std::vector<float> sums(kDim, 0.0f);
    std::vector<double> exact(kDim);
    double exact_total = 0;
    for (uint32_t s = 0; s < 5; ++s) {
      const float m = again.hard();
      const float t = 1 + static_cast<float>(again.uniform());
      const std::vector<float> v = hard_row(kDim, again);
      level.kernels->fold(&maximum, &total, sums.data(), m, t, v.data(), kDim);
      exact_total += std::exp(static_cast<double>(m)) * static_cast<double>(t);
      for (uint32_t d = 0; d < kDim; ++d) exact[d] += std::exp(static_cast<double>(m)) * static_cast<double>(v[d]);
      if (s == 0) CHECK_EQ(sums[3], v[3]);  // a single segment keeps its bits
    }
    for (uint32_t d = 0; d < kDim; ++d) {
      CHECK_NEAR(static_cast<double>(sums[d] / total), exact[d] / exact_total, 1e-4);
    }
    if (first.empty()) first = sums;
    CHECK_TEXT(same(first, sums), level.name);
  }
}

}  // namespace test
