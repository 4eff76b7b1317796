// From a file's rows to the order in which the matrix products read them (weights.h). Each thread makes a word.
#include "fragments.h"
#include "kernels.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kThreads = 256;

__device__ inline uint32_t half(const uint8_t* at) { return at[0] | static_cast<uint32_t>(at[1]) << 8; }

// ---- code_NAME: the code of element e of a block of the file
// -----------------------------------------------------------

// 32 nibbles: the low ones first.
__device__ inline uint32_t nibble(const uint8_t* q, uint32_t e) { return q[e % 16] >> (e / 16 * 4) & 15; }
// Of 256: 64 elements share 32 bytes.
__device__ inline uint32_t super_nibble(const uint8_t* q, uint32_t e) {
  return q[e / 64 * 32 + e % 32] >> (e / 32 % 2 * 4) & 15;
}
// Two bits of 256: 128 elements share 32 bytes.
__device__ inline uint32_t super_pair(const uint8_t* q, uint32_t e) {
  return q[e / 128 * 32 + e % 32] >> (e / 32 % 4 * 2) & 3;
}
__device__ inline uint32_t bit(const uint8_t* bits, uint32_t e) { return bits[e / 8] >> (e % 8) & 1; }
__device__ inline uint32_t super_bit(const uint8_t* bits, uint32_t e) { return bits[e % 32] >> (e / 32) & 1; }

__device__ inline uint32_t code_F16(const uint8_t* b, uint32_t) { return half(b); }
__device__ inline uint32_t code_BF16(const uint8_t* b, uint32_t) { return half(b); }
__device__ inline uint32_t code_F8_E4M3(const uint8_t* b, uint32_t) { return b[0]; }
__device__ inline uint32_t code_Q4_0(const uint8_t* b, uint32_t e) { return nibble(b + 2, e); }
__device__ inline uint32_t code_Q4_1(const uint8_t* b, uint32_t e) { return nibble(b + 4, e); }
__device__ inline uint32_t code_Q5_0(const uint8_t* b, uint32_t e) { return nibble(b + 6, e) | bit(b + 2, e) << 4; }
__device__ inline uint32_t code_Q5_1(const uint8_t* b, uint32_t e) { return nibble(b + 8, e) | bit(b + 4, e) << 4; }
__device__ inline uint32_t code_Q8_0(const uint8_t* b, uint32_t e) { return b[2 + e] ^ 0x80u; }  // + 128
__device__ inline uint32_t code_IQ4_NL(const uint8_t* b, uint32_t e) { return nibble(b + 2, e); }
__device__ inline uint32_t code_Q2_K(const uint8_t* b, uint32_t e) { return super_pair(b + 16, e); }
__device__ inline uint32_t code_Q3_K(const uint8_t* b, uint32_t e) {
  return super_pair(b + 32, e) | super_bit(b, e) << 2;
}
__device__ inline uint32_t code_Q4_K(const uint8_t* b, uint32_t e) { return super_nibble(b + 16, e); }
__device__ inline uint32_t code_Q5_K(const uint8_t* b, uint32_t e) {
  return super_nibble(b + 48, e) | super_bit(b + 16, e) << 4;
}
__device__ inline uint32_t code_Q6_K(const uint8_t* b, uint32_t e) {  // low nibbles: 128 elements share 64 bytes
  return (b[e / 128 * 64 + e % 64] >> (e / 64 % 2 * 4) & 15) | super_pair(b + 128, e) << 4;
}
__device__ inline uint32_t code_IQ4_XS(const uint8_t* b, uint32_t e) { return nibble(b + 8 + e / 32 * 16, e % 32); }

// Block of the file that holds an element; null outside the matrix.
__device__ inline const uint8_t* block_at(const Raw& raw, uint32_t row, uint32_t column, uint32_t elements,
                                          uint32_t bytes) {
  if (row >= raw.rows || column >= raw.columns) return nullptr;
  return raw.data + static_cast<uint64_t>(row) * raw.row_bytes + static_cast<uint64_t>(column / elements) * bytes;
}

// Outside the matrix 0, which zeros multiply.
__device__ inline uint32_t code_at(uint32_t dtype, const Raw& raw, uint32_t row, uint32_t column) {
  switch (dtype) {
#define TM_CASE(name, elements, bytes, ...)                              \
  case TM_##name: {                                                      \
    const uint8_t* block = block_at(raw, row, column, elements, bytes);  \
    return block == nullptr ? 0 : code_##name(block, column % elements); \
  }
    TM_DEVICE_TYPES(TM_CASE)
#undef TM_CASE
  }
  return 0;
}

// ---- scales
// -------------------------------------------------------------------------------------------------------------

// Word k of those that rows g and g + 8 of a unit have for a block of 64 columns.
__device__ inline uint32_t scale_word(uint32_t dtype, const Raw& raw, uint32_t unit, uint32_t block, uint32_t g,
                                      uint32_t k) {
  const uint32_t row = unit * kUnitRows + g;
  const uint32_t column = block * kBlockColumns;
  switch (dtype) {
    case TM_Q4_1:
    case TM_Q5_1: {  // d and m as they lie in the file
      const uint32_t bytes = dtype == TM_Q4_1 ? kQ4_1Bytes : kQ5_1Bytes;
      const uint8_t* b = block_at(raw, row + k / 2 * 8, column + k % 2 * 32, 32, bytes);
      return b == nullptr ? 0 : half(b) | half(b + 2) << 16;
    }
    case TM_Q2_K: {
      const uint8_t* b = block_at(raw, row + k * 8, column, 256, kQ2_KBytes);
      return b == nullptr ? 0 : half(b + block % 4 * 4) | half(b + block % 4 * 4 + 2) << 16;
    }
    case TM_Q4_K:
    case TM_Q5_K: {
      const uint8_t* b = block_at(raw, row + k * 8, column, 256, dtype == TM_Q4_K ? kQ4_KBytes : kQ5_KBytes);
      uint32_t word = 0;
      for (uint32_t i = 0; b != nullptr && i < 2; ++i) {
        uint8_t scale, minimum;
        q4_k_scale_min(b + 4, block % 4 * 2 + i, &scale, &minimum);
        word |= (scale | static_cast<uint32_t>(minimum) << 8) << (16 * i);
      }
      return word;
    }
    case TM_Q3_K:
    case TM_Q6_K: {
      const uint8_t* b = block_at(raw, row + k * 8, column, 256, dtype == TM_Q3_K ? kQ3_KBytes : kQ6_KBytes);
      uint32_t word = 0;
      for (uint32_t i = 0; b != nullptr && i < 4; ++i) {
        const uint32_t j = block % 4 * 4 + i;
        const int8_t scale = dtype == TM_Q3_K ? q3_k_scale(b + 96, j) : static_cast<int8_t>(b[192 + j]);
        word |= static_cast<uint32_t>(scale + 128) << (8 * i);
      }
      return word;
    }
    case TM_IQ4_XS: {
      uint32_t word = 0;
      for (uint32_t i = 0; i < 4; ++i) {
        const uint8_t* b = block_at(raw, row + i / 2 * 8, column, 256, kIQ4_XSBytes);
        if (b != nullptr) word |= static_cast<uint32_t>(iq4_xs_scale(b, block % 4 * 2 + i % 2) + 128) << (8 * i);
      }
      return word;
    }
    default: {  // blocks of 32 that begin with d
      uint32_t word = 0;
      for (uint32_t i = 0; i < 2; ++i) {
        const uint32_t bytes = dtype == TM_Q8_0 ? kQ8_0Bytes : dtype == TM_Q5_0 ? kQ5_0Bytes : kQ4_0Bytes;
        const uint8_t* b = block_at(raw, row + k * 8, column + i * 32, 32, bytes);
        if (b != nullptr) word |= half(b) << (16 * i);
      }
      return word;
    }
  }
}
static_assert(kQ4_0Bytes == kIQ4_NLBytes);

// Word k of those that rows g and g + 8 of a unit have for 256 columns.
__device__ inline uint32_t super_word(uint32_t dtype, const Raw& raw, uint32_t row, uint32_t column, uint32_t k) {
  if (dtype == TM_Q2_K || dtype == TM_Q4_K || dtype == TM_Q5_K) {  // d, -dmin
    const uint32_t bytes = dtype == TM_Q2_K ? kQ2_KBytes : dtype == TM_Q4_K ? kQ4_KBytes : kQ5_KBytes;
    const uint8_t* b = block_at(raw, row + k * 8, column, 256, bytes);
    if (b == nullptr) return 0;
    if (dtype == TM_Q2_K) b += 80;
    return half(b) | (half(b + 2) ^ 0x8000u) << 16;
  }
  const uint32_t bytes = dtype == TM_Q3_K ? kQ3_KBytes : dtype == TM_Q6_K ? kQ6_KBytes : kIQ4_XSBytes;
  const uint32_t d_at = dtype == TM_Q3_K ? 108 : dtype == TM_Q6_K ? 208 : 0;
  uint32_t word = 0;
  for (uint32_t i = 0; i < 2; ++i) {
    const uint8_t* b = block_at(raw, row + i * 8, column, 256, bytes);
    if (b != nullptr) word |= half(b + d_at) << (16 * i);
  }
  return word;
}

// ---- kernels
// ------------------------------------------------------------------------------------------------------------

// Word `word` of a lane's codes of a block of 64 columns.
__device__ inline uint32_t code_word(uint32_t dtype, const DeviceLayout& layout, const Raw& raw, uint32_t unit,
                                     uint32_t block, uint32_t lane, uint32_t word, float* row_scales) {
  const bool low = word < layout.low_bits;
  const uint32_t bits = low ? layout.low_bits : layout.high_bits;
  const uint32_t registers = 16 / bits;
  uint32_t result = 0;
  for (uint32_t j = 0; j < registers; ++j) {
    const uint32_t i = (low ? word : word - layout.low_bits) * registers + j;
    const uint32_t row = unit * kUnitRows + row_operand_row(lane, i % 4);
    const uint32_t column = block * kBlockColumns + i / 4 * 16 + row_operand_inner(lane, i % 4);
    for (uint32_t h = 0; h < 2; ++h) {
      const uint32_t code = code_at(dtype, raw, row, column + h);
      if (dtype == TM_F8_E4M3 && (code & 0x7f) == 0x7f) row_scales[row] = NAN;
      result |= (code >> (low ? 0 : layout.low_bits) & ((1u << bits) - 1)) << (bits * j + 16 * h);
    }
  }
  return result;
}

__global__ void __launch_bounds__(kThreads) arrange_records(uint32_t dtype, const DeviceLayout layout, const Raw raw,
                                                            uint32_t n_blocks, uint64_t n, const Arranged to) {
  wait_for_previous();
  const uint64_t i = static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const uint32_t words = record_words(layout);
  const uint64_t record = i / words;
  const uint32_t block = static_cast<uint32_t>(record / kStackUnits % n_blocks);
  const uint32_t unit = static_cast<uint32_t>(record / kStackUnits / n_blocks * kStackUnits + record % kStackUnits);
  const uint32_t of_codes = layout.code_words() * 32;
  uint32_t at = static_cast<uint32_t>(i % words);
  if (at >= of_codes) {
    at -= of_codes;
    to.records[i] = scale_word(dtype, raw, unit, block, at / layout.scale_words, at % layout.scale_words);
    return;
  }
  // The lanes' words lie in runs of four, two and one a lane.
  uint32_t first = 0, side = 4;
  while (layout.code_words() - first < side) side /= 2;
  while (at >= side * 32) {
    at -= side * 32;
    first += side;
    while (layout.code_words() - first < side) side /= 2;
  }
  to.records[i] = code_word(dtype, layout, raw, unit, block, at / side, first + at % side, to.row_scales);
}

__global__ void __launch_bounds__(kThreads)
    arrange_supers(uint32_t dtype, uint32_t words, const Raw raw, uint32_t n_supers, uint64_t n, uint32_t* supers) {
  wait_for_previous();
  const uint64_t i = static_cast<uint64_t>(blockIdx.x) * kThreads + threadIdx.x;
  if (i >= n) return;
  const uint32_t k = static_cast<uint32_t>(i % words);
  const uint32_t g = static_cast<uint32_t>(i / words % 8);
  const uint64_t super_of_unit = i / words / 8;
  const uint32_t super = static_cast<uint32_t>(super_of_unit / kStackUnits % n_supers);
  const uint32_t unit =
      static_cast<uint32_t>(super_of_unit / kStackUnits / n_supers * kStackUnits + super_of_unit % kStackUnits);
  supers[i] = super_word(dtype, raw, unit * kUnitRows + g, super * 256, k);
}

uint32_t thread_blocks(uint64_t n) { return static_cast<uint32_t>((n + kThreads - 1) / kThreads); }

}  // namespace

ArrangedBytes::ArrangedBytes(uint32_t dtype, uint32_t rows, uint32_t columns) {
  const DeviceLayout& layout = element_type(dtype)->device;
  if (layout.code_words() == 0) {  // F32, whose rows are looked up only
    records = rows * row_bytes(dtype, columns);
    return;
  }
  constexpr uint32_t kStackRows = kStackUnits * kUnitRows;
  const uint64_t units = (rows + kStackRows - 1) / kStackRows * kStackUnits;
  records = units * blocks_of(columns) * record_words(layout) * sizeof(uint32_t);
  supers = units * (columns / 256) * 8 * layout.super_words * sizeof(uint32_t);
  row_scales = dtype == TM_F8_E4M3 ? rows * sizeof(float) : 0;
}

cudaError_t arrange(uint32_t dtype, const Raw& raw, const Arranged& to, cudaStream_t stream) {
  const DeviceLayout& layout = element_type(dtype)->device;
  const ArrangedBytes bytes(dtype, raw.rows, raw.columns);
  const uint64_t n = bytes.records / sizeof(uint32_t);
  const cudaError_t error = launch(arrange_records, {dim3(thread_blocks(n)), dim3(kThreads)}, stream, dtype, layout,
                                   raw, blocks_of(raw.columns), n, to);
  const uint64_t n_supers = bytes.supers / sizeof(uint32_t);
  if (error != cudaSuccess || n_supers == 0) return error;
  return launch(arrange_supers, {dim3(thread_blocks(n_supers)), dim3(kThreads)}, stream, dtype, layout.super_words, raw,
                raw.columns / 256, n_supers, to.supers);
}

}  // namespace tramontane::TM_DEVICE
