#include "pack.h"

#include "kernels.h"
#include "pack_codes.h"

namespace tramontane::cpu {
namespace {

void pack_q4_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ4_0Bytes, strip += kQ4_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_nibbles(strip + 32, row, src + 2);
  }
}

void pack_q4_1(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ4_1Bytes, strip += kQ4_1Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    put_nibbles(strip + 64, row, src + 4);
  }
}

void pack_q8_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ8_0Bytes, strip += kQ8_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    for (uint32_t i = 0; i < kBlock; ++i) {
      strip[32 + 64 * (i / 4) + 4 * row + i % 4] = static_cast<uint8_t>(src[2 + i] ^ 0x80);
    }
  }
}

// Five-bit codes: nibbles, and a bit of each of 32 columns in four bytes.
void put_five_bits(uint8_t* to, uint32_t row, const uint8_t* high, const uint8_t* nibbles) {
  put_nibbles(to, row, nibbles);
  uint8_t bits[kBlock];
  for (uint32_t i = 0; i < kBlock; ++i) bits[i] = high[i / 8] >> (i % 8);
  put_bits(to + 256, row, bits, 0);
}

void pack_q5_0(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ5_0Bytes, strip += kQ5_0Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_five_bits(strip + 32, row, src + 2, src + 6);
  }
}

void pack_q5_1(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t b = 0; b < blocks; ++b, src += kQ5_1Bytes, strip += kQ5_1Strip.block_bytes) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    put_five_bits(strip + 64, row, src + 4, src + 8);
  }
}

}  // namespace

const StripLayout* strip_layout(uint32_t dtype) {
  switch (dtype) {
    case TM_Q4_0:
      return &kQ4_0Strip;
    case TM_Q4_1:
      return &kQ4_1Strip;
    case TM_Q5_0:
      return &kQ5_0Strip;
    case TM_Q5_1:
      return &kQ5_1Strip;
    case TM_Q8_0:
      return &kQ8_0Strip;
    case TM_IQ4_NL:
      return &kIQ4_NLStrip;
    case TM_Q2_K:
      return &kQ2_KStrip;
    case TM_Q3_K:
      return &kQ3_KStrip;
    case TM_Q4_K:
      return &kQ4_KStrip;
    case TM_Q5_K:
      return &kQ5_KStrip;
    case TM_Q6_K:
      return &kQ6_KStrip;
    case TM_IQ4_XS:
      return &kIQ4_XSStrip;
    default:
      return nullptr;
  }
}

uint64_t strip_bytes(uint32_t dtype, uint64_t cols) {
  const StripLayout& layout = *strip_layout(dtype);
  const uint64_t bytes = cols / kBlock / layout.group_blocks * layout.group_bytes();
  return (bytes + 63) / 64 * 64;
}

void pack_row(uint32_t dtype, const uint8_t* src, uint64_t cols, uint32_t lane, uint8_t* strip) {
  const uint64_t blocks = cols / kBlock;
  switch (dtype) {
    case TM_Q4_0:
    case TM_IQ4_NL:
      return pack_q4_0(src, lane, blocks, strip);
    case TM_Q4_1:
      return pack_q4_1(src, lane, blocks, strip);
    case TM_Q5_0:
      return pack_q5_0(src, lane, blocks, strip);
    case TM_Q5_1:
      return pack_q5_1(src, lane, blocks, strip);
    case TM_Q8_0:
      return pack_q8_0(src, lane, blocks, strip);
    case TM_Q2_K:
      return pack_q2_k(src, lane, blocks, strip);
    case TM_Q3_K:
      return pack_q3_k(src, lane, blocks, strip);
    case TM_Q4_K:
      return pack_q4_k(src, lane, blocks, strip);
    case TM_Q5_K:
      return pack_q5_k(src, lane, blocks, strip);
    case TM_Q6_K:
      return pack_q6_k(src, lane, blocks, strip);
    case TM_IQ4_XS:
      return pack_iq4_xs(src, lane, blocks, strip);
    default:
      return;
  }
}

}  // namespace tramontane::cpu
