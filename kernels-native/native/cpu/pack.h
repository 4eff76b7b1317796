// How quantised matrices lie in memory after tm_prepare.
//
// A strip is sixteen rows; the last one is padded with rows whose scales are zero. Inside a strip, block by block of
// 32 columns, everything that a vector of sixteen lanes needs lies together, row r in lane r:
//
//     Q4_0   16 half scales                            | 256 bytes of nibbles               = 288 (4.5 bits a weight)
//     Q4_1   16 half scales, 16 half minima            | 256 bytes of nibbles               = 320 (5)
//     Q8_0   16 half scales                            | 512 bytes, code + 128              = 544 (8.5)
//     Q4_K   per 8 blocks: 16 half scales, 16 half minima; each block:
//            16 byte sub-scales, 16 byte sub-minima    | 256 bytes of nibbles               = 2368 (4.625; file: 4.5)
//     Q6_K   per 8 blocks: 16 half scales; each block:
//            16 + 16 byte sub-scales of its two halves | 256 bytes of nibbles, 128 of pairs = 3360 (6.5625, as the
//            file)
//
// Codes of a block form eight registers of 64 bytes, register j holding columns 4j..4j+3 of all rows, a row's four in
// one 32-bit lane. Nibbles: bytes of register j hold code register j below and j + 4 above. Pairs (the upper two bits
// of six): byte i of register h holds code registers 4h .. 4h+3, two bits each, lowest first.
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
inline constexpr StripLayout kQ8_0Strip = {1, 0, 544};
inline constexpr StripLayout kQ4_KStrip = {8, 64, 288};
inline constexpr StripLayout kQ6_KStrip = {8, 32, 416};

// nullptr for types that are used in place.
const StripLayout* strip_layout(uint32_t dtype);

inline bool is_packed(uint32_t dtype) { return strip_layout(dtype) != nullptr; }

// Bytes of a strip, a multiple of 64.
uint64_t strip_bytes(uint32_t dtype, uint64_t cols);

// Packs one row of a matrix into lane `lane` of a strip. Lanes that are never packed have to be zero.
void pack_row(uint32_t dtype, const uint8_t* src, uint64_t cols, uint32_t lane, uint8_t* strip);

}  // namespace tramontane::cpu
