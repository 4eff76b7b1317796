// Packed quantised weights times quantised activations. Compiled once per level, after its lanes.
//
// An output is acc = fma(float(block sum), weight scale * activation scale, acc) over the blocks of 32 columns in
// order, in its row's lane; the block sum is an exact integer made of the sums of the activations' two planes.
// Types with a minimum add fma(minimum, activation scale * sum of codes, acc) after each block.
#include "kernels.h"
#include "pack.h"

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

TM_ALWAYS_INLINE Codes load_five_bits(const uint8_t* p) {
  Codes codes = load_nibbles(p);
  add_bits<4>(codes, p + 256);
  return codes;
}

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

// Eight-bit codes that are looked up by nibbles: value + 128.
constexpr uint8_t kIQ4Codes[16] = {1, 24, 45, 63, 79, 93, 106, 118, 129, 141, 153, 166, 181, 197, 217, 241};

TM_ALWAYS_INLINE Codes load_iq4(const uint8_t* p) {
  Codes codes = load_nibbles(p);
  look_up(codes, kIQ4Codes);
  return codes;
}

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

// The scale is a half times a 6-bit number: exact.
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

// The two halves of a block have 4-bit scales and minima of their own. All but the last two operations are exact: the
// halves' sums times 15 fit 24 bits.
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

// Codes below 8 minus 4, and a scale for each half of a block.
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

// Scale and minimum are a half times a 6-bit number: exact.
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

// The two halves of a block have their own byte scales.
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

constexpr uint32_t kPrefetchBytes = 4096;

template <class Weights, int kTokens>
TM_ALWAYS_INLINE void tile(const StripJob& job, uint32_t first_token, bool fetch) {
  constexpr StripLayout layout = Weights::kLayout;
  const ActivationBlock* a = job.activations + first_token * job.activation_stride;
  const uint64_t stride = job.activation_stride;
  Floats acc[kTokens];
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t) acc[t] = zero();
  const uint8_t* header = job.weights;
  for (uint32_t groups = job.cols / kBlock / layout.group_blocks; groups > 0; --groups) {
    const uint8_t* block = header + layout.header_bytes;
    for (uint32_t b = 0; b < layout.group_blocks; ++b, block += layout.block_bytes, ++a) {
      if (fetch) {
        for (uint32_t i = 0; i < layout.block_bytes; i += 64) prefetch(block + kPrefetchBytes + i);
      }
      const Weights w(header, block);
#pragma GCC unroll 16
      for (int t = 0; t < kTokens; ++t) acc[t] = w.step(a[t * stride], acc[t]);
    }
    header = block;
  }
  float* out = job.out + first_token * job.out_stride;
#pragma GCC unroll 16
  for (int t = 0; t < kTokens; ++t, out += job.out_stride) {
    if (job.n_rows == kStripRows) {
      store(out, job.store == Store::kAdd ? add(load(out), acc[t]) : acc[t]);
    } else {
      const Floats old = job.store == Store::kAdd ? load_first(out, job.n_rows) : zero();
      store_first(out, job.store == Store::kAdd ? add(old, acc[t]) : acc[t], job.n_rows);
    }
  }
}

template <class Weights, int kTokens>
TM_ALWAYS_INLINE void last_tile(const StripJob& job, uint32_t token) {
  if (job.n_tokens - token == kTokens) {
    tile<Weights, kTokens>(job, token, token == 0);
  } else if constexpr (kTokens > 1) {
    last_tile<Weights, kTokens - 1>(job, token);
  }
}

template <class Weights>
void packed_strip(const StripJob& job) {
  uint32_t token = 0;
  for (; token + kTokensAtOnce <= job.n_tokens; token += kTokensAtOnce) {
    tile<Weights, kTokensAtOnce>(job, token, token == 0);
  }
  last_tile<Weights, kTokensAtOnce - 1>(job, token);
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
