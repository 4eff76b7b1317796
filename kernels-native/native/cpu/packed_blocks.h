// Types of independent blocks of 32 columns. Compiled once per level, after its lanes.
#include "packed_strip.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

struct Q4_0 {
  static constexpr StripLayout kLayout = kQ4_0Strip;
  Codes codes;
  Floats scales;

  TM_ALWAYS_INLINE Q4_0(const uint8_t*, const uint8_t* block)
      : codes(load_nibbles(block + 32)), scales(load_half(reinterpret_cast<const uint16_t*>(block))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_nibbles(codes, a.high, 0), dot_nibbles(codes, a.low, a.minus_8_sum));
    return fma(to_floats(s), mul(scales, splat(a.scale)), acc);
  }
};

struct Q4_1 {
  static constexpr StripLayout kLayout = kQ4_1Strip;
  Codes codes;
  Floats scales, minima;

  TM_ALWAYS_INLINE Q4_1(const uint8_t*, const uint8_t* block)
      : codes(load_nibbles(block + 64)),
        scales(load_half(reinterpret_cast<const uint16_t*>(block))),
        minima(load_half(reinterpret_cast<const uint16_t*>(block + 32))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_nibbles(codes, a.high, 0), dot_nibbles(codes, a.low, 0));
    acc = fma(to_floats(s), mul(scales, splat(a.scale)), acc);
    return fma(minima, splat(a.scaled_sum), acc);
  }
};

struct Q5_0 {
  static constexpr StripLayout kLayout = kQ5_0Strip;
  Codes codes;
  Floats scales;

  TM_ALWAYS_INLINE Q5_0(const uint8_t*, const uint8_t* block)
      : codes(load_five_bits(block + 32)), scales(load_half(reinterpret_cast<const uint16_t*>(block))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_five_bits(codes, a.high, 0), dot_five_bits(codes, a.low, 2 * a.minus_8_sum));
    return fma(to_floats(s), mul(scales, splat(a.scale)), acc);
  }
};

struct Q5_1 {
  static constexpr StripLayout kLayout = kQ5_1Strip;
  Codes codes;
  Floats scales, minima;

  TM_ALWAYS_INLINE Q5_1(const uint8_t*, const uint8_t* block)
      : codes(load_five_bits(block + 64)),
        scales(load_half(reinterpret_cast<const uint16_t*>(block))),
        minima(load_half(reinterpret_cast<const uint16_t*>(block + 32))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_five_bits(codes, a.high, 0), dot_five_bits(codes, a.low, 0));
    acc = fma(to_floats(s), mul(scales, splat(a.scale)), acc);
    return fma(minima, splat(a.scaled_sum), acc);
  }
};

struct IQ4_NL {
  static constexpr StripLayout kLayout = kIQ4_NLStrip;
  Codes codes;
  Floats scales;

  TM_ALWAYS_INLINE IQ4_NL(const uint8_t*, const uint8_t* block)
      : codes(load_iq4(block + 32)), scales(load_half(reinterpret_cast<const uint16_t*>(block))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_eight_bits(codes, a.high, 0), dot_eight_bits(codes, a.low, a.minus_128_sum));
    return fma(to_floats(s), mul(scales, splat(a.scale)), acc);
  }
};

struct Q8_0 {
  static constexpr StripLayout kLayout = kQ8_0Strip;
  Codes codes;
  Floats scales;

  TM_ALWAYS_INLINE Q8_0(const uint8_t*, const uint8_t* block)
      : codes(load_eight_bits(block + 32)), scales(load_half(reinterpret_cast<const uint16_t*>(block))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_eight_bits(codes, a.high, 0), dot_eight_bits(codes, a.low, a.minus_128_sum));
    return fma(to_floats(s), mul(scales, splat(a.scale)), acc);
  }
};

}  // namespace

TM_BLOCK_TYPES(TM_DEFINE_STRIP)

}  // namespace tramontane::cpu::TM_LEVEL
