// Rows of the types whose 256 columns share a scale.
#include "pack.h"
#include "pack_codes.h"

namespace tramontane::cpu {

// header: 16 half scales, 16 half minima; block: 16 bytes of sub-scales of the two halves, a nibble each, 16 of
// sub-minima | pairs
void pack_Q2_K(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kQ2_KBytes, strip += kQ2_KStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src + 80));
    put_u16(strip + 32, row, load_u16(src + 82));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kQ2_KStrip.header_bytes + j * kQ2_KStrip.block_bytes;
      const uint8_t* scales = src + 2 * j;  // of two halves: scale below, minimum above
      block[row] = static_cast<uint8_t>((scales[0] & 15) | scales[1] << 4);
      block[16 + row] = static_cast<uint8_t>(scales[0] >> 4 | (scales[1] & 0xf0));
      uint8_t codes[kBlock];
      for (uint32_t i = 0; i < kBlock; ++i) codes[i] = src[16 + 32 * (j / 4) + i] >> (2 * (j % 4));
      put_pairs(block + 32, row, codes, 0);
    }
  }
}

// header: 16 half scales; block: 16 + 16 byte sub-scales of the two halves | pairs, 64 bytes of bits
void pack_Q3_K(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kQ3_KBytes, strip += kQ3_KStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src + 108));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kQ3_KStrip.header_bytes + j * kQ3_KStrip.block_bytes;
      block[row] = static_cast<uint8_t>(q3_k_scale(src + 96, 2 * j));
      block[16 + row] = static_cast<uint8_t>(q3_k_scale(src + 96, 2 * j + 1));
      uint8_t low[kBlock], high[kBlock];
      for (uint32_t i = 0; i < kBlock; ++i) {
        low[i] = src[32 + 32 * (j / 4) + i] >> (2 * (j % 4));
        high[i] = src[i] >> j;
      }
      put_pairs(block + 32, row, low, 0);
      put_bits(block + 32 + 128, row, high, 0);
    }
  }
}

// header: 16 half scales, 16 half minima; block: 16 byte sub-scales, 16 byte sub-minima | nibbles
void pack_Q4_K(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kQ4_KBytes, strip += kQ4_KStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kQ4_KStrip.header_bytes + j * kQ4_KStrip.block_bytes;
      q4_k_scale_min(src + 4, j, block + row, block + 16 + row);
      const uint8_t* q = src + 16 + 32 * (j / 2);  // low nibbles: an even sub-block, high: the odd one after it
      const uint32_t shift = 4 * (j % 2);
      uint8_t pairs[16];
      for (uint32_t i = 0; i < 16; ++i) {
        pairs[i] = static_cast<uint8_t>(((q[i] >> shift) & 15) | (((q[16 + i] >> shift) & 15) << 4));
      }
      put_nibbles(block + 32, row, pairs);
    }
  }
}

// header: 16 half scales, 16 half minima; block: 16 byte sub-scales, 16 byte sub-minima | nibbles, 64 bytes of bits
void pack_Q5_K(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kQ5_KBytes, strip += kQ5_KStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src));
    put_u16(strip + 32, row, load_u16(src + 2));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kQ5_KStrip.header_bytes + j * kQ5_KStrip.block_bytes;
      q4_k_scale_min(src + 4, j, block + row, block + 16 + row);
      uint8_t low[kBlock], high[kBlock];
      for (uint32_t i = 0; i < kBlock; ++i) {
        low[i] = src[48 + 32 * (j / 2) + i] >> (4 * (j % 2));
        high[i] = src[16 + i] >> j;
      }
      put_low_nibbles(block + 32, row, low);
      put_bits(block + 32 + 256, row, high, 0);
    }
  }
}

// header: 16 half scales; block: 16 + 16 byte sub-scales of the two halves | nibbles, pairs
void pack_Q6_K(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kQ6_KBytes, strip += kQ6_KStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src + 208));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kQ6_KStrip.header_bytes + j * kQ6_KStrip.block_bytes;
      block[row] = src[192 + 2 * j];
      block[16 + row] = src[192 + 2 * j + 1];
      // The file keeps 128 columns together: block j has low bits in ql[32 (j & 1) ..], upper pairs in qh.
      const uint8_t* ql = src + 64 * (j / 4) + 32 * (j & 1);
      const uint8_t* qh = src + 128 + 32 * (j / 4);
      const uint32_t low_shift = (j & 2) * 2;
      const uint32_t high_shift = 2 * (j & 3);
      uint8_t pairs[16];
      for (uint32_t i = 0; i < 16; ++i) {
        pairs[i] = static_cast<uint8_t>(((ql[i] >> low_shift) & 15) | (((ql[16 + i] >> low_shift) & 15) << 4));
      }
      put_nibbles(block + 32, row, pairs);
      uint8_t upper[kBlock];
      for (uint32_t i = 0; i < kBlock; ++i) upper[i] = qh[i] >> high_shift;
      put_pairs(block + 32 + 256, row, upper, 0);
    }
  }
}

// header: 16 half scales; block: 16 byte sub-scales | nibbles as in IQ4_NL
void pack_IQ4_XS(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
  for (uint64_t s = 0; s < blocks / 8; ++s, src += kIQ4_XSBytes, strip += kIQ4_XSStrip.group_bytes()) {
    put_u16(strip, row, load_u16(src));
    for (uint32_t j = 0; j < 8; ++j) {
      uint8_t* block = strip + kIQ4_XSStrip.header_bytes + j * kIQ4_XSStrip.block_bytes;
      block[row] = static_cast<uint8_t>(iq4_xs_scale(src, j));
      put_nibbles(block + 16, row, src + 8 + 16 * j);
    }
  }
}

}  // namespace tramontane::cpu
