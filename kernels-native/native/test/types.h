// The element types as tests and benches walk through them, and how random blocks of the packed ones are made.
#pragma once

#include <cstdint>

#include "element_types.h"
#include "tramontane.h"

namespace test {

#define TM_NUMBER(name, ...) TM_##name,
#define TM_NUMBER_IF_WRITTEN(name, elements, bytes, written, ...) TM_WRITTEN_##written(TM_##name, )
inline constexpr uint32_t kFloatTypes[] = {TM_FLOAT_TYPES(TM_NUMBER)};
inline constexpr uint32_t kPackedTypes[] = {TM_PACKED_TYPES(TM_NUMBER)};
inline constexpr uint32_t kDeviceTypes[] = {TM_DEVICE_TYPES(TM_NUMBER)};  // that a device multiplies
inline constexpr uint32_t kAllTypes[] = {TM_ELEMENT_TYPES(TM_NUMBER)};
inline constexpr uint32_t kWrittenTypes[] = {TM_ELEMENT_TYPES(TM_NUMBER_IF_WRITTEN)};
#undef TM_NUMBER
#undef TM_NUMBER_IF_WRITTEN

// A block of random bytes has values of standard deviation s about zero when its binary16 scale is s / divisor and,
// where it has one, the minimum behind it minimum * s / divisor.
struct RandomBlock {
  uint32_t dtype;
  uint32_t scale_at;  // byte
  double divisor;
  double minimum = 0;  // 0: the type has none

  constexpr bool has_minimum() const { return minimum != 0; }
};

inline constexpr RandomBlock kRandomBlocks[] = {
    {TM_Q8_0, 0, 73},           {TM_Q4_0, 0, 4.6},           {TM_Q4_1, 0, 4.6, -7.5},      {TM_Q5_0, 0, 9.2},
    {TM_Q5_1, 0, 9.2, -15.5},   {TM_IQ4_NL, 0, 69},          {TM_IQ4_XS, 0, 69 * 18.5},    {TM_Q2_K, 80, 1.2 * 8, 1.5},
    {TM_Q3_K, 108, 2.3 * 18.5}, {TM_Q4_K, 0, 4.6 * 32, 7.5}, {TM_Q5_K, 0, 9.2 * 32, 15.5}, {TM_Q6_K, 208, 18.5 * 73},
};

// nullptr: the type has no line above.
inline const RandomBlock* random_block(uint32_t dtype) {
  for (const RandomBlock& block : kRandomBlocks) {
    if (block.dtype == dtype) return &block;
  }
  return nullptr;
}

}  // namespace test
