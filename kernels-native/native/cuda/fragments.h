// Where numbers lie on the device. Matrices are stored in the order in which the registers of mma.m16n8k16 take them,
// so that a lane loads 16 bytes and multiplies, without shared memory. Which elements a lane holds says mma_order.h;
// with lane = 4 g + t they are, of the 16-row operand, those of rows g and g + 8, of the 8-column operand, those of
// column g.
//
//   weights      weights.h: [64 rows][64 columns][16 rows] of records
//   activations  [tile of 8 tokens][32 columns][lane] of 16 bytes = {step 0, step 1} x {b0, b1}
//   cache        keys and values, [tile of 16 positions][16 dimensions][lane] of 16 bytes: keys have positions as
//                columns and dimensions as the sum's index, values the other way round; two tiles of 8 columns
#pragma once

#include <cstdint>

#include "device.h"
#include "mma_order.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kUnitRows = 16;
inline constexpr uint32_t kBlockColumns = 64;  // a slice of a sum is whole blocks
inline constexpr uint32_t kTileTokens = 8;

TM_EVERYWHERE uint32_t blocks_of(uint32_t columns) { return (columns + kBlockColumns - 1) / kBlockColumns; }

// Index, in 32-bit registers, of the pair of columns (column, column + 1) of a token's activations; column is even.
__device__ inline uint64_t activation_pair(uint32_t token, uint32_t column, uint32_t n_blocks) {
  const uint32_t lane = column_operand_lane(token, column);
  const uint64_t half = static_cast<uint64_t>(token / kTileTokens) * n_blocks * 2 + column / 32;
  return (half * 32 + lane) * 4 + column % 32 / 8;
}

// 32-bit registers that the activations of n tokens take.
inline uint64_t activation_registers(uint64_t n_tokens, uint32_t n_blocks) {
  return (n_tokens + kTileTokens - 1) / kTileTokens * n_blocks * 2 * 32 * 4;
}

}  // namespace tramontane::TM_DEVICE
