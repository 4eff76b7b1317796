// Elementwise kernels. Compiled once per level, after its lanes.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

constexpr float kRounder = 0x1.8p23f;  // adding it leaves the nearest integer in the low bits

// e^x within 1.5 units in the last place: 2^n times a polynomial of the rest (Moshier's Cephes, expf). 0 below -87.3,
// held at e^88.3 above; not a number stays so.
TM_ALWAYS_INLINE Floats exponential(Floats x) {
  const Floats lowest = splat(-87.3f);
  const Floats clamped = max(lowest, min(splat(88.3f), x));
  const Floats shifted = fma(clamped, splat(0x1.715476p0f), splat(kRounder));
  const Floats n = sub(shifted, splat(kRounder));
  const Floats r = fnma(n, splat(-2.12194440e-4f), fnma(n, splat(0.693359375f), clamped));
  Floats p = splat(1.9875691500e-4f);
  p = fma(p, r, splat(1.3981999507e-3f));
  p = fma(p, r, splat(8.3334519073e-3f));
  p = fma(p, r, splat(4.1665795894e-2f));
  p = fma(p, r, splat(1.6666665459e-1f));
  p = fma(p, r, splat(5.0000001201e-1f));
  p = add(fma(p, mul(r, r), r), splat(1.0f));
  return zero_where_less(x, lowest, mul(p, power_of_two(shifted)));
}

TM_ALWAYS_INLINE float exponential_of(float x) {
  float lanes[16];
  store(lanes, exponential(splat(x)));
  return lanes[0];
}

void norm(const float* x, const float* weight, uint32_t width, double epsilon, float* out) {
  const uint32_t whole = width / 16 * 16;
  const uint32_t tail = width - whole;
  Floats squares[4] = {zero(), zero(), zero(), zero()};  // lane sums of vectors 0, 4, 8 ..; 1, 5, 9 ..; and so on
  uint32_t i = 0;
  for (; i + 64 <= whole; i += 64) {
    for (uint32_t j = 0; j < 4; ++j) {
      const Floats v = load(x + i + 16 * j);
      squares[j] = fma(v, v, squares[j]);
    }
  }
  for (; i < whole; i += 16) {
    const Floats v = load(x + i);
    squares[0] = fma(v, v, squares[0]);
  }
  if (tail > 0) {
    const Floats v = load_first(x + whole, tail);
    squares[0] = fma(v, v, squares[0]);
  }
  const float total = sum(add(add(squares[0], squares[1]), add(squares[2], squares[3])));
  const double mean = static_cast<double>(total) / width + epsilon;
  const Floats factor = splat(static_cast<float>(1.0 / __builtin_sqrt(mean)));
  for (i = 0; i < whole; i += 16) store(out + i, mul(mul(load(x + i), factor), load(weight + i)));
  if (tail > 0) {
    store_first(out + whole, mul(mul(load_first(x + whole, tail), factor), load_first(weight + whole, tail)), tail);
  }
}

void quantise(const float* x, uint32_t n_blocks, ActivationBlock* out) {
  for (uint32_t b = 0; b < n_blocks; ++b, x += kBlock, ++out) {
    const Floats low = load(x);
    const Floats high = load(x + 16);
    const float largest = maximum(max(abs(low), abs(high)));
    // 0, or not a number when an input is not finite: then the scale carries it into every product of the row.
    const float poison = sum(add(sub(low, low), sub(high, high)));
    if (poison != 0) [[unlikely]] {
      *out = {};
      out->scale = out->scaled_sum = poison;
      continue;
    }
    const bool tiny = largest < 0x1p-100f;  // the inverse could overflow: as good as zero
    const Floats inverse = splat(tiny ? 0.0f : kLargestCode / largest);
    const int32_t first_sum = store_codes(out->high, out->low, mul(low, inverse));
    const int32_t second_sum = store_codes(out->high + 16, out->low + 16, mul(high, inverse));
    out->scale = tiny ? 0.0f : largest / kLargestCode;
    out->scaled_sum = out->scale * static_cast<float>(first_sum + second_sum);
    out->minus_8_sum = -8 * (first_sum + second_sum);
    out->minus_128_sum = -128 * (first_sum + second_sum);
    out->minus_32_sums[0] = -32 * first_sum;
    out->minus_32_sums[1] = -32 * second_sum;
  }
}

// Far below zero the exponential is held at a finite value, so the numerator has to be held as well.
TM_ALWAYS_INLINE Floats silu_product(Floats gate, Floats up) {
  return mul(div(max(splat(-88.3f), gate), add(splat(1.0f), exponential(sub(zero(), gate)))), up);
}

void silu_product(const float* gate, const float* up, uint32_t n, float* out) {
  const uint32_t whole = n / 16 * 16;
  const uint32_t tail = n - whole;
  for (uint32_t i = 0; i < whole; i += 16) store(out + i, silu_product(load(gate + i), load(up + i)));
  if (tail > 0) {
    store_first(out + whole, silu_product(load_first(gate + whole, tail), load_first(up + whole, tail)), tail);
  }
}

void rope(float* head, const float* cosine, const float* sine, uint32_t dims) {
  for (uint32_t i = 0; i < dims / 2; ++i) {
    const float a = head[2 * i];
    const float b = head[2 * i + 1];
    head[2 * i] = a * cosine[i] - b * sine[i];
    head[2 * i + 1] = a * sine[i] + b * cosine[i];
  }
}

void scale(const float* x, uint32_t n, float factor, float* out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = x[i] * factor;
}

void to_half(const float* x, uint32_t n, uint16_t* out) {
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) store_half(out + i, load(x + i));
  if (i < n) {
    uint16_t last[16];
    store_half(last, load_first(x + i, n - i));
    for (uint32_t j = 0; i + j < n; ++j) out[i + j] = last[j];
  }
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
