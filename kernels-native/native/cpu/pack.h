// How quantised matrices lie in memory after tm_prepare.
//
// A strip is sixteen rows; the last one is padded with rows whose scales are zero. Inside a strip, block by block of
// 32 columns, everything that a vector of sixteen lanes needs lies together, row r in lane r:
//
//     Q4_0    16 half scales                           | nibbles                  = 288 bytes (4.5 bits a weight)
//     IQ4_NL  as Q4_0; a nibble stands for one of sixteen values
//     Q4_1    16 half scales, 16 half minima           | nibbles                  = 320 (5)
//     Q5_0    16 half scales                           | nibbles, 64 bytes of bits = 352 (5.5)
//     Q5_1    16 half scales, 16 half minima           | nibbles, 64 bytes of bits = 384 (6)
//     Q8_0    16 half scales                           | 512 bytes, code + 128    = 544 (8.5)
//
// In the other types eight blocks follow a header of 16 half scales, and 16 half scales of minima in Q2_K, Q4_K, Q5_K:
//
//     Q2_K    16 bytes: sub-scales of the two halves, 16 bytes: sub-minima of the two halves, a nibble each
//                                                      | pairs                    = 1344 (2.625)
//     Q3_K    16 + 16 byte sub-scales of the two halves | pairs, 64 bytes of bits = 1824 (3.5625; file: 3.4375)
//     Q4_K    16 byte sub-scales, 16 byte sub-minima   | nibbles                  = 2368 (4.625; file: 4.5)
//     Q5_K    16 byte sub-scales, 16 byte sub-minima   | nibbles, 64 bytes of bits = 2880 (5.625; file: 5.5)
//     Q6_K    16 + 16 byte sub-scales of the two halves | nibbles, pairs          = 3360 (6.5625)
//     IQ4_XS  16 byte sub-scales                       | nibbles as in IQ4_NL     = 2208 (4.3125; file: 4.25)
//
// Codes of a block form eight registers of 64 bytes, register j holding columns 4j..4j+3 of all rows, a row's four in
// one 32-bit lane. Nibbles (256 bytes): bytes of register j hold code register j below and j + 4 above. Pairs (128
// bytes; two bits of a code): byte i of register h holds code registers 4h .. 4h+3, lowest first. Bits (64 bytes; the
// topmost of a code): bit j of byte i is code register j's.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace tramontane::cpu {

struct StripLayout {
  uint32_t group_blocks;  // blocks of 32 columns that share a header: 1, or 8 in the K types
  uint32_t header_bytes;  // of a group
  uint32_t block_bytes;

  constexpr uint64_t group_bytes() const { return header_bytes + static_cast<uint64_t>(group_blocks) * block_bytes; }
};

inline constexpr StripLayout kQ4_0Strip = {1, 0, 288};
inline constexpr StripLayout kQ4_1Strip = {1, 0, 320};
inline constexpr StripLayout kQ5_0Strip = {1, 0, 352};
inline constexpr StripLayout kQ5_1Strip = {1, 0, 384};
inline constexpr StripLayout kQ8_0Strip = {1, 0, 544};
inline constexpr StripLayout kIQ4_NLStrip = kQ4_0Strip;
inline constexpr StripLayout kQ2_KStrip = {8, 64, 160};
inline constexpr StripLayout kQ3_KStrip = {8, 32, 224};
inline constexpr StripLayout kQ4_KStrip = {8, 64, 288};
inline constexpr StripLayout kQ5_KStrip = {8, 64, 352};
inline constexpr StripLayout kQ6_KStrip = {8, 32, 416};
inline constexpr StripLayout kIQ4_XSStrip = {8, 32, 272};

// nullptr for types that are used in place.
const StripLayout* strip_layout(uint32_t dtype);

inline bool is_packed(uint32_t dtype) { return strip_layout(dtype) != nullptr; }

// Bytes of a strip, a multiple of 64.
uint64_t strip_bytes(uint32_t dtype, uint64_t cols);

// Packs one row of a matrix into lane `lane` of a strip. Lanes that are never packed have to be zero.
void pack_row(uint32_t dtype, const uint8_t* src, uint64_t cols, uint32_t lane, uint8_t* strip);

}  // namespace tramontane::cpu
