#include "sampler.h"

#include <algorithm>
#include <cfloat>
#include <cmath>
#include <cstring>
#include <limits>

#include "dtype.h"
#include "philox.h"

namespace tramontane {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr uint32_t kMassTile = 1024;  // weights summed together, so that a draw skips whole tiles

// exp(x) for x <= 0 with a relative error below 2e-7, 0 below the smallest normal; branch-free, so that loops over it
// vectorise at every instruction set. Cody and Waite's reduction, polynomial of Moshier's Cephes (expf).
inline float exp_not_positive(float x) {
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

// out[i] = exp((x[i] - largest) / temperature)
void tempered(const float* x, uint32_t n, float largest, float temperature, float* out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = exp_not_positive((x[i] - largest) / temperature);
}

double sum(const float* x, uint32_t n) {
  double lanes[4] = {0, 0, 0, 0};
  uint32_t i = 0;
  for (; i + 4 <= n; i += 4) {
    for (uint32_t j = 0; j < 4; ++j) lanes[j] += static_cast<double>(x[i + j]);
  }
  for (; i < n; ++i) lanes[0] += static_cast<double>(x[i]);
  return (lanes[0] + lanes[1]) + (lanes[2] + lanes[3]);
}

// The largest of n >= 1 finite numbers. Sixteen lanes, because a single running maximum isn't vectorised.
float greatest(const float* x, uint32_t n) {
  float lanes[16];
  for (float& lane : lanes) lane = x[0];
  uint32_t i = 0;
  for (; i + 16 <= n; i += 16) {
    for (uint32_t j = 0; j < 16; ++j) lanes[j] = x[i + j] > lanes[j] ? x[i + j] : lanes[j];
  }
  for (; i < n; ++i) lanes[0] = x[i] > lanes[0] ? x[i] : lanes[0];
  return *std::max_element(lanes, lanes + 16);
}

// Greater of (logit, id): the larger logit, the lower id on ties.
struct Place {
  float logit;
  int32_t id;
  bool before(const Place& other) const { return logit > other.logit || (logit == other.logit && id < other.id); }
};

// ---- log-probabilities of the raw logits ----------------------------------------------------------------------------

struct Row {
  bool finite = true;
  Place best{kMinusInfinity, 0};
  double log_sum = 0;  // log of the sum of exp(logit)
};

Row combine(const Summary* tiles, uint32_t n_tiles) {
  Row row;
  for (uint32_t t = 0; t < n_tiles; ++t) {
    if (!tiles[t].finite) row.finite = false;
    const Place place{tiles[t].largest, tiles[t].id};
    if (t == 0 || place.before(row.best)) row.best = place;
  }
  if (!row.finite) return row;
  double total = 0;
  for (uint32_t t = 0; t < n_tiles; ++t) {
    total += tiles[t].sum * std::exp(static_cast<double>(tiles[t].largest) - static_cast<double>(row.best.logit));
  }
  row.log_sum = static_cast<double>(row.best.logit) + std::log(total);
  return row;
}

// The n most likely tokens in order. One pass, insertion into a list of at most 20.
uint32_t most_likely(const float* logits, uint32_t vocab, uint32_t n, double log_sum, int32_t* tokens,
                     float* logprobs) {
  Place best[TM_MAX_TOP_LOGPROBS];
  uint32_t count = 0;
  for (uint32_t id = 0; id < vocab; ++id) {
    if (count == n && logits[id] <= best[n - 1].logit) continue;  // a later id loses ties
    uint32_t at = count < n ? count++ : n - 1;
    for (; at > 0 && logits[id] > best[at - 1].logit; --at) best[at] = best[at - 1];
    best[at] = {logits[id], static_cast<int32_t>(id)};
  }
  for (uint32_t i = 0; i < count; ++i) {
    tokens[i] = best[i].id;
    logprobs[i] = static_cast<float>(static_cast<double>(best[i].logit) - log_sum);
  }
  return count;
}

// ---- mask, bias, penalties ------------------------------------------------------------------------------------------

bool adjusts(const tm_sample& s) {
  const bool penalises = s.repetition_penalty != 1.0f || s.presence_penalty != 0.0f || s.frequency_penalty != 0.0f;
  return s.mask >= 0 || s.n_biases > 0 || (penalises && s.n_counts > 0);
}

float bounded(float logit) { return std::clamp(logit, -FLT_MAX, FLT_MAX); }

void adjust(const tm_step& step, const tm_sample& s, const float* logits, uint32_t vocab, float* out) {
  if (s.mask >= 0) {
    const uint32_t* mask = step.masks + static_cast<uint64_t>(s.mask) * ((vocab + 31) / 32);
    for (uint32_t id = 0; id < vocab; ++id) out[id] = mask[id / 32] >> (id % 32) & 1 ? logits[id] : kMinusInfinity;
  } else {
    memcpy(out, logits, static_cast<uint64_t>(vocab) * sizeof(float));
  }
  for (const tm_bias* b = step.biases + s.first_bias; b != step.biases + s.first_bias + s.n_biases; ++b) {
    out[b->token] += b->bias;
  }
  for (const tm_token_count* c = step.counts + s.first_count; c != step.counts + s.first_count + s.n_counts; ++c) {
    float& logit = out[c->token];
    if (logit == kMinusInfinity) continue;
    logit = bounded(logit > 0 ? logit / s.repetition_penalty : logit * s.repetition_penalty);
    logit = bounded(logit - s.frequency_penalty * static_cast<float>(c->count));
    if (c->count > 0) logit = bounded(logit - s.presence_penalty);
  }
}

Place largest(const float* logits, uint32_t n) {
  Place best{logits[0], 0};
  for (uint32_t i = 1; i < n; ++i) {
    if (logits[i] > best.logit) best = {logits[i], static_cast<int32_t>(i)};
  }
  return best;
}

// ---- filters: each is a floor, the last place that stays
// --------------------------------------------------------------

// Place number k (from 1) in descending order. Keeps a pool of candidates that is cut to the best k when it is full,
// after which only logits above its floor enter.
Place kth(const float* logits, uint32_t vocab, uint32_t k, int32_t* pool) {
  const auto before = [logits](int32_t a, int32_t b) { return Place{logits[a], a}.before({logits[b], b}); };
  const uint64_t full = std::min<uint64_t>(vocab, 2ull * k + 1024);
  uint64_t n = 0;
  float floor = kMinusInfinity;
  bool cut = false;
  for (uint32_t id = 0; id < vocab; ++id) {
    if (cut && !(logits[id] > floor)) continue;  // a later id loses ties
    pool[n++] = static_cast<int32_t>(id);
    if (n == full && id + 1 < vocab) {
      std::nth_element(pool, pool + (k - 1), pool + n, before);
      floor = logits[pool[k - 1]];
      cut = true;
      n = k;
    }
  }
  std::nth_element(pool, pool + (k - 1), pool + n, before);
  return {logits[pool[k - 1]], pool[k - 1]};
}

// The last place of the smallest set of most likely candidates whose weights reach `mass`: a quickselect by weight.
Place nucleus(const float* logits, const float* weights, int32_t* ids, uint64_t n, double mass) {
  const auto before = [logits](int32_t a, int32_t b) { return Place{logits[a], a}.before({logits[b], b}); };
  int32_t* first = ids;
  int32_t* last = ids + n;
  while (last - first > 64) {
    // Median of three, moved to the front, then the ones before it are gathered behind it.
    int32_t* middle = first + (last - first) / 2;
    if (before(*middle, *first)) std::swap(*middle, *first);
    if (before(*(last - 1), *first)) std::swap(*(last - 1), *first);
    if (before(*(last - 1), *middle)) std::swap(*(last - 1), *middle);
    const int32_t pivot = *middle;
    int32_t* split = std::partition(first, last, [&](int32_t id) { return before(id, pivot); });
    double above = 0;
    for (int32_t* at = first; at != split; ++at) above += static_cast<double>(weights[*at]);
    if (above >= mass) {
      last = split;
      continue;
    }
    std::iter_swap(split, std::find(split, last, pivot));
    mass -= above;
    if (static_cast<double>(weights[pivot]) >= mass) return {logits[pivot], pivot};
    mass -= static_cast<double>(weights[pivot]);
    if (split + 1 == last) return {logits[pivot], pivot};  // rounding: the sum of all fell short of the mass
    first = split + 1;
  }
  std::sort(first, last, before);
  for (; first + 1 != last; ++first) {
    mass -= static_cast<double>(weights[*first]);
    if (mass <= 0) break;
  }
  return {logits[*first], *first};
}

// ---- the draw
// ---------------------------------------------------------------------------------------------------------

// Draws among the candidates that stay, in the order of their ids.
int32_t draw(const float* weights, const int32_t* ids, uint64_t n, double u) {
  double total = 0;
  for (uint64_t i = 0; i < n; ++i) total += static_cast<double>(weights[ids[i]]);
  const double target = u * total;
  double reached = 0;
  int32_t last = ids[0];
  for (uint64_t i = 0; i < n; ++i) {
    if (weights[ids[i]] == 0) continue;
    last = ids[i];
    reached += static_cast<double>(weights[last]);
    if (reached > target) break;
  }
  return last;
}

// The same among all tokens, over sums of tiles. Tiles are summed twice rather than kept: a vocabulary has no limit
// here.
int32_t draw_any(const float* weights, uint32_t vocab, double total, double u) {
  const double target = u * total;
  double reached = 0;
  int32_t last = 0;
  for (uint32_t first = 0; first < vocab; first += kMassTile) {
    const uint32_t n = std::min(kMassTile, vocab - first);
    const double tile = sum(weights + first, n);
    if (tile == 0) continue;
    if (reached + tile <= target && first + n < vocab) {
      reached += tile;
      last = static_cast<int32_t>(first + n - 1);
      continue;
    }
    for (uint32_t id = first; id < first + n; ++id) {
      if (weights[id] == 0) continue;
      last = static_cast<int32_t>(id);
      reached += static_cast<double>(weights[id]);
      if (reached > target) return last;
    }
  }
  while (weights[last] == 0) --last;  // only when rounding left the target beyond the last weight
  return last;
}

// logits may hold -infinity (masked); best is its largest place and is finite.
int32_t sample(const tm_sample& s, const float* logits, Place best, uint32_t vocab, const SamplerScratch& scratch) {
  const double u = uniform(s.seed, s.position);
  float* weights = scratch.weights;
  tempered(logits, vocab, best.logit, s.temperature, weights);
  double total = 0;
  for (uint32_t first = 0; first < vocab; first += kMassTile) {
    total += sum(weights + first, std::min(kMassTile, vocab - first));
  }

  const bool top_k = s.top_k > 0 && s.top_k < vocab;
  const bool top_p = s.top_p < 1.0f;
  if (!top_k && !top_p && !(s.min_p > 0)) return draw_any(weights, vocab, total, u);

  // ids: candidates in rising order. A weight below cutoff can be in no nucleus: even all of them together would not
  // fill the mass that top-p leaves out.
  int32_t* ids = scratch.ids;
  const auto gather = [&](float cutoff, Place floor) {
    uint64_t n = 0;
    for (uint32_t id = 0; id < vocab; ++id) {
      if (weights[id] < cutoff || floor.before({logits[id], static_cast<int32_t>(id)})) continue;
      ids[n++] = static_cast<int32_t>(id);
    }
    return n;
  };
  Place floor{kMinusInfinity, std::numeric_limits<int32_t>::max()};
  if (top_k) floor = kth(logits, vocab, s.top_k, ids);
  if (top_p) {
    double mass = total;
    if (top_k) {
      const uint64_t n = gather(0, floor);
      mass = 0;
      for (uint64_t i = 0; i < n; ++i) mass += static_cast<double>(weights[ids[i]]);
    }
    const double p = static_cast<double>(s.top_p);
    const double cutoff = std::min(1.0, (1.0 - p) * mass / static_cast<double>(vocab));
    const uint64_t n = gather(static_cast<float>(cutoff) * 0.999f, floor);
    floor = nucleus(logits, weights, ids, n, p * mass);
  }
  const uint64_t n = gather(s.min_p, floor);
  return draw(weights, ids, n, u);
}

}  // namespace

Summary summarise(const float* logits, uint32_t n, int32_t first_id) {
  // (bits & 0x7f800000) == 0x7f800000 exactly for NaN and the infinities.
  uint32_t bad = 0;
  for (uint32_t i = 0; i < n; ++i) bad |= (float_to_bits(logits[i]) & 0x7f800000u) == 0x7f800000u;
  Summary summary{0, logits[0], first_id, bad == 0};
  if (!summary.finite) return summary;
  summary.largest = greatest(logits, n);
  uint32_t at = 0;
  while (logits[at] != summary.largest) ++at;
  summary.id = first_id + static_cast<int32_t>(at);
  float e[256];
  for (uint32_t i = 0; i < n; i += 256) {
    const uint32_t m = std::min(256u, n - i);
    tempered(logits + i, m, summary.largest, 1.0f, e);
    summary.sum += sum(e, m);
  }
  return summary;
}

void decide(const tm_step& step, uint32_t i, const float* logits, const Summary* tiles, uint32_t vocab,
            const SamplerScratch& scratch) {
  const tm_sample& s = step.samples[i];
  tm_result& result = step.results[i];
  result = {-1, TM_RESULT_OK, 0.0f, 0};
  const Row row = combine(tiles, summary_tiles(vocab));
  if (!row.finite) {
    result.status = TM_RESULT_NOT_FINITE;
    return;
  }
  if (s.target != TM_SAMPLE_DRAW) {
    result.token = s.target;
  } else {
    Place best = row.best;
    const float* adjusted = logits;
    if (adjusts(s)) {
      adjust(step, s, logits, vocab, scratch.logits);
      adjusted = scratch.logits;
      best = largest(adjusted, vocab);
      if (best.logit == kMinusInfinity) {
        result.status = TM_RESULT_MASKED_OUT;
        return;
      }
    }
    result.token = s.temperature == 0 ? best.id : sample(s, adjusted, best, vocab, scratch);
  }
  result.logprob = static_cast<float>(static_cast<double>(logits[result.token]) - row.log_sum);
  if (s.top_logprobs > 0) {
    const uint64_t place = static_cast<uint64_t>(i) * TM_MAX_TOP_LOGPROBS;
    result.n_top =
        most_likely(logits, vocab, s.top_logprobs, row.log_sum, step.top_tokens + place, step.top_logprobs + place);
  }
}

}  // namespace tramontane
