// Where a row's codes go in a block of a strip (pack.h).
#pragma once

#include <cstdint>
#include <cstring>

#include "kernels.h"

namespace tramontane::cpu {

inline void put_u16(uint8_t* to, uint32_t lane, uint16_t value) { memcpy(to + 2 * lane, &value, sizeof value); }

// Sixteen bytes of nibble pairs (low: columns 0..15, high: columns 16..31) of one row.
inline void put_nibbles(uint8_t* to, uint32_t lane, const uint8_t* pairs) {
  for (uint32_t j = 0; j < 4; ++j) memcpy(to + 64 * j + 4 * lane, pairs + 4 * j, 4);
}

// The low four bits of a row's 32 codes.
inline void put_low_nibbles(uint8_t* to, uint32_t lane, const uint8_t* codes) {
  uint8_t pairs[16];
  for (uint32_t i = 0; i < 16; ++i) pairs[i] = static_cast<uint8_t>((codes[i] & 15) | codes[16 + i] << 4);
  put_nibbles(to, lane, pairs);
}

// Bits shift and shift + 1 of a row's 32 codes.
inline void put_pairs(uint8_t* to, uint32_t lane, const uint8_t* codes, uint32_t shift) {
  for (uint32_t h = 0; h < 2; ++h) {
    for (uint32_t i = 0; i < 4; ++i) {
      uint32_t byte = 0;
      for (uint32_t f = 0; f < 4; ++f) byte |= ((codes[16 * h + 4 * f + i] >> shift) & 3u) << (2 * f);
      to[64 * h + 4 * lane + i] = static_cast<uint8_t>(byte);
    }
  }
}

// Bit `shift` of a row's 32 codes.
inline void put_bits(uint8_t* to, uint32_t lane, const uint8_t* codes, uint32_t shift) {
  for (uint32_t i = 0; i < 4; ++i) {
    uint32_t byte = 0;
    for (uint32_t j = 0; j < 8; ++j) byte |= ((codes[4 * j + i] >> shift) & 1u) << j;
    to[4 * lane + i] = static_cast<uint8_t>(byte);
  }
}

}  // namespace tramontane::cpu
