// Keys and values of eight bits, number by number: the nearest code, the smallest power that has room, and what has
// none says so.
#include "eight_bits.h"

#include <cmath>
#include <limits>
#include <vector>

#include "../cuda/mma_order.h"
#include "check.h"
#include "kv_elements.h"
#include "random.h"

namespace test {
namespace {

using namespace tramontane;

double value_of(uint8_t code, uint16_t scale) {
  return static_cast<double>(f8_e4m3_to_float(code)) * static_cast<double>(half_to_float(scale)) / 256;
}

}  // namespace

TEST(a_scale_is_the_smallest_power_with_room) {
  for (int k = kLeastScale; k <= kMostScale; ++k) {
    const float largest = std::ldexp(448.0f, k);
    const uint16_t scale = eight_bit_scale(magnitude_of(-largest));
    CHECK_EQ(half_to_float(scale), std::ldexp(256.0f, k));
    CHECK_EQ(value_of(eight_bit_code(-largest, scale), scale), static_cast<double>(-largest));
    const uint16_t next = eight_bit_scale(magnitude_of(std::nextafterf(largest, INFINITY)));
    CHECK_EQ(next, k == kMostScale ? kNoScale : eight_bit_scale(magnitude_of(std::ldexp(448.0f, k + 1))));
  }
  for (const float tiny : {0.0f, -0.0f, 1e-45f, 1e-38f, std::ldexp(1.0f, -24)}) {
    CHECK_EQ(half_to_float(eight_bit_scale(magnitude_of(tiny))), std::ldexp(256.0f, kLeastScale));
  }
  for (const float none : {INFINITY, -INFINITY, std::nanf(""), -std::nanf(""), 57345.0f, 1e30f}) {
    CHECK_EQ(eight_bit_scale(magnitude_of(none)), kNoScale);
  }
}

TEST(a_number_becomes_the_nearest_code) {
  std::vector<double> codes;  // magnitudes in order: a code is its place
  for (uint32_t code = 0; code < 0x7f; ++code) codes.push_back(value_of(static_cast<uint8_t>(code), 0x5c00));
  Random random{31};
  for (int k = kLeastScale; k <= kMostScale; ++k) {
    const uint16_t scale = eight_bit_scale(magnitude_of(std::ldexp(448.0f, k)));
    for (uint32_t code = 0; code + 1 < codes.size(); ++code) {
      const double low = std::ldexp(codes[code], k), high = std::ldexp(codes[code + 1], k), middle = (low + high) / 2;
      const auto of = [&](double x) { return eight_bit_code(static_cast<float>(x), scale); };
      CHECK_EQ(uint32_t{of(low)}, code);
      CHECK_EQ(uint32_t{of(-low)}, code | 0x80);
      CHECK_EQ(uint32_t{of(middle)}, code + code % 2);  // to even
      CHECK_EQ(uint32_t{of(std::nextafterf(static_cast<float>(middle), 0))}, code);
      CHECK_EQ(uint32_t{of(std::nextafterf(static_cast<float>(middle), INFINITY))}, code + 1);
      const double between = low + (high - low) * random.uniform();
      CHECK(std::fabs(value_of(of(between), scale) - between) <= (high - low) / 2 * 1.0000001);
    }
  }
}

// What products on a device are made of: each value is a binary16 number, also made by one binary16 product.
TEST(values_are_exact_in_binary16) {
  for (int k = kLeastScale; k <= kMostScale; ++k) {
    const uint16_t scale = eight_bit_scale(magnitude_of(std::ldexp(448.0f, k)));
    for (uint32_t code = 0; code < 256; ++code) {
      if ((code & 0x7f) == 0x7f) continue;
      const float value = static_cast<float>(value_of(static_cast<uint8_t>(code), scale));
      CHECK_EQ(half_to_float(float_to_half(value)), value);
      const auto shifted = static_cast<uint16_t>((code & 0x80) << 8 | (code & 0x7f) << 7);
      CHECK_EQ(half_to_float(shifted) * half_to_float(scale), value);
    }
  }
}

TEST(one_number_that_is_none_makes_none_of_its_head) {
  for (const float bad : {std::nanf(""), INFINITY, -1e9f}) {
    float x[6] = {1, 2, bad, 4, 5, 6}, read[6];
    uint8_t codes[6];
    uint16_t scale = 0;
    const auto at = [](uint32_t i) { return i; };
    put_elements(TM_F8_E4M3, x, 6, codes, at, &scale);
    get_elements(TM_F8_E4M3, codes, 6, at, &scale, read);
    for (const float value : read) CHECK(std::isnan(value));
  }
}

// Every element of a block of a device's cache has a place of its own.
TEST(places_of_eight_bits_are_a_permutation) {
  for (const uint32_t head_dim : {16u, 32u, 96u, 128u}) {
    constexpr uint32_t kTokens = 32;
    std::vector<int> keys(kTokens * head_dim), values(kTokens * head_dim);
    for (uint32_t offset = 0; offset < kTokens; ++offset) {
      for (uint32_t d = 0; d < head_dim; ++d) {
        ++keys.at(eight_bit_key(offset, d, head_dim));
        ++values.at(eight_bit_value(offset, d, head_dim));
      }
    }
    for (const int n : keys) CHECK_EQ(n, 1);
    for (const int n : values) CHECK_EQ(n, 1);
  }
}

}  // namespace test
