// splitmix64 (Steele, Lea and Flood, OOPSLA 2014): the test inputs' generator, ten lines in any language.
#pragma once

#include <cmath>
#include <cstdint>

namespace test {

struct Random {
  uint64_t state;

  uint64_t next() {
    uint64_t z = state += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  double uniform() { return static_cast<double>(next() >> 11) * 0x1p-53; }
  uint32_t below(uint32_t n) { return static_cast<uint32_t>(next() % n); }
  // Normal by Box and Muller.
  float normal() {
    const double u = 1 - uniform();
    return static_cast<float>(std::sqrt(-2 * std::log(u)) * std::cos(6.283185307179586 * uniform()));
  }
  // Normal, and one in a hundred is twenty times larger: what trained activations look like, and what uniform hides.
  float hard() { return normal() * (below(100) == 0 ? 20.0f : 1.0f); }
};

}  // namespace test
