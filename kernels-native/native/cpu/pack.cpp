#include "pack.h"

#include "kernels.h"

namespace tramontane::cpu {
namespace {

void put_u16(uint8_t* to, uint32_t row, uint16_t value) { memcpy(to + 2 * row, &value, sizeof value); }

// Sixteen bytes of nibble pairs (low: columns 0..15, high: columns 16..31) of one row.
void put_nibbles(uint8_t* to, uint32_t row, const uint8_t* pairs) {
  for (uint32_t j = 0; j < 4; ++j) memcpy(to + 64 * j + 4 * row, pairs + 4 * j, 4);
}

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

void pack_q4_k(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
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

void pack_q6_k(const uint8_t* src, uint32_t row, uint64_t blocks, uint8_t* strip) {
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
      for (uint32_t h = 0; h < 2; ++h) {
        for (uint32_t i = 0; i < 4; ++i) {
          uint8_t byte = 0;
          for (uint32_t f = 0; f < 4; ++f) {
            byte |= static_cast<uint8_t>(((qh[16 * h + 4 * f + i] >> high_shift) & 3) << (2 * f));
          }
          block[32 + 256 + 64 * h + 4 * row + i] = byte;
        }
      }
    }
  }
}

}  // namespace

const StripLayout* strip_layout(uint32_t dtype) {
  switch (dtype) {
    case TM_Q4_0:
      return &kQ4_0Strip;
    case TM_Q4_1:
      return &kQ4_1Strip;
    case TM_Q8_0:
      return &kQ8_0Strip;
    case TM_Q4_K:
      return &kQ4_KStrip;
    case TM_Q6_K:
      return &kQ6_KStrip;
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
      return pack_q4_0(src, lane, blocks, strip);
    case TM_Q4_1:
      return pack_q4_1(src, lane, blocks, strip);
    case TM_Q8_0:
      return pack_q8_0(src, lane, blocks, strip);
    case TM_Q4_K:
      return pack_q4_k(src, lane, blocks, strip);
    default:
      return pack_q6_k(src, lane, blocks, strip);
  }
}

}  // namespace tramontane::cpu
