#include "decide.h"
#include "philox.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kThreads = 256;
constexpr uint32_t kMostThreads = 1024;
constexpr uint32_t kSums = 3;  // that a block makes at a time
constexpr int32_t kLastId = INT32_MAX;

// Sums over the block, the same in every thread. The integers are the same in any order.
template <uint32_t kN>
__device__ inline void sum_of_block(uint64_t (&values)[kN], uint64_t* shared) {
  for (uint32_t k = 0; k < kN; ++k) {
    for (int distance = 16; distance > 0; distance /= 2) {
      values[k] += __shfl_xor_sync(kAllLanes, values[k], distance);
    }
  }
  __syncthreads();  // what was here before has been read
  if (threadIdx.x % 32 == 0) {
    for (uint32_t k = 0; k < kN; ++k) shared[threadIdx.x / 32 * kN + k] = values[k];
  }
  __syncthreads();
  for (uint32_t k = 0; k < kN; ++k) values[k] = 0;
  for (uint32_t warp = 0; warp < blockDim.x / 32; ++warp) {
    for (uint32_t k = 0; k < kN; ++k) values[k] += shared[warp * kN + k];
  }
}

__device__ inline uint64_t largest_of_block(uint64_t value, uint64_t* shared) {
  for (int distance = 16; distance > 0; distance /= 2) {
    const uint64_t other = __shfl_xor_sync(kAllLanes, value, distance);
    if (other > value) value = other;
  }
  __syncthreads();
  if (threadIdx.x % 32 == 0) shared[threadIdx.x / 32] = value;
  __syncthreads();
  for (uint32_t warp = 0; warp < blockDim.x / 32; ++warp) {
    if (shared[warp] > value) value = shared[warp];
  }
  return value;
}

// A place in the order of likelihood: larger for a larger logit, then for a lower id.
__device__ inline uint64_t place_of(float logit, uint32_t id) {
  return static_cast<uint64_t>(rank_of(logit)) << 32 | (0xffffffffu - id);
}
__device__ inline uint32_t id_of(uint64_t place) { return 0xffffffffu - static_cast<uint32_t>(place); }

// Place of the most likely token behind `limit`; 0: there is none.
__device__ inline uint64_t next_place(const float* logits, uint32_t vocab, uint64_t limit, uint64_t* shared) {
  uint64_t best = 0;
  for (uint32_t id = threadIdx.x; id < vocab; id += blockDim.x) {
    const uint64_t place = place_of(logits[id], id);
    if (place < limit && place > best) best = place;
  }
  return largest_of_block(best, shared);
}

// ---- filters: each is a floor, the last place that stays -----------------------------------------------------------

struct Floor {
  uint32_t rank;
  int32_t id;

  __device__ bool keeps(uint32_t of_rank, uint32_t of_id) const {
    return of_rank > rank || (of_rank == rank && static_cast<int32_t>(of_id) <= id);
  }
};

// The logits of a draw.
struct Candidates {
  const float* logits;
  uint32_t vocab;
  float largest;
  float temperature;

  __device__ float weight(uint32_t id) const { return exp_not_positive((logits[id] - largest) / temperature); }
};

// The floor at which the amounts of all that is kept first reach `needed`, of which there is as much. Amounts of equal
// logits are equal.
template <class Amount>
__device__ inline Floor cut(const Candidates& c, const Floor& floor, uint64_t needed, uint64_t* shared, Amount amount) {
  // Amounts of all ranks from low on reach it, and those above high don't.
  uint32_t low = floor.rank, high = rank_of(c.largest);
  while (low < high) {
    const uint64_t step = (static_cast<uint64_t>(high - low) + 3) / 4;
    uint32_t from[kSums];
    for (uint32_t k = 0; k < kSums; ++k) {
      const uint64_t at = low + step * (k + 1);
      from[k] = static_cast<uint32_t>(at < high ? at : high);
    }
    uint64_t sums[kSums] = {};
    for (uint32_t id = threadIdx.x; id < c.vocab; id += blockDim.x) {
      const uint32_t rank = rank_of(c.logits[id]);
      if (rank < from[0]) continue;  // all that is left is above the floor
      const uint64_t of_id = amount(id);
      for (uint32_t k = 0; k < kSums; ++k) sums[k] += rank >= from[k] ? of_id : 0;
    }
    sum_of_block(sums, shared);
    if (sums[2] >= needed) {
      low = from[2];
    } else if (sums[1] >= needed) {
      low = from[1];
      high = from[2] - 1;
    } else if (sums[0] >= needed) {
      low = from[0];
      high = from[1] - 1;
    } else {
      high = from[0] - 1;
    }
  }
  uint64_t sums[kSums] = {};  // amounts above, amounts of the rank, how many have it
  for (uint32_t id = threadIdx.x; id < c.vocab; id += blockDim.x) {
    const uint32_t rank = rank_of(c.logits[id]);
    if (rank < low || !floor.keeps(rank, id)) continue;
    const uint64_t of_id = amount(id);
    sums[0] += rank == low ? 0 : of_id;
    sums[1] += rank == low ? of_id : 0;
    sums[2] += rank == low ? 1 : 0;
  }
  sum_of_block(sums, shared);
  Floor result = {low, low == floor.rank ? floor.id : kLastId};
  const uint64_t each = sums[1] / sums[2];
  const uint64_t wanted = (needed - sums[0] + each - 1) / each;
  if (wanted >= sums[2]) return result;
  uint32_t first = 0, last = c.vocab - 1;  // of equal ones the first ids stay
  while (first < last) {
    const uint32_t middle = first + (last - first) / 2;
    uint64_t seen[1] = {};
    for (uint32_t id = threadIdx.x; id <= middle; id += blockDim.x) {
      seen[0] += rank_of(c.logits[id]) == low && floor.keeps(low, id);
    }
    sum_of_block(seen, shared);
    if (seen[0] >= wanted) {
      last = middle;
    } else {
      first = middle + 1;
    }
  }
  result.id = static_cast<int32_t>(first);
  return result;
}

// ---- the draw
// --------------------------------------------------------------------------------------------------------

// The first id at which the units of all up to it are more than a chance among them all. A warp has a run of ids.
__device__ inline int32_t draw(const Candidates& c, const Floor& floor, const tm_sample& s, uint64_t* shared) {
  const auto units = [&](uint32_t id) -> uint64_t {
    if (id >= c.vocab || !floor.keeps(rank_of(c.logits[id]), id)) return 0;
    const float weight = c.weight(id);
    return weight < s.min_p ? 0 : units_of(weight);
  };
  const uint32_t n_warps = blockDim.x / 32, warp = threadIdx.x / 32, lane = threadIdx.x % 32;
  const uint32_t run = (c.vocab + blockDim.x - 1) / blockDim.x * 32;
  uint64_t of_warp = 0;
  for (uint32_t id = warp * run + lane; id < (warp + 1) * run; id += 32) of_warp += units(id);
  for (int distance = 16; distance > 0; distance /= 2) of_warp += __shfl_xor_sync(kAllLanes, of_warp, distance);
  __syncthreads();
  if (lane == 0) shared[warp] = of_warp;
  __syncthreads();
  uint64_t total = 0;
  for (uint32_t w = 0; w < n_warps; ++w) total += shared[w];
  const uint64_t target = uniform_below(total, s.seed, s.position);
  uint64_t reached = 0;
  uint32_t chosen = 0;
  while (reached + shared[chosen] <= target) reached += shared[chosen++];
  __syncthreads();
  if (warp == chosen) {
    for (uint32_t first = warp * run;; first += 32) {
      uint64_t up_to = units(first + lane);
      for (uint32_t distance = 1; distance < 32; distance *= 2) {
        const uint64_t before = __shfl_sync(kAllLanes, up_to, static_cast<int>((lane - distance) % 32));
        if (lane >= distance) up_to += before;
      }
      const uint32_t beyond = __ballot_sync(kAllLanes, reached + up_to > target);
      if (beyond != 0) {
        if (lane == 0) shared[0] = first + static_cast<uint32_t>(__ffs(static_cast<int>(beyond)) - 1);
        break;
      }
      reached += __shfl_sync(kAllLanes, up_to, 31);
    }
  }
  __syncthreads();
  return static_cast<int32_t>(shared[0]);
}

__device__ inline int32_t sample(const Candidates& c, const tm_sample& s, uint64_t* shared) {
  Floor floor = {0, kLastId};
  const bool top_k = s.top_k > 0 && s.top_k < c.vocab;
  if (top_k) {
    floor = cut(c, floor, s.top_k, shared, [](uint32_t) -> uint64_t { return 1; });
  }
  if (s.top_p < 1.0f) {
    uint64_t mass[1] = {};
    for (uint32_t id = threadIdx.x; id < c.vocab; id += blockDim.x) {
      if (floor.keeps(rank_of(c.logits[id]), id)) mass[0] += units_of(c.weight(id));
    }
    sum_of_block(mass, shared);
    floor = cut(c, floor, units_needed(s.top_p, mass[0]), shared, [&](uint32_t id) { return units_of(c.weight(id)); });
  }
  return draw(c, floor, s, shared);
}

// ---- kernels
// ---------------------------------------------------------------------------------------------------------

// blockIdx = (tile, row).
__global__ void __launch_bounds__(kThreads) summarise_tiles(const float* logits, uint32_t vocab, Summary* tiles) {
  uint64_t* shared = shared_memory<uint64_t>();
  let_next_start();
  wait_for_previous();
  const uint32_t first = blockIdx.x * kSummaryTile;
  const uint32_t n = vocab - first < kSummaryTile ? vocab - first : kSummaryTile;
  const float* x = logits + static_cast<uint64_t>(blockIdx.y) * vocab + first;
  uint64_t best = 0;
  uint64_t bad[1] = {};
  for (uint32_t i = threadIdx.x; i < n; i += kThreads) {
    const uint64_t place = place_of(x[i], i);
    if (place > best) best = place;
    bad[0] += !is_finite(x[i]);
  }
  best = largest_of_block(best, shared);
  sum_of_block(bad, shared);
  const float largest = x[id_of(best)];
  uint64_t sum[1] = {};
  for (uint32_t i = threadIdx.x; bad[0] == 0 && i < n; i += kThreads) {
    sum[0] += units_of(exp_not_positive(x[i] - largest));
  }
  sum_of_block(sum, shared);
  if (threadIdx.x != 0) return;
  tiles[static_cast<uint64_t>(blockIdx.y) * gridDim.x + blockIdx.x] = {
      sum[0], largest, static_cast<int32_t>(first + id_of(best)), bad[0] == 0};
}

// blockIdx = (kThreads ids, sample).
__global__ void __launch_bounds__(kThreads) mask_row(const Draws d) {
  let_next_start();
  wait_for_previous();
  const uint32_t id = blockIdx.x * kThreads + threadIdx.x;
  const tm_sample& s = d.samples[blockIdx.y];
  if (id >= d.vocab || s.target != TM_SAMPLE_DRAW || !adjusts(s)) return;
  const uint32_t* mask = d.masks + static_cast<uint64_t>(blockIdx.y) * ((d.vocab + 31) / 32);
  const bool allowed = s.mask < 0 || (mask[id / 32] >> (id % 32) & 1) != 0;
  d.adjusted[static_cast<uint64_t>(blockIdx.y) * d.vocab + id] =
      allowed ? d.logits[static_cast<uint64_t>(d.rows[blockIdx.y]) * d.vocab + id] : -INFINITY;
}

// blockIdx = sample. A token may be listed again: whose entry comes first adds all of them, in order.
__global__ void __launch_bounds__(kThreads) add_bias(const Draws d, const tm_bias* entries, const EntryRange* ranges) {
  let_next_start();
  wait_for_previous();
  const EntryRange range = ranges[blockIdx.x];
  const tm_bias* own = entries + range.first;
  float* logits = d.adjusted + static_cast<uint64_t>(blockIdx.x) * d.vocab;
  for (uint32_t i = threadIdx.x; i < range.n; i += kThreads) {
    bool again = false;
    for (uint32_t j = 0; j < i && !again; ++j) again = own[j].token == own[i].token;
    if (again) continue;
    float logit = logits[own[i].token];
    for (uint32_t j = i; j < range.n; ++j) {
      if (own[j].token == own[i].token) logit += own[j].bias;
    }
    logits[own[i].token] = logit;
  }
}

// blockIdx = (kThreads entries, sample). A token is listed once.
__global__ void __launch_bounds__(kThreads)
    penalise_row(const Draws d, const tm_token_count* entries, const EntryRange* ranges) {
  let_next_start();
  wait_for_previous();
  const EntryRange range = ranges[blockIdx.y];
  const uint32_t i = blockIdx.x * kThreads + threadIdx.x;
  if (i >= range.n) return;
  const tm_token_count& entry = entries[range.first + i];
  float& logit = d.adjusted[static_cast<uint64_t>(blockIdx.y) * d.vocab + static_cast<uint32_t>(entry.token)];
  if (logit != -INFINITY) logit = penalised(d.samples[blockIdx.y], logit, entry.count);
}

// blockIdx = sample.
__global__ void __launch_bounds__(kMostThreads) decide(const Draws d) {
  uint64_t* shared = shared_memory<uint64_t>();
  RowSummary& row = *reinterpret_cast<RowSummary*>(shared + kMostThreads / 32 * kSums);
  let_next_start();
  wait_for_previous();
  const tm_sample& s = d.samples[blockIdx.x];
  const uint32_t n_tiles = summary_tiles(d.vocab);
  const float* logits = d.logits + static_cast<uint64_t>(d.rows[blockIdx.x]) * d.vocab;
  if (threadIdx.x == 0) row = combine(d.tiles + static_cast<uint64_t>(d.rows[blockIdx.x]) * n_tiles, n_tiles);
  __syncthreads();
  tm_result result = {-1, row.finite ? TM_RESULT_OK : TM_RESULT_NOT_FINITE, 0.0f, 0};
  if (s.target != TM_SAMPLE_DRAW) {
    result.token = s.target;
  } else if (row.finite) {
    Candidates c = {logits, d.vocab, row.largest, s.temperature};
    result.token = row.id;
    if (adjusts(s)) {
      c.logits = d.adjusted + static_cast<uint64_t>(blockIdx.x) * d.vocab;
      result.token = static_cast<int32_t>(id_of(next_place(c.logits, d.vocab, UINT64_MAX, shared)));
      c.largest = c.logits[result.token];
    }
    if (c.largest == -INFINITY) {
      result.status = TM_RESULT_MASKED_OUT;
    } else if (s.temperature != 0) {
      result.token = sample(c, s, shared);
    }
  }
  if (result.status != TM_RESULT_OK) {
    result.token = -1;
  } else {
    result.logprob = log_probability(logits[result.token], row.log_sum);
    result.n_top = s.top_logprobs < d.vocab ? s.top_logprobs : d.vocab;
  }
  uint64_t place = UINT64_MAX;
  for (uint32_t i = 0; i < result.n_top; ++i) {
    place = next_place(logits, d.vocab, place, shared);
    if (threadIdx.x != 0) continue;
    const uint32_t at = blockIdx.x * TM_MAX_TOP_LOGPROBS + i;
    d.top_tokens[at] = static_cast<int32_t>(id_of(place));
    d.top_logprobs[at] = log_probability(logits[id_of(place)], row.log_sum);
  }
  if (threadIdx.x == 0) d.results[blockIdx.x] = result;
}

uint32_t parts(uint32_t n, uint32_t each) { return (n + each - 1) / each; }
constexpr uint32_t kSharedSums = kMostThreads / 32 * kSums * sizeof(uint64_t);

}  // namespace

cudaError_t summarise_rows(const float* logits, uint32_t n_rows, uint32_t vocab, Summary* tiles, cudaStream_t stream) {
  return launch(summarise_tiles, {dim3(summary_tiles(vocab), n_rows), dim3(kThreads), kSharedSums}, stream, logits,
                vocab, tiles);
}

cudaError_t mask_rows(const Draws& draws, cudaStream_t stream) {
  return launch(mask_row, {dim3(parts(draws.vocab, kThreads), draws.n), dim3(kThreads)}, stream, draws);
}

cudaError_t add_biases(const Draws& draws, const tm_bias* entries, const EntryRange* ranges, cudaStream_t stream) {
  return launch(add_bias, {dim3(draws.n), dim3(kThreads)}, stream, draws, entries, ranges);
}

cudaError_t penalise(const Draws& draws, const tm_token_count* entries, const EntryRange* ranges, uint32_t most,
                     cudaStream_t stream) {
  return launch(penalise_row, {dim3(parts(most, kThreads), draws.n), dim3(kThreads)}, stream, draws, entries, ranges);
}

cudaError_t decide_all(const Draws& draws, cudaStream_t stream) {
  const uint32_t warps = parts(draws.vocab, 32 * 32);  // a thread has 32 ids at least, while there are threads
  const uint32_t threads = 32 * (warps < kMostThreads / 32 ? warps : kMostThreads / 32);
  const auto shared = static_cast<uint32_t>(kSharedSums + sizeof(RowSummary));
  return launch(decide, {dim3(draws.n), dim3(threads), shared}, stream, draws);
}

}  // namespace tramontane::TM_DEVICE
