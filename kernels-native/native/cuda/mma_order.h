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

// A core matrix is 8 rows of 8 elements of 16 bits, 128 bytes in a row: what ldmatrix makes operands' registers of, and
// what wgmma reads in shared memory. Of a column operand a row is a column, of eight elements that are summed over.
inline constexpr uint32_t kCoreElements = 64;
TM_EVERYWHERE uint32_t core_element(uint32_t row, uint32_t inner) { return row % 8 * 8 + inner % 8; }

// Index of dimension d of the key, or of the value, at an offset inside a block of a device's cache: core matrices
// [8 positions][8 dimensions]. A key is a column and summed over dimensions, a value's columns are dimensions.
TM_EVERYWHERE uint64_t cache_core(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return (static_cast<uint64_t>(offset / 8) * (head_dim / 8) + d / 8) * kCoreElements;
}
TM_EVERYWHERE uint64_t stored_key(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return cache_core(offset, d, head_dim) + core_element(offset, d);
}
TM_EVERYWHERE uint64_t stored_value(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return cache_core(offset, d, head_dim) + core_element(d, offset);
}

// The same for eight-bit elements: [16 positions][16 dimensions] of 256 bytes, in which a lane's registers are
// neighbours: its elements of the first eight columns, then of the others, each inner, inner + 1, inner + 8, inner + 9.
TM_EVERYWHERE uint64_t eight_bit_tile(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return (static_cast<uint64_t>(offset / 16) * (head_dim / 16) + d / 16) * 256;
}
TM_EVERYWHERE uint32_t eight_bit_element(uint32_t column, uint32_t inner) {
  const uint32_t lane = column % 8 * 4 + inner % 8 / 2;
  return lane * 8 + column % 16 / 8 * 4 + inner % 16 / 8 * 2 + inner % 2;
}
TM_EVERYWHERE uint64_t eight_bit_key(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return eight_bit_tile(offset, d, head_dim) + eight_bit_element(offset, d);
}
TM_EVERYWHERE uint64_t eight_bit_value(uint32_t offset, uint32_t d, uint32_t head_dim) {
  return eight_bit_tile(offset, d, head_dim) + eight_bit_element(d, offset);
}

}  // namespace tramontane
