// Which elements of its operands a lane of mma.m16n8k16 holds (PTX ISA, "Matrix fragments for mma.m16n8k16"), for the
// kernels, the emulator and whoever stores something in that order. No CUDA is needed to read this.
//
// The row operand is 16 rows x 16, the column operand 16 x 8 columns, the sums 16 rows x 8 columns; 16 is the index
// over which is summed, `inner`. A 32-bit register of an operand holds the two elements inner and inner + 1.
#pragma once

#include <cstdint>

#include "everywhere.h"

namespace tramontane {

// Register i (0..3) of the row operand.
TM_EVERYWHERE uint32_t row_operand_row(uint32_t lane, uint32_t i) { return lane / 4 + 8 * (i & 1); }
TM_EVERYWHERE uint32_t row_operand_inner(uint32_t lane, uint32_t i) { return lane % 4 * 2 + 8 * (i >> 1); }

// Register i (0..1) of the column operand.
TM_EVERYWHERE uint32_t column_operand_column(uint32_t lane) { return lane / 4; }
TM_EVERYWHERE uint32_t column_operand_inner(uint32_t lane, uint32_t i) { return lane % 4 * 2 + 8 * i; }

// Element i (0..3) of the sums.
TM_EVERYWHERE uint32_t sum_row(uint32_t lane, uint32_t i) { return lane / 4 + 8 * (i >> 1); }
TM_EVERYWHERE uint32_t sum_column(uint32_t lane, uint32_t i) { return lane % 4 * 2 + (i & 1); }

// And back: the lane that holds an element of the column operand.
TM_EVERYWHERE uint32_t column_operand_lane(uint32_t column, uint32_t inner) { return column % 8 * 4 + inner % 8 / 2; }

// Index of an element in a tile that is stored as the lanes load it, [lane] of 8 elements: two column operands side by
// side, column and inner within 16.
TM_EVERYWHERE uint32_t stored_operand(uint32_t column, uint32_t inner) {
  return column_operand_lane(column, inner) * 8 + column / 8 * 4 + inner / 8 * 2 + inner % 2;
}

// Index of dimension d of the key, or of the value, at an offset inside a block of a device's cache
// (cuda/fragments.h): a key's column is its position and it is summed over dimensions, a value's the other way round.
TM_EVERYWHERE uint64_t cache_tile(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return (static_cast<uint64_t>(offset / 16) * (head_dim / 16) + d / 16) * 256;
}
TM_EVERYWHERE uint64_t stored_key(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return cache_tile(offset, d, head_dim) + stored_operand(offset % 16, d % 16);
}
TM_EVERYWHERE uint64_t stored_value(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return cache_tile(offset, d, head_dim) + stored_operand(d % 16, offset % 16);
}

}  // namespace tramontane
