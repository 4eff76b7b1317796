// Numbers of a cache's type and back, one by one, wherever they lie: how the reference and the probes read and write
// them. The same numbers come out on every backend.
#pragma once

#include <algorithm>

#include "dtype.h"
#include "eight_bits.h"

namespace tramontane {

// Writes n numbers x as elements of kv_dtype; at(i) is the index in `to` of the i-th. *scale is written for eight bits
// only.
template <class At>
void put_elements(uint32_t kv_dtype, const float* x, uint32_t n, uint8_t* to, At at, uint16_t* scale) {
  if (kv_dtype == TM_F8_E4M3) {
    uint32_t largest = 0;
    for (uint32_t i = 0; i < n; ++i) largest = std::max(largest, magnitude_of(x[i]));
    *scale = eight_bit_scale(largest);
  }
  for (uint32_t i = 0; i < n; ++i) {
    if (kv_dtype == TM_F8_E4M3) {
      to[at(i)] = eight_bit_code(x[i], *scale);
    } else if (kv_dtype == TM_F32) {
      memcpy(to + at(i) * sizeof(float), &x[i], sizeof(float));
    } else {
      const uint16_t bits = kv_dtype == TM_BF16 ? float_to_bf16(x[i]) : float_to_half(x[i]);
      memcpy(to + at(i) * sizeof bits, &bits, sizeof bits);
    }
  }
}

template <class At>
void get_elements(uint32_t kv_dtype, const uint8_t* from, uint32_t n, At at, const uint16_t* scale, float* x) {
  for (uint32_t i = 0; i < n; ++i) {
    if (kv_dtype == TM_F8_E4M3) {
      x[i] = f8_e4m3_to_float(from[at(i)]) * half_to_float(*scale) * 0x1p-8f;
    } else if (kv_dtype == TM_F32) {
      memcpy(&x[i], from + at(i) * sizeof(float), sizeof(float));
    } else {
      const uint16_t bits = load_u16(from + at(i) * sizeof(uint16_t));
      x[i] = kv_dtype == TM_BF16 ? bf16_to_float(bits) : half_to_float(bits);
    }
  }
}

}  // namespace tramontane
