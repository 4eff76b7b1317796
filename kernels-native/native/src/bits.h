// The bits of numbers and the numbers of bits, for the host's code and a device's kernels.
#pragma once

#include <cstdint>
#include <cstring>

#include "everywhere.h"

namespace tramontane {

TM_EVERYWHERE float bits_to_float(uint32_t bits) {
  float value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

TM_EVERYWHERE uint32_t float_to_bits(float value) {
  uint32_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

TM_EVERYWHERE double bits_to_double(uint64_t bits) {
  double value;
  memcpy(&value, &bits, sizeof value);
  return value;
}

TM_EVERYWHERE uint64_t double_to_bits(double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  return bits;
}

}  // namespace tramontane
