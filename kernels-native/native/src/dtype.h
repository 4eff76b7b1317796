// Element types of tensors: block sizes and the scalar meaning of each format (ggml's, as gguf-py reads them).
//
// Kernels compiled for higher instruction sets include this header, so what is inline here is always_inline: an
// out-of-line copy compiled with AVX flags must never be the one that the linker keeps for the portable path.
#pragma once

#include <cstdint>
#include <cstring>

#include "tramontane.h"

#define TM_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace tramontane {

inline constexpr uint32_t kQ8_0Block = 32;    // {f16 d; int8 q[32]}                      x = d * q
inline constexpr uint32_t kQ8_0Bytes = 34;    //
inline constexpr uint32_t kQ4_0Block = 32;    // {f16 d; u8 q[16]}                        x = d * (nibble - 8)
inline constexpr uint32_t kQ4_0Bytes = 18;    // low nibbles are elements 0..15, high 16..31
inline constexpr uint32_t kQ4_1Block = 32;    // {f16 d; f16 m; u8 q[16]}                 x = d * nibble + m
inline constexpr uint32_t kQ4_1Bytes = 20;    //
inline constexpr uint32_t kSuperBlock = 256;  //
inline constexpr uint32_t kQ4_KBytes = 144;   // {f16 d, dmin; u8 scales[12]; u8 q[128]}  8 sub-blocks of 32
inline constexpr uint32_t kQ6_KBytes = 210;   // {u8 ql[128]; u8 qh[64]; i8 scales[16]; f16 d}  16 sub-blocks of 16

// Elements of a block of dtype, and its bytes; 0 for a type that this library does not know.
uint32_t block_elements(uint32_t dtype);
uint32_t block_bytes(uint32_t dtype);
const char* dtype_name(uint32_t dtype);  // "Q4_K"; "unknown"

// Bytes of a row of cols elements; cols is a multiple of block_elements(dtype).
TM_ALWAYS_INLINE uint64_t row_bytes(uint32_t elements, uint32_t bytes, uint64_t cols) {
  return cols / elements * bytes;
}
uint64_t row_bytes(uint32_t dtype, uint64_t cols);

// dst[0..cols) = the float32 values of one row, bit for bit those of gguf-py's dequantize. src needs no alignment.
void dequantise_row(uint32_t dtype, const void* src, uint64_t cols, float* dst);

// Sub-block j (0..7) of Q4_K: its 6-bit scale and 6-bit minimum out of the 12 packed bytes.
TM_ALWAYS_INLINE void q4_k_scale_min(const uint8_t* packed, uint32_t j, uint8_t* scale, uint8_t* minimum) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = static_cast<uint8_t>((packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4));
    *minimum = static_cast<uint8_t>((packed[j + 4] >> 4) | ((packed[j] >> 6) << 4));
  }
}

TM_ALWAYS_INLINE float bits_to_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

TM_ALWAYS_INLINE uint32_t float_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

TM_ALWAYS_INLINE float bf16_to_float(uint16_t bits) { return bits_to_float(static_cast<uint32_t>(bits) << 16); }

// IEEE 754 binary16, exactly as F16C converts: subnormals, infinities and NaN (made quiet) included.
TM_ALWAYS_INLINE float half_to_float(uint16_t half) {
  const uint32_t sign = static_cast<uint32_t>(half & 0x8000u) << 16;
  const uint32_t exponent = (half >> 10) & 31u;
  const uint32_t mantissa = half & 1023u;
  if (exponent == 31) return bits_to_float(sign | 0x7f800000u | (mantissa << 13) | (mantissa != 0 ? 0x400000u : 0u));
  if (exponent != 0) return bits_to_float(sign | ((exponent + 112) << 23) | (mantissa << 13));
  const float magnitude = static_cast<float>(mantissa) * 0x1p-24f;  // zero and subnormals: exact
  return bits_to_float(sign | float_to_bits(magnitude));
}

// Rounds to nearest even; beyond 65504 + half a unit becomes infinity; NaN stays a (quiet) NaN. As F16C.
TM_ALWAYS_INLINE uint16_t float_to_half(float value) {
  const uint32_t bits = float_to_bits(value);
  const uint32_t sign = (bits >> 16) & 0x8000u;
  const uint32_t magnitude = bits & 0x7fffffffu;
  if (magnitude > 0x7f800000u) return static_cast<uint16_t>(sign | 0x7e00u | ((magnitude >> 13) & 0x3ffu));
  if (magnitude >= 0x477ff000u) return static_cast<uint16_t>(sign | 0x7c00u);  // >= 65520
  if (magnitude < 0x38800000u) {                                               // below 2^-14: subnormal or zero
    // Adding 2^-1 aligns the unit of the sum's last place to 2^-24, so the addition itself rounds to nearest even.
    const float sum = bits_to_float(magnitude) + 0.5f;
    return static_cast<uint16_t>(sign | (float_to_bits(sum) - 0x3f000000u));
  }
  const uint32_t rounded = magnitude + 0xfffu + ((magnitude >> 13) & 1u);
  return static_cast<uint16_t>(sign | ((rounded - 0x38000000u) >> 13));
}

TM_ALWAYS_INLINE uint16_t load_u16(const void* p) {
  uint16_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace tramontane
