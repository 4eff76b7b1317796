// Where numbers lie on the device. Weights are stored in the order in which the registers of mma.m16n8k16 take them.
// Which elements a lane holds says mma_order.h; with lane = 4 g + t they are, of the 16-row operand, those of rows g
// and g + 8, of the 8-column operand, those of column g. Activations and the cache, the operands of columns, lie in
// core matrices.
//
//   weights      weights.h: [64 rows][64 columns][16 rows] of records
//   activations  [block of 64 columns][tile of 8 tokens][8 columns][token] of 16 bytes: what a pass over some tokens
//                takes of a block is one run
//   cache        keys and values of a page and a head, [8 positions][8 dimensions] of core matrices: a segment is a run
#pragma once

#include <cstdint>

#include "device.h"
#include "mma_order.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kUnitRows = 16;
inline constexpr uint32_t kBlockColumns = 64;  // a slice of a sum is whole blocks
inline constexpr uint32_t kTileTokens = 8;

TM_EVERYWHERE uint32_t blocks_of(uint32_t columns) { return (columns + kBlockColumns - 1) / kBlockColumns; }

inline constexpr uint32_t kTileRegisters = 256;  // of 32 bits, of a tile and a block

// That hold so many tokens.
TM_EVERYWHERE uint32_t tiles_of(uint32_t n_tokens) { return (n_tokens + kTileTokens - 1) / kTileTokens; }

// Where activations are written and read: whoever holds one knows the matrix that takes them next.
struct Activations {
  uint32_t* pairs;   // of 16-bit numbers
  uint32_t n_tiles;  // room for
  Operand operand;

  // Of a block of columns, from a tile on.
  __device__ const uint32_t* run(uint32_t block, uint32_t tile) const {
    return pairs + (static_cast<uint64_t>(block) * n_tiles + tile) * kTileRegisters;
  }
  // Columns column and column + 1 of a token; column is even.
  __device__ void put(uint32_t token, uint32_t column, float low, float high) const {
    const uint64_t tile = static_cast<uint64_t>(column / kBlockColumns) * n_tiles + token / kTileTokens;
    pairs[tile * kTileRegisters + column % kBlockColumns / 8 * 32 + token % kTileTokens * 4 + column % 8 / 2] =
        pack(operand, low, high);
  }
};

// Bytes of activations of a matrix of so many columns.
inline uint64_t activation_bytes(uint32_t n_tokens, uint32_t columns) {
  return static_cast<uint64_t>(blocks_of(columns)) * tiles_of(n_tokens) * kTileRegisters * sizeof(uint32_t);
}

}  // namespace tramontane::TM_DEVICE
