// The weight types that matrix products take: how many 16-byte pieces a lane loads for a chunk of 128 columns, and how
// they become the registers of two steps of 16 columns.
#pragma once

#include "element_types.h"
#include "fragments.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

// kNAMEPieces.
#define TM_PIECES(name, elements, bytes, written, pieces, ...) inline constexpr int k##name##Pieces = pieces;
TM_ELEMENT_TYPES(TM_PIECES)
#undef TM_PIECES
static_assert(kBF16Pieces == 8 && kF16Pieces == 8);

template <Operand kType>
struct FloatWeights {
  static constexpr Operand kOperand = kType;
  static constexpr int kPieces = 8;
  static constexpr bool kScaled = false;
  // Pieces whose last use is block `block` of 32 columns: [first, end).
  __host__ __device__ static constexpr int first_used_up(int block) { return 2 * block; }
  __host__ __device__ static constexpr int end_used_up(int block) { return 2 * block + 2; }

  __device__ static void unpack(const uint4 (&codes)[kPieces], int block, uint32_t (&a)[8]) {
    const uint4 first = codes[2 * block];
    const uint4 second = codes[2 * block + 1];
    a[0] = first.x;
    a[1] = first.y;
    a[2] = first.z;
    a[3] = first.w;
    a[4] = second.x;
    a[5] = second.y;
    a[6] = second.z;
    a[7] = second.w;
  }
};
using Bf16Weights = FloatWeights<Operand::kBf16>;
using F16Weights = FloatWeights<Operand::kF16>;

// Codes q + 128 as bytes. 0x6400 + byte is the binary16 number 1024 + byte.
struct Q8_0Weights {
  static constexpr Operand kOperand = Operand::kF16;
  static constexpr int kPieces = kQ8_0Pieces;
  static constexpr bool kScaled = true;
  __host__ __device__ static constexpr int first_used_up(int block) { return block; }
  __host__ __device__ static constexpr int end_used_up(int block) { return block + 1; }

  __device__ static void unpack(const uint4 (&codes)[kPieces], int block, uint32_t (&a)[8]) {
    const uint32_t words[4] = {codes[block].x, codes[block].y, codes[block].z, codes[block].w};
#pragma unroll
    for (int i = 0; i < 4; ++i) {
      a[2 * i] = subtract_f16x2(__byte_perm(words[i], 0x64646464u, 0x4140), 0x64806480u);  // - 1152
      a[2 * i + 1] = subtract_f16x2(__byte_perm(words[i], 0x64646464u, 0x4342), 0x64806480u);
    }
  }
};

// Codes q + 8 as nibbles: register i of a step in bits 4 i and 16 + 4 i. With 16 in front of it a high nibble n is
// 1024 + 16 n, and (1024 + 16 n) / 16 - 72 = n - 8.
struct Q4_0Weights {
  static constexpr Operand kOperand = Operand::kF16;
  static constexpr int kPieces = kQ4_0Pieces;
  static constexpr bool kScaled = true;
  __host__ __device__ static constexpr int first_used_up(int block) { return block / 2; }
  __host__ __device__ static constexpr int end_used_up(int block) { return block % 2 == 0 ? block / 2 : block / 2 + 1; }

  __device__ static void unpack(const uint4 (&codes)[kPieces], int block, uint32_t (&a)[8]) {
    const uint4 piece = codes[block / 2];
    const uint32_t words[2] = {block % 2 == 0 ? piece.x : piece.z, block % 2 == 0 ? piece.y : piece.w};
#pragma unroll
    for (int step = 0; step < 2; ++step) {
#pragma unroll
      for (int i = 0; i < 4; i += 2) {
        const uint32_t word = words[step] >> (4 * i);
        a[4 * step + i] = subtract_f16x2((word & 0x000f000fu) | 0x64006400u, 0x64086408u);  // - 1032
        a[4 * step + i + 1] = fma_f16x2((word & 0x00f000f0u) | 0x64006400u, 0x2c002c00u, 0xd480d480u);
      }
    }
  }
};

}  // namespace tramontane::TM_DEVICE
