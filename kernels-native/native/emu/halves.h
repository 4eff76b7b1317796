#pragma once

#include <cstdint>
#include <vector>

#include "dtype.h"

namespace tramontane::emu {

// Every binary16 number as float: the emulator looks millions of them up.
inline const float* halves() {
  static const std::vector<float> all = [] {
    std::vector<float> values(1 << 16);
    for (uint32_t bits = 0; bits < values.size(); ++bits) values[bits] = half_to_float(static_cast<uint16_t>(bits));
    return values;
  }();
  return all.data();
}

}  // namespace tramontane::emu
