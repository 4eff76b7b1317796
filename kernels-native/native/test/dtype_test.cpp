// Dequantisation and quantisation bit for bit as gguf-py's (vectors/dequantise.txt and quantise.txt, made by the
// scripts beside them), and binary16 both ways.
#include "dtype.h"

#include <cmath>
#include <fstream>
#include <limits>

#include "check.h"
#include "quantise.h"
#include "random.h"
#include "types.h"

namespace test {
namespace {

using tramontane::bits_to_float;
using tramontane::float_to_bits;
using tramontane::float_to_half;
using tramontane::half_to_float;

std::vector<uint8_t> from_hex(const std::string& hex) {
  std::vector<uint8_t> bytes;
  for (size_t i = 0; i + 1 < hex.size(); i += 2) {
    bytes.push_back(static_cast<uint8_t>(std::stoul(hex.substr(i, 2), nullptr, 16)));
  }
  return bytes;
}

// Floats whose bits are written as big-endian words.
std::vector<float> floats_from_hex(const std::string& hex) {
  std::vector<float> values;
  for (size_t i = 0; i + 7 < hex.size(); i += 8) {
    values.push_back(bits_to_float(static_cast<uint32_t>(std::stoul(hex.substr(i, 8), nullptr, 16))));
  }
  return values;
}

}  // namespace

TEST(dequantises_as_gguf_py_does) {
  std::ifstream file(TM_VECTORS "/dequantise.txt");
  std::string name, row, expected;
  uint32_t lines = 0;
  while (file >> name >> row >> expected) {
    const uint32_t dtype = tramontane::dtype_named(name.c_str());
    const std::vector<uint8_t> bytes = from_hex(row);
    const std::vector<float> wanted = floats_from_hex(expected);
    const uint64_t cols = wanted.size();
    CHECK_EQ(tramontane::row_bytes(dtype, cols), bytes.size());
    std::vector<float> values(cols);
    // One byte off alignment: rows of quantised types lie anywhere.
    std::vector<uint8_t> shifted(bytes.size() + 1);
    memcpy(shifted.data() + 1, bytes.data(), bytes.size());
    tramontane::dequantise_row(dtype, shifted.data() + 1, cols, values.data());
    for (uint64_t i = 0; i < cols; ++i) {  // which NaN is nobody's business
      const bool same =
          std::isnan(wanted[i]) ? std::isnan(values[i]) : float_to_bits(values[i]) == float_to_bits(wanted[i]);
      CHECK_TEXT(same, name + " element " + std::to_string(i));
    }
    ++lines;
  }
  CHECK(lines >= 113u);  // that every type has some is types_test's
}

TEST(quantises_as_gguf_py_does) {
  std::ifstream file(TM_VECTORS "/quantise.txt");
  std::string name, row, expected;
  uint32_t lines = 0;
  while (file >> name >> row >> expected) {
    const uint32_t dtype = tramontane::dtype_named(name.c_str());
    const std::vector<float> values = floats_from_hex(row);
    const std::vector<uint8_t> wanted = from_hex(expected);
    CHECK_EQ(tramontane::row_bytes(dtype, values.size()), wanted.size());
    std::vector<uint8_t> bytes(wanted.size() + 1);
    tramontane::quantise_row(dtype, values.data(), values.size(), bytes.data() + 1);
    CHECK_TEXT(memcmp(bytes.data() + 1, wanted.data(), wanted.size()) == 0, name + " line " + std::to_string(lines));
    std::vector<float> rounded = values;
    tramontane::round_row(dtype, rounded.data(), rounded.size());
    std::vector<float> read(values.size());
    tramontane::dequantise_row(dtype, bytes.data() + 1, read.size(), read.data());
    CHECK_TEXT(memcmp(rounded.data(), read.data(), read.size() * sizeof(float)) == 0, name + " rounded");
    ++lines;
  }
  CHECK_EQ(lines, std::size(kWrittenTypes) * 27u);
}

TEST(blocks_that_are_not_finite_have_defined_codes) {
  for (const uint32_t dtype : kWrittenTypes) {
    if (tramontane::block_elements(dtype) == 1) continue;
    for (const float bad : {std::nanf(""), -std::nanf("7"), HUGE_VALF, -HUGE_VALF}) {
      for (const uint32_t at : {0u, 13u, 31u}) {
        std::vector<float> x(32, 0.25f);
        x[at] = bad;
        std::vector<uint8_t> block(tramontane::block_bytes(dtype), 0xee);
        tramontane::quantise_row(dtype, x.data(), 32, block.data());
        std::vector<float> values(32);
        tramontane::dequantise_row(dtype, block.data(), 32, values.data());
        if (std::isnan(bad)) {
          CHECK_EQ(tramontane::load_u16(block.data()), 0x7e00);
          for (const float value : values) CHECK(std::isnan(value));
        }
        CHECK(!std::isfinite(half_to_float(tramontane::load_u16(block.data()))) || random_block(dtype)->has_minimum());
      }
    }
  }
}

TEST(names_and_numbers_belong_together) {
  uint32_t known = 0;
  for (uint32_t dtype = 0; dtype < 300; ++dtype) {
    if (tramontane::block_elements(dtype) == 0) continue;
    ++known;
    CHECK_EQ(tramontane::dtype_named(tramontane::dtype_name(dtype)), dtype);
  }
  CHECK_EQ(known, std::size(kAllTypes));
  CHECK_EQ(tramontane::dtype_named("Q9"), UINT32_MAX);
}

TEST(unknown_types_have_no_blocks) {
  for (const uint32_t dtype : {4u, 5u, 9u, 15u, 16u, 19u, 21u, 29u, 31u, 255u, 257u, ~0u}) {
    CHECK_EQ(tramontane::block_elements(dtype), 0u);
    CHECK_EQ(tramontane::block_bytes(dtype), 0u);
  }
}

TEST(every_half_survives_the_round_trip) {
  for (uint32_t half = 0; half < 65536; ++half) {
    const float value = half_to_float(static_cast<uint16_t>(half));
    const double exponent = half >> 10 & 31;
    const double mantissa = half & 1023;
    const double sign = half & 0x8000 ? -1 : 1;
    if (exponent == 31) {
      CHECK(mantissa == 0 ? std::isinf(value) : std::isnan(value));
    } else {
      const double exact = exponent == 0 ? mantissa * 0x1p-24 : (1 + mantissa / 1024) * std::exp2(exponent - 15);
      CHECK_EQ(static_cast<double>(value), sign * exact);
    }
    const uint16_t back = float_to_half(value);
    const bool nan = exponent == 31 && mantissa != 0;
    CHECK_EQ(back, nan ? half | 0x200 : half);  // NaN is made quiet
  }
}

TEST(halves_round_to_the_nearest_even) {
  Random random{5};
  const auto check = [](float value) {
    const uint16_t half = float_to_half(value);
    const double magnitude = std::fabs(static_cast<double>(value));
    if (magnitude >= 65520) {
      CHECK_EQ(half & 0x7fff, 0x7c00);
      return;
    }
    const uint16_t at = half & 0x7fff;
    const double error = std::fabs(static_cast<double>(half_to_float(at)) - magnitude);
    for (const int step : {-1, 1}) {
      const int neighbour = at + step;
      if (neighbour < 0) continue;
      const double reach =
          neighbour == 0x7c00 ? 65536 : static_cast<double>(half_to_float(static_cast<uint16_t>(neighbour)));
      const double other = std::fabs(reach - magnitude);
      CHECK_TEXT(error < other || (error == other && at % 2 == 0), std::to_string(value));
    }
    CHECK_EQ(static_cast<uint32_t>(half >> 15), float_to_bits(value) >> 31);
  };
  for (int i = 0; i < 200'000; ++i) {
    const auto bits = static_cast<uint32_t>(random.next());
    if ((bits & 0x7f800000) != 0x7f800000) check(bits_to_float(bits));
    check(random.normal());
    check(random.normal() * 1e-6f);
    // Ties: halfway between two halves.
    const auto half = static_cast<uint16_t>(random.below(0x7bff));
    check((half_to_float(half) + half_to_float(static_cast<uint16_t>(half + 1))) / 2);
  }
  CHECK_EQ(float_to_half(std::numeric_limits<float>::infinity()), 0x7c00);
  CHECK_EQ(float_to_half(65519.99f), 0x7bff);
  CHECK_EQ(float_to_half(65520.0f), 0x7c00);
}

}  // namespace test
