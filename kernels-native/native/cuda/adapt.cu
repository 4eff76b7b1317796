#include <type_traits>

#include "adapt.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kShrinkWarps = 16;
constexpr uint32_t kShrunkRanks = 4;  // rows of a, of a block of threads
constexpr uint32_t kExpandThreads = 128;
constexpr uint32_t kExpandedRows = 2 * kExpandThreads;  // of b

// ---- elements of a and b
// ------------------------------------------------------------------------------------------

struct F32Element {
  static constexpr uint32_t kBytes = 4;
  __device__ static void eight(const uint8_t* at, float (&to)[8]) {
    const float4 low = reinterpret_cast<const float4*>(at)[0], high = reinterpret_cast<const float4*>(at)[1];
    to[0] = low.x, to[1] = low.y, to[2] = low.z, to[3] = low.w;
    to[4] = high.x, to[5] = high.y, to[6] = high.z, to[7] = high.w;
  }
  __device__ static void two(const uint8_t* at, float (&to)[2]) {
    const uint2 both = *reinterpret_cast<const uint2*>(at);
    to[0] = __uint_as_float(both.x), to[1] = __uint_as_float(both.y);
  }
};

struct F16Element {
  static constexpr uint32_t kBytes = 2;
  __device__ static void pair(uint32_t word, float& low, float& high) {
    low = unpack_f16(static_cast<uint16_t>(word));
    high = unpack_f16(static_cast<uint16_t>(word >> 16));
  }
};

struct BF16Element {
  static constexpr uint32_t kBytes = 2;
  __device__ static void pair(uint32_t word, float& low, float& high) {
    low = __uint_as_float(word << 16);
    high = __uint_as_float(word & 0xffff0000u);
  }
};

template <class Element>
__device__ inline void load_eight(const void* at, float (&to)[8]) {
  if constexpr (std::is_same_v<Element, F32Element>) {
    Element::eight(static_cast<const uint8_t*>(at), to);
  } else {
    const uint4 words = *static_cast<const uint4*>(at);
    Element::pair(words.x, to[0], to[1]);
    Element::pair(words.y, to[2], to[3]);
    Element::pair(words.z, to[4], to[5]);
    Element::pair(words.w, to[6], to[7]);
  }
}

template <class Element>
__device__ inline void load_two(const uint8_t* at, float (&to)[2]) {
  if constexpr (std::is_same_v<Element, F32Element>) {
    Element::two(at, to);
  } else {
    Element::pair(*reinterpret_cast<const uint32_t*>(at), to[0], to[1]);
  }
}

// ---- a x
// ----------------------------------------------------------------------------------------------------------

// A block of threads has a tile of rows, a matrix and some rows of a. A lane has a row of the tile and a fourth of the
// columns, so that a weight is loaded for eight rows and a row's numbers for all of the block's sums.
template <class Element>
__global__ void __launch_bounds__(kShrinkWarps * 32, 2) shrink_rows(const Adaption adaption, const Activations x) {
  float* of_warps = shared_memory<float>();  // [warps][kShrunkRanks][kAdapterTokens]
  let_next_start();
  wait_for_previous();
  const AdapterView& view = adaption.view;
  const AdapterTile tile = view.tiles[blockIdx.x];
  const auto& of = adaption.matrices[blockIdx.z];
  const AdapterPart part = view.part(tile.adapter, adaption.layer, of.matrix);
  const uint32_t first = blockIdx.y * kShrunkRanks;
  if (tile.n_rows == 0 || first >= part.rank) return;
  const uint32_t n = part.rank - first < kShrunkRanks ? part.rank - first : kShrunkRanks;
  const uint32_t lane = threadIdx.x % 32, warp = threadIdx.x / 32, n_warps = blockDim.x / 32;
  const uint32_t token = lane % kAdapterTokens, quarter = lane / kAdapterTokens;
  const uint32_t row = view.rows[tile.first + (token < tile.n_rows ? token : 0)];
  const uint8_t* a = view.slot(tile.adapter) + of.a;
  float sums[kShrunkRanks] = {};
  for (uint32_t block = warp; block < blocks_of(adaption.columns); block += n_warps) {
    const uint32_t* inputs = x.run(block, row / kTileTokens) + row % kTileTokens * 4;
#pragma unroll
    for (uint32_t half = 0; half < 2; ++half) {
      const uint32_t core = half * 4 + quarter;
      const uint32_t column = block * kBlockColumns + core * 8;
      if (column >= adaption.columns) continue;
      float input[8];
      if (x.operand == Operand::kBf16) {
        load_eight<BF16Element>(inputs + core * 32, input);
      } else {
        load_eight<F16Element>(inputs + core * 32, input);
      }
#pragma unroll
      for (uint32_t r = 0; r < kShrunkRanks; ++r) {
        if (r >= n) break;
        float weights[8];
        load_eight<Element>(a + (static_cast<uint64_t>(first + r) * adaption.columns + column) * Element::kBytes,
                            weights);
#pragma unroll
        for (uint32_t i = 0; i < 8; ++i) sums[r] = __fmaf_rn(weights[i], input[i], sums[r]);
      }
    }
  }
#pragma unroll
  for (uint32_t r = 0; r < kShrunkRanks; ++r) {
    sums[r] += __shfl_xor_sync(kAllLanes, sums[r], 8);
    sums[r] += __shfl_xor_sync(kAllLanes, sums[r], 16);
    if (quarter == 0) of_warps[(warp * kShrunkRanks + r) * kAdapterTokens + token] = sums[r];
  }
  __syncthreads();
  const uint32_t r = threadIdx.x / kAdapterTokens;
  if (r >= n || token >= tile.n_rows) return;
  float sum = of_warps[threadIdx.x];
  for (uint32_t w = 1; w < n_warps; ++w) sum += of_warps[w * kShrunkRanks * kAdapterTokens + threadIdx.x];
  view.shrunk_of(row, blockIdx.z)[first + r] = part.scale * sum;
}

// ---- b times that
// -------------------------------------------------------------------------------------------------

TM_EVERYWHERE uint32_t expanded_groups(uint32_t rows) { return (rows + kExpandedRows - 1) / kExpandedRows; }

// A block of threads has a tile of rows and some outputs, a thread two outputs of every row.
template <class Element, Result kResult>
__global__ void __launch_bounds__(kExpandThreads) expand_rows(const Adaption adaption, const Product p) {
  constexpr uint32_t kMatrices = kResult == Result::kGated ? 2 : 1;
  float* shrunk = shared_memory<float>();  // [kMatrices][max_rank][kAdapterTokens]
  let_next_start();
  wait_for_previous();
  const AdapterView& view = adaption.view;
  const AdapterTile tile = view.tiles[blockIdx.x];
  uint32_t group = blockIdx.y, which = 0;
  if constexpr (kResult == Result::kHeads) {
    for (; group >= expanded_groups(p.parts[which].rows); ++which) group -= expanded_groups(p.parts[which].rows);
  }
  uint32_t ranks[kMatrices];
#pragma unroll
  for (uint32_t m = 0; m < kMatrices; ++m) {
    ranks[m] = view.part(tile.adapter, adaption.layer, adaption.matrices[which + m].matrix).rank;
  }
  if (tile.n_rows == 0 || (kResult == Result::kAdd && ranks[0] == 0)) return;
#pragma unroll
  for (uint32_t m = 0; m < kMatrices; ++m) {
    for (uint32_t i = threadIdx.x; i < ranks[m] * kAdapterTokens; i += kExpandThreads) {
      const uint32_t token = i % kAdapterTokens;
      const uint32_t row = view.rows[tile.first + (token < tile.n_rows ? token : 0)];
      shrunk[m * view.max_rank * kAdapterTokens + i] = view.shrunk_of(row, which + m)[i / kAdapterTokens];
    }
  }
  __syncthreads();
  const Part& part = p.parts[which];
  const uint32_t output = group * kExpandedRows + threadIdx.x * 2;
  if (output >= part.rows) return;
  float sums[kMatrices][kAdapterTokens][2] = {};
#pragma unroll
  for (uint32_t m = 0; m < kMatrices; ++m) {
    if (ranks[m] == 0) continue;
    const uint8_t* b = view.slot(tile.adapter) + adaption.matrices[which + m].b + output * Element::kBytes;
    for (uint32_t r = 0; r < ranks[m]; ++r) {
      float weights[2];
      load_two<Element>(b + static_cast<uint64_t>(r) * part.rows * Element::kBytes, weights);
      const float* inputs = shrunk + (m * view.max_rank + r) * kAdapterTokens;
#pragma unroll
      for (uint32_t i = 0; i < kAdapterTokens; ++i) {
        sums[m][i][0] = __fmaf_rn(weights[0], inputs[i], sums[m][i][0]);
        sums[m][i][1] = __fmaf_rn(weights[1], inputs[i], sums[m][i][1]);
      }
    }
  }
#pragma unroll
  for (uint32_t i = 0; i < kAdapterTokens; ++i) {
    if (i >= tile.n_rows) break;
    const uint32_t row = view.rows[tile.first + i];
    const auto total = [&](uint32_t m, uint32_t r) {
      const Part& of = p.parts[which + m];
      const float product = of.out[static_cast<uint64_t>(row) * of.stride + output + r];
      return ranks[m] == 0 ? product : product + sums[m][i][r];
    };
    float* out = part.out + static_cast<uint64_t>(row) * part.stride + output;
    if constexpr (kResult == Result::kHeads) {
      p.heads.put(part.head, row, output, total(0, 0), total(0, 1), out);
    } else if constexpr (kResult == Result::kGated) {
      const float low = silu(total(0, 0)) * total(1, 0);
      const float high = silu(total(0, 1)) * total(1, 1);
      out[0] = low;
      out[1] = high;
      p.next.put(row, output, low, high);
    } else {
      const float low = total(0, 0), high = total(0, 1);
      out[0] = low;
      out[1] = high;
    }
  }
}

template <class Element, Result kResult>
cudaError_t launch_expand(const Adaption& adaption, const Product& p, cudaStream_t stream) {
  constexpr uint32_t kMatrices = kResult == Result::kGated ? 2 : 1;
  uint32_t groups = 0;
  for (uint32_t i = 0; i < p.n_parts / kMatrices; ++i) groups += expanded_groups(p.parts[i].rows);
  const uint32_t shared = kMatrices * adaption.view.max_rank * kAdapterTokens * sizeof(float);
  return launch(expand_rows<Element, kResult>, {dim3(adaption.n_tiles, groups), dim3(kExpandThreads), shared}, stream,
                adaption, p);
}

template <class Element>
cudaError_t expand_elements(const Adaption& adaption, const Product& p, cudaStream_t stream) {
  if (p.result == Result::kHeads) return launch_expand<Element, Result::kHeads>(adaption, p, stream);
  if (p.result == Result::kGated) return launch_expand<Element, Result::kGated>(adaption, p, stream);
  return launch_expand<Element, Result::kAdd>(adaption, p, stream);
}

static_assert(2 * kMaxRank * kAdapterTokens * sizeof(float) <= 48 * 1024, "what every device has without being asked");

}  // namespace

cudaError_t shrink(const Adaption& adaption, const Activations& x, cudaStream_t stream) {
  const uint32_t blocks = blocks_of(adaption.columns);
  const uint32_t warps = blocks < kShrinkWarps ? blocks : kShrinkWarps;
  const uint32_t pieces = (adaption.view.max_rank + kShrunkRanks - 1) / kShrunkRanks;
  const Grid grid = {dim3(adaption.n_tiles, pieces, adaption.n_matrices), dim3(warps * 32),
                     warps * kShrunkRanks * kAdapterTokens * static_cast<uint32_t>(sizeof(float))};
  switch (adaption.view.dtype) {
    case TM_F16:
      return launch(shrink_rows<F16Element>, grid, stream, adaption, x);
    case TM_BF16:
      return launch(shrink_rows<BF16Element>, grid, stream, adaption, x);
    default:
      return launch(shrink_rows<F32Element>, grid, stream, adaption, x);
  }
}

cudaError_t expand(const Adaption& adaption, const Product& product, cudaStream_t stream) {
  switch (adaption.view.dtype) {
    case TM_F16:
      return expand_elements<F16Element>(adaption, product, stream);
    case TM_BF16:
      return expand_elements<BF16Element>(adaption, product, stream);
    default:
      return expand_elements<F32Element>(adaption, product, stream);
  }
}

}  // namespace tramontane::TM_DEVICE
