#include "cuda/device.h"
#include "cuda/group_product.h"
#include "cuda/mma_order.h"
#include "tile.h"

namespace tramontane::TM_DEVICE {

// The rows' operand [block][16 rows][step of 16][lane], the registers of mma.m16n8k16, or as that of the columns, for
// kShared: [block][8 rows or columns][8 of inner][row or column] of 16 bytes.
struct Tile {
  const uint4* rows;
  const uint4* columns;
  float* out;  // [column][row]
  uint32_t n_blocks;
};

inline constexpr uint32_t kStages = 2;
inline constexpr int kLaunches = 5;
inline constexpr uint32_t kSteps = test::kTileInner / 16;
inline constexpr uint32_t kGroupThreads = 128;
inline constexpr uint32_t kRowPieces = test::kTileRows * test::kTileInner / 8;  // of 16 bytes
inline constexpr uint32_t kCorePiece = 128;                                     // bytes of a core matrix
inline constexpr uint32_t kCoreRow = kCorePiece * test::kTileInner / 8;

template <int kColumns>
struct TileShared {
  static constexpr uint32_t kColumnPieces = kColumns * test::kTileInner / 8;
  uint4 rows[kStages][kRowPieces];
  uint4 columns[kStages][kColumnPieces];
  uint64_t full[kStages];
  uint64_t empty[kStages];
};

template <int kColumns>
__device__ inline void copy_rows(const Tile& t, TileShared<kColumns>& s, uint32_t block) {
  const uint32_t stage = block % kStages;
  barrier_expect(&s.full[stage], sizeof s.rows[0] + sizeof s.columns[0]);
  copy_bulk(s.rows[stage], t.rows + block * kRowPieces, sizeof s.rows[0], &s.full[stage]);
}

// Keeps the ring full: with the rows, which are weights, before the kernel ahead has ended.
template <int kColumns>
__device__ inline void produce(const Tile& t, TileShared<kColumns>& s) {
  for (uint32_t block = 0; block < kStages && block < t.n_blocks; ++block) copy_rows<kColumns>(t, s, block);
  let_next_start();
  wait_for_previous();
  for (uint32_t block = 0; block < t.n_blocks; ++block) {
    const uint32_t stage = block % kStages;
    if (block >= kStages) {
      barrier_wait(&s.empty[stage], (block / kStages - 1) % 2);
      copy_rows<kColumns>(t, s, block);
    }
    copy_bulk(s.columns[stage], t.columns + block * TileShared<kColumns>::kColumnPieces, sizeof s.columns[0],
              &s.full[stage]);
    barrier_arrive(&s.full[stage]);
  }
}

template <int kColumns>
__device__ inline uint64_t columns_of(const TileShared<kColumns>& s, uint32_t stage, uint32_t step) {
  return group_matrix(s.columns[stage] + step * 2 * kCorePiece / sizeof(uint4), kCorePiece, kCoreRow);
}

// Of block - 1: the products of block are the only ones that may still be under way.
template <int kColumns>
__device__ inline void give_stage_back(TileShared<kColumns>& s, uint32_t block) {
  if (block > 0) barrier_arrive(&s.empty[(block - 1) % kStages]);
}

template <Operand kOperand, int kColumns>
__device__ inline void multiply_from_registers(const Tile& t, TileShared<kColumns>& s, float (&sums)[kColumns / 2]) {
  const auto multiply = [&](uint32_t block, uint32_t(&a)[kSteps][4]) {
    const uint32_t stage = block % kStages;
    barrier_wait(&s.full[stage], block / kStages % 2);
#pragma unroll
    for (uint32_t step = 0; step < kSteps; ++step) {
      const uint4 v = s.rows[stage][(threadIdx.x / 32 * kSteps + step) * 32 + threadIdx.x % 32];
      a[step][0] = v.x;
      a[step][1] = v.y;
      a[step][2] = v.z;
      a[step][3] = v.w;
    }
    group_fence(sums, a);
#pragma unroll
    for (uint32_t step = 0; step < kSteps; ++step) {
      group_multiply<kOperand>(sums, a[step], columns_of<kColumns>(s, stage, step));
    }
    group_commit();
  };
  // While one block multiplies, the next one's registers are loaded.
  uint32_t a[kSteps][4], b[kSteps][4];
  multiply(0, a);
  for (uint32_t block = 1; block < t.n_blocks; block += 2) {
    multiply(block, b);
    group_wait<1>(sums, a);
    give_stage_back<kColumns>(s, block);
    if (block + 1 == t.n_blocks) break;
    multiply(block + 1, a);
    group_wait<1>(sums, b);
    give_stage_back<kColumns>(s, block + 1);
  }
  group_wait<0>(sums, a, b);
}

template <Operand kOperand, int kColumns>
__device__ inline void multiply_from_shared(const Tile& t, TileShared<kColumns>& s, float (&sums)[kColumns / 2]) {
  for (uint32_t block = 0; block < t.n_blocks; ++block) {
    const uint32_t stage = block % kStages;
    barrier_wait(&s.full[stage], block / kStages % 2);
    group_fence(sums);
#pragma unroll
    for (uint32_t step = 0; step < kSteps; ++step) {
      const uint64_t rows = group_matrix(s.rows[stage] + step * 2 * kCorePiece / sizeof(uint4), kCorePiece, kCoreRow);
      group_multiply<kOperand>(sums, rows, columns_of<kColumns>(s, stage, step));
    }
    group_commit();
    group_wait<1>(sums);
    give_stage_back<kColumns>(s, block);
  }
  group_wait<0>(sums);
}

template <Operand kOperand, int kColumns, bool kFromShared>
__global__ void __launch_bounds__(kGroupThreads + 32) tile(const Tile t) {
  TileShared<kColumns>& s = *shared_memory<TileShared<kColumns>>();
  if (threadIdx.x == 0) {
    for (uint32_t stage = 0; stage < kStages; ++stage) {
      barrier_init(&s.full[stage], 1);
      barrier_init(&s.empty[stage], kGroupThreads);
    }
    barrier_fence();
  }
  __syncthreads();
  if (threadIdx.x == kGroupThreads) return produce<kColumns>(t, s);
  wait_for_previous();
  if (threadIdx.x > kGroupThreads) return;
  float sums[kColumns / 2] = {};
  if constexpr (kFromShared) {
    multiply_from_shared<kOperand, kColumns>(t, s, sums);
  } else {
    multiply_from_registers<kOperand, kColumns>(t, s, sums);
  }
  const uint32_t lane = threadIdx.x % 32;
#pragma unroll
  for (uint32_t i = 0; i < kColumns / 2; ++i) {
    const uint32_t column = i / 4 * 8 + sum_column(lane, i % 4);
    t.out[column * test::kTileRows + threadIdx.x / 32 * 16 + sum_row(lane, i % 4)] = sums[i];
  }
}

template <Operand kOperand, int kColumns>
__global__ void __launch_bounds__(kGroupThreads) tile_by_warps(const Tile t) {
  wait_for_previous();
  constexpr int kTiles = kColumns / 8;
  const uint32_t lane = threadIdx.x % 32;
  const uint32_t* columns = reinterpret_cast<const uint32_t*>(t.columns);
  float sums[kTiles][4] = {};
  for (uint32_t block = 0; block < t.n_blocks; ++block) {
    for (uint32_t step = 0; step < kSteps; step += 2) {
      const uint4* from = t.rows + block * kRowPieces + (threadIdx.x / 32 * kSteps + step) * 32 + lane;
      const uint4 first = from[0], second = from[32];
      const uint32_t a[8] = {first.x, first.y, first.z, first.w, second.x, second.y, second.z, second.w};
      uint4 b[kTiles];
      for (int i = 0; i < kTiles; ++i) {
        // The pair at inner: [tile][8 of inner][column] of 16 bytes.
        const auto pair = [&](uint32_t inner) {
          return columns[(((block * kTiles + i) * 8 + inner / 8) * 8 + lane / 4) * 4 + inner % 8 / 2];
        };
        const uint32_t inner = step * 16 + lane % 4 * 2;
        b[i] = make_uint4(pair(inner), pair(inner + 8), pair(inner + 16), pair(inner + 24));
      }
      multiply_32<kOperand, kTiles>(sums, a, b);
    }
  }
  for (int i = 0; i < kTiles; ++i) {
    for (uint32_t j = 0; j < 4; ++j) {
      t.out[(i * 8 + sum_column(lane, j)) * test::kTileRows + threadIdx.x / 32 * 16 + sum_row(lane, j)] = sums[i][j];
    }
  }
}

template <Operand kOperand, int kColumns>
cudaError_t launch_tile(test::TileKind kind, const Tile& t, cudaStream_t stream) {
  const Grid group = {dim3(1), dim3(kGroupThreads + 32), sizeof(TileShared<kColumns>)};
  switch (kind) {
    case test::TileKind::kRegisters:
      return launch(tile<kOperand, kColumns, false>, group, stream, t);
    case test::TileKind::kShared:
      return launch(tile<kOperand, kColumns, true>, group, stream, t);
    default:
      return launch(tile_by_warps<kOperand, kColumns>, {dim3(1), dim3(kGroupThreads)}, stream, t);
  }
}

cudaError_t launch_tile(const test::TileProblem& p, const Tile& t, cudaStream_t stream) {
  if (p.n_columns == 8) {
    return p.bf16 ? launch_tile<Operand::kBf16, 8>(p.kind, t, stream)
                  : launch_tile<Operand::kF16, 8>(p.kind, t, stream);
  }
  return p.bf16 ? launch_tile<Operand::kBf16, 64>(p.kind, t, stream)
                : launch_tile<Operand::kF16, 64>(p.kind, t, stream);
}

// [block][8 rows][8 of inner][row] of 8 numbers.
std::vector<uint16_t> in_core_matrices(const std::vector<uint16_t>& values, uint32_t n, uint32_t n_blocks) {
  std::vector<uint16_t> to(values.size());
  const uint32_t inner_all = n_blocks * test::kTileInner;
  for (uint32_t row = 0; row < n; ++row) {
    for (uint32_t inner = 0; inner < inner_all; ++inner) {
      const uint32_t block = inner / test::kTileInner;
      const uint32_t in_block = inner % test::kTileInner;
      const uint32_t piece = ((block * n / 8 + row / 8) * 8 + in_block / 8) * 8 + row % 8;
      to[piece * 8 + inner % 8] = values[row * inner_all + inner];
    }
  }
  return to;
}

// [block][16 rows][step][lane] of 8 numbers.
std::vector<uint16_t> in_registers(const std::vector<uint16_t>& values, uint32_t n_blocks) {
  std::vector<uint16_t> to(values.size());
  for (uint32_t i = 0; i < to.size(); ++i) {
    const uint32_t lane = i / 8 % 32;
    const uint32_t step = i / 256 % kSteps;
    const uint32_t unit = i / (256 * kSteps) % 4;
    const uint32_t block = i / (256 * kSteps * 4);
    const uint32_t row = unit * 16 + row_operand_row(lane, i % 8 / 2);
    const uint32_t inner = block * test::kTileInner + step * 16 + row_operand_inner(lane, i % 8 / 2) + i % 2;
    to[i] = values[row * n_blocks * test::kTileInner + inner];
  }
  return to;
}

std::string multiply_tile(const test::TileProblem& p, std::vector<float>& sums) {
  const auto rows = p.kind == test::TileKind::kShared ? in_core_matrices(p.rows, test::kTileRows, p.n_blocks)
                                                      : in_registers(p.rows, p.n_blocks);
  const auto columns = in_core_matrices(p.columns, p.n_columns, p.n_blocks);
  sums.assign(p.n_columns * test::kTileRows, 0);
  void* memory[3] = {};
  const uint64_t bytes[] = {rows.size() * 2, columns.size() * 2, sums.size() * 4};
  cudaStream_t stream = nullptr;
  cudaError_t error = cudaStreamCreate(&stream);
  for (int i = 0; i < 3 && error == cudaSuccess; ++i) error = cudaMalloc(&memory[i], bytes[i]);
  if (error == cudaSuccess) {
    holds_weights(memory[0]);
    const Tile t = {static_cast<const uint4*>(memory[0]), static_cast<const uint4*>(memory[1]),
                    static_cast<float*>(memory[2]), p.n_blocks};
    cudaMemcpyAsync(memory[0], rows.data(), bytes[0], cudaMemcpyHostToDevice, stream);
    cudaMemcpyAsync(memory[1], columns.data(), bytes[1], cudaMemcpyHostToDevice, stream);
    // The emulator has another order of threads each time.
    for (int i = 0; i < kLaunches && error == cudaSuccess; ++i) {
      cudaMemsetAsync(memory[2], 0xff, bytes[2], stream);
      error = launch_tile(p, t, stream);
    }
    cudaMemcpyAsync(sums.data(), memory[2], bytes[2], cudaMemcpyDeviceToHost, stream);
    const cudaError_t end = cudaStreamSynchronize(stream);
    if (error == cudaSuccess) error = end;
  }
  const std::string text = error == cudaSuccess ? "" : cudaGetErrorString(error);
  for (void* each : memory) cudaFree(each);
  cudaStreamDestroy(stream);
  return text;
}

}  // namespace tramontane::TM_DEVICE

namespace test {

#if defined(__CUDACC__)
std::string multiply_tile_cuda(const TileProblem& problem, std::vector<float>& sums) {
#else
std::string multiply_tile_emulated(const TileProblem& problem, std::vector<float>& sums) {
#endif
  return tramontane::TM_DEVICE::multiply_tile(problem, sums);
}

}  // namespace test
