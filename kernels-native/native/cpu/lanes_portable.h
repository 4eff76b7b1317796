// Sixteen lanes in plain C++. Defines what every level provides: the others do the same, bit for bit. Conversions to
// half and rounding agree with the processors' (round to nearest, ties to even).
#pragma once

#include "dtype.h"

#define TM_LEVEL portable

namespace tramontane::cpu::portable {
namespace {

// How many accumulators of 16 lanes a tile may use, and tokens a tile of packed weights.
constexpr uint32_t kAccumulators = 2;
constexpr uint32_t kTokensAtOnce = 2;
constexpr uint32_t kLanes = 16;

struct Floats {
  float v[kLanes];
};
struct Ints {
  int32_t v[kLanes];
};

template <class Function>
TM_ALWAYS_INLINE Floats each(Function f) {
  Floats r;
  for (uint32_t i = 0; i < kLanes; ++i) r.v[i] = f(i);
  return r;
}

TM_ALWAYS_INLINE Floats splat(float x) {
  return each([&](uint32_t) { return x; });
}
TM_ALWAYS_INLINE Floats zero() { return splat(0); }
TM_ALWAYS_INLINE Floats load(const float* p) {
  return each([&](uint32_t i) { return p[i]; });
}
TM_ALWAYS_INLINE Floats load_first(const float* p, uint32_t n) {
  return each([&](uint32_t i) { return i < n ? p[i] : 0.0f; });
}
TM_ALWAYS_INLINE void store_first(float* p, const Floats& x, uint32_t n) {
  for (uint32_t i = 0; i < n; ++i) p[i] = x.v[i];
}
TM_ALWAYS_INLINE void store(float* p, const Floats& x) { store_first(p, x, kLanes); }

TM_ALWAYS_INLINE Floats load_half_first(const uint16_t* p, uint32_t n) {
  return each([&](uint32_t i) { return i < n ? half_to_float(p[i]) : 0.0f; });
}
TM_ALWAYS_INLINE Floats load_half(const uint16_t* p) { return load_half_first(p, kLanes); }
TM_ALWAYS_INLINE void store_half(uint16_t* p, const Floats& x) {
  for (uint32_t i = 0; i < kLanes; ++i) p[i] = float_to_half(x.v[i]);
}
TM_ALWAYS_INLINE Floats load_bf16_first(const uint16_t* p, uint32_t n) {
  return each([&](uint32_t i) { return i < n ? bf16_to_float(p[i]) : 0.0f; });
}
TM_ALWAYS_INLINE Floats load_bf16(const uint16_t* p) { return load_bf16_first(p, kLanes); }
TM_ALWAYS_INLINE Floats load_u8(const uint8_t* p) {
  return each([&](uint32_t i) { return static_cast<float>(p[i]); });
}
TM_ALWAYS_INLINE Floats load_s8(const uint8_t* p) {
  return each([&](uint32_t i) { return static_cast<float>(static_cast<int8_t>(p[i])); });
}

TM_ALWAYS_INLINE Floats load_low_nibbles(const uint8_t* p) {
  return each([&](uint32_t i) { return static_cast<float>(p[i] & 15); });
}
TM_ALWAYS_INLINE Floats load_high_nibbles(const uint8_t* p) {
  return each([&](uint32_t i) { return static_cast<float>(p[i] >> 4); });
}
TM_ALWAYS_INLINE Floats load_f8_first(const uint8_t* p, uint32_t n) {
  return each([&](uint32_t i) { return i < n ? f8_e4m3_to_float(p[i]) : 0.0f; });
}
TM_ALWAYS_INLINE Floats load_f8(const uint8_t* p) { return load_f8_first(p, kLanes); }

TM_ALWAYS_INLINE Floats add(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return a.v[i] + b.v[i]; });
}
TM_ALWAYS_INLINE Floats sub(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return a.v[i] - b.v[i]; });
}
TM_ALWAYS_INLINE Floats mul(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return a.v[i] * b.v[i]; });
}
TM_ALWAYS_INLINE Floats div(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return a.v[i] / b.v[i]; });
}
TM_ALWAYS_INLINE Floats fma(const Floats& a, const Floats& b, const Floats& c) {
  return each([&](uint32_t i) { return __builtin_fmaf(a.v[i], b.v[i], c.v[i]); });
}
TM_ALWAYS_INLINE Floats fnma(const Floats& a, const Floats& b, const Floats& c) {
  return each([&](uint32_t i) { return __builtin_fmaf(-a.v[i], b.v[i], c.v[i]); });
}
TM_ALWAYS_INLINE float max(float a, float b) { return a > b ? a : b; }  // b when one is not a number, as maxps
TM_ALWAYS_INLINE float min(float a, float b) { return a < b ? a : b; }
TM_ALWAYS_INLINE Floats min(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return min(a.v[i], b.v[i]); });
}
TM_ALWAYS_INLINE Floats max(const Floats& a, const Floats& b) {
  return each([&](uint32_t i) { return max(a.v[i], b.v[i]); });
}
TM_ALWAYS_INLINE Floats abs(const Floats& a) {
  return each([&](uint32_t i) { return bits_to_float(float_to_bits(a.v[i]) & 0x7fffffffu); });
}

TM_ALWAYS_INLINE Floats keep_range(const Floats& x, uint32_t first, uint32_t end, float fill) {
  return each([&](uint32_t i) { return i >= first && i < end ? x.v[i] : fill; });
}
TM_ALWAYS_INLINE Floats zero_where_less(const Floats& x, const Floats& bound, const Floats& value) {
  return each([&](uint32_t i) { return x.v[i] < bound.v[i] ? 0.0f : value.v[i]; });
}
TM_ALWAYS_INLINE Floats power_of_two(const Floats& shifted) {
  return each([&](uint32_t i) { return bits_to_float((float_to_bits(shifted.v[i]) << 23) + 0x3f800000u); });
}

// Lane i with i + 8, then + 4, + 2, + 1.
TM_ALWAYS_INLINE float sum(Floats x) {
  for (uint32_t n = kLanes / 2; n > 0; n /= 2) {
    for (uint32_t i = 0; i < n; ++i) x.v[i] += x.v[i + n];
  }
  return x.v[0];
}
TM_ALWAYS_INLINE float maximum(Floats x) {
  for (uint32_t n = kLanes / 2; n > 0; n /= 2) {
    for (uint32_t i = 0; i < n; ++i) x.v[i] = max(x.v[i], x.v[i + n]);
  }
  return x.v[0];
}

TM_ALWAYS_INLINE Floats to_floats(const Ints& x) {
  return each([&](uint32_t i) { return static_cast<float>(x.v[i]); });
}

// Sixteen codes into their planes; returns their sum. |x| < 2^22: the addition rounds to the nearest, even on ties.
TM_ALWAYS_INLINE int32_t store_codes(int8_t* high, int8_t* low, const Floats& x) {
  int32_t sum = 0;
  for (uint32_t i = 0; i < kLanes; ++i) {
    const int32_t n = static_cast<int32_t>(float_to_bits(x.v[i] + 0x1.8p23f) - 0x4b400000u);
    const int32_t above = (n + 64) >> 7;
    high[i] = static_cast<int8_t>(above);
    low[i] = static_cast<int8_t>(n - 128 * above);
    sum += n;
  }
  return sum;
}

// Towards zero. |x| < 2^31.
TM_ALWAYS_INLINE Floats truncate(const Floats& x) {
  return each([&](uint32_t i) { return static_cast<float>(static_cast<int32_t>(x.v[i])); });
}
// The low bytes of the numbers towards zero, -128..255.
TM_ALWAYS_INLINE void store_bytes(uint8_t* p, const Floats& x) {
  for (uint32_t i = 0; i < kLanes; ++i) p[i] = static_cast<uint8_t>(static_cast<int32_t>(x.v[i]));
}
TM_ALWAYS_INLINE void store_bf16(uint8_t* p, const Floats& x) {
  for (uint32_t i = 0; i < kLanes; ++i) {
    const uint16_t bits = float_to_bf16(x.v[i]);
    memcpy(p + 2 * i, &bits, sizeof bits);
  }
}

// The sum of products with codes of 128 * high + low.
TM_ALWAYS_INLINE Ints join(const Ints& high, const Ints& low) {
  Ints r;
  for (uint32_t i = 0; i < kLanes; ++i) r.v[i] = 128 * high.v[i] + low.v[i];
  return r;
}

TM_ALWAYS_INLINE void prefetch(const void* p) { __builtin_prefetch(p); }

// Thirty-two columns of sixteen rows: v[j][4r + i] is column 4j + i of row r.
struct Codes {
  uint8_t v[8][64];
};

TM_ALWAYS_INLINE Codes load_nibbles(const uint8_t* p) {
  Codes c;
  for (uint32_t j = 0; j < 4; ++j) {
    for (uint32_t i = 0; i < 64; ++i) {
      c.v[j][i] = p[64 * j + i] & 15;
      c.v[4 + j][i] = p[64 * j + i] >> 4;
    }
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_pairs(const uint8_t* p) {
  Codes c;
  for (uint32_t j = 0; j < 8; ++j) {
    for (uint32_t i = 0; i < 64; ++i) c.v[j][i] = (p[64 * (j / 4) + i] >> (2 * (j % 4))) & 3;
  }
  return c;
}

// Adds bit kAt to the codes.
template <int kAt>
TM_ALWAYS_INLINE void add_bits(Codes& c, const uint8_t* bits) {
  for (uint32_t j = 0; j < 8; ++j) {
    for (uint32_t i = 0; i < 64; ++i) c.v[j][i] = static_cast<uint8_t>(c.v[j][i] | ((bits[i] >> j) & 1) << kAt);
  }
}

// Codes below 16 become what the table says.
TM_ALWAYS_INLINE void look_up(Codes& c, const uint8_t* table) {
  for (uint32_t j = 0; j < 8; ++j) {
    for (uint32_t i = 0; i < 64; ++i) c.v[j][i] = table[c.v[j][i]];
  }
}

TM_ALWAYS_INLINE Codes load_six_bits(const uint8_t* nibbles, const uint8_t* pairs) {
  Codes c = load_nibbles(nibbles);
  for (uint32_t j = 0; j < 8; ++j) {
    for (uint32_t i = 0; i < 64; ++i) {
      c.v[j][i] = static_cast<uint8_t>(c.v[j][i] | (((pairs[64 * (j / 4) + i] >> (2 * (j % 4))) & 3) << 4));
    }
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_eight_bits(const uint8_t* p) {
  Codes c;
  memcpy(c.v, p, sizeof c.v);
  return c;
}

TM_ALWAYS_INLINE Ints dot_columns(const Codes& c, const int8_t* a, int32_t start, uint32_t first, uint32_t end) {
  Ints s;
  for (uint32_t r = 0; r < kLanes; ++r) s.v[r] = start;
  for (uint32_t j = first; j < end; ++j) {
    for (uint32_t r = 0; r < kLanes; ++r) {
      const uint8_t* w = c.v[j] + 4 * r;
      const int8_t* x = a + 4 * j;
      s.v[r] += w[0] * x[0] + w[1] * x[1] + w[2] * x[2] + w[3] * x[3];
    }
  }
  return s;
}

TM_ALWAYS_INLINE Ints dot_nibbles(const Codes& c, const int8_t* a, int32_t start) {
  return dot_columns(c, a, start, 0, 8);
}

TM_ALWAYS_INLINE Ints dot_five_bits(const Codes& c, const int8_t* a, int32_t start) {
  return dot_columns(c, a, start, 0, 8);
}

// Codes below 64 of sixteen columns.
template <int kHalf>
TM_ALWAYS_INLINE Ints dot_six_bits(const Codes& c, const int8_t* a, int32_t start) {
  return dot_columns(c, a, start, 4 * kHalf, 4 * kHalf + 4);
}

TM_ALWAYS_INLINE Ints dot_eight_bits(const Codes& c, const int8_t* a, int32_t start) {
  return dot_columns(c, a, start, 0, 8);
}

}  // namespace
}  // namespace tramontane::cpu::portable
