// Rows of the embedding, out of the order in which the products read it (weights.h): to the bit what dequantise.cpp
// makes of the file, because codes and scales are kept as they are.
#include "kernels.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kThreads = 128;

// Where a pair of neighbouring columns of a row lies.
struct PairPlace {
  const uint32_t* record;  // of the block of 64 columns
  const uint32_t* scales;  // of rows g and g + 8
  const uint32_t* supers;
  uint32_t lane;
  uint32_t i;      // register of the block's 16
  uint32_t upper;  // 1 for row g + 8
  uint32_t step;   // of the block's four
};

__device__ inline PairPlace place_of(const Table& t, uint32_t row, uint32_t column) {
  const uint32_t unit = row / kUnitRows, of_unit = row % kUnitRows;
  const uint32_t block = column / kBlockColumns, of_block = column % kBlockColumns;
  const uint32_t inner = of_block % 16;
  const uint64_t at = (static_cast<uint64_t>(unit / kStackUnits) * t.n_blocks + block) * kStackUnits;
  PairPlace p;
  p.record = t.records + (at + unit % kStackUnits) * record_words(t.layout);
  p.scales = p.record + 32 * t.layout.code_words() + of_unit % 8 * t.layout.scale_words;
  const uint64_t super = static_cast<uint64_t>(unit / kStackUnits) * (t.columns / 256) + column / 256;
  p.supers = t.supers + ((super * kStackUnits + unit % kStackUnits) * 8 + of_unit % 8) * t.layout.super_words;
  p.lane = of_unit % 8 * 4 + inner % 8 / 2;
  p.upper = of_unit / 8;
  p.step = of_block / 16;
  p.i = p.step * 4 + p.upper + inner / 8 * 2;
  return p;
}

// Word `word` of the lane's codes: they lie in runs of four, two and one a lane.
__device__ inline uint32_t code_word(const DeviceLayout& layout, const PairPlace& p, uint32_t word) {
  uint32_t first = 0, side = 4;
  while (true) {
    while (layout.code_words() - first < side) side /= 2;
    if (word < first + side) return p.record[first * 32 + p.lane * side + (word - first)];
    first += side;
  }
}

__device__ inline uint32_t bits_of(const DeviceLayout& layout, const PairPlace& p, uint32_t bits, uint32_t first,
                                   uint32_t half) {
  const uint32_t word = code_word(layout, p, first + p.i * bits / 16);
  return word >> (p.i * bits % 16 + 16 * half) & ((1u << bits) - 1);
}

__device__ inline float half_of(uint32_t word, uint32_t upper) {
  return unpack_f16(static_cast<uint16_t>(word >> (16 * upper)));
}

__device__ inline float iq4_value(uint32_t code) {
  constexpr uint32_t kFirst = kIQ4Bytes[0], kSecond = kIQ4Bytes[1], kThird = kIQ4Bytes[2], kFourth = kIQ4Bytes[3];
  const uint32_t word = code < 8 ? (code < 4 ? kFirst : kSecond) : (code < 12 ? kThird : kFourth);
  return static_cast<float>(static_cast<int>(word >> (8 * (code % 4)) & 255) - 128);
}

__device__ inline float value_at(const Table& t, const PairPlace& p, uint32_t row, uint32_t half) {
  uint32_t code = bits_of(t.layout, p, t.layout.low_bits, 0, half);
  if (t.layout.high_bits > 0) {
    code |= bits_of(t.layout, p, t.layout.high_bits, t.layout.low_bits, half) << t.layout.low_bits;
  }
  const auto number = [&](int zero) { return static_cast<float>(static_cast<int>(code) - zero); };
  const auto block_scale = [&] { return half_of(p.scales[p.upper], p.step / 2); };
  const auto with_minimum = [&] {
    const uint32_t both = p.scales[2 * p.upper + p.step / 2];
    return half_of(both, 0) * number(0) + half_of(both, 1);
  };
  const auto super_scale = [&](uint32_t columns) {
    const uint32_t byte = p.upper * (64 / columns) + p.step * 16 / columns;
    const int scale = static_cast<int>(p.scales[byte / 4] >> (byte % 4 * 8) & 255) - 128;
    return half_of(p.supers[0], p.upper) * static_cast<float>(scale);
  };
  const auto super_with_minimum = [&](uint32_t scale, uint32_t minimum) {
    const uint32_t both = p.supers[p.upper];
    return half_of(both, 0) * static_cast<float>(scale) * number(0) + half_of(both, 1) * static_cast<float>(minimum);
  };
  switch (t.dtype) {
    case TM_BF16:
      return __uint_as_float(code << 16);
    case TM_F16:
      return unpack_f16(static_cast<uint16_t>(code));
    case TM_F8_E4M3:  // NaN: arrange.cu
      return 256 * unpack_f16(static_cast<uint16_t>((code & 0x80) << 8 | (code & 0x7f) << 7)) * t.row_scales[row];
    case TM_Q8_0:
      return block_scale() * number(128);
    case TM_Q4_0:
      return block_scale() * number(8);
    case TM_Q5_0:
      return block_scale() * number(16);
    case TM_IQ4_NL:
      return block_scale() * iq4_value(code);
    case TM_Q4_1:
    case TM_Q5_1:
      return with_minimum();
    case TM_Q3_K:
      return super_scale(16) * number(4);
    case TM_Q6_K:
      return super_scale(16) * number(32);
    case TM_IQ4_XS:
      return super_scale(32) * iq4_value(code);
    case TM_Q2_K: {
      const uint32_t byte = p.scales[p.upper] >> (8 * p.step);
      return super_with_minimum(byte & 15, byte >> 4 & 15);
    }
    default: {  // Q4_K, Q5_K
      const uint32_t both = p.scales[p.upper] >> (p.step / 2 * 16);
      return super_with_minimum(both & 255, both >> 8 & 255);
    }
  }
}

// blockIdx = (row, kThreads pairs of columns).
__global__ void __launch_bounds__(kThreads) look_rows_up(const Table t, const int32_t* tokens, float* hidden) {
  let_next_start();
  wait_for_previous();
  const uint64_t row = blockIdx.x;
  const uint32_t column = (blockIdx.y * kThreads + threadIdx.x) * 2;
  if (column >= t.columns) return;
  const uint32_t token = static_cast<uint32_t>(tokens[row]);
  float* to = hidden + row * t.columns + column;
  if (t.dtype == TM_F32) {
    const float* from = reinterpret_cast<const float*>(t.records) + static_cast<uint64_t>(token) * t.columns + column;
    to[0] = from[0];
    to[1] = from[1];
    return;
  }
  const PairPlace p = place_of(t, token, column);
  for (uint32_t half = 0; half < 2; ++half) to[half] = value_at(t, p, token, half);
}

}  // namespace

cudaError_t look_up(const Table& table, const int32_t* tokens, uint32_t n_rows, float* hidden, cudaStream_t stream) {
  const uint32_t pairs = table.columns / 2;
  return launch(look_rows_up, {dim3(n_rows, (pairs + kThreads - 1) / kThreads), dim3(kThreads)}, stream, table, tokens,
                hidden);
}

}  // namespace tramontane::TM_DEVICE
