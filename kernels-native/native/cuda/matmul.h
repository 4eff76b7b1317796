// Products of 1 to 32 tokens a pass with a matrix that is read once: the 16 rows of a unit of weights are the wide
// operand of mma.m16n8k16, tokens are its 8 columns. A warp takes one slice of the columns of two units (of gate and
// up: of one unit each), and streams them into registers ahead of their use.
//
// The sum that makes one output is the same whatever the number of tokens: a slice's columns are added in order, 16 at
// a time, from zero, and then the slices in order. So batches and chunks of any size give the same bits.
#pragma once

#include "fragments.h"
#include "product.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {

// Of a block. Few tokens are a stream of weights, which wants small blocks: 4,096 rows in four slices are 128 of them.
// With many tokens, warps that read the same activations share them.
template <int kTiles>
inline constexpr uint32_t kMatmulWarps = kTiles == 4 ? 8 : 4;
template <int kTiles>
inline constexpr uint32_t kMatmulThreads = kMatmulWarps<kTiles> * 32;

__device__ inline float silu(float x) { return x / (1.0f + expf(-x)); }

// Unit u of a pair: its part, and its place there. Beyond the last: the last one again, and false: it is computed and
// thrown away.
__device__ inline bool find_unit(const Product& p, uint32_t pair, uint32_t u, uint32_t& part, uint32_t& unit) {
  if (p.result == Result::kGated) {
    part = u;
    unit = pair < p.parts[u].units ? pair : p.parts[u].units - 1;
    return pair == unit;
  }
  unit = pair * 2 + u;
  for (part = 0; part < p.n_parts; ++part) {
    if (unit < p.parts[part].units) return true;
    unit -= p.parts[part].units;
  }
  part = p.n_parts - 1;
  unit = p.parts[part].units - 1;
  return false;
}

// A unit's weights as a lane reads them.
template <class Weights>
struct Source {
  static constexpr uint32_t kRecordWords = 32 * Weights::kCodeWords + 8 * Weights::kScaleWords;
  const uint32_t* record;  // of block 0
  const uint32_t* super;   // of the lane's rows, in the first 256 columns

  __device__ Source(const Part& part, uint32_t unit, uint32_t n_blocks, uint32_t lane) {
    const uint64_t first = static_cast<uint64_t>(unit / kStackUnits) * n_blocks * kStackUnits + unit % kStackUnits;
    record = part.records + first * kRecordWords;
    super = part.supers + (static_cast<uint64_t>(unit) * (n_blocks / 4) * 8 + lane / 4) * Weights::kSuperWords;
  }

  __device__ void load(uint32_t block, uint32_t lane, uint32_t (&words)[Weights::kWords]) const {
    constexpr int kWhole = Weights::kCodeWords / 4 * 4;
    const uint32_t* at = record + static_cast<uint64_t>(block) * kStackUnits * kRecordWords;
#pragma unroll
    for (int w = 0; w < kWhole; w += 4) load_once<4>(at + w * 32 + lane * 4, words + w);
    if constexpr (Weights::kCodeWords % 4 >= 2) load_once<2>(at + kWhole * 32 + lane * 2, words + kWhole);
    if constexpr (Weights::kCodeWords % 2 == 1) {
      load_once<1>(at + (Weights::kCodeWords - 1) * 32 + lane, words + Weights::kCodeWords - 1);
    }
    if constexpr (Weights::kScaleWords > 0) {
      load_once<Weights::kScaleWords>(at + Weights::kCodeWords * 32 + lane / 4 * Weights::kScaleWords,
                                      words + Weights::kCodeWords);
    }
    if constexpr (Weights::kSuperWords > 0) {
      load_once<Weights::kSuperWords>(super + block / 4 * 8 * Weights::kSuperWords,
                                      words + Weights::kCodeWords + Weights::kScaleWords);
    }
  }
};

template <class Weights, int kTiles>
__global__ void __launch_bounds__(kMatmulThreads<kTiles>, 4 / kTiles) matmul(const Product p) {
  // Blocks that are in registers before they are used: as many as there is room for.
  constexpr int kAhead = Weights::kWords > 8 ? 2 : Weights::kHighBits > 0 ? 3 : 4;
  constexpr uint32_t kTokens = kTiles * kTileTokens;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t warp = threadIdx.x / 32;
  // Passes over the same units are neighbours, so that their weights come from memory once.
  const uint32_t n_passes = (p.n_tokens + kTokens - 1) / kTokens;
  const uint32_t first_token = blockIdx.x % n_passes * kTokens;
  const uint32_t n_pairs = kMatmulWarps<kTiles> / p.n_slices;
  const uint32_t first_pair = blockIdx.x / n_passes * n_pairs;
  const uint32_t slice = warp % p.n_slices;
  const uint32_t end = p.n_blocks * (slice + 1) / p.n_slices;
  uint32_t block = p.n_blocks * slice / p.n_slices;

  const auto source_of = [&](uint32_t u) {
    uint32_t part, unit;
    find_unit(p, first_pair + warp / p.n_slices, u, part, unit);
    return Source<Weights>(p.parts[part], unit, p.n_blocks, lane);
  };
  const Source<Weights> sources[2] = {source_of(0), source_of(1)};
  uint32_t words[2][kAhead][Weights::kWords];
#pragma unroll
  for (int ahead = 0; ahead < kAhead; ++ahead) {
#pragma unroll
    for (int u = 0; u < 2; ++u) {
      if (block + ahead < end) sources[u].load(block + ahead, lane, words[u][ahead]);
    }
  }
  let_next_start();
  wait_for_previous();

  float sums[2][kTiles][4] = {};
  const uint64_t tile_stride = static_cast<uint64_t>(p.n_blocks) * 2 * 32;
  const uint4* x_of_lane = p.x + first_token / kTileTokens * tile_stride + lane;
  const int n_there = static_cast<int>(p.n_tokens) - static_cast<int>(first_token + lane / 4);
  for (; block < end; block += kAhead) {
#pragma unroll
    for (int ahead = 0; ahead < kAhead; ++ahead) {
      if (block + ahead >= end) break;
#pragma unroll
      for (int half = 0; half < 2; ++half) {
        uint32_t weights[2][8];
#pragma unroll
        for (int u = 0; u < 2; ++u) {
          Weights::unpack(words[u][ahead], half, weights[u]);
          if (half == 1 && block + ahead + kAhead < end) {
            sources[u].load(block + ahead + kAhead, lane, words[u][ahead]);
          }
        }
        uint4 x[kTiles];
#pragma unroll
        for (int tile = 0; tile < kTiles; ++tile) {
          const bool there = tile * static_cast<int>(kTileTokens) < n_there;
          x[tile] = there ? x_of_lane[tile * tile_stride + ((block + ahead) * 2 + half) * 32] : make_uint4(0, 0, 0, 0);
        }
#pragma unroll
        for (int u = 0; u < 2; ++u) multiply_32<Weights::kOperand, kTiles>(sums[u], weights[u], x);
      }
    }
  }

  // [pair][slice][unit][token][row]
  constexpr uint32_t kTile = kTokens * kUnitRows;
  float* partial = shared_memory<float>();
#pragma unroll
  for (int u = 0; u < 2; ++u) {
#pragma unroll
    for (int tile = 0; tile < kTiles; ++tile) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t token = tile * kTileTokens + sum_column(lane, i);
        partial[(warp * 2 + u) * kTile + token * kUnitRows + sum_row(lane, i)] = sums[u][tile][i];
      }
    }
  }
  __syncthreads();
  const bool gated = p.result == Result::kGated;
  const uint32_t outputs = gated ? 1 : 2;  // of a pair, in units
  for (uint32_t i = threadIdx.x * 2; i < n_pairs * outputs * kTile; i += kMatmulThreads<kTiles> * 2) {
    const uint32_t pair = i / kTile / outputs;
    const uint32_t u = i / kTile % outputs;
    const uint32_t token = first_token + i % kTile / kUnitRows;
    uint32_t part, unit;
    if (!find_unit(p, first_pair + pair, u, part, unit) || token >= p.n_tokens) continue;
    const uint32_t row = unit * kUnitRows + i % kUnitRows;  // and the next one
    const auto total = [&](const Part& of, uint32_t v, uint32_t r) {
      float sum = 0;
      for (uint32_t s = 0; s < p.n_slices; ++s) {
        const float of_slice = partial[((pair * p.n_slices + s) * 2 + v) * kTile + i % kTile + r];
        sum = s == 0 ? of_slice : sum + of_slice;
      }
      return of.row_scales == nullptr ? sum : sum * of.row_scales[row + r];
    };
    const Part& to = p.parts[part];
    float* out = to.out + static_cast<uint64_t>(token) * to.stride + row;
    if (gated) {
      if (row >= to.rows) continue;  // rows are a multiple of 8, so both are in or out
      const float low = silu(total(to, 0, 0)) * total(p.parts[1], 1, 0);
      const float high = silu(total(to, 0, 1)) * total(p.parts[1], 1, 1);
      out[0] = low;
      out[1] = high;
      p.activations[activation_pair(token, row, p.next_blocks)] = pack(p.next_operand, low, high);
      continue;
    }
    for (uint32_t r = 0; r < 2 && row + r < to.rows; ++r) {
      const float sum = total(to, u, r);
      out[r] = p.result == Result::kAdd ? out[r] + sum : sum;
    }
  }
}

template <class Weights, int kTiles>
cudaError_t launch_matmul(const Product& p, cudaStream_t stream) {
  uint32_t units = 0;
  for (uint32_t i = 0; i < p.n_parts; ++i) units += p.parts[i].units;
  const uint32_t pairs = (units + 1) / 2;  // of gate and up: one of each
  const uint32_t of_block = kMatmulWarps<kTiles> / p.n_slices;
  const uint32_t passes = (p.n_tokens + kTiles * kTileTokens - 1) / (kTiles * kTileTokens);
  const uint32_t shared = kMatmulWarps<kTiles> * 2 * kTiles * kTileTokens * kUnitRows * sizeof(float);
  return launch(matmul<Weights, kTiles>,
                {dim3((pairs + of_block - 1) / of_block * passes), dim3(kMatmulThreads<kTiles>), shared}, stream, p);
}

// Passes of up to 32 tokens; the fewest tiles that hold them.
template <class Weights>
cudaError_t multiply_weights(const Product& p, cudaStream_t stream) {
  if (p.n_tokens <= 8) return launch_matmul<Weights, 1>(p, stream);
  if (p.n_tokens <= 16) return launch_matmul<Weights, 2>(p, stream);
  return launch_matmul<Weights, 4>(p, stream);
}

// multiply_NAME, of each type that a device multiplies: matmul_*.cu.
#define TM_MULTIPLY(name, ...) cudaError_t multiply_##name(const Product& product, cudaStream_t stream);
TM_DEVICE_TYPES(TM_MULTIPLY)
#undef TM_MULTIPLY

#define TM_DEFINE_MULTIPLY(name)                                             \
  cudaError_t multiply_##name(const Product& product, cudaStream_t stream) { \
    return multiply_weights<name##Weights>(product, stream);                 \
  }

}  // namespace tramontane::TM_DEVICE
