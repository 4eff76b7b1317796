// A product of 64 rows with 8 or 64 columns (tokens) as a large tile's kernel makes it: a ring of bulk copies that one
// thread keeps full, and a group of four warps that multiplies. What the emulator makes of it a device has to make,
// too.
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace test {

inline constexpr uint32_t kTileRows = 64;
inline constexpr uint32_t kTileInner = 64;  // of a block, which is a stage of the ring

enum class TileKind {
  kRegisters,  // wgmma, the rows' operand in registers
  kShared,     // wgmma, both operands in shared memory
  kWarps       // mma, for comparison
};

struct TileProblem {
  TileKind kind;
  bool bf16;
  uint32_t n_columns;
  uint32_t n_blocks;
  std::vector<uint16_t> rows;     // [row][inner]
  std::vector<uint16_t> columns;  // [column][inner]
};

// sums: [column][row]. Returns what went wrong, or "".
std::string multiply_tile_emulated(const TileProblem& problem, std::vector<float>& sums);
// On the device of the thread, if the tests were built with nvcc.
std::string multiply_tile_cuda(const TileProblem& problem, std::vector<float>& sums);

}  // namespace test
