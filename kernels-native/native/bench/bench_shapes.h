// Shapes and random weights for the benches. Weights are random codes with scales that keep activations near one, so
// that time is what it is with a trained model of the same shape.
#pragma once

#include <chrono>
#include <cstdint>
#include <cstring>
#include <string>
#include <vector>

#include "../test/types.h"
#include "dtype.h"
#include "memory.h"
#include "tramontane.h"

namespace bench {

struct Shape {
  const char* name;
  uint32_t layers, width, heads, kv_heads, head_dim, ffn, vocab;
  bool tied;
  uint32_t experts = 0, experts_used = 0;
};

inline constexpr Shape kShapes[] = {
    {"135m", 30, 576, 9, 3, 64, 1536, 49152, true},
    {"1b", 22, 2048, 32, 4, 64, 5632, 32000, false},
    {"7b", 32, 4096, 32, 8, 128, 14336, 32000, false},
    {"toy", 1, 256, 4, 2, 64, 256, 97, false},                  // for the emulator
    {"1layer", 1, 4096, 32, 8, 128, 14336, 32000, false},       // of the above, for profilers
    {"8x7b", 32, 4096, 32, 8, 128, 14336, 32000, false, 8, 2},  // Mixtral's
    {"8xtoy", 1, 256, 4, 2, 64, 256, 97, false, 8, 2},
};

inline double seconds() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

inline uint64_t next(uint64_t& state) {
  uint64_t z = state += 0x9E3779B97F4A7C15ull;
  z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
  z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
  return z ^ (z >> 31);
}

// rows x cols weights of standard deviation near 1 / sqrt(cols).
inline void random_weights(uint32_t dtype, uint64_t rows, uint64_t cols, uint64_t seed, uint8_t* to) {
  const uint64_t bytes = rows * tramontane::row_bytes(dtype, cols);
  const float spread = 1.0f / __builtin_sqrtf(static_cast<float>(cols));
  uint64_t state = seed;
  const auto half = [&](uint8_t* p, float value) {
    const uint16_t bits = tramontane::float_to_half(value);
    memcpy(p, &bits, sizeof bits);
  };
  const uint32_t block = tramontane::block_bytes(dtype);
  for (uint64_t i = 0; i < bytes; i += 8) {
    const uint64_t bits = next(state);
    memcpy(to + i, &bits, bytes - i < 8 ? bytes - i : 8);
  }
  for (uint8_t* p = to; p < to + bytes; p += block) {
    const float sign = (p - to) / block % 2 == 0 ? 1.0f : -1.0f;
    const float random = static_cast<float>(next(state) >> 40) * 0x1p-23f - 1.0f;
    uint32_t float_bits = tramontane::float_to_bits(random * 1.7f * spread);
    if (const test::RandomBlock* random_block = test::random_block(dtype)) {
      const float scale = spread / static_cast<float>(random_block->divisor);
      const float minimum = static_cast<float>(random_block->minimum);
      half(p + random_block->scale_at, random_block->has_minimum() ? scale : sign * scale);
      if (random_block->has_minimum()) half(p + random_block->scale_at + 2, minimum * scale);
    } else if (dtype == TM_F32) {
      memcpy(p, &float_bits, 4);
    } else if (dtype == TM_F16) {
      half(p, random * 1.7f * spread);
    } else if (dtype == TM_BF16) {
      float_bits >>= 16;
      memcpy(p, &float_bits, 2);
    } else if ((*p & 0x7f) == 0x7f) {
      *p ^= 1;  // F8_E4M3: not NaN
    }
  }
}

}  // namespace bench
