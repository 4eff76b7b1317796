// Products of 1 to 32 tokens a pass with a matrix that is read once: the 16 rows of a unit of weights are the wide
// operand of mma.m16n8k16, tokens are its 8 columns. Eight warps share a block's units and divide the columns among
// them; each streams its slice of the weights into registers one chunk ahead.
//
// The sum that makes one output is the same whatever the number of tokens: a warp adds its slice in column order, and
// the eight slices are added in order. So batches and chunks of any size give the same bits.
#pragma once

#include "fragments.h"
#include "product.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kMatmulThreads = kSlices * 32;

// Scale of block `block` in row g (half 0) or g + 8 (half 1).
__device__ inline float scale_of(const uint4& scales, int block, int half) {
  const uint32_t pair = half == 0 ? (block < 2 ? scales.x : scales.y) : (block < 2 ? scales.z : scales.w);
  return unpack_f16(static_cast<uint16_t>(block % 2 == 0 ? pair : pair >> 16));
}

// sums += a block of 32 columns, whose unpacked weights and activations are given.
template <class Weights, int kTiles>
__device__ inline void add_block(float (&sums)[kTiles][4], const uint32_t (&a)[8], const uint4& scales, int block,
                                 const uint4 (&x)[kTiles]) {
  if constexpr (Weights::kScaled) {
    float partial[kTiles][4] = {};
    multiply_32<Weights::kOperand, kTiles>(partial, a, x);
    const float scale[2] = {scale_of(scales, block, 0), scale_of(scales, block, 1)};
#pragma unroll
    for (int tile = 0; tile < kTiles; ++tile) {
#pragma unroll
      for (int i = 0; i < 4; ++i) sums[tile][i] = __fmaf_rn(scale[i / 2], partial[tile][i], sums[tile][i]);
    }
  } else {
    multiply_32<Weights::kOperand, kTiles>(sums, a, x);
  }
}

__device__ inline float silu(float x) { return x / (1.0f + expf(-x)); }

// The unit `unit` of a product whose parts follow one another: its part, and its place there. Beyond the last unit: the
// last one again, and false: it is computed and thrown away.
__device__ inline bool find_unit(const Product& p, uint32_t unit, uint32_t& part, uint32_t& local) {
  for (part = 0; part < p.n_parts; ++part) {
    if (unit < p.parts[part].units) {
      local = unit;
      return true;
    }
    unit -= p.parts[part].units;
  }
  part = p.n_parts - 1;
  local = p.parts[part].units - 1;
  return false;
}

template <class Weights, int kTiles, int kUnits, bool kGated>
__global__ void __launch_bounds__(kMatmulThreads, kTiles == 1 ? 2 : 1) matmul(const Product p) {
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t slice = threadIdx.x / 32;
  // Passes over one unit are neighbours, so that its weights come from memory once.
  const uint32_t n_passes = (p.n_tokens + kTiles * kTileTokens - 1) / (kTiles * kTileTokens);
  const uint32_t first_token = blockIdx.x % n_passes * kTiles * kTileTokens;
  const uint32_t group = blockIdx.x / n_passes;  // of units
  uint32_t part[kUnits], unit[kUnits];
#pragma unroll
  for (int u = 0; u < kUnits; ++u) {
    if constexpr (kGated) {
      part[u] = u;
      unit[u] = group;
    } else {
      find_unit(p, group * kUnits + u, part[u], unit[u]);
    }
  }
  const uint32_t end = p.n_chunks * (slice + 1) / kSlices;
  uint32_t chunk = p.n_chunks * slice / kSlices;

  float sums[kUnits][kTiles][4] = {};
  uint4 codes[kUnits][Weights::kPieces];
  uint4 scales[kUnits] = {};
  const uint4* codes_at[kUnits];  // of the chunk that is loaded next
  const uint4* scales_at[kUnits];
#pragma unroll
  for (int u = 0; u < kUnits; ++u) {
    const Part& from = p.parts[part[u]];
    const uint64_t at = static_cast<uint64_t>(unit[u]) * p.n_chunks + chunk;
    codes_at[u] = from.codes + at * Weights::kPieces * 32 + lane;
    scales_at[u] = from.scales + at * 8 + lane / 4;
    if (chunk >= end) continue;
#pragma unroll
    for (int piece = 0; piece < Weights::kPieces; ++piece) codes[u][piece] = load_once(codes_at[u] + piece * 32);
    if constexpr (Weights::kScaled) scales[u] = load_once(scales_at[u]);
  }
  let_next_start();
  wait_for_previous();

  const uint64_t tile_stride = static_cast<uint64_t>(p.n_chunks) * kBlocksPerChunk * 32;
  const uint4* x_at = p.x + first_token / kTileTokens * tile_stride + chunk * kBlocksPerChunk * 32 + lane;
  const int n_there = static_cast<int>(p.n_tokens) - static_cast<int>(first_token + lane / 4);
  for (; chunk < end; ++chunk, x_at += kBlocksPerChunk * 32) {
    const bool more = chunk + 1 < end;
    uint4 next_scales[kUnits] = {};
    if (more) {
#pragma unroll
      for (int u = 0; u < kUnits; ++u) {
        codes_at[u] += Weights::kPieces * 32;
        scales_at[u] += 8;
        if constexpr (Weights::kScaled) next_scales[u] = load_once(scales_at[u]);
      }
    }
#pragma unroll
    for (int block = 0; block < static_cast<int>(kBlocksPerChunk); ++block) {
      uint32_t weights[kUnits][8];
#pragma unroll
      for (int u = 0; u < kUnits; ++u) {
        Weights::unpack(codes[u], block, weights[u]);
        if (more) {
#pragma unroll
          for (int piece = Weights::first_used_up(block); piece < Weights::end_used_up(block); ++piece) {
            codes[u][piece] = load_once(codes_at[u] + piece * 32);
          }
        }
      }
      uint4 x[kTiles];
#pragma unroll
      for (int tile = 0; tile < kTiles; ++tile) {
        const bool there = tile * static_cast<int>(kTileTokens) < n_there;
        x[tile] = there ? x_at[tile * tile_stride + block * 32] : make_uint4(0, 0, 0, 0);
      }
#pragma unroll
      for (int u = 0; u < kUnits; ++u) add_block<Weights, kTiles>(sums[u], weights[u], scales[u], block, x);
    }
#pragma unroll
    for (int u = 0; u < kUnits; ++u) scales[u] = next_scales[u];
  }

  // [unit][slice][token][row]
  constexpr uint32_t kTokens = kTiles * kTileTokens;
  float* partial = shared_memory<float>();
#pragma unroll
  for (int u = 0; u < kUnits; ++u) {
    float* mine = partial + (u * kSlices + slice) * kTokens * kUnitRows;
#pragma unroll
    for (int tile = 0; tile < kTiles; ++tile) {
#pragma unroll
      for (uint32_t i = 0; i < 4; ++i) {
        const uint32_t token = tile * kTileTokens + sum_column(lane, i);
        mine[token * kUnitRows + sum_row(lane, i)] = sums[u][tile][i];
      }
    }
  }
  __syncthreads();
  const auto total = [&](uint32_t u, uint32_t at) {
    float sum = 0;
    for (uint32_t s = 0; s < kSlices; ++s) sum += partial[(u * kSlices + s) * kTokens * kUnitRows + at];
    return sum;
  };
  if constexpr (kGated) {
    const Part& gate = p.parts[0];
    for (uint32_t at = threadIdx.x * 2; at < kTokens * kUnitRows; at += kMatmulThreads * 2) {
      const uint32_t token = first_token + at / kUnitRows;
      const uint32_t row = group * kUnitRows + at % kUnitRows;
      if (token >= p.n_tokens || row >= gate.rows) continue;  // rows are a multiple of 8, so both are in or out
      const float low = silu(total(0, at)) * total(1, at);
      const float high = silu(total(0, at + 1)) * total(1, at + 1);
      float* out = gate.out + static_cast<uint64_t>(token) * gate.stride + row;
      out[0] = low;
      out[1] = high;
      p.activations[activation_pair(token, row, p.next_chunks)] = pack(p.next_operand, low, high);
    }
  } else {
    for (uint32_t at = threadIdx.x; at < kUnits * kTokens * kUnitRows; at += kMatmulThreads) {
      const uint32_t u = at / (kTokens * kUnitRows);
      const uint32_t inside = at % (kTokens * kUnitRows);
      const uint32_t token = first_token + inside / kUnitRows;
      uint32_t in_part, local;
      const bool is_real = find_unit(p, group * kUnits + u, in_part, local);
      const Part& to = p.parts[in_part];
      const uint32_t row = local * kUnitRows + inside % kUnitRows;
      if (!is_real || token >= p.n_tokens || row >= to.rows) continue;
      float* out = to.out + static_cast<uint64_t>(token) * to.stride + row;
      const float sum = total(u, inside);
      *out = p.result == Result::kAdd ? *out + sum : sum;
    }
  }
}

template <class Weights, int kTiles, int kUnits>
cudaError_t launch_matmul(const Product& p, cudaStream_t stream) {
  uint32_t units = 0;
  for (uint32_t i = 0; i < p.n_parts; ++i) units += p.parts[i].units;
  const uint32_t passes = (p.n_tokens + kTiles * kTileTokens - 1) / (kTiles * kTileTokens);
  const auto shared = [](int n) {
    return static_cast<uint32_t>(n * kSlices * kTiles * kTileTokens * kUnitRows * sizeof(float));
  };
  if (p.result == Result::kGated) {
    return launch(matmul<Weights, kTiles, 2, true>, {dim3(p.parts[0].units * passes), dim3(kMatmulThreads), shared(2)},
                  stream, p);
  }
  return launch(matmul<Weights, kTiles, kUnits, false>,
                {dim3((units + kUnits - 1) / kUnits * passes), dim3(kMatmulThreads), shared(kUnits)}, stream, p);
}

// Passes of up to 32 tokens; the fewest tiles that hold them.
template <class Weights>
cudaError_t multiply_weights(const Product& p, cudaStream_t stream) {
  if (p.n_tokens <= 8) return launch_matmul<Weights, 1, 1>(p, stream);
  if (p.n_tokens <= 16) return launch_matmul<Weights, 2, 1>(p, stream);
  return launch_matmul<Weights, 4, 2>(p, stream);
}

cudaError_t multiply_bf16(const Product& product, cudaStream_t stream);
cudaError_t multiply_f16(const Product& product, cudaStream_t stream);
cudaError_t multiply_q8_0(const Product& product, cudaStream_t stream);
cudaError_t multiply_q4_0(const Product& product, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
