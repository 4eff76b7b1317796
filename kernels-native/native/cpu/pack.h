// How quantised matrices lie in memory after tm_prepare.
//
// A strip is sixteen rows; the last one is padded with rows whose scales are zero. Inside a strip, block by block of
// 32 columns, everything that a vector of sixteen lanes needs lies together, row r in lane r: 16 half scales, 16 half
// minima where the type has minima, and codes. Where eight blocks share a header, the halves are in the header, and
// each block begins with the sub-scales (and sub-minima) of its rows. What exactly is said at each pack_NAME, and how
// many bytes by element_types.h.
//
// Codes of a block form eight registers of 64 bytes, register j holding columns 4j..4j+3 of all rows, a row's four in
// one 32-bit lane. Nibbles (256 bytes): bytes of register j hold code register j below and j + 4 above. Pairs (128
// bytes; two bits of a code): byte i of register h holds code registers 4h .. 4h+3, lowest first. Bits (64 bytes; the
// topmost of a code): bit j of byte i is code register j's.
#pragma once

#include <cstdint>

#include "dtype.h"

namespace tramontane::cpu {

// kNAMEStrip, of the packed types.
#define TM_STRIP(name, elements, bytes, written, low, high, scales, supers, ...) \
  inline constexpr StripLayout k##name##Strip = {__VA_ARGS__};
TM_PACKED_TYPES(TM_STRIP)
#undef TM_STRIP

// nullptr for types that are used in place.
const StripLayout* strip_layout(uint32_t dtype);

inline bool is_packed(uint32_t dtype) { return strip_layout(dtype) != nullptr; }

// Bytes of a strip, a multiple of 64.
uint64_t strip_bytes(uint32_t dtype, uint64_t cols);

// Packs one row of a matrix into lane `lane` of a strip. Lanes that are never packed have to be zero.
void pack_row(uint32_t dtype, const uint8_t* src, uint64_t cols, uint32_t lane, uint8_t* strip);

// pack_NAME, of each packed type: the same with the number of blocks of 32 columns.
#define TM_DECLARE_PACK(name, ...) void pack_##name(const uint8_t* src, uint32_t lane, uint64_t blocks, uint8_t* strip);
TM_PACKED_TYPES(TM_DECLARE_PACK)
#undef TM_DECLARE_PACK

}  // namespace tramontane::cpu
