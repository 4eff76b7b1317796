// Values of float types to other types, as src/quantise.cpp does them: the same bits, many at a time. Compiled once per
// level, after its lanes.
//
// A block whose scale is too small to have an inverse, or that holds what is not finite, is left to the scalar code.
#include "kernels.h"
#include "quantise.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

template <class Weights>
void widen(const uint8_t* src, uint64_t n, float scale, float* dst) {
  const Floats factor = splat(scale);
  uint64_t i = 0;
  for (; i + 16 <= n; i += 16) {
    const Floats x = Weights::at(src + i * Weights::kBytes);
    store(dst + i, Weights::kScaled ? mul(x, factor) : x);
  }
  if (const uint32_t tail = static_cast<uint32_t>(n - i); tail > 0) {
    const Floats x = Weights::first(src + i * Weights::kBytes, tail);
    store_first(dst + i, Weights::kScaled ? mul(x, factor) : x, tail);
  }
}

struct Block {
  Floats low, high;

  TM_ALWAYS_INLINE explicit Block(const float* x) : low(load(x)), high(load(x + 16)) {}
  TM_ALWAYS_INLINE bool finite() const { return sum(add(sub(low, low), sub(high, high))) == 0; }
  TM_ALWAYS_INLINE float most() const { return maximum(max(low, high)); }
  TM_ALWAYS_INLINE float least() const { return -maximum(max(sub(zero(), low), sub(zero(), high))); }
  // Of opposite extremes the first counts.
  TM_ALWAYS_INLINE float extreme(const float* x) const {
    const float top = most();
    const float bottom = least();
    if (top != -bottom) return top > -bottom ? top : bottom;
    for (uint32_t i = 0; i < kBlock; ++i) {
      if (x[i] == top || x[i] == bottom) return x[i];
    }
    return top;
  }
};

// Whether 1 / scale is finite and the scale no zero, whose sign would count.
TM_ALWAYS_INLINE bool has_inverse(float scale) { return __builtin_fabsf(scale) >= 0x1p-126f; }

TM_ALWAYS_INLINE void put_half(uint8_t* to, float value) {
  const uint16_t half = float_to_half(value);
  memcpy(to, &half, sizeof half);
}

TM_ALWAYS_INLINE uint64_t load_u64(const uint8_t* p) {
  uint64_t value;
  memcpy(&value, p, sizeof value);
  return value;
}

// Thirty-two codes as nibbles and, where there is a place for them, the fifth bits. Eight codes at a time.
TM_ALWAYS_INLINE void put_codes(uint8_t* nibbles, uint8_t* fifth_bits, const uint8_t* codes) {
  constexpr uint64_t kLow = 0x0f0f0f0f0f0f0f0full;
  for (uint32_t i = 0; i < 16; i += 8) {
    const uint64_t pairs = (load_u64(codes + i) & kLow) | (load_u64(codes + 16 + i) & kLow) << 4;
    memcpy(nibbles + i, &pairs, sizeof pairs);
  }
  if (fifth_bits == nullptr) return;
  for (uint32_t b = 0; b < 4; ++b) {  // the product moves bit 0 of byte i to bit 56 + i
    const uint64_t bits = (load_u64(codes + 8 * b) >> 4) & 0x0101010101010101ull;
    fifth_bits[b] = static_cast<uint8_t>((bits * 0x0102040810204080ull) >> 56);
  }
}

struct ToQ8_0 {
  static constexpr uint32_t kType = TM_Q8_0, kBytes = kQ8_0Bytes;
  // Half way goes away from zero: twice what truncation leaves is one or more.
  TM_ALWAYS_INLINE static Floats rounded(Floats x) {
    const Floats whole = truncate(x);
    const Floats rest = sub(x, whole);
    return add(whole, truncate(add(rest, rest)));
  }
  TM_ALWAYS_INLINE static bool put(const Block& b, const float*, uint8_t* to) {
    const float scale = maximum(max(abs(b.low), abs(b.high))) / 127;
    if (!has_inverse(scale)) return false;
    const Floats inverse = splat(1 / scale);
    put_half(to, scale);
    store_bytes(to + 2, rounded(mul(b.low, inverse)));
    store_bytes(to + 18, rounded(mul(b.high, inverse)));
    return true;
  }
};

// Codes around zero: Q4_0 with kHalf 8, Q5_0 with 16.
template <uint32_t kHalf>
struct Centred {
  static constexpr uint32_t kType = kHalf == 8 ? TM_Q4_0 : TM_Q5_0;
  static constexpr uint32_t kBytes = kHalf == 8 ? kQ4_0Bytes : kQ5_0Bytes;

  TM_ALWAYS_INLINE static bool put(const Block& b, const float* x, uint8_t* to) {
    const float scale = b.extreme(x) / -static_cast<float>(kHalf);
    if (!has_inverse(scale)) return false;
    const Floats inverse = splat(1 / scale);
    const Floats middle = splat(static_cast<float>(kHalf) + 0.5f);
    const Floats most = splat(static_cast<float>(2 * kHalf - 1));
    uint8_t codes[kBlock];
    store_bytes(codes, min(add(mul(b.low, inverse), middle), most));
    store_bytes(codes + 16, min(add(mul(b.high, inverse), middle), most));
    put_half(to, scale);
    put_codes(to + (kHalf == 8 ? 2 : 6), kHalf == 8 ? nullptr : to + 2, codes);
    return true;
  }
};

// Codes from the least element up: Q4_1 with kMost 15, Q5_1 with 31.
template <uint32_t kMost>
struct FromMinimum {
  static constexpr uint32_t kType = kMost == 15 ? TM_Q4_1 : TM_Q5_1;
  static constexpr uint32_t kBytes = kMost == 15 ? kQ4_1Bytes : kQ5_1Bytes;

  TM_ALWAYS_INLINE static bool put(const Block& b, const float*, uint8_t* to) {
    const float least = b.least();
    const float scale = (b.most() - least) / static_cast<float>(kMost);
    if (!has_inverse(scale) || scale > 0x1p120f || least == 0) return false;  // of a zero the sign is to be found
    const Floats inverse = splat(1 / scale);
    const Floats minimum = splat(least);
    const Floats half = splat(0.5f);
    const Floats most = splat(static_cast<float>(kMost));
    uint8_t codes[kBlock];
    store_bytes(codes, min(add(mul(sub(b.low, minimum), inverse), half), most));
    store_bytes(codes + 16, min(add(mul(sub(b.high, minimum), inverse), half), most));
    put_half(to, scale);
    put_half(to + 2, least);
    put_codes(to + (kMost == 15 ? 4 : 8), kMost == 15 ? nullptr : to + 4, codes);
    return true;
  }
};

template <class Target>
void quantise_blocks(const float* x, uint64_t n, uint8_t* to) {
  for (uint64_t i = 0; i < n; i += kBlock, to += Target::kBytes) {
    const Block block(x + i);
    if (!block.finite() || !Target::put(block, x + i, to)) quantise_row(Target::kType, x + i, kBlock, to);
  }
}

void to_bf16(const float* x, uint64_t n, uint8_t* to) {
  uint64_t i = 0;
  for (; i + 16 <= n; i += 16) store_bf16(to + 2 * i, load(x + i));
  for (; i < n; ++i) {
    const uint16_t bits = float_to_bf16(x[i]);
    memcpy(to + 2 * i, &bits, sizeof bits);
  }
}

void to_f16(const float* x, uint64_t n, uint8_t* to) {
  to_half(x, static_cast<uint32_t>(n), reinterpret_cast<uint16_t*>(to));
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
