// Scalar dequantisation after ggml's block formats; float32 operations in the order of gguf-py's quants.py, so that
// the results are equal bit for bit.
#include "dtype.h"

namespace tramontane {
namespace {

void read_F32(const uint8_t* element, float* dst) { memcpy(dst, element, sizeof *dst); }

void read_F16(const uint8_t* element, float* dst) { *dst = half_to_float(load_u16(element)); }

void read_BF16(const uint8_t* element, float* dst) { *dst = bf16_to_float(load_u16(element)); }

void read_F8_E4M3(const uint8_t* element, float* dst) { *dst = f8_e4m3_to_float(*element); }

void read_Q8_0(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < kSmallBlock; ++i) dst[i] = d * static_cast<float>(static_cast<int8_t>(block[2 + i]));
}

void read_Q4_0(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < 16; ++i) {
    dst[i] = d * static_cast<float>((block[2 + i] & 15) - 8);
    dst[i + 16] = d * static_cast<float>((block[2 + i] >> 4) - 8);
  }
}

void read_Q4_1(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float m = half_to_float(load_u16(block + 2));
  for (uint32_t i = 0; i < 16; ++i) {
    dst[i] = d * static_cast<float>(block[4 + i] & 15) + m;
    dst[i + 16] = d * static_cast<float>(block[4 + i] >> 4) + m;
  }
}

// Element i (0..31) of a block of five-bit codes.
int five_bits(const uint8_t* high, const uint8_t* nibbles, uint32_t i) {
  const int nibble = i < 16 ? nibbles[i] & 15 : nibbles[i - 16] >> 4;
  return nibble | ((high[i / 8] >> (i % 8)) & 1) << 4;
}

void read_Q5_0(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < kSmallBlock; ++i) dst[i] = d * static_cast<float>(five_bits(block + 2, block + 6, i) - 16);
}

void read_Q5_1(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float m = half_to_float(load_u16(block + 2));
  for (uint32_t i = 0; i < kSmallBlock; ++i) dst[i] = d * static_cast<float>(five_bits(block + 4, block + 8, i)) + m;
}

void read_IQ4_NL(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t i = 0; i < 16; ++i) {
    dst[i] = d * static_cast<float>(kIQ4Values[block[2 + i] & 15]);
    dst[i + 16] = d * static_cast<float>(kIQ4Values[block[2 + i] >> 4]);
  }
}

// Two bits of element e (0..255) of Q2_K and Q3_K: 128 elements share 32 bytes, 32 elements a pair of bits.
int two_bits(const uint8_t* q, uint32_t e) { return (q[e / 128 * 32 + e % 32] >> (e % 128 / 32 * 2)) & 3; }

void read_Q2_K(const uint8_t* block, float* dst) {
  const uint8_t* scales = block;
  const float d = half_to_float(load_u16(block + 80));
  const float dmin = half_to_float(load_u16(block + 82));
  for (uint32_t e = 0; e < kSuperBlock; ++e) {
    const float scale = d * static_cast<float>(scales[e / 16] & 15);
    const float minimum = dmin * static_cast<float>(scales[e / 16] >> 4);
    dst[e] = scale * static_cast<float>(two_bits(block + 16, e)) - minimum;
  }
}

void read_Q3_K(const uint8_t* block, float* dst) {
  const uint8_t* high = block;  // bit e / 32 of byte e % 32; where it is missing, four is taken away
  const float d = half_to_float(load_u16(block + 108));
  for (uint32_t e = 0; e < kSuperBlock; ++e) {
    const float scale = d * static_cast<float>(q3_k_scale(block + 96, e / 16));
    const int absent = ((high[e % 32] >> (e / 32)) & 1) ^ 1;
    dst[e] = scale * static_cast<float>(two_bits(block + 32, e) - 4 * absent);
  }
}

void read_Q4_K(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float dmin = half_to_float(load_u16(block + 2));
  const uint8_t* scales = block + 4;
  const uint8_t* q = block + 16;
  for (uint32_t j = 0; j < 8; ++j) {  // sub-blocks 2n and 2n + 1 are the low and high nibbles of the same 32 bytes
    uint8_t scale, minimum;
    q4_k_scale_min(scales, j, &scale, &minimum);
    const float a = d * static_cast<float>(scale);
    const float b = dmin * static_cast<float>(minimum);
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t byte = q[(j / 2) * 32 + i];
      dst[j * 32 + i] = a * static_cast<float>(j % 2 == 0 ? byte & 15 : byte >> 4) - b;
    }
  }
}

void read_Q5_K(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  const float dmin = half_to_float(load_u16(block + 2));
  const uint8_t* high = block + 16;  // bit j of byte i is the fifth bit of element i of sub-block j
  const uint8_t* q = block + 48;
  for (uint32_t j = 0; j < 8; ++j) {
    uint8_t scale, minimum;
    q4_k_scale_min(block + 4, j, &scale, &minimum);
    const float a = d * static_cast<float>(scale);
    const float b = dmin * static_cast<float>(minimum);
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t byte = q[(j / 2) * 32 + i];
      const int code = (j % 2 == 0 ? byte & 15 : byte >> 4) | ((high[i] >> j) & 1) << 4;
      dst[j * 32 + i] = a * static_cast<float>(code) - b;
    }
  }
}

void read_Q6_K(const uint8_t* block, float* dst) {
  const uint8_t* low = block;
  const uint8_t* high = block + 128;
  const uint8_t* scales = block + 192;
  const float d = half_to_float(load_u16(block + 208));
  for (uint32_t j = 0; j < 8; ++j) {  // groups of 32; each half of 128 elements has its own 64 low and 32 high bytes
    const uint32_t half = j / 4;
    const uint32_t part = j % 4;
    for (uint32_t i = 0; i < 32; ++i) {
      const uint8_t nibbles = low[half * 64 + (part % 2) * 32 + i];
      const uint8_t bits = static_cast<uint8_t>(high[half * 32 + i] >> (2 * part)) & 3;
      const int q = ((part < 2 ? nibbles & 15 : nibbles >> 4) | bits << 4) - 32;
      const float scale = d * static_cast<float>(static_cast<int8_t>(scales[j * 2 + i / 16]));
      dst[j * 32 + i] = scale * static_cast<float>(q);
    }
  }
}

void read_IQ4_XS(const uint8_t* block, float* dst) {
  const float d = half_to_float(load_u16(block));
  for (uint32_t j = 0; j < 8; ++j) {
    const float scale = d * static_cast<float>(iq4_xs_scale(block, j));
    const uint8_t* q = block + 8 + 16 * j;
    for (uint32_t i = 0; i < 16; ++i) {
      dst[j * 32 + i] = scale * static_cast<float>(kIQ4Values[q[i] & 15]);
      dst[j * 32 + i + 16] = scale * static_cast<float>(kIQ4Values[q[i] >> 4]);
    }
  }
}

template <void (*kBlock)(const uint8_t*, float*), uint32_t kElements, uint32_t kBytes>
void read_blocks(const uint8_t* block, uint64_t cols, float* dst) {
  for (uint64_t i = 0; i < cols; i += kElements, block += kBytes) kBlock(block, dst + i);
}

}  // namespace

#define TM_DEFINE(name, elements, bytes, ...)                           \
  void read_row_##name(const uint8_t* src, uint64_t cols, float* dst) { \
    read_blocks<read_##name, elements, bytes>(src, cols, dst);          \
  }
TM_ELEMENT_TYPES(TM_DEFINE)
#undef TM_DEFINE

void dequantise_row(uint32_t dtype, const void* src, uint64_t cols, float* dst) {
  element_type(dtype)->read(static_cast<const uint8_t*>(src), cols, dst);
}

}  // namespace tramontane
