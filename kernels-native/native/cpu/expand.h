// b times what an adapter's a left of a row. Compiled once per level, after float_matmul.h.
//
// Sixteen outputs are sixteen lanes: acc = fma(b[r], x[r], acc) over the rank r in order, and out + acc at the end. So
// a short rank costs no sums across lanes.
#include "kernels.h"

namespace tramontane::cpu::TM_LEVEL {
namespace {

// kStrips strips from output on, for kTokens tokens. n: outputs of the last strip; the others have sixteen.
template <class Weights, int kStrips, int kTokens>
TM_ALWAYS_INLINE void expand_tile(const ExpandJob& job, uint32_t output, uint32_t token, uint32_t n) {
  const uint64_t strip_bytes = uint64_t{job.rank} * 16 * Weights::kBytes;
  const uint8_t* b = job.b + output / 16 * strip_bytes;
  const float* x = job.inputs + token * job.input_stride;
  Floats acc[kStrips][kTokens];
#pragma GCC unroll 4
  for (int s = 0; s < kStrips; ++s) {
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) acc[s][t] = zero();
  }
  for (uint32_t r = 0; r < job.rank; ++r, b += 16 * Weights::kBytes) {
    Floats weights[kStrips];
#pragma GCC unroll 4
    for (int s = 0; s < kStrips; ++s) weights[s] = Weights::at(b + s * strip_bytes);
#pragma GCC unroll 8
    for (int t = 0; t < kTokens; ++t) {
      const Floats in = splat(x[t * job.input_stride + r]);
#pragma GCC unroll 4
      for (int s = 0; s < kStrips; ++s) acc[s][t] = fma(weights[s], in, acc[s][t]);
    }
  }
#pragma GCC unroll 8
  for (int t = 0; t < kTokens; ++t) {
    float* out = job.out + (token + t) * job.out_stride + output;
#pragma GCC unroll 4
    for (int s = 0; s < kStrips; ++s) {
      if (s + 1 < kStrips || n == 16) {
        store(out + 16 * s, add(load(out + 16 * s), acc[s][t]));
      } else {
        store_first(out + 16 * s, add(load_first(out + 16 * s, n), acc[s][t]), n);
      }
    }
  }
}

// A strip's b stays in the first cache for tokens many at a time; those left go through some strips at a time.
template <class Weights>
void expand(const ExpandJob& job) {
  constexpr uint32_t kMany = kAccumulators >= 16 ? 8 : kAccumulators >= 4 ? 4 : 1;
  constexpr uint32_t kStrips = kAccumulators >= 4 ? 4 : 1;
  const auto outputs_at = [&](uint32_t output) { return output + 16 > job.n_outputs ? job.n_outputs - output : 16; };
  const uint32_t many = kMany > 1 ? job.n_tokens / kMany * kMany : 0;
  for (uint32_t output = 0; output < job.n_outputs; output += 16) {
    for (uint32_t t = 0; t < many; t += kMany) expand_tile<Weights, 1, kMany>(job, output, t, outputs_at(output));
  }
  for (uint32_t t = many; t < job.n_tokens; ++t) {
    uint32_t output = 0;
    for (; output + 16 * kStrips <= job.n_outputs; output += 16 * kStrips) {
      expand_tile<Weights, kStrips, 1>(job, output, t, 16);
    }
    for (; output < job.n_outputs; output += 16) expand_tile<Weights, 1, 1>(job, output, t, outputs_at(output));
  }
}

}  // namespace
}  // namespace tramontane::cpu::TM_LEVEL
