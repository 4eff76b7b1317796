// From a file's rows to the order in which the matrix products read them (fragments.h). Each thread makes 16 bytes.
#include "dtype.h"
#include "fragments.h"
#include "kernels.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kThreads = 256;

// The file's row that is row `row` of the matrix.
__device__ inline const uint8_t* source_row(const Raw& raw, uint32_t row) {
  return raw.data + static_cast<uint64_t>(raw.order.place_of(row)) * raw.row_bytes;
}

__device__ inline uint32_t load_half(const uint8_t* at) { return at[0] | static_cast<uint32_t>(at[1]) << 8; }

__device__ inline uint32_t half_at(const Raw& raw, uint32_t row, uint32_t column) {
  if (row >= raw.rows || column >= raw.columns) return 0;
  return load_half(source_row(raw, row) + static_cast<uint64_t>(column) * 2);
}

__device__ inline uint32_t q8_0_at(const Raw& raw, uint32_t row, uint32_t column) {
  if (row >= raw.rows || column >= raw.columns) return 128;
  const uint8_t* block = source_row(raw, row) + static_cast<uint64_t>(column / 32) * kQ8_0Bytes;
  return block[2 + column % 32] ^ 0x80u;  // two's complement + 128
}

__device__ inline uint32_t q4_0_at(const Raw& raw, uint32_t row, uint32_t column) {
  if (row >= raw.rows || column >= raw.columns) return 8;
  const uint8_t* block = source_row(raw, row) + static_cast<uint64_t>(column / 32) * kQ4_0Bytes;
  const uint32_t byte = block[2 + column % 16];
  return column % 32 < 16 ? byte & 15 : byte >> 4;
}

// Elements of register i of a lane, in a step of 16 columns that begins at `column`.
template <class At>
__device__ inline uint32_t elements(const At& at, uint32_t unit, uint32_t column, uint32_t lane, uint32_t i,
                                    uint32_t bits, uint32_t apart) {
  const uint32_t row = unit * kUnitRows + row_operand_row(lane, i);
  const uint32_t first = column + row_operand_inner(lane, i);
  return at(row, first) << bits | at(row, first + 1) << (bits + apart);
}

__global__ void __launch_bounds__(kThreads)
    arrange_codes(uint32_t dtype, const Raw raw, uint32_t n_chunks, uint32_t pieces, uint64_t n, uint4* codes) {
  wait_for_previous();
  const uint64_t i = static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const uint32_t lane = static_cast<uint32_t>(i % 32);
  const uint32_t piece = static_cast<uint32_t>(i / 32 % pieces);
  const uint32_t chunk = static_cast<uint32_t>(i / 32 / pieces % n_chunks);
  const uint32_t unit = static_cast<uint32_t>(i / 32 / pieces / n_chunks);
  const uint32_t column = chunk * kChunkColumns + piece * (kChunkColumns / pieces);
  uint32_t words[4] = {};
  for (uint32_t w = 0; w < 4; ++w) {
    if (dtype == TM_Q8_0) {  // word w: registers 2 w and 2 w + 1 of eight, four bytes
      const auto at = [&](uint32_t row, uint32_t c) { return q8_0_at(raw, row, c); };
      const uint32_t step = column + w / 2 * 16;
      words[w] = elements(at, unit, step, lane, w % 2 * 2, 0, 8) | elements(at, unit, step, lane, w % 2 * 2 + 1, 16, 8);
    } else if (dtype == TM_Q4_0) {  // word w: the four registers of step w
      const auto at = [&](uint32_t row, uint32_t c) { return q4_0_at(raw, row, c); };
      for (uint32_t r = 0; r < 4; ++r) words[w] |= elements(at, unit, column + w * 16, lane, r, 4 * r, 16);
    } else {
      const auto at = [&](uint32_t row, uint32_t c) { return half_at(raw, row, c); };
      words[w] = elements(at, unit, column, lane, w, 0, 16);
    }
  }
  codes[i] = make_uint4(words[0], words[1], words[2], words[3]);
}

__global__ void __launch_bounds__(kThreads)
    arrange_scales(uint32_t block_bytes, const Raw raw, uint32_t n_chunks, uint64_t n, uint4* scales) {
  wait_for_previous();
  const uint64_t i = static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const uint32_t g = static_cast<uint32_t>(i % 8);
  const uint32_t chunk = static_cast<uint32_t>(i / 8 % n_chunks);
  const uint32_t unit = static_cast<uint32_t>(i / 8 / n_chunks);
  uint32_t words[4] = {};
  for (uint32_t k = 0; k < 8; ++k) {
    const uint32_t row = unit * kUnitRows + g + k / 4 * 8;
    const uint32_t block = chunk * kBlocksPerChunk + k % 4;
    if (row >= raw.rows || block * 32 >= raw.columns) continue;
    const uint8_t* at = source_row(raw, row) + static_cast<uint64_t>(block) * block_bytes;
    words[k / 2] |= load_half(at) << (16 * (k % 2));
  }
  scales[i] = make_uint4(words[0], words[1], words[2], words[3]);
}

uint32_t chunks(uint32_t columns) { return (columns + kChunkColumns - 1) / kChunkColumns; }
uint32_t units(uint32_t rows) { return (rows + kUnitRows - 1) / kUnitRows; }
uint32_t pieces_of(uint32_t dtype) { return element_type(dtype)->device_pieces; }
uint32_t blocks_of(uint64_t n) { return static_cast<uint32_t>((n + kThreads - 1) / kThreads); }

}  // namespace

bool has_matmul(uint32_t dtype) { return pieces_of(dtype) > 0; }

uint64_t code_pieces(uint32_t dtype, uint32_t rows, uint32_t columns) {
  return static_cast<uint64_t>(units(rows)) * chunks(columns) * pieces_of(dtype) * 32;
}

uint64_t scale_pieces(uint32_t dtype, uint32_t rows, uint32_t columns) {
  return block_elements(dtype) > 1 ? static_cast<uint64_t>(units(rows)) * chunks(columns) * 8 : 0;
}

cudaError_t arrange(uint32_t dtype, const Raw& raw, uint4* codes, uint4* scales, cudaStream_t stream) {
  const uint64_t n = code_pieces(dtype, raw.rows, raw.columns);
  const cudaError_t error = launch(arrange_codes, {dim3(blocks_of(n)), dim3(kThreads)}, stream, dtype, raw,
                                   chunks(raw.columns), pieces_of(dtype), n, codes);
  const uint64_t n_scales = scale_pieces(dtype, raw.rows, raw.columns);
  if (error != cudaSuccess || n_scales == 0) return error;
  return launch(arrange_scales, {dim3(blocks_of(n_scales)), dim3(kThreads)}, stream, block_bytes(dtype), raw,
                chunks(raw.columns), n_scales, scales);
}

}  // namespace tramontane::TM_DEVICE
