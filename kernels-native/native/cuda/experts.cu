// Mixture of experts (docs/adr/0010, 0068): each row's choice, the rows of an expert side by side, and the sum of what
// comes out of them. No place and no number of them depends on the order in which threads run.
#include <cfloat>

#include "chance.h"
#include "experts.h"
#include "norm_row.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kTogether = 8;  // logits that one walk over a row makes
constexpr uint32_t kGatherThreads = 1024;
constexpr uint32_t kChoicesAtOnce = 256;  // that a warp loads together
constexpr uint32_t kAddThreads = 256;

// ---- choice
// -----------------------------------------------------------------------------------------------------

// In shared memory.
struct Choice {
  double* mass;      // [n_used] exp(logit - largest) of the chosen, in rising order of experts
  float* sums;       // [kTogether][warps]
  float* logits;     // [n_experts]
  uint32_t* chosen;  // [n_experts] 1 or 0

  __device__ Choice(const Experts& experts, uint32_t n_warps) {
    mass = shared_memory<double>();
    sums = reinterpret_cast<float*>(mass + experts.used);
    logits = sums + kTogether * n_warps;
    chosen = reinterpret_cast<uint32_t*>(logits + experts.n);
  }
};
uint32_t choice_bytes(const Experts& experts, uint32_t n_warps) {
  return experts.used * 8 + (kTogether * n_warps + 2 * experts.n) * 4;
}

// The router's products with a row that scale and norm.weight norm, in an order that the width alone decides.
__device__ inline void make_logits(const float* x, float scale, const Norm& norm, const float* router,
                                   uint32_t n_experts, const Choice& to) {
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32, n_warps = blockDim.x / 32;
  for (uint32_t first = 0; first < n_experts; first += kTogether) {
    float sums[kTogether] = {};
    for (uint32_t i = threadIdx.x * 4; i < norm.width; i += blockDim.x * 4) {
      const float4 at = *reinterpret_cast<const float4*>(x + i);
      const float4 weight = *reinterpret_cast<const float4*>(norm.weight + i);
      const float normed[4] = {at.x * scale * weight.x, at.y * scale * weight.y, at.z * scale * weight.z,
                               at.w * scale * weight.w};
#pragma unroll
      for (uint32_t e = 0; e < kTogether; ++e) {
        if (first + e >= n_experts) break;
        const float4 of = *reinterpret_cast<const float4*>(router + static_cast<uint64_t>(first + e) * norm.width + i);
        sums[e] = __fmaf_rn(of.x, normed[0], sums[e]);
        sums[e] = __fmaf_rn(of.y, normed[1], sums[e]);
        sums[e] = __fmaf_rn(of.z, normed[2], sums[e]);
        sums[e] = __fmaf_rn(of.w, normed[3], sums[e]);
      }
    }
    __syncthreads();  // sums of the norm, or of the experts before, have been read
#pragma unroll
    for (uint32_t e = 0; e < kTogether; ++e) {
      const float sum = sum_of_warp(sums[e]);
      if (lane == 0) to.sums[e * n_warps + warp] = sum;
    }
    __syncthreads();
    if (threadIdx.x < kTogether && first + threadIdx.x < n_experts) {
      float sum = 0;
      for (uint32_t w = 0; w < n_warps; ++w) sum += to.sums[threadIdx.x * n_warps + w];
      to.logits[first + threadIdx.x] = sum;
    }
  }
  __syncthreads();
}

// What choose_experts (src/routing.h) makes of the logits, to the bit.
__device__ inline void choose(const Choice& c, const Experts& experts, uint32_t* to, float* shares) {
  float largest = -INFINITY;
  bool defined = true;
  for (uint32_t e = 0; e < experts.n; ++e) {
    if (!(c.logits[e] <= FLT_MAX)) defined = false;
    largest = fmaxf(largest, c.logits[e]);
  }
  if (largest == -INFINITY) defined = false;
  for (uint32_t e = threadIdx.x; e < experts.n; e += blockDim.x) {
    uint32_t before = 0;  // that are chosen rather
    for (uint32_t other = 0; other < experts.n; ++other) {
      const float mine = c.logits[e], its = c.logits[other];
      before += its > mine || (its == mine && other < e) ? 1 : 0;
    }
    c.chosen[e] = (defined ? before : e) < experts.used ? 1 : 0;
  }
  __syncthreads();
  for (uint32_t e = threadIdx.x; e < experts.n; e += blockDim.x) {
    if (c.chosen[e] == 0) continue;
    uint32_t place = 0;
    for (uint32_t other = 0; other < e; ++other) place += c.chosen[other];
    to[place] = e;
    c.mass[place] = exp_of(static_cast<double>(c.logits[e]) - static_cast<double>(largest));
  }
  __syncthreads();
  for (uint32_t i = threadIdx.x; i < experts.used; i += blockDim.x) {
    double total = 0;
    for (uint32_t j = 0; j < experts.used; ++j) total += c.mass[j];
    shares[i] = defined ? static_cast<float>(c.mass[i] / total) : bits_to_float(0x7fc00000u);
  }
}

// One row a block.
__global__ void __launch_bounds__(kMostNormThreads, 1)
    route_rows(const Norm norm, const float* router, const uint32_t* span, const ExpertView view) {
  let_next_start();
  wait_for_previous();
  const uint32_t row = blockIdx.x;
  const uint64_t first = static_cast<uint64_t>(row) * view.experts.used;
  if (span[row] == kNoSpan) {
    for (uint32_t i = threadIdx.x; i < view.experts.used; i += blockDim.x) view.expert[first + i] = kNoExpert;
    return;
  }
  const Choice choice(view.experts, blockDim.x / 32);
  const float* x = norm.hidden + static_cast<uint64_t>(row) * norm.width;
  const float scale = norm_factor(x, norm, choice.sums);
  make_logits(x, scale, norm, router, view.experts.n, choice);
  choose(choice, view.experts, view.expert + first, view.share + first);
}

// ---- gathering
// --------------------------------------------------------------------------------------------------

// Of a warp: calls visit(choice, whose it is, how many of the expert's come before it) for the choices from begin to
// end, in rising order of rows; gives the number of the expert's.
template <class Visit>
__device__ inline uint32_t each_choice(const ExpertView& view, uint32_t begin, uint32_t end, uint32_t expert,
                                       Visit visit) {
  const uint32_t lane = threadIdx.x % 32;
  uint32_t before = 0;
  for (uint32_t first = begin; first < end; first += kChoicesAtOnce) {
    uint32_t chosen[kChoicesAtOnce / 32];  // on their way together
#pragma unroll
    for (uint32_t a = 0; a < kChoicesAtOnce / 32; ++a) {
      const uint32_t i = first + a * 32 + lane;
      chosen[a] = i < end ? view.expert[i] : kNoExpert;
    }
#pragma unroll
    for (uint32_t a = 0; a < kChoicesAtOnce / 32; ++a) {
      if (first + a * 32 >= end) break;
      const uint32_t votes = __ballot_sync(kAllLanes, chosen[a] == expert);
      visit(first + a * 32 + lane, chosen[a], before + static_cast<uint32_t>(__popc(votes & ((1u << lane) - 1))));
      before += static_cast<uint32_t>(__popc(votes));
    }
  }
  return before;
}

// What lies before an expert's rows, or all that he has himself.
struct Gathered {
  uint32_t places = 0, tiles = 0, passes[kExpertProducts] = {};

  __device__ void add(uint32_t count, const PassTokens& tokens) {
    places += count;
    tiles += tiles_of(count);
#pragma unroll
    for (uint32_t p = 0; p < kExpertProducts; ++p) passes[p] += (count + tokens.of[p] - 1) / tokens.of[p];
  }
  // Of all lanes of a warp.
  __device__ void add_lanes() {
    places = whole_sum_of_warp(places);
    tiles = whole_sum_of_warp(tiles);
#pragma unroll
    for (uint32_t p = 0; p < kExpertProducts; ++p) passes[p] = whole_sum_of_warp(passes[p]);
  }

 private:
  __device__ static uint32_t whole_sum_of_warp(uint32_t value) {
#pragma unroll
    for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
    return value;
  }
};

// An expert a block, which counts everybody's choices: a kernel that does it once would be a launch more. A warp has
// neighbouring choices.
__global__ void __launch_bounds__(kGatherThreads)
    gather_rows(const ExpertView view, const uint32_t n_rows, const PassTokens tokens, const uint32_t n_picks) {
  const uint32_t n_experts = view.experts.n, expert = blockIdx.x;
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32, n_warps = blockDim.x / 32;
  uint32_t* counts = shared_memory<uint32_t>();  // [n_experts] choices of each
  uint32_t* of_warps = counts + n_experts;       // [n_warps] this expert's
  for (uint32_t e = threadIdx.x; e < n_experts; e += blockDim.x) counts[e] = 0;
  let_next_start();
  wait_for_previous();
  __syncthreads();
  const uint32_t n = n_rows * view.experts.used;
  const uint32_t share = (n + n_warps - 1) / n_warps;
  const uint32_t begin = warp * share < n ? warp * share : n;
  const uint32_t end = n - begin < share ? n : begin + share;
  const uint32_t of_warp = each_choice(view, begin, end, expert, [&](uint32_t, uint32_t chosen, uint32_t) {
    if (chosen != kNoExpert) atomicAdd(&counts[chosen], 1u);
  });
  if (lane == 0) of_warps[warp] = of_warp;
  __syncthreads();
  Gathered ahead, rows_ahead;  // of the expert, and of the warp
  for (uint32_t e = lane; e < expert; e += 32) ahead.add(counts[e], tokens);
  if (lane < warp) rows_ahead.places = of_warps[lane];
  ahead.add_lanes();
  rows_ahead.add_lanes();
  const uint32_t first = ahead.places, count = counts[expert];
  uint32_t* pick = view.pick + ahead.tiles * kTileTokens;
  if (threadIdx.x == 0) view.first[expert] = first;
  each_choice(view, begin, end, expert, [&](uint32_t i, uint32_t chosen, uint32_t before) {
    if (chosen != expert) return;
    view.place[i] = first + rows_ahead.places + before;
    pick[rows_ahead.places + before] = i / view.experts.used;
  });
  for (uint32_t i = count + threadIdx.x; i < tiles_of(count) * kTileTokens; i += blockDim.x) pick[i] = kNoRow;
#pragma unroll
  for (uint32_t p = 0; p < kExpertProducts; ++p) {
    const uint32_t most = tokens.of[p];
    for (uint32_t i = threadIdx.x; i * most < count; i += blockDim.x) {
      view.passes[p][ahead.passes[p] + i] = {expert, ahead.tiles + i * (most / kTileTokens), first + i * most,
                                             count - i * most < most ? count - i * most : most};
    }
  }
  if (expert + 1 < n_experts) return;
  Gathered all = ahead;
  all.add(count, tokens);
  if (threadIdx.x == 0) {
    view.first[n_experts] = all.places;
#pragma unroll
    for (uint32_t p = 0; p < kExpertProducts; ++p) view.n_passes[p] = all.passes[p];
  }
  for (uint32_t i = all.tiles * kTileTokens + threadIdx.x; i < n_picks; i += blockDim.x) view.pick[i] = kNoRow;
}

// ---- the sum
// ----------------------------------------------------------------------------------------------------

// blockIdx = (row, 4 kAddThreads columns).
__global__ void __launch_bounds__(kAddThreads) add_rows(const ExpertView view, float* hidden, const uint32_t width) {
  let_next_start();
  wait_for_previous();
  const uint64_t row = blockIdx.x, first = row * view.experts.used;
  const uint32_t column = (blockIdx.y * kAddThreads + threadIdx.x) * 4;
  if (column >= width || view.expert[first] == kNoExpert) return;
  float sums[4] = {};
  for (uint32_t i = 0; i < view.experts.used; ++i) {
    const float share = view.share[first + i];
    const float4 output =
        *reinterpret_cast<const float4*>(view.outputs + static_cast<uint64_t>(view.place[first + i]) * width + column);
    sums[0] += share * output.x;
    sums[1] += share * output.y;
    sums[2] += share * output.z;
    sums[3] += share * output.w;
  }
  float4* to = reinterpret_cast<float4*>(hidden + row * width + column);
  const float4 before = *to;
  *to = {before.x + sums[0], before.y + sums[1], before.z + sums[2], before.w + sums[3]};
}

}  // namespace

cudaError_t route(const Norm& norm, const float* router, const uint32_t* span, const ExpertView& view, uint32_t n_rows,
                  cudaStream_t stream) {
  const uint32_t threads = norm_threads(norm.width);
  return launch(route_rows, {dim3(n_rows), dim3(threads), choice_bytes(view.experts, threads / 32)}, stream, norm,
                router, span, view);
}

cudaError_t gather(const ExpertView& view, uint32_t n_rows, const PassTokens& tokens, cudaStream_t stream) {
  const uint32_t loads = (n_rows * view.experts.used + kChoicesAtOnce - 1) / kChoicesAtOnce;
  const uint32_t warps = loads < kGatherThreads / 32 ? loads : kGatherThreads / 32;
  const uint32_t shared = (view.experts.n + warps) * static_cast<uint32_t>(sizeof(uint32_t));
  return launch(gather_rows, {dim3(view.experts.n), dim3(warps * 32), shared}, stream, view, n_rows, tokens,
                most_gathered_tiles(view.experts, n_rows) * kTileTokens);
}

cudaError_t add_experts(const ExpertView& view, float* hidden, uint32_t width, uint32_t n_rows, cudaStream_t stream) {
  const uint32_t pieces = (width / 4 + kAddThreads - 1) / kAddThreads;
  return launch(add_rows, {dim3(n_rows, pieces), dim3(kAddThreads)}, stream, view, hidden, width);
}

}  // namespace tramontane::TM_DEVICE
