// Types whose eight blocks of 32 columns share a header, without minima. Compiled once per level, after its lanes.
#include "packed_strip.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

struct Q3_K {
  static constexpr StripLayout kLayout = kQ3_KStrip;
  Codes codes;
  Floats scales, low, high;

  TM_ALWAYS_INLINE Q3_K(const uint8_t* header, const uint8_t* block)
      : codes(load_pairs(block + 32)),
        scales(load_half(reinterpret_cast<const uint16_t*>(header))),
        low(load_s8(block)),
        high(load_s8(block + 16)) {
    add_bits<2>(codes, block + 32 + 128);
  }

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const int32_t starts[2] = {a.minus_32_sums[0] / 8, a.minus_32_sums[1] / 8};
    const Ints first = join(dot_six_bits<0>(codes, a.high, 0), dot_six_bits<0>(codes, a.low, starts[0]));
    const Ints second = join(dot_six_bits<1>(codes, a.high, 0), dot_six_bits<1>(codes, a.low, starts[1]));
    const Floats both = fma(to_floats(second), high, mul(to_floats(first), low));
    return fma(both, mul(scales, splat(a.scale)), acc);
  }
};

struct Q6_K {
  static constexpr StripLayout kLayout = kQ6_KStrip;
  Codes codes;
  Floats scales, low, high;

  TM_ALWAYS_INLINE Q6_K(const uint8_t* header, const uint8_t* block)
      : codes(load_six_bits(block + 32, block + 288)),
        scales(load_half(reinterpret_cast<const uint16_t*>(header))),
        low(load_s8(block)),
        high(load_s8(block + 16)) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints first = join(dot_six_bits<0>(codes, a.high, 0), dot_six_bits<0>(codes, a.low, a.minus_32_sums[0]));
    const Ints second = join(dot_six_bits<1>(codes, a.high, 0), dot_six_bits<1>(codes, a.low, a.minus_32_sums[1]));
    const Floats both = fma(to_floats(second), high, mul(to_floats(first), low));
    return fma(both, mul(scales, splat(a.scale)), acc);
  }
};

struct IQ4_XS {
  static constexpr StripLayout kLayout = kIQ4_XSStrip;
  Codes codes;
  Floats scales;

  TM_ALWAYS_INLINE IQ4_XS(const uint8_t* header, const uint8_t* block)
      : codes(load_iq4(block + 16)),
        scales(mul(load_half(reinterpret_cast<const uint16_t*>(header)), load_s8(block))) {}

  TM_ALWAYS_INLINE Floats step(const ActivationBlock& a, Floats acc) const {
    const Ints s = join(dot_eight_bits(codes, a.high, 0), dot_eight_bits(codes, a.low, a.minus_128_sum));
    return fma(to_floats(s), mul(scales, splat(a.scale)), acc);
  }
};

}  // namespace

TM_SUPER_SIGNED_TYPES(TM_DEFINE_STRIP)

}  // namespace tramontane::cpu::TM_LEVEL
