// Sixteen lanes on AVX-512 (F, BW, VL, DQ, VNNI). lanes_portable.h says what each operation means.
#pragma once

// GCC 12 takes the intrinsics' own "undefined" operands for uninitialised variables (GCC bug 105593).
#if defined(__GNUC__) && !defined(__clang__)
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#endif
#include <immintrin.h>

#include "dtype.h"

#define TM_LEVEL avx512

namespace tramontane::cpu::avx512 {
namespace {

// Registers to spend on accumulators of 16 lanes.
constexpr uint32_t kAccumulators = 24;
constexpr uint32_t kTokensAtOnce = 16;  // beside the eight registers of codes

struct Floats {
  __m512 v;
};
struct Ints {
  __m512i v;
};

TM_ALWAYS_INLINE __mmask16 first_lanes(uint32_t n) { return static_cast<__mmask16>((1u << n) - 1); }

TM_ALWAYS_INLINE Floats zero() { return {_mm512_setzero_ps()}; }
TM_ALWAYS_INLINE Floats splat(float x) { return {_mm512_set1_ps(x)}; }
TM_ALWAYS_INLINE Floats load(const float* p) { return {_mm512_loadu_ps(p)}; }
TM_ALWAYS_INLINE Floats load_first(const float* p, uint32_t n) { return {_mm512_maskz_loadu_ps(first_lanes(n), p)}; }
TM_ALWAYS_INLINE void store(float* p, Floats x) { _mm512_storeu_ps(p, x.v); }
TM_ALWAYS_INLINE void store_first(float* p, Floats x, uint32_t n) { _mm512_mask_storeu_ps(p, first_lanes(n), x.v); }

TM_ALWAYS_INLINE Floats load_half(const uint16_t* p) {
  return {_mm512_cvtph_ps(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)))};
}
TM_ALWAYS_INLINE Floats load_half_first(const uint16_t* p, uint32_t n) {
  return {_mm512_cvtph_ps(_mm256_maskz_loadu_epi16(first_lanes(n), p))};
}
TM_ALWAYS_INLINE void store_half(uint16_t* p, Floats x) {
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtps_ph(x.v, _MM_FROUND_TO_NEAREST_INT));
}
TM_ALWAYS_INLINE Floats widen_bf16(__m256i x) {
  return {_mm512_castsi512_ps(_mm512_slli_epi32(_mm512_cvtepu16_epi32(x), 16))};
}
TM_ALWAYS_INLINE Floats load_bf16(const uint16_t* p) {
  return widen_bf16(_mm256_loadu_si256(reinterpret_cast<const __m256i*>(p)));
}
TM_ALWAYS_INLINE Floats load_bf16_first(const uint16_t* p, uint32_t n) {
  return widen_bf16(_mm256_maskz_loadu_epi16(first_lanes(n), p));
}
TM_ALWAYS_INLINE Floats load_u8(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}
TM_ALWAYS_INLINE Floats load_s8(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_cvtepi8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p))))};
}

TM_ALWAYS_INLINE __m512i widen_u8(const uint8_t* p) {
  return _mm512_cvtepu8_epi32(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
TM_ALWAYS_INLINE Floats load_low_nibbles(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_and_si512(widen_u8(p), _mm512_set1_epi32(15)))};
}
TM_ALWAYS_INLINE Floats load_high_nibbles(const uint8_t* p) {
  return {_mm512_cvtepi32_ps(_mm512_srli_epi32(widen_u8(p), 4))};
}
TM_ALWAYS_INLINE Floats widen_f8(__m128i x) {
  const __m256i sign = _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_and_si128(x, _mm_set1_epi8(-128))), 8);
  const __m256i magnitude = _mm256_cvtepu8_epi16(_mm_and_si128(x, _mm_set1_epi8(127)));
  const __mmask16 nan = _mm256_cmpeq_epi16_mask(magnitude, _mm256_set1_epi16(127));
  const __m256i half = _mm256_mask_mov_epi16(_mm256_slli_epi16(magnitude, 7), nan, _mm256_set1_epi16(0x7e00));
  return {_mm512_mul_ps(_mm512_set1_ps(256), _mm512_cvtph_ps(_mm256_or_si256(sign, half)))};
}
TM_ALWAYS_INLINE Floats load_f8(const uint8_t* p) {
  return widen_f8(_mm_loadu_si128(reinterpret_cast<const __m128i*>(p)));
}
TM_ALWAYS_INLINE Floats load_f8_first(const uint8_t* p, uint32_t n) {
  return widen_f8(_mm_maskz_loadu_epi8(first_lanes(n), p));
}

TM_ALWAYS_INLINE Floats add(Floats a, Floats b) { return {_mm512_add_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats sub(Floats a, Floats b) { return {_mm512_sub_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats mul(Floats a, Floats b) { return {_mm512_mul_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats div(Floats a, Floats b) { return {_mm512_div_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) { return {_mm512_fmadd_ps(a.v, b.v, c.v)}; }
TM_ALWAYS_INLINE Floats fnma(Floats a, Floats b, Floats c) { return {_mm512_fnmadd_ps(a.v, b.v, c.v)}; }
TM_ALWAYS_INLINE Floats min(Floats a, Floats b) { return {_mm512_min_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats max(Floats a, Floats b) { return {_mm512_max_ps(a.v, b.v)}; }
TM_ALWAYS_INLINE Floats abs(Floats a) { return {_mm512_abs_ps(a.v)}; }

TM_ALWAYS_INLINE Floats keep_range(Floats x, uint32_t first, uint32_t end, float fill) {
  const __mmask16 keep = static_cast<__mmask16>(first_lanes(end) & ~first_lanes(first));
  return {_mm512_mask_mov_ps(_mm512_set1_ps(fill), keep, x.v)};
}
TM_ALWAYS_INLINE Floats zero_where_less(Floats x, Floats bound, Floats value) {
  return {_mm512_mask_mov_ps(value.v, _mm512_cmp_ps_mask(x.v, bound.v, _CMP_LT_OQ), _mm512_setzero_ps())};
}
TM_ALWAYS_INLINE Floats power_of_two(Floats shifted) {
  const __m512i n = _mm512_slli_epi32(_mm512_castps_si512(shifted.v), 23);
  return {_mm512_castsi512_ps(_mm512_add_epi32(n, _mm512_set1_epi32(0x3f800000)))};
}

// Lane i with i + 8, then + 4, + 2, + 1.
TM_ALWAYS_INLINE float sum(Floats x) {
  const __m256 a = _mm256_add_ps(_mm512_castps512_ps256(x.v), _mm512_extractf32x8_ps(x.v, 1));
  const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}
TM_ALWAYS_INLINE float maximum(Floats x) {
  const __m256 a = _mm256_max_ps(_mm512_castps512_ps256(x.v), _mm512_extractf32x8_ps(x.v, 1));
  const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

TM_ALWAYS_INLINE Floats to_floats(Ints x) { return {_mm512_cvtepi32_ps(x.v)}; }

// Sixteen codes, rounded to nearest even, into their planes; returns their sum.
TM_ALWAYS_INLINE int32_t store_codes(int8_t* high, int8_t* low, Floats x) {
  const __m512i n = _mm512_cvtps_epi32(x.v);
  const __m512i above = _mm512_srai_epi32(_mm512_add_epi32(n, _mm512_set1_epi32(64)), 7);
  const __m512i below = _mm512_sub_epi32(n, _mm512_slli_epi32(above, 7));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(high), _mm512_cvtepi32_epi8(above));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(low), _mm512_cvtepi32_epi8(below));
  return _mm512_reduce_add_epi32(n);
}

TM_ALWAYS_INLINE Floats truncate(Floats x) { return {_mm512_cvtepi32_ps(_mm512_cvttps_epi32(x.v))}; }
TM_ALWAYS_INLINE void store_bytes(uint8_t* p, Floats x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm512_cvtepi32_epi8(_mm512_cvttps_epi32(x.v)));
}
TM_ALWAYS_INLINE void store_bf16(uint8_t* p, Floats x) {
  const __m512i bits = _mm512_castps_si512(x.v);
  const __m512i top = _mm512_srli_epi32(bits, 16);
  const __m512i odd = _mm512_and_si512(top, _mm512_set1_epi32(1));
  const __m512i rounded =
      _mm512_srli_epi32(_mm512_add_epi32(_mm512_add_epi32(bits, _mm512_set1_epi32(0x7fff)), odd), 16);
  const __mmask16 nan = _mm512_cmp_ps_mask(x.v, x.v, _CMP_UNORD_Q);
  const __m512i out = _mm512_mask_or_epi32(rounded, nan, top, _mm512_set1_epi32(64));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm512_cvtepi32_epi16(out));
}

// The sum of products with codes of 128 * high + low.
TM_ALWAYS_INLINE Ints join(Ints high, Ints low) { return {_mm512_add_epi32(_mm512_slli_epi32(high.v, 7), low.v)}; }

TM_ALWAYS_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

// Thirty-two columns of sixteen rows: v[j] holds columns 4j .. 4j + 3 of every row, a row's four in one 32-bit lane.
struct Codes {
  __m512i v[8];
};

TM_ALWAYS_INLINE __m512i load_bytes(const uint8_t* p) { return _mm512_loadu_si512(p); }

TM_ALWAYS_INLINE Codes load_nibbles(const uint8_t* p) {
  const __m512i low = _mm512_set1_epi8(15);
  Codes c;
#pragma GCC unroll 4
  for (int j = 0; j < 4; ++j) {
    const __m512i x = load_bytes(p + 64 * j);
    c.v[j] = _mm512_and_si512(x, low);
    c.v[4 + j] = _mm512_and_si512(_mm512_srli_epi16(x, 4), low);
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_pairs(const uint8_t* p) {
  const __m512i low = _mm512_set1_epi8(3);
  Codes c;
#pragma GCC unroll 2
  for (int h = 0; h < 2; ++h) {
    const __m512i x = load_bytes(p + 64 * h);
    c.v[4 * h + 0] = _mm512_and_si512(x, low);
    c.v[4 * h + 1] = _mm512_and_si512(_mm512_srli_epi16(x, 2), low);
    c.v[4 * h + 2] = _mm512_and_si512(_mm512_srli_epi16(x, 4), low);
    c.v[4 * h + 3] = _mm512_and_si512(_mm512_srli_epi16(x, 6), low);
  }
  return c;
}

template <int kFrom, int kTo>
TM_ALWAYS_INLINE __m512i moved_bit(__m512i x) {
  if constexpr (kFrom <= kTo) {
    return _mm512_and_si512(_mm512_slli_epi16(x, kTo - kFrom), _mm512_set1_epi8(1 << kTo));
  } else {
    return _mm512_and_si512(_mm512_srli_epi16(x, kFrom - kTo), _mm512_set1_epi8(1 << kTo));
  }
}

template <int kAt>
TM_ALWAYS_INLINE void add_bits(Codes& c, const uint8_t* bits) {
  const __m512i x = load_bytes(bits);
  c.v[0] = _mm512_or_si512(c.v[0], moved_bit<0, kAt>(x));
  c.v[1] = _mm512_or_si512(c.v[1], moved_bit<1, kAt>(x));
  c.v[2] = _mm512_or_si512(c.v[2], moved_bit<2, kAt>(x));
  c.v[3] = _mm512_or_si512(c.v[3], moved_bit<3, kAt>(x));
  c.v[4] = _mm512_or_si512(c.v[4], moved_bit<4, kAt>(x));
  c.v[5] = _mm512_or_si512(c.v[5], moved_bit<5, kAt>(x));
  c.v[6] = _mm512_or_si512(c.v[6], moved_bit<6, kAt>(x));
  c.v[7] = _mm512_or_si512(c.v[7], moved_bit<7, kAt>(x));
}

TM_ALWAYS_INLINE void look_up(Codes& c, const uint8_t* table) {
  const __m512i t = _mm512_broadcast_i32x4(_mm_loadu_si128(reinterpret_cast<const __m128i*>(table)));
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) c.v[j] = _mm512_shuffle_epi8(t, c.v[j]);
}

TM_ALWAYS_INLINE Codes load_six_bits(const uint8_t* nibbles, const uint8_t* pairs) {
  const __m512i high = _mm512_set1_epi8(0x30);
  Codes c = load_nibbles(nibbles);
#pragma GCC unroll 2
  for (int h = 0; h < 2; ++h) {
    const __m512i x = load_bytes(pairs + 64 * h);
    c.v[4 * h + 0] = _mm512_or_si512(c.v[4 * h + 0], _mm512_and_si512(_mm512_slli_epi16(x, 4), high));
    c.v[4 * h + 1] = _mm512_or_si512(c.v[4 * h + 1], _mm512_and_si512(_mm512_slli_epi16(x, 2), high));
    c.v[4 * h + 2] = _mm512_or_si512(c.v[4 * h + 2], _mm512_and_si512(x, high));
    c.v[4 * h + 3] = _mm512_or_si512(c.v[4 * h + 3], _mm512_and_si512(_mm512_srli_epi16(x, 2), high));
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_eight_bits(const uint8_t* p) {
  Codes c;
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) c.v[j] = load_bytes(p + 64 * j);
  return c;
}

TM_ALWAYS_INLINE __m512i splat_quad(const int8_t* a) {
  int32_t quad;
  memcpy(&quad, a, sizeof quad);
  return _mm512_set1_epi32(quad);
}

TM_ALWAYS_INLINE Ints dot_nibbles(const Codes& c, const int8_t* a, int32_t start) {
  __m512i s = _mm512_set1_epi32(start);
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) s = _mm512_dpbusd_epi32(s, c.v[j], splat_quad(a + 4 * j));
  return {s};
}

TM_ALWAYS_INLINE Ints dot_five_bits(const Codes& c, const int8_t* a, int32_t start) { return dot_nibbles(c, a, start); }

template <int kHalf>
TM_ALWAYS_INLINE Ints dot_six_bits(const Codes& c, const int8_t* a, int32_t start) {
  __m512i s = _mm512_set1_epi32(start);
#pragma GCC unroll 4
  for (int j = 4 * kHalf; j < 4 * kHalf + 4; ++j) s = _mm512_dpbusd_epi32(s, c.v[j], splat_quad(a + 4 * j));
  return {s};
}

TM_ALWAYS_INLINE Ints dot_eight_bits(const Codes& c, const int8_t* a, int32_t start) {
  return dot_nibbles(c, a, start);
}

}  // namespace
}  // namespace tramontane::cpu::avx512
