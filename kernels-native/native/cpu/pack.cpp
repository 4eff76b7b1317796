#include "pack.h"

#include <array>

#include "kernels.h"
#include "pack_codes.h"

namespace tramontane::cpu {
namespace {

// Five-bit codes: nibbles, and a bit of each of 32 columns in four bytes.
void put_five_bits(uint8_t* to, uint32_t row, const uint8_t* high, const uint8_t* nibbles) {
  put_nibbles(to, row, nibbles);
  uint8_t bits[kBlock];
  for (uint32_t i = 0; i < kBlock; ++i) bits[i] = high[i / 8] >> (i % 8);
  put_bits(to + 256, row, bits, 0);
}

}  // namespace

// 16 half scales | nibbles
void pack_Q4_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ4_0Bytes, strip += kQ4_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_nibbles(strip + 32, row, src + 2);
  }
}

// As Q4_0; a nibble stands for one of sixteen values.
void pack_IQ4_NL(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  pack_Q4_0(src, row, blocks, strip);
}

// 16 half scales, 16 half minima | nibbles
void pack_Q4_1(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ4_1Bytes, strip += kQ4_1Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    put_nibbles(strip + 64, row, src + 4);
  }
}

// 16 half scales | 512 bytes, code + 128
void pack_Q8_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ8_0Bytes, strip += kQ8_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    for (uint32_t i = 0; i < kBlock; ++i) {
      strip[32 + 64 * (i / 4) + 4 * row + i % 4] = static_cast<uint8_t>(src[2 + i] ^ 0x80);
    }
  }
}

// 16 half scales | nibbles, 64 bytes of bits
void pack_Q5_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ5_0Bytes, strip += kQ5_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_five_bits(strip + 32, row, src + 2, src + 6);
  }
}

// 16 half scales, 16 half minima | nibbles, 64 bytes of bits
void pack_Q5_1(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ5_1Bytes, strip += kQ5_1Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    put_five_bits(strip + 64, row, src + 4, src + 8);
  }
}

namespace {

using PackRow = void (*)(const uint8_t* src, uint32_t lane, uint64_t blocks, uint8_t* strip);

constexpr std::array<PackRow, kTypeSlots> table() {
  std::array<PackRow, kTypeSlots> t = {};
#define TM_ENTER_PACK(name, ...) t[type_slot(TM_##name)] = pack_##name;
  TM_PACKED_TYPES(TM_ENTER_PACK)
#undef TM_ENTER_PACK
  return t;
}
constexpr std::array<PackRow, kTypeSlots> kPackRow = table();

}  // namespace

const StripLayout* strip_layout(uint32_t dtype) {
  const ElementType* type = element_type(dtype);
  return type == nullptr || type->strip.group_blocks == 0 ? nullptr : &type->strip;
}

uint64_t strip_bytes(uint32_t dtype, uint64_t cols) {
  const StripLayout& layout = *strip_layout(dtype);
  const uint64_t bytes = cols / kBlock / layout.group_blocks * layout.group_bytes();
  return (bytes + 63) / 64 * 64;
}

void pack_row(uint32_t dtype, const uint8_t* src, uint64_t cols, uint32_t lane, uint8_t* strip) {
  kPackRow[type_slot(dtype)](src, lane, cols / kBlock, strip);
}

}  // namespace tramontane::cpu
