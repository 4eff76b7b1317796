// Philox4x32-10: Salmon, Moraes, Dror and Shaw, "Parallel random numbers: as easy as 1, 2, 3", SC 2011. A block cipher
// of a counter, so a draw depends on (seed, position) alone and never on what was drawn before or beside it.
#pragma once

#include <cstdint>

#include "everywhere.h"

namespace tramontane {

struct PhiloxCounter {
  uint32_t at[4];
};

TM_EVERYWHERE PhiloxCounter philox(PhiloxCounter counter, uint32_t key0, uint32_t key1) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t a = 0xD2511F53ull * counter.at[0];
    const uint64_t b = 0xCD9E8D57ull * counter.at[2];
    counter = {{static_cast<uint32_t>(b >> 32) ^ counter.at[1] ^ key0, static_cast<uint32_t>(b),
                static_cast<uint32_t>(a >> 32) ^ counter.at[3] ^ key1, static_cast<uint32_t>(a)}};
    key0 += 0x9E3779B9u;
    key1 += 0xBB67AE85u;
  }
  return counter;
}

// The high half of a product of 64 bits each.
TM_EVERYWHERE uint64_t high_product(uint64_t a, uint64_t b) {
  const uint64_t low_a = a & 0xffffffffu, high_a = a >> 32, low_b = b & 0xffffffffu, high_b = b >> 32;
  const uint64_t middle = high_a * low_b + (low_a * low_b >> 32);
  const uint64_t other = low_a * high_b + (middle & 0xffffffffu);
  return high_a * high_b + (middle >> 32) + (other >> 32);
}

// Uniform in 0..n-1 for n >= 1, to 64 bits.
TM_EVERYWHERE uint64_t uniform_below(uint64_t n, uint64_t seed, int64_t position) {
  const uint64_t p = static_cast<uint64_t>(position);
  const PhiloxCounter words = philox({{static_cast<uint32_t>(p), static_cast<uint32_t>(p >> 32), 0, 0}},
                                     static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32));
  return high_product(static_cast<uint64_t>(words.at[1]) << 32 | words.at[0], n);
}

}  // namespace tramontane
