// The arithmetic of sampling that the host's sampler and a device's kernels share, so that both draw the same token
// from the same logits. No function of a mathematical library: those differ between the two. Contraction is off
// everywhere.
//
// Sums of weights are sums of integers, which are the same in any order: a weight, exp((logit - largest) /
// temperature), counts in units of 2^-40 of the largest. A vocabulary of 2^22 so stays below 2^62.
#pragma once

#include <cfloat>
#include <cstdint>

#include "bits.h"
#include "everywhere.h"
#include "tramontane.h"

namespace tramontane {

// exp(x) for x <= 0 with a relative error below 2e-7, 0 below the smallest normal; branch-free, so that loops over it
// vectorise at every instruction set. Cody and Waite's reduction, polynomial of Moshier's Cephes (expf).
TM_EVERYWHERE float exp_not_positive(float x) {
  const float bounded = x < -87.0f ? -87.0f : x;
  const float shifted = bounded * 1.44269504088896341f + 12582912.0f;  // 1.5 * 2^23: rounds to an integer
  const float n = shifted - 12582912.0f;
  const float r = (bounded - n * 0.693359375f) - n * -2.12194440e-4f;
  float p = 1.9875691500e-4f;
  p = p * r + 1.3981999507e-3f;
  p = p * r + 8.3334519073e-3f;
  p = p * r + 4.1665795894e-2f;
  p = p * r + 1.6666665459e-1f;
  p = p * r + 5.0000001201e-1f;
  const float e = (p * (r * r) + r) + 1.0f;
  const float scale = bits_to_float((float_to_bits(shifted) << 23) + 0x3f800000u);  // 2^n
  return x < -87.0f ? 0.0f : e * scale;
}

// A weight of 0..1 in units of 2^-40, rounded to nearest: a double from 4096 to 8191 has just these as its last places.
TM_EVERYWHERE uint64_t units_of(float weight) {
  return double_to_bits(static_cast<double>(weight) + 6144.0) - 0x40b8000000000000u;
}

// The part p of a sum of units that a nucleus has to reach.
TM_EVERYWHERE uint64_t units_needed(float p, uint64_t sum) {
  const uint64_t part = static_cast<uint64_t>(static_cast<double>(p) * static_cast<double>(sum));
  return part < 1 ? 1 : part;
}

// exp(x) for x <= 0 in double, a few units in the last place off: Taylor's polynomial after Cody and Waite's reduction.
TM_EVERYWHERE double exp_of(double x) {
  if (!(x > -700.0)) return 0;
  const double shifted = x * 1.4426950408889634 + 6755399441055744.0;  // 1.5 * 2^52
  const double n = shifted - 6755399441055744.0;
  const double r = (x - n * 0x1.62e42fefa38p-1) - n * 0x1.ef35793c7673p-45;
  double p = 1.6059043836821613e-10;  // 1 / 13!, and so on
  p = p * r + 2.08767569878681e-09;
  p = p * r + 2.505210838544172e-08;
  p = p * r + 2.755731922398589e-07;
  p = p * r + 2.7557319223985893e-06;
  p = p * r + 2.48015873015873e-05;
  p = p * r + 0.0001984126984126984;
  p = p * r + 0.001388888888888889;
  p = p * r + 0.008333333333333333;
  p = p * r + 0.041666666666666664;
  p = p * r + 0.16666666666666666;
  p = p * r + 0.5;
  p = p * r + 1;
  p = p * r + 1;
  return p * bits_to_double((double_to_bits(shifted) << 52) + 0x3ff0000000000000u);
}

// ln(x) of a normal x > 0 in double: the series of 2 artanh((m - 1) / (m + 1)) for a mantissa m about 1.
TM_EVERYWHERE double log_of(double x) {
  const uint64_t bits = double_to_bits(x);
  int exponent = static_cast<int>(bits >> 52) - 1023;
  double mantissa = bits_to_double((bits & 0xfffffffffffffu) | 0x3ff0000000000000u);
  if (mantissa > 1.4142135623730951) {
    mantissa *= 0.5;
    ++exponent;
  }
  const double f = (mantissa - 1) / (mantissa + 1);
  const double square = f * f;
  double series = 0;
  for (int i = 23; i > 0; i -= 2) series = series * square + 1.0 / i;
  return exponent * 0.6931471805599453 + 2 * f * series;
}

// Larger logits have larger ranks, and zeros of both signs the same.
TM_EVERYWHERE uint32_t rank_of(float logit) {
  const uint32_t bits = float_to_bits(logit);
  if ((bits & 0x80000000u) == 0) return bits | 0x80000000u;
  return (bits & 0x7fffffffu) == 0 ? 0x80000000u : ~bits;
}

TM_EVERYWHERE bool is_finite(float value) { return (float_to_bits(value) & 0x7f800000u) != 0x7f800000u; }

// Whether a draw looks at other logits than the model's.
TM_EVERYWHERE bool adjusts(const tm_sample& s) {
  const bool penalises = s.repetition_penalty != 1.0f || s.presence_penalty != 0.0f || s.frequency_penalty != 0.0f;
  return s.mask >= 0 || s.n_biases > 0 || (penalises && s.n_counts > 0);
}

TM_EVERYWHERE float bounded(float logit) { return logit > FLT_MAX ? FLT_MAX : logit < -FLT_MAX ? -FLT_MAX : logit; }

// A logit that isn't -infinity after the penalties for its token.
TM_EVERYWHERE float penalised(const tm_sample& s, float logit, int32_t count) {
  logit = bounded(logit > 0 ? logit / s.repetition_penalty : logit * s.repetition_penalty);
  logit = bounded(logit - s.frequency_penalty * static_cast<float>(count));
  return count > 0 ? bounded(logit - s.presence_penalty) : logit;
}

// What is known of a tile of kSummaryTile logits of a row.
inline constexpr uint32_t kSummaryTile = 4096;
struct Summary {
  uint64_t sum;   // of exp(logit - largest), in units
  float largest;  // of the tile
  int32_t id;     // the first that is largest
  bool finite;    // no NaN, no infinity
};
TM_EVERYWHERE uint32_t summary_tiles(uint32_t vocab) { return (vocab + kSummaryTile - 1) / kSummaryTile; }

// What is known of a row.
struct RowSummary {
  bool finite;
  float largest;
  int32_t id;
  double log_sum;  // log of the sum of exp(logit)
};
TM_EVERYWHERE RowSummary combine(const Summary* tiles, uint32_t n_tiles) {
  RowSummary row = {true, tiles[0].largest, tiles[0].id, 0};
  for (uint32_t t = 0; t < n_tiles; ++t) {
    if (!tiles[t].finite) row.finite = false;
    if (!(tiles[t].largest > row.largest)) continue;
    row.largest = tiles[t].largest;
    row.id = tiles[t].id;
  }
  if (!row.finite) return row;
  double total = 0;
  for (uint32_t t = 0; t < n_tiles; ++t) {
    const double behind = static_cast<double>(tiles[t].largest) - static_cast<double>(row.largest);
    total += static_cast<double>(tiles[t].sum) * 0x1p-40 * exp_of(behind);
  }
  row.log_sum = static_cast<double>(row.largest) + log_of(total);
  return row;
}

// The logarithm of a token's probability.
TM_EVERYWHERE float log_probability(float logit, double log_sum) {
  return static_cast<float>(static_cast<double>(logit) - log_sum);
}

}  // namespace tramontane
