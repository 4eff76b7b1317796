// What keys and values are kept as on a device, and what kernels take them for: the operand type of the products with
// them, and the registers that their elements become.
#pragma once

#include "fragments.h"

namespace tramontane::TM_DEVICE {

struct KeptF16 {
  static constexpr uint32_t kBytes = 2;
  static constexpr Operand kOperand = Operand::kF16;
  static constexpr bool kScaled = false;
};
struct KeptBF16 {
  static constexpr uint32_t kBytes = 2;
  static constexpr Operand kOperand = Operand::kBf16;
  static constexpr bool kScaled = false;
};
// A code becomes 2^-8 of the number that it says, in binary16; its scale (eight_bits.h) makes up for that.
struct KeptF8 {
  static constexpr uint32_t kBytes = 1;
  static constexpr Operand kOperand = Operand::kF16;
  static constexpr bool kScaled = true;
};

// Codes 0 and 1, or 2 and 3, of a word.
__device__ inline uint32_t eighths(uint32_t codes, bool last) {
  const uint32_t high = __byte_perm(codes, 0, last ? 0x3424 : 0x1404);  // in the high bytes of two halves
  return (high & 0x80008000u) | (high & 0x7f007f00u) >> 1;
}

// In its place among the products, so that registers aren't taken for all of them at once.
__device__ inline uint2 load_pair(const uint8_t* from) {
#if defined(__CUDA_ARCH__)
  uint2 pair;
  asm volatile("ld.shared.v2.u32 {%0, %1}, [%2];"
               : "=r"(pair.x), "=r"(pair.y)
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(from)))
               : "memory");
  return pair;
#else
  return *reinterpret_cast<const uint2*>(from);
#endif
}

// The registers of 16 columns and 16 that are summed over: first 8 columns, then the others. along, across: bytes from
// the first core matrix to the next along the sum, and to that of the next 8 columns; codes lie as registers take them.
template <class Kept>
__device__ inline uint4 kept_registers(const uint8_t* first, uint32_t along, uint32_t across, uint32_t lane) {
  if constexpr (Kept::kScaled) {
    const uint2 codes = load_pair(first + lane * 8);
    return make_uint4(eighths(codes.x, false), eighths(codes.x, true), eighths(codes.y, false), eighths(codes.y, true));
  } else {
    return load_matrices(first, along, across, lane);
  }
}

}  // namespace tramontane::TM_DEVICE
