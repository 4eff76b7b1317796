// Types whose eight blocks of 32 columns share a header, with minima. Compiled once per level, after its lanes.
#include "packed_strip.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

struct Q2_K {
  static constexpr StripLayout kLayout = kQ2_KStrip;
  Codes codes;
  Floats scales, minima, low, high, low_minima, high_minima;

  TM_ALWAYS_INLINE Q2_K(const uint8_t* header, const uint8_t* block)
      : codes(load_pairs(block + 32)),
        scales(load_half(reinterpret_cast<const uint16_t*>(header))),
        minima(load_half(reinterpret_cast<const uint16_t*>(header + 32))),
        low(load_low_nibbles(block)),
        high(load_high_nibbles(block)),
        low_minima(load_low_nibbles(block + 16)),
        high_minima(load_high_nibbles(block + 16)) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints first = join(dot_six_bits<0>(codes, a.high, 0), dot_six_bits<0>(codes, a.low, 0));
    const Ints second = join(dot_six_bits<1>(codes, a.high, 0), dot_six_bits<1>(codes, a.low, 0));
    const Floats both = fma(to_floats(second), high, mul(to_floats(first), low));
    acc = fma(both, mul(scales, splat(a.scale)), acc);
    const Floats first_sum = splat(static_cast<float>(a.minus_32_sums[0] / -32));
    const Floats second_sum = splat(static_cast<float>(a.minus_32_sums[1] / -32));
    const Floats below = fma(second_sum, high_minima, mul(first_sum, low_minima));
    return fnma(below, mul(minima, splat(a.scale)), acc);
  }
};

struct Q4_K {
  static constexpr StripLayout kLayout = kQ4_KStrip;
  Codes codes;
  Floats scales, minima;

  TM_ALWAYS_INLINE Q4_K(const uint8_t* header, const uint8_t* block)
      : codes(load_nibbles(block + 32)),
        scales(mul(load_half(reinterpret_cast<const uint16_t*>(header)), load_u8(block))),
        minima(mul(load_half(reinterpret_cast<const uint16_t*>(header + 32)), load_u8(block + 16))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_nibbles(codes, a.high, 0), dot_nibbles(codes, a.low, 0));
    acc = fma(to_floats(s), mul(scales, splat(a.scale)), acc);
    return fnma(minima, splat(a.scaled_sum), acc);
  }
};

struct Q5_K {
  static constexpr StripLayout kLayout = kQ5_KStrip;
  Codes codes;
  Floats scales, minima;

  TM_ALWAYS_INLINE Q5_K(const uint8_t* header, const uint8_t* block)
      : codes(load_five_bits(block + 32)),
        scales(mul(load_half(reinterpret_cast<const uint16_t*>(header)), load_u8(block))),
        minima(mul(load_half(reinterpret_cast<const uint16_t*>(header + 32)), load_u8(block + 16))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_five_bits(codes, a.high, 0), dot_five_bits(codes, a.low, 0));
    acc = fma(to_floats(s), mul(scales, splat(a.scale)), acc);
    return fnma(minima, splat(a.scaled_sum), acc);
  }
};

}  // namespace

TM_SUPER_AFFINE_TYPES(TM_DEFINE_STRIP)

}  // namespace tramontane::cpu::TM_LEVEL
