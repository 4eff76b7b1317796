// F32, F16, BF16 and F8_E4M3 weights in place times float activations. Compiled once per level, after its lanes.
//
// An output is sixteen lane sums acc[i] = fma(w[16 j + i], x[16 j + i], acc[i]) over j in order, then the fixed tree of
// sum(). Rows end where they end: the tail is loaded by a mask, never past the row.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

struct F32 {
  static constexpr uint32_t kBytes = 4;
  static constexpr bool kScaled = false;
  TM_ALWAYS_INLINE static Floats at(const uint8_t* p) { return load(reinterpret_cast<const float*>(p)); }
  TM_ALWAYS_INLINE static Floats first(const uint8_t* p, uint32_t n) {
    return load_first(reinterpret_cast<const float*>(p), n);
  }
};

struct F16 {
  static constexpr uint32_t kBytes = 2;
  static constexpr bool kScaled = false;
  TM_ALWAYS_INLINE static Floats at(const uint8_t* p) { return load_half(reinterpret_cast<const uint16_t*>(p)); }
  TM_ALWAYS_INLINE static Floats first(const uint8_t* p, uint32_t n) {
    return load_half_first(reinterpret_cast<const uint16_t*>(p), n);
  }
};

struct BF16 {
  static constexpr uint32_t kBytes = 2;
  static constexpr bool kScaled = false;
  TM_ALWAYS_INLINE static Floats at(const uint8_t* p) { return load_bf16(reinterpret_cast<const uint16_t*>(p)); }
  TM_ALWAYS_INLINE static Floats first(const uint8_t* p, uint32_t n) {
    return load_bf16_first(reinterpret_cast<const uint16_t*>(p), n);
  }
};

// Elements are exact in float; their row's scale multiplies the finished sum, which is one rounding instead of one an
// element.
struct F8_E4M3 {
  static constexpr uint32_t kBytes = 1;
  static constexpr bool kScaled = true;
  TM_ALWAYS_INLINE static Floats at(const uint8_t* p) { return load_f8(p); }
  TM_ALWAYS_INLINE static Floats first(const uint8_t* p, uint32_t n) { return load_f8_first(p, n); }
};

template <class Weights, int kRows, int kTokens>
TM_ALWAYS_INLINE void tile(const StripJob& job, uint32_t row, uint32_t token) {
  const uint8_t* const* w = job.rows + row;
  const float* x = job.inputs + token * job.input_stride;
  Floats acc[kRows][kTokens];
#pragma GCC unroll 4
  for (int r = 0; r < kRows; ++r) {
#pragma GCC unroll 4
    for (int t = 0; t < kTokens; ++t) acc[r][t] = zero();
  }
  const uint32_t whole = job.cols / 16 * 16;
  for (uint32_t k = 0; k < whole; k += 16) {
    Floats in[kTokens];
#pragma GCC unroll 4
    for (int t = 0; t < kTokens; ++t) in[t] = load(x + t * job.input_stride + k);
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const Floats weights = Weights::at(w[r] + static_cast<uint64_t>(k) * Weights::kBytes);
#pragma GCC unroll 4
      for (int t = 0; t < kTokens; ++t) acc[r][t] = fma(weights, in[t], acc[r][t]);
    }
  }
  if (const uint32_t tail = job.cols - whole; tail > 0) {
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const Floats weights = Weights::first(w[r] + static_cast<uint64_t>(whole) * Weights::kBytes, tail);
#pragma GCC unroll 4
      for (int t = 0; t < kTokens; ++t) {
        acc[r][t] = fma(weights, load_first(x + t * job.input_stride + whole, tail), acc[r][t]);
      }
    }
  }
#pragma GCC unroll 4
  for (int t = 0; t < kTokens; ++t) {
    float* out = job.out + (token + t) * job.out_stride + row;
#pragma GCC unroll 4
    for (int r = 0; r < kRows; ++r) {
      const float total = Weights::kScaled ? sum(acc[r][t]) * job.scales[row + r] : sum(acc[r][t]);
      out[r] = job.store == Store::kAdd ? out[r] + total : total;
    }
  }
}

template <class Weights, int kTokens>
void float_rows(const StripJob& job, uint32_t token) {
  constexpr uint32_t kRows = kAccumulators >= 16 ? 4 : kAccumulators >= 4 ? 2 : 1;
  uint32_t row = 0;
  for (; row + kRows <= job.n_rows; row += kRows) tile<Weights, kRows, kTokens>(job, row, token);
  if constexpr (kRows > 1) {
    for (; row < job.n_rows; ++row) tile<Weights, 1, kTokens>(job, row, token);
  }
}

template <class Weights>
void float_strip(const StripJob& job) {
  constexpr uint32_t kMost = kAccumulators >= 16 ? 4 : kAccumulators >= 4 ? 2 : 1;
  uint32_t t = 0;
  for (; t + kMost <= job.n_tokens; t += kMost) float_rows<Weights, kMost>(job, t);
  if constexpr (kMost > 1) {
    for (; t < job.n_tokens; ++t) float_rows<Weights, 1>(job, t);
  }
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
