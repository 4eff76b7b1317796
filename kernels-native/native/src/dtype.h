// Element types of tensors: block sizes and the scalar meaning of each format (ggml's, as gguf-py reads them).
//
// Kernels compiled for higher instruction sets include this header, so what is inline here is always_inline: an
// out-of-line copy compiled with AVX flags must never be the one that the linker keeps for the portable path.
#pragma once

#include <cstdint>
#include <cstring>
#include <span>

#include "bits.h"
#include "element_types.h"
#include "everywhere.h"
#include "tramontane.h"

#define TM_ALWAYS_INLINE [[gnu::always_inline]] inline

namespace tramontane {

inline constexpr uint32_t kSmallBlock = 32;   // of the types without super-blocks
inline constexpr uint32_t kSuperBlock = 256;  //

// kNAMEBytes: bytes of a block in a file.
#define TM_BYTES(name, elements, bytes, ...) inline constexpr uint32_t k##name##Bytes = bytes;
TM_ELEMENT_TYPES(TM_BYTES)
#undef TM_BYTES

// What the nibbles of IQ4_NL and IQ4_XS mean: denser around zero, where weights are (ggml's kvalues_iq4nl).
inline constexpr int8_t kIQ4Values[16] = {-127, -104, -83, -65, -49, -35, -22, -10, 1, 13, 25, 38, 53, 69, 89, 113};

// How the cpu backend packs sixteen rows: cpu/pack.h.
struct StripLayout {
  uint32_t group_blocks;  // blocks of 32 columns that share a header: 1, or 8 in the types with super-blocks
  uint32_t header_bytes;  // of a group
  uint32_t block_bytes;

  constexpr uint64_t group_bytes() const { return header_bytes + static_cast<uint64_t>(group_blocks) * block_bytes; }
};

// How a device keeps a type: cuda/weights.h.
struct DeviceLayout {
  uint32_t low_bits, high_bits;       // of a code
  uint32_t scale_words, super_words;  // of two rows of 64 columns, and of 256

  TM_EVERYWHERE constexpr uint32_t code_words() const { return low_bits + high_bits; }  // of a lane, for 64 columns
};

// A line of element_types.h.
struct ElementType {
  uint32_t number;  // TM_F32 ...
  const char* name;
  uint32_t block_elements;
  uint32_t block_bytes;
  DeviceLayout device;  // of no bits: a device doesn't multiply it
  StripLayout strip;    // of no blocks: not packed
  // dst[0..cols) = the values of a row, and the other way round: the scalar meaning.
  void (*read)(const uint8_t* src, uint64_t cols, float* dst);
  void (*write)(const float* src, uint64_t cols, uint8_t* dst) = nullptr;  // never written

  constexpr bool on_device() const { return device.low_bits > 0; }
};

std::span<const ElementType> element_types();  // in the order of element_types.h

// nullptr: a type that this library does not know.
const ElementType* element_type(uint32_t dtype);

// A type's place in tables of kTypeSlots entries. F8_E4M3 takes the place of a number that ggml withdrew.
inline constexpr uint32_t kTypeSlots = 32;
TM_ALWAYS_INLINE constexpr uint32_t type_slot(uint32_t dtype) { return dtype == TM_F8_E4M3 ? 31 : dtype; }

// Elements of a block of dtype, and its bytes; 0 for a type that this library does not know.
uint32_t block_elements(uint32_t dtype);
uint32_t block_bytes(uint32_t dtype);
const char* dtype_name(uint32_t dtype);  // "Q4_K"; "unknown"
uint32_t dtype_named(const char* name);  // UINT32_MAX: none
// Alignment of memory that is read as elements of the type: 4 for F32, 1 for F8_E4M3, 2 for the others.
uint32_t dtype_alignment(uint32_t dtype);

// "F32, F16 and Q8_0": the names of the types that are wanted, for messages.
struct TypeNames {
  explicit TypeNames(bool (*wanted)(const ElementType&));
  char text[256] = "";
};

// Bytes of a row of cols elements; cols is a multiple of block_elements(dtype).
TM_ALWAYS_INLINE uint64_t row_bytes(uint32_t elements, uint32_t bytes, uint64_t cols) {
  return cols / elements * bytes;
}
uint64_t row_bytes(uint32_t dtype, uint64_t cols);

// dst[0..cols) = the float32 values of one row, bit for bit those of gguf-py's dequantize. src needs no alignment.
void dequantise_row(uint32_t dtype, const void* src, uint64_t cols, float* dst);

// Sub-block j (0..7) of Q4_K and Q5_K: its 6-bit scale and 6-bit minimum out of the 12 packed bytes.
TM_EVERYWHERE void q4_k_scale_min(const uint8_t* packed, uint32_t j, uint8_t* scale, uint8_t* minimum) {
  if (j < 4) {
    *scale = packed[j] & 63;
    *minimum = packed[j + 4] & 63;
  } else {
    *scale = static_cast<uint8_t>((packed[j + 4] & 15) | ((packed[j - 4] >> 6) << 4));
    *minimum = static_cast<uint8_t>((packed[j + 4] >> 4) | ((packed[j] >> 6) << 4));
  }
}

// Sub-block j (0..15) of Q3_K: its scale, -32..31, out of the 12 packed bytes.
TM_EVERYWHERE int8_t q3_k_scale(const uint8_t* packed, uint32_t j) {
  const uint32_t low = (packed[j % 8] >> (4 * (j / 8))) & 15;
  const uint32_t high = (packed[8 + j % 4] >> (2 * (j / 4))) & 3;
  return static_cast<int8_t>(static_cast<int32_t>(low | high << 4) - 32);
}

// Sub-block j (0..7) of a block of IQ4_XS: its scale, -32..31.
TM_EVERYWHERE int8_t iq4_xs_scale(const uint8_t* block, uint32_t j) {
  const uint32_t low = (block[4 + j / 2] >> (4 * (j % 2))) & 15;
  const uint32_t high = (block[2 + j / 4] >> (2 * (j % 4))) & 3;
  return static_cast<int8_t>(static_cast<int32_t>(low | high << 4) - 32);
}

TM_ALWAYS_INLINE float bf16_to_float(uint16_t bits) { return bits_to_float(static_cast<uint32_t>(bits) << 16); }

// OCP e4m3: a binary16 with a shorter exponent, 2^-8 times as large.
TM_ALWAYS_INLINE float half_to_float(uint16_t half);
TM_ALWAYS_INLINE float f8_e4m3_to_float(uint8_t byte) {
  if ((byte & 0x7f) == 0x7f) return bits_to_float(static_cast<uint32_t>(byte & 0x80) << 24 | 0x7fc00000u);
  return 256 * half_to_float(static_cast<uint16_t>((byte & 0x80) << 8 | (byte & 0x7f) << 7));
}

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

// Rounds to nearest even; NaN stays a (quiet) NaN.
TM_ALWAYS_INLINE uint16_t float_to_bf16(float value) {
  const uint32_t bits = float_to_bits(value);
  if ((bits & 0x7fffffffu) > 0x7f800000u) return static_cast<uint16_t>(bits >> 16 | 64u);
  return static_cast<uint16_t>((bits + 0x7fffu + ((bits >> 16) & 1u)) >> 16);
}

TM_ALWAYS_INLINE uint16_t load_u16(const void* p) {
  uint16_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

}  // namespace tramontane
