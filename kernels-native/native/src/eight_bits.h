// Keys and values of eight bits: E4M3 codes, and for each head of a position a scale of keys and one of values, a power
// of two. A row's numbers are so of itself alone, whatever was written to its page before or comes after, and a value
// is exact in binary16 (docs/adr/0067). One formula for the host's code and a device's kernels.
//
// The scale 2^k is kept as the binary16 number 2^(k + 8): a code, seven bits left and its sign before them, read as
// binary16 is 2^-8 of what it says, so one product of two binary16 numbers makes the value. What doesn't fit, a row
// with a number that is none or beyond 57344, has a scale that is no number.
#pragma once

#include <cstdint>

#include "bits.h"
#include "everywhere.h"

namespace tramontane {

inline constexpr uint16_t kNoScale = 0x7e00;
inline constexpr int kLeastScale = -15, kMostScale = 7;  // of its powers: codes times it are in binary16's range

// A number's magnitude, so that the largest of several is that of whole numbers, and what is none is above all.
TM_EVERYWHERE uint32_t magnitude_of(float x) { return float_to_bits(x) & 0x7fffffffu; }

// For the largest magnitude of a head's numbers: the smallest power with which it is at most 448, E4M3's largest.
TM_EVERYWHERE uint16_t eight_bit_scale(uint32_t largest) {
  if (largest > 0x47600000u) return kNoScale;  // 57344
  int k = static_cast<int>(largest >> 23) - 127 - 8 + ((largest & 0x7fffffu) > 0x600000u ? 1 : 0);
  if (k < kLeastScale) k = kLeastScale;
  return static_cast<uint16_t>((k + 8 + 15) << 10);
}

// The number as a code, to nearest even; its magnitude was among those that the scale was made for.
TM_EVERYWHERE uint8_t eight_bit_code(float x, uint16_t scale) {
  if (scale == kNoScale) return 0;
  const uint32_t sign = float_to_bits(x) >> 24 & 0x80u;
  const float y = bits_to_float(magnitude_of(x)) * bits_to_float((150u - (scale >> 10)) << 23);  // exact
  if (y < 0x1p-6f) {  // below the normal numbers: adding 2^14 rounds to units of 2^-9
    return static_cast<uint8_t>(sign | (float_to_bits(y + 0x1p14f) - 0x46800000u));
  }
  const uint32_t bits = float_to_bits(y);
  return static_cast<uint8_t>(sign | (bits + 0x7ffffu + (bits >> 20 & 1u) - (120u << 23)) >> 20);
}

}  // namespace tramontane
