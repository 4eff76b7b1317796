// The weights that matrix products take, by type: how they lie in memory, and how a lane's words become the registers
// of the row operand. A type's line in element_types.h says how much there is of what; the rest is said here.
//
// Weights are binary16 (of BF16 weights: BF16), scale and minimum included, as
//
//   Q4_0, Q5_0, Q8_0, IQ4_NL   d * number                   where number is an integer: the code, or what it stands
//   Q4_1, Q5_1                 d * number + m               for, less the type's zero
//   Q6_K, Q3_K, IQ4_XS         (d * scale) * number
//   Q4_K, Q5_K, Q2_K           (d * scale) * number - (dmin * minimum)
//
// rounded after each pair of brackets and at the end, to nearest even; `* number + m` is one fused step. F16 and
// F8_E4M3 are exact. What scales a whole row multiplies the finished sum, so F8_E4M3's scales aren't here.
//
// In memory: [64 rows][block of 64 columns][unit of 16 rows] of records, so that what a tile of 64 rows takes next is
// one run. A record is the lanes' code words, four words of each lane side by side, then two, then one; then
// scale_words for each pair of rows g and g + 8. Words of two rows and 256 columns lie apart: [64 rows][256
// columns][unit][g][super_words]. A code has its low bits in one plane of words and its high bits in another. Register
// i of the block's 16 (four steps of four, mma_order.h) has `bits` bits for each of its two elements: at bit i * bits %
// 16 of word i * bits / 16, and 16 bits above.
#pragma once

#include "dtype.h"
#include "fragments.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

template <int kLow, int kHigh, int kScales, int kSupers>
struct Layout {
  static constexpr int kLowBits = kLow, kHighBits = kHigh;
  static constexpr int kCodeWords = kLow + kHigh;
  static constexpr int kScaleWords = kScales, kSuperWords = kSupers;
  static constexpr int kWords = kCodeWords + kScales + kSupers;  // that a lane takes for a block
};
#define TM_LAYOUT(name, elements, bytes, written, low, high, scales, supers, ...) \
  using name##Layout = Layout<low, high, scales, supers>;
TM_DEVICE_TYPES(TM_LAYOUT)
#undef TM_LAYOUT

inline constexpr uint32_t kStackUnits = 4;  // whose records of a block are neighbours

// 32-bit words of a record.
TM_EVERYWHERE constexpr uint32_t record_words(const DeviceLayout& l) { return 32 * l.code_words() + 8 * l.scale_words; }

// Both halves of a pair are its low, or its high half.
__device__ inline uint32_t twice_low(uint32_t pair) { return __byte_perm(pair, 0, 0x1010); }
__device__ inline uint32_t twice_high(uint32_t pair) { return __byte_perm(pair, 0, 0x3232); }

// ---- numbers: two integers of register i, as binary16
// ----------------------------------------------------------------- 0x6400 + n is the binary16 number 1024 + n.

__device__ inline uint32_t plane(const uint32_t* words, int bits, int i, int to) {
  const int at = i * bits % 16;
  const uint32_t word = words[i * bits / 16];
  return (at >= to ? word >> (at - to) : word << (to - at)) & (((1u << bits) - 1) * 0x00010001u << to);
}

template <class L, int kZero>
struct Codes {
  __device__ static uint32_t number(const uint32_t* words, int i) {
    constexpr uint32_t kOffset = 0x64006400u + kZero * 0x00010001u;
    if constexpr (L::kLowBits == 8) {
      return subtract_f16x2(__byte_perm(words[i / 2], 0x64646464u, i % 2 == 0 ? 0x4240 : 0x4341), kOffset);
    } else if constexpr (L::kLowBits == 4 && L::kHighBits == 0) {
      // One shift for two registers: with 0x6400 in front of it a nibble n at bit 4 is 1024 + 16 n, and a sixteenth of
      // that, less 64, is n.
      const uint32_t word = words[i / 4] >> (i % 4 / 2 * 8);
      if (i % 2 == 0) return subtract_f16x2((word & 0x000f000fu) | 0x64006400u, kOffset);
      return fma_f16x2((word & 0x00f000f0u) | 0x64006400u, 0x2c002c00u, 0xd400d400u + kZero * 0x00100010u);
    } else {
      uint32_t code = plane(words, L::kLowBits, i, 0);
      if constexpr (L::kHighBits > 0) code |= plane(words + L::kLowBits, L::kHighBits, i, L::kLowBits);
      return subtract_f16x2(code | 0x64006400u, kOffset);
    }
  }
};

// kIQ4Values, plus 128, as bytes.
constexpr uint32_t iq4_bytes(int first) {
  uint32_t bytes = 0;
  for (int i = 0; i < 4; ++i) bytes |= static_cast<uint32_t>(kIQ4Values[first + i] + 128) << (8 * i);
  return bytes;
}
inline constexpr uint32_t kIQ4Bytes[4] = {iq4_bytes(0), iq4_bytes(4), iq4_bytes(8), iq4_bytes(12)};

struct IQ4Codes {
  // What the four nibbles of the low half stand for, as bytes.
  __device__ static uint32_t values(uint32_t nibbles) {
    const uint32_t in_eight = nibbles & 0x7777u;
    constexpr uint32_t kFirst = kIQ4Bytes[0], kSecond = kIQ4Bytes[1], kThird = kIQ4Bytes[2], kFourth = kIQ4Bytes[3];
    const uint32_t lower = __byte_perm(kFirst, kSecond, in_eight);
    return __byte_perm(lower, __byte_perm(kThird, kFourth, in_eight), 0x3210u | (nibbles & 0x8888u) >> 1);
  }
  __device__ static uint32_t number(const uint32_t* words, int i) {
    const uint32_t word = words[i / 4];
    const uint32_t both = __byte_perm(values(word), values(word >> 16), 0x40 + i % 4 * 0x11);
    return subtract_f16x2(__byte_perm(both, 0x64646464u, 0x4140), 0x64806480u);
  }
};

// e4m3 is a binary16 with a shorter exponent, 2^-8 times as large. (NaN: arrange.cu.)
struct F8Codes {
  __device__ static uint32_t number(const uint32_t* words, int i) {
    const uint32_t word = words[i / 2] << (i % 2 == 0 ? 8 : 0);  // at bits 8 and 24
    return multiply_f16x2((word & 0x80008000u) | (word & 0x7f007f00u) >> 1, 0x5c005c00u);
  }
};

// ---- scales: what becomes of a number in row g + 8 `row` and in step `step` of the block's four
// ------------------------

struct NoScales {
  __device__ static uint32_t apply(uint32_t number, const uint32_t*, const uint32_t*, int, int) { return number; }
};

struct BlockScales {  // words[row]: d of both blocks of 32
  __device__ static uint32_t apply(uint32_t number, const uint32_t* words, const uint32_t*, int row, int step) {
    return multiply_f16x2(number, step < 2 ? twice_low(words[row]) : twice_high(words[row]));
  }
};

struct BlockScalesAndMinima {  // words[2 row + block of 32]: d, m
  __device__ static uint32_t apply(uint32_t number, const uint32_t* words, const uint32_t*, int row, int step) {
    const uint32_t both = words[2 * row + step / 2];
    return fma_f16x2(number, twice_low(both), twice_high(both));
  }
};

// Bytes of scale + 128, of sub-blocks of kColumns columns, row g's first; supers[0]: d of row g and of row g + 8.
template <int kColumns>
struct SuperScales {
  __device__ static uint32_t apply(uint32_t number, const uint32_t* words, const uint32_t* supers, int row, int step) {
    constexpr int kOfRow = 64 / kColumns;
    const int byte = row * kOfRow + step * 16 / kColumns;
    const uint32_t scale =
        subtract_f16x2(__byte_perm(words[byte / 4], 0x64646464u, 0x4040 + byte % 4 * 0x0101), 0x64806480u);
    return multiply_f16x2(number, multiply_f16x2(scale, row == 0 ? twice_low(*supers) : twice_high(*supers)));
  }
};

// words[row]: scale and minimum of each sub-block, a byte each of two, or a nibble each of four; supers[row]: d, -dmin.
template <int kColumns>
struct SuperScalesAndMinima {
  __device__ static uint32_t apply(uint32_t number, const uint32_t* words, const uint32_t* supers, int row, int step) {
    uint32_t both;
    if constexpr (kColumns == 32) {
      both = __byte_perm(words[row], 0x64646464u, step < 2 ? 0x4140 : 0x4342);
    } else {
      const uint32_t byte = words[row] >> (8 * step);
      both = (byte & 0xfu) | (byte & 0xf0u) << 12 | 0x64006400u;
    }
    const uint32_t scaled = multiply_f16x2(subtract_f16x2(both, 0x64006400u), supers[row]);
    return fma_f16x2(number, twice_low(scaled), twice_high(scaled));
  }
};

// ---- types
// ------------------------------------------------------------------------------------------------------------

// a = the registers of both steps of half `half` of a block, out of the lane's words.
template <class L, class Numbers, class Scales>
struct PackedWeights : L {
  static constexpr Operand kOperand = Operand::kF16;
  __device__ static void unpack(const uint32_t (&words)[L::kWords], int half, uint32_t (&a)[8]) {
#pragma unroll
    for (int i = 0; i < 8; ++i) {
      a[i] = Scales::apply(Numbers::number(words, 8 * half + i), words + L::kCodeWords,
                           words + L::kCodeWords + L::kScaleWords, i % 2, 2 * half + i / 4);
    }
  }
};

template <class L, Operand kType>
struct FloatWeights : L {
  static constexpr Operand kOperand = kType;
  __device__ static void unpack(const uint32_t (&words)[L::kWords], int half, uint32_t (&a)[8]) {
#pragma unroll
    for (int i = 0; i < 8; ++i) a[i] = words[8 * half + i];
  }
};

using BF16Weights = FloatWeights<BF16Layout, Operand::kBf16>;
using F16Weights = FloatWeights<F16Layout, Operand::kF16>;
using F8_E4M3Weights = PackedWeights<F8_E4M3Layout, F8Codes, NoScales>;
using Q8_0Weights = PackedWeights<Q8_0Layout, Codes<Q8_0Layout, 128>, BlockScales>;
using Q4_0Weights = PackedWeights<Q4_0Layout, Codes<Q4_0Layout, 8>, BlockScales>;
using Q4_1Weights = PackedWeights<Q4_1Layout, Codes<Q4_1Layout, 0>, BlockScalesAndMinima>;
using Q5_0Weights = PackedWeights<Q5_0Layout, Codes<Q5_0Layout, 16>, BlockScales>;
using Q5_1Weights = PackedWeights<Q5_1Layout, Codes<Q5_1Layout, 0>, BlockScalesAndMinima>;
using IQ4_NLWeights = PackedWeights<IQ4_NLLayout, IQ4Codes, BlockScales>;
using Q2_KWeights = PackedWeights<Q2_KLayout, Codes<Q2_KLayout, 0>, SuperScalesAndMinima<16>>;
using Q4_KWeights = PackedWeights<Q4_KLayout, Codes<Q4_KLayout, 0>, SuperScalesAndMinima<32>>;
using Q5_KWeights = PackedWeights<Q5_KLayout, Codes<Q5_KLayout, 0>, SuperScalesAndMinima<32>>;
using Q3_KWeights = PackedWeights<Q3_KLayout, Codes<Q3_KLayout, 4>, SuperScales<16>>;
using Q6_KWeights = PackedWeights<Q6_KLayout, Codes<Q6_KLayout, 32>, SuperScales<16>>;
using IQ4_XSWeights = PackedWeights<IQ4_XSLayout, IQ4Codes, SuperScales<32>>;

}  // namespace tramontane::TM_DEVICE
