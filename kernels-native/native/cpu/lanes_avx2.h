// Sixteen lanes on AVX2 with FMA and F16C: two registers of eight. lanes_portable.h says what each operation means.
#pragma once

#include <immintrin.h>

#include "dtype.h"

#define TM_LEVEL avx2

namespace tramontane::cpu::avx2 {
namespace {

// Accumulators of 16 lanes: two of the sixteen registers each.
constexpr uint32_t kAccumulators = 6;
constexpr uint32_t kTokensAtOnce = 4;

struct Floats {
  __m256 lo, hi;
};
struct Ints {
  __m256i lo, hi;
};

TM_ALWAYS_INLINE __m128i load_128(const void* p) { return _mm_loadu_si128(static_cast<const __m128i*>(p)); }
TM_ALWAYS_INLINE __m256i load_256(const void* p) { return _mm256_loadu_si256(static_cast<const __m256i*>(p)); }

// All bits set in lanes first_lane + i < n.
TM_ALWAYS_INLINE __m256i below(uint32_t first_lane, uint32_t n) {
  const __m256i lane =
      _mm256_add_epi32(_mm256_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7), _mm256_set1_epi32(static_cast<int32_t>(first_lane)));
  return _mm256_cmpgt_epi32(_mm256_set1_epi32(static_cast<int32_t>(n)), lane);
}

TM_ALWAYS_INLINE Floats zero() { return {_mm256_setzero_ps(), _mm256_setzero_ps()}; }
TM_ALWAYS_INLINE Floats splat(float x) { return {_mm256_set1_ps(x), _mm256_set1_ps(x)}; }
TM_ALWAYS_INLINE Floats load(const float* p) { return {_mm256_loadu_ps(p), _mm256_loadu_ps(p + 8)}; }
TM_ALWAYS_INLINE Floats load_first(const float* p, uint32_t n) {
  return {_mm256_maskload_ps(p, below(0, n)), _mm256_maskload_ps(p + 8, below(8, n))};
}
TM_ALWAYS_INLINE void store(float* p, Floats x) {
  _mm256_storeu_ps(p, x.lo);
  _mm256_storeu_ps(p + 8, x.hi);
}
TM_ALWAYS_INLINE void store_first(float* p, Floats x, uint32_t n) {
  _mm256_maskstore_ps(p, below(0, n), x.lo);
  _mm256_maskstore_ps(p + 8, below(8, n), x.hi);
}

TM_ALWAYS_INLINE Floats load_half(const uint16_t* p) {
  return {_mm256_cvtph_ps(load_128(p)), _mm256_cvtph_ps(load_128(p + 8))};
}
TM_ALWAYS_INLINE Floats load_half_first(const uint16_t* p, uint32_t n) {
  uint16_t copy[16] = {};
  for (uint32_t i = 0; i < n; ++i) copy[i] = p[i];
  return load_half(copy);
}
TM_ALWAYS_INLINE void store_half(uint16_t* p, Floats x) {
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), _mm256_cvtps_ph(x.lo, _MM_FROUND_TO_NEAREST_INT));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p + 8), _mm256_cvtps_ph(x.hi, _MM_FROUND_TO_NEAREST_INT));
}
TM_ALWAYS_INLINE __m256 widen_bf16(__m128i x) {
  return _mm256_castsi256_ps(_mm256_slli_epi32(_mm256_cvtepu16_epi32(x), 16));
}
TM_ALWAYS_INLINE Floats load_bf16(const uint16_t* p) { return {widen_bf16(load_128(p)), widen_bf16(load_128(p + 8))}; }
TM_ALWAYS_INLINE Floats load_bf16_first(const uint16_t* p, uint32_t n) {
  uint16_t copy[16] = {};
  for (uint32_t i = 0; i < n; ++i) copy[i] = p[i];
  return load_bf16(copy);
}
TM_ALWAYS_INLINE Floats load_u8(const uint8_t* p) {
  const __m128i x = load_128(p);
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(x)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(x, 8)))};
}
TM_ALWAYS_INLINE Floats load_s8(const uint8_t* p) {
  const __m128i x = load_128(p);
  return {_mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(x)), _mm256_cvtepi32_ps(_mm256_cvtepi8_epi32(_mm_srli_si128(x, 8)))};
}

TM_ALWAYS_INLINE Floats widen_u8(__m128i x) {
  return {_mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(x)), _mm256_cvtepi32_ps(_mm256_cvtepu8_epi32(_mm_srli_si128(x, 8)))};
}
TM_ALWAYS_INLINE Floats load_low_nibbles(const uint8_t* p) {
  return widen_u8(_mm_and_si128(load_128(p), _mm_set1_epi8(15)));
}
TM_ALWAYS_INLINE Floats load_high_nibbles(const uint8_t* p) {
  return widen_u8(_mm_and_si128(_mm_srli_epi16(load_128(p), 4), _mm_set1_epi8(15)));
}
TM_ALWAYS_INLINE Floats load_f8(const uint8_t* p) {
  const __m128i x = load_128(p);
  const __m256i sign = _mm256_slli_epi16(_mm256_cvtepu8_epi16(_mm_and_si128(x, _mm_set1_epi8(-128))), 8);
  const __m256i magnitude = _mm256_cvtepu8_epi16(_mm_and_si128(x, _mm_set1_epi8(127)));
  const __m256i nan = _mm256_cmpeq_epi16(magnitude, _mm256_set1_epi16(127));
  const __m256i half =
      _mm256_or_si256(sign, _mm256_blendv_epi8(_mm256_slli_epi16(magnitude, 7), _mm256_set1_epi16(0x7e00), nan));
  const __m256 factor = _mm256_set1_ps(256);
  return {_mm256_mul_ps(factor, _mm256_cvtph_ps(_mm256_castsi256_si128(half))),
          _mm256_mul_ps(factor, _mm256_cvtph_ps(_mm256_extracti128_si256(half, 1)))};
}
TM_ALWAYS_INLINE Floats load_f8_first(const uint8_t* p, uint32_t n) {
  uint8_t copy[16] = {};
  for (uint32_t i = 0; i < n; ++i) copy[i] = p[i];
  return load_f8(copy);
}

TM_ALWAYS_INLINE Floats add(Floats a, Floats b) { return {_mm256_add_ps(a.lo, b.lo), _mm256_add_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats sub(Floats a, Floats b) { return {_mm256_sub_ps(a.lo, b.lo), _mm256_sub_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats mul(Floats a, Floats b) { return {_mm256_mul_ps(a.lo, b.lo), _mm256_mul_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats div(Floats a, Floats b) { return {_mm256_div_ps(a.lo, b.lo), _mm256_div_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats fma(Floats a, Floats b, Floats c) {
  return {_mm256_fmadd_ps(a.lo, b.lo, c.lo), _mm256_fmadd_ps(a.hi, b.hi, c.hi)};
}
TM_ALWAYS_INLINE Floats fnma(Floats a, Floats b, Floats c) {
  return {_mm256_fnmadd_ps(a.lo, b.lo, c.lo), _mm256_fnmadd_ps(a.hi, b.hi, c.hi)};
}
TM_ALWAYS_INLINE Floats min(Floats a, Floats b) { return {_mm256_min_ps(a.lo, b.lo), _mm256_min_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats max(Floats a, Floats b) { return {_mm256_max_ps(a.lo, b.lo), _mm256_max_ps(a.hi, b.hi)}; }
TM_ALWAYS_INLINE Floats abs(Floats a) {
  const __m256 magnitude = _mm256_castsi256_ps(_mm256_set1_epi32(0x7fffffff));
  return {_mm256_and_ps(a.lo, magnitude), _mm256_and_ps(a.hi, magnitude)};
}

TM_ALWAYS_INLINE Floats keep_range(Floats x, uint32_t first, uint32_t end, float fill) {
  const __m256 f = _mm256_set1_ps(fill);
  const __m256i lo = _mm256_andnot_si256(below(0, first), below(0, end));
  const __m256i hi = _mm256_andnot_si256(below(8, first), below(8, end));
  return {_mm256_blendv_ps(f, x.lo, _mm256_castsi256_ps(lo)), _mm256_blendv_ps(f, x.hi, _mm256_castsi256_ps(hi))};
}
TM_ALWAYS_INLINE Floats zero_where_less(Floats x, Floats bound, Floats value) {
  return {_mm256_andnot_ps(_mm256_cmp_ps(x.lo, bound.lo, _CMP_LT_OQ), value.lo),
          _mm256_andnot_ps(_mm256_cmp_ps(x.hi, bound.hi, _CMP_LT_OQ), value.hi)};
}
TM_ALWAYS_INLINE __m256 power_of_two(__m256 shifted) {
  const __m256i n = _mm256_slli_epi32(_mm256_castps_si256(shifted), 23);
  return _mm256_castsi256_ps(_mm256_add_epi32(n, _mm256_set1_epi32(0x3f800000)));
}
TM_ALWAYS_INLINE Floats power_of_two(Floats shifted) { return {power_of_two(shifted.lo), power_of_two(shifted.hi)}; }

// Lane i with i + 8, then + 4, + 2, + 1.
TM_ALWAYS_INLINE float sum(Floats x) {
  const __m256 a = _mm256_add_ps(x.lo, x.hi);
  const __m128 b = _mm_add_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 c = _mm_add_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_add_ss(c, _mm_movehdup_ps(c)));
}
TM_ALWAYS_INLINE float maximum(Floats x) {
  const __m256 a = _mm256_max_ps(x.lo, x.hi);
  const __m128 b = _mm_max_ps(_mm256_castps256_ps128(a), _mm256_extractf128_ps(a, 1));
  const __m128 c = _mm_max_ps(b, _mm_movehl_ps(b, b));
  return _mm_cvtss_f32(_mm_max_ss(c, _mm_movehdup_ps(c)));
}

TM_ALWAYS_INLINE Floats to_floats(Ints x) { return {_mm256_cvtepi32_ps(x.lo), _mm256_cvtepi32_ps(x.hi)}; }

// Sixteen numbers that fit bytes, from two registers of eight.
TM_ALWAYS_INLINE void store_bytes(int8_t* p, __m256i lo, __m256i hi) {
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(lo, hi), 0xd8);
  const __m128i bytes = _mm_packs_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}

TM_ALWAYS_INLINE __m256i high_plane(__m256i n) {
  return _mm256_srai_epi32(_mm256_add_epi32(n, _mm256_set1_epi32(64)), 7);
}

// Sixteen codes, rounded to nearest even, into their planes; returns their sum.
TM_ALWAYS_INLINE int32_t store_codes(int8_t* high, int8_t* low, Floats x) {
  const __m256i lo = _mm256_cvtps_epi32(x.lo);
  const __m256i hi = _mm256_cvtps_epi32(x.hi);
  const __m256i lo_above = high_plane(lo);
  const __m256i hi_above = high_plane(hi);
  store_bytes(high, lo_above, hi_above);
  store_bytes(low, _mm256_sub_epi32(lo, _mm256_slli_epi32(lo_above, 7)),
              _mm256_sub_epi32(hi, _mm256_slli_epi32(hi_above, 7)));
  const __m256i s = _mm256_add_epi32(lo, hi);
  __m128i t = _mm_add_epi32(_mm256_castsi256_si128(s), _mm256_extracti128_si256(s, 1));
  t = _mm_add_epi32(t, _mm_shuffle_epi32(t, 0x4e));
  return _mm_cvtsi128_si32(_mm_add_epi32(t, _mm_shuffle_epi32(t, 0xb1)));
}

TM_ALWAYS_INLINE Floats truncate(Floats x) {
  return {_mm256_cvtepi32_ps(_mm256_cvttps_epi32(x.lo)), _mm256_cvtepi32_ps(_mm256_cvttps_epi32(x.hi))};
}
TM_ALWAYS_INLINE void store_bytes(uint8_t* p, Floats x) {
  const __m256i low_byte = _mm256_set1_epi32(255);
  const __m256i lo = _mm256_and_si256(_mm256_cvttps_epi32(x.lo), low_byte);
  const __m256i hi = _mm256_and_si256(_mm256_cvttps_epi32(x.hi), low_byte);
  const __m256i words = _mm256_permute4x64_epi64(_mm256_packs_epi32(lo, hi), 0xd8);
  const __m128i bytes = _mm_packus_epi16(_mm256_castsi256_si128(words), _mm256_extracti128_si256(words, 1));
  _mm_storeu_si128(reinterpret_cast<__m128i*>(p), bytes);
}
TM_ALWAYS_INLINE __m256i narrow_bf16(__m256 x) {
  const __m256i bits = _mm256_castps_si256(x);
  const __m256i top = _mm256_srli_epi32(bits, 16);
  const __m256i odd = _mm256_and_si256(top, _mm256_set1_epi32(1));
  const __m256i rounded =
      _mm256_srli_epi32(_mm256_add_epi32(_mm256_add_epi32(bits, _mm256_set1_epi32(0x7fff)), odd), 16);
  const __m256i nan = _mm256_castps_si256(_mm256_cmp_ps(x, x, _CMP_UNORD_Q));
  return _mm256_blendv_epi8(rounded, _mm256_or_si256(top, _mm256_set1_epi32(64)), nan);
}
TM_ALWAYS_INLINE void store_bf16(uint8_t* p, Floats x) {
  const __m256i words = _mm256_packus_epi32(narrow_bf16(x.lo), narrow_bf16(x.hi));
  _mm256_storeu_si256(reinterpret_cast<__m256i*>(p), _mm256_permute4x64_epi64(words, 0xd8));
}

// The sum of products with codes of 128 * high + low.
TM_ALWAYS_INLINE Ints join(Ints high, Ints low) {
  return {_mm256_add_epi32(_mm256_slli_epi32(high.lo, 7), low.lo),
          _mm256_add_epi32(_mm256_slli_epi32(high.hi, 7), low.hi)};
}

TM_ALWAYS_INLINE void prefetch(const void* p) { _mm_prefetch(static_cast<const char*>(p), _MM_HINT_T0); }

// Thirty-two columns of sixteen rows: v[j] holds columns 4j .. 4j + 3 of rows 0..7, v[8 + j] of rows 8..15, a row's
// four in one 32-bit lane.
struct Codes {
  __m256i v[16];
};

TM_ALWAYS_INLINE Codes load_nibbles(const uint8_t* p) {
  const __m256i low = _mm256_set1_epi8(15);
  Codes c;
#pragma GCC unroll 8
  for (int j = 0; j < 4; ++j) {
    for (int h = 0; h < 2; ++h) {
      const __m256i x = load_256(p + 64 * j + 32 * h);
      c.v[8 * h + j] = _mm256_and_si256(x, low);
      c.v[8 * h + 4 + j] = _mm256_and_si256(_mm256_srli_epi16(x, 4), low);
    }
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_pairs(const uint8_t* p) {
  const __m256i low = _mm256_set1_epi8(3);
  Codes c;
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
      const __m256i x = load_256(p + 64 * half + 32 * h);
      __m256i* v = c.v + 8 * h + 4 * half;
      v[0] = _mm256_and_si256(x, low);
      v[1] = _mm256_and_si256(_mm256_srli_epi16(x, 2), low);
      v[2] = _mm256_and_si256(_mm256_srli_epi16(x, 4), low);
      v[3] = _mm256_and_si256(_mm256_srli_epi16(x, 6), low);
    }
  }
  return c;
}

template <int kFrom, int kTo>
TM_ALWAYS_INLINE __m256i moved_bit(__m256i x) {
  if constexpr (kFrom <= kTo) {
    return _mm256_and_si256(_mm256_slli_epi16(x, kTo - kFrom), _mm256_set1_epi8(1 << kTo));
  } else {
    return _mm256_and_si256(_mm256_srli_epi16(x, kFrom - kTo), _mm256_set1_epi8(1 << kTo));
  }
}

template <int kAt>
TM_ALWAYS_INLINE void add_bits(Codes& c, const uint8_t* bits) {
#pragma GCC unroll 2
  for (int h = 0; h < 2; ++h) {
    const __m256i x = load_256(bits + 32 * h);
    __m256i* v = c.v + 8 * h;
    v[0] = _mm256_or_si256(v[0], moved_bit<0, kAt>(x));
    v[1] = _mm256_or_si256(v[1], moved_bit<1, kAt>(x));
    v[2] = _mm256_or_si256(v[2], moved_bit<2, kAt>(x));
    v[3] = _mm256_or_si256(v[3], moved_bit<3, kAt>(x));
    v[4] = _mm256_or_si256(v[4], moved_bit<4, kAt>(x));
    v[5] = _mm256_or_si256(v[5], moved_bit<5, kAt>(x));
    v[6] = _mm256_or_si256(v[6], moved_bit<6, kAt>(x));
    v[7] = _mm256_or_si256(v[7], moved_bit<7, kAt>(x));
  }
}

TM_ALWAYS_INLINE void look_up(Codes& c, const uint8_t* table) {
  const __m256i t = _mm256_broadcastsi128_si256(load_128(table));
#pragma GCC unroll 16
  for (int j = 0; j < 16; ++j) c.v[j] = _mm256_shuffle_epi8(t, c.v[j]);
}

TM_ALWAYS_INLINE Codes load_six_bits(const uint8_t* nibbles, const uint8_t* pairs) {
  const __m256i high = _mm256_set1_epi8(0x30);
  Codes c = load_nibbles(nibbles);
#pragma GCC unroll 2
  for (int half = 0; half < 2; ++half) {
#pragma GCC unroll 2
    for (int h = 0; h < 2; ++h) {
      const __m256i x = load_256(pairs + 64 * half + 32 * h);
      __m256i* v = c.v + 8 * h + 4 * half;
      v[0] = _mm256_or_si256(v[0], _mm256_and_si256(_mm256_slli_epi16(x, 4), high));
      v[1] = _mm256_or_si256(v[1], _mm256_and_si256(_mm256_slli_epi16(x, 2), high));
      v[2] = _mm256_or_si256(v[2], _mm256_and_si256(x, high));
      v[3] = _mm256_or_si256(v[3], _mm256_and_si256(_mm256_srli_epi16(x, 2), high));
    }
  }
  return c;
}

TM_ALWAYS_INLINE Codes load_eight_bits(const uint8_t* p) {
  Codes c;
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) {
    c.v[j] = load_256(p + 64 * j);
    c.v[8 + j] = load_256(p + 64 * j + 32);
  }
  return c;
}

TM_ALWAYS_INLINE __m256i splat_quad(const int8_t* a) {
  int32_t quad;
  memcpy(&quad, a, sizeof quad);
  return _mm256_set1_epi32(quad);
}

// Sums of pairs of products in 16 bits, then of two pairs in 32. Codes below 16 make pairs of at most 2 * 15 * 127, so
// all eight pair sums of a block fit 16 bits; codes below 32 leave room for four, below 64 for two.
template <int kFirst, int kCount, int kPairSums>
TM_ALWAYS_INLINE __m256i dot_small(const __m256i* v, const int8_t* a, int32_t start) {
  __m256i s = _mm256_set1_epi32(start);
#pragma GCC unroll 8
  for (int j = kFirst; j < kFirst + kCount; j += kPairSums) {
    __m256i pairs = _mm256_maddubs_epi16(v[j], splat_quad(a + 4 * j));
#pragma GCC unroll 8
    for (int i = 1; i < kPairSums; ++i) {
      pairs = _mm256_add_epi16(pairs, _mm256_maddubs_epi16(v[j + i], splat_quad(a + 4 * (j + i))));
    }
    s = _mm256_add_epi32(s, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  return s;
}

TM_ALWAYS_INLINE Ints dot_nibbles(const Codes& c, const int8_t* a, int32_t start) {
  return {dot_small<0, 8, 8>(c.v, a, start), dot_small<0, 8, 8>(c.v + 8, a, start)};
}

TM_ALWAYS_INLINE Ints dot_five_bits(const Codes& c, const int8_t* a, int32_t start) {
  return {dot_small<0, 8, 4>(c.v, a, start), dot_small<0, 8, 4>(c.v + 8, a, start)};
}

template <int kHalf>
TM_ALWAYS_INLINE Ints dot_six_bits(const Codes& c, const int8_t* a, int32_t start) {
  return {dot_small<4 * kHalf, 4, 2>(c.v, a, start), dot_small<4 * kHalf, 4, 2>(c.v + 8, a, start)};
}

// code - 128 is a signed byte w, and w * a = |w| * (a with w's sign): pairs of at most 2 * 128 * 127 fit 16 bits.
TM_ALWAYS_INLINE __m256i dot_signed(const __m256i* v, const int8_t* a) {
  const __m256i flip = _mm256_set1_epi8(-128);
  __m256i s = _mm256_setzero_si256();
#pragma GCC unroll 8
  for (int j = 0; j < 8; ++j) {
    const __m256i w = _mm256_xor_si256(v[j], flip);
    const __m256i pairs = _mm256_maddubs_epi16(_mm256_sign_epi8(w, w), _mm256_sign_epi8(splat_quad(a + 4 * j), w));
    s = _mm256_add_epi32(s, _mm256_madd_epi16(pairs, _mm256_set1_epi16(1)));
  }
  return s;
}

TM_ALWAYS_INLINE Ints dot_eight_bits(const Codes& c, const int8_t* a, int32_t) {
  return {dot_signed(c.v, a), dot_signed(c.v + 8, a)};
}

}  // namespace
}  // namespace tramontane::cpu::avx2
