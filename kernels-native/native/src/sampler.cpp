#include "sampler.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "chance.h"
#include "philox.h"

namespace tramontane {
namespace {

constexpr float kMinusInfinity = -std::numeric_limits<float>::infinity();
constexpr uint32_t kMassTile = 1024;  // weights summed together, so that a draw skips whole tiles

// out[i] = exp((x[i] - largest) / temperature)
void tempered(const float* x, uint32_t n, float largest, float temperature, float* out) {
  for (uint32_t i = 0; i < n; ++i) out[i] = exp_not_positive((x[i] - largest) / temperature);
}

// Of weights, in units.
uint64_t sum(const float* x, uint32_t n) {
  uint64_t total = 0;
  for (uint32_t i = 0; i < n; ++i) total += units_of(x[i]);
  return total;
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
    logprobs[i] = log_probability(best[i].logit, log_sum);
  }
  return count;
}

// ---- mask, bias, penalties ------------------------------------------------------------------------------------------

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
    if (logit != kMinusInfinity) logit = penalised(s, logit, c->count);
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
Place nucleus(const float* logits, const float* weights, int32_t* ids, uint64_t n, uint64_t mass) {
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
    uint64_t above = 0;
    for (int32_t* at = first; at != split; ++at) above += units_of(weights[*at]);
    if (above >= mass) {
      last = split;
      continue;
    }
    std::iter_swap(split, std::find(split, last, pivot));
    mass -= above;
    if (units_of(weights[pivot]) >= mass) return {logits[pivot], pivot};
    mass -= units_of(weights[pivot]);
    first = split + 1;
  }
  std::sort(first, last, before);
  for (; units_of(weights[*first]) < mass; ++first) mass -= units_of(weights[*first]);
  return {logits[*first], *first};
}

// ---- the draw
// ---------------------------------------------------------------------------------------------------------

// Draws among the candidates that stay, in the order of their ids.
int32_t draw(const float* weights, const int32_t* ids, uint64_t n, const tm_sample& s) {
  uint64_t total = 0;
  for (uint64_t i = 0; i < n; ++i) total += units_of(weights[ids[i]]);
  const uint64_t target = uniform_below(total, s.seed, s.position);
  uint64_t reached = 0;
  while (true) {
    reached += units_of(weights[*ids]);
    if (reached > target) return *ids;
    ++ids;
  }
}

// The same among all tokens, over sums of tiles. Tiles are summed twice rather than kept: a vocabulary has no limit
// here.
int32_t draw_any(const float* weights, uint32_t vocab, uint64_t total, const tm_sample& s) {
  const uint64_t target = uniform_below(total, s.seed, s.position);
  uint64_t reached = 0;
  uint32_t id = 0;
  while (true) {
    const uint64_t tile = sum(weights + id, std::min(kMassTile, vocab - id));
    if (reached + tile > target) break;
    reached += tile;
    id += kMassTile;
  }
  while (true) {
    reached += units_of(weights[id]);
    if (reached > target) return static_cast<int32_t>(id);
    ++id;
  }
}

// logits may hold -infinity (masked); best is its largest place and is finite.
int32_t sample(const tm_sample& s, const float* logits, Place best, uint32_t vocab, const SamplerScratch& scratch) {
  float* weights = scratch.weights;
  tempered(logits, vocab, best.logit, s.temperature, weights);
  const uint64_t total = sum(weights, vocab);

  const bool top_k = s.top_k > 0 && s.top_k < vocab;
  const bool top_p = s.top_p < 1.0f;
  if (!top_k && !top_p && !(s.min_p > 0)) return draw_any(weights, vocab, total, s);

  // ids: candidates in rising order.
  int32_t* ids = scratch.ids;
  const auto gather = [&](auto stays, Place floor) {
    uint64_t n = 0;
    for (uint32_t id = 0; id < vocab; ++id) {
      if (!stays(weights[id]) || floor.before({logits[id], static_cast<int32_t>(id)})) continue;
      ids[n++] = static_cast<int32_t>(id);
    }
    return n;
  };
  Place floor{kMinusInfinity, std::numeric_limits<int32_t>::max()};
  if (top_k) floor = kth(logits, vocab, s.top_k, ids);
  if (top_p) {
    uint64_t mass = total;
    if (top_k) {
      const uint64_t n = gather([](float) { return true; }, floor);
      mass = 0;
      for (uint64_t i = 0; i < n; ++i) mass += units_of(weights[ids[i]]);
    }
    // A weight below cutoff can be in no nucleus: even all of them together would not fill the mass that top-p leaves
    // out. The thousandth is room for the rounding here.
    const double left_out = (1.0 - static_cast<double>(s.top_p)) * static_cast<double>(mass);
    const uint64_t cutoff = static_cast<uint64_t>(0.999 * left_out / static_cast<double>(vocab));
    const uint64_t n = gather([cutoff](float weight) { return units_of(weight) >= cutoff; }, floor);
    floor = nucleus(logits, weights, ids, n, units_needed(s.top_p, mass));
  }
  const uint64_t n = gather([&s](float weight) { return weight >= s.min_p; }, floor);
  return draw(weights, ids, n, s);
}

}  // namespace

Summary summarise(const float* logits, uint32_t n, int32_t first_id) {
  uint32_t bad = 0;
  for (uint32_t i = 0; i < n; ++i) bad |= !is_finite(logits[i]);
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
  const RowSummary row = combine(tiles, summary_tiles(vocab));
  if (!row.finite) {
    result.status = TM_RESULT_NOT_FINITE;
    return;
  }
  if (s.target != TM_SAMPLE_DRAW) {
    result.token = s.target;
  } else {
    Place best{row.largest, row.id};
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
  result.logprob = log_probability(logits[result.token], row.log_sum);
  if (s.top_logprobs > 0) {
    const uint64_t place = static_cast<uint64_t>(i) * TM_MAX_TOP_LOGPROBS;
    result.n_top =
        most_likely(logits, vocab, s.top_logprobs, row.log_sum, step.top_tokens + place, step.top_logprobs + place);
  }
}

}  // namespace tramontane
