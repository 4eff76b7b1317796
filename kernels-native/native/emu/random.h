// What the emulator leaves to chance: splitmix64 (Steele, Lea and Flood, OOPSLA 2014), so that a seed says it all.
#pragma once

#include <cstdint>

namespace tramontane::emu {

class Chance {
 public:
  explicit Chance(uint64_t seed = 0) : state_(seed) {}

  uint64_t next() {
    uint64_t z = state_ += 0x9E3779B97F4A7C15ull;
    z = (z ^ (z >> 30)) * 0xBF58476D1CE4E5B9ull;
    z = (z ^ (z >> 27)) * 0x94D049BB133111EBull;
    return z ^ (z >> 31);
  }
  uint32_t below(uint64_t n) { return static_cast<uint32_t>(next() % n); }
  bool one_in(uint32_t n) { return below(n) == 0; }

 private:
  uint64_t state_;
};

}  // namespace tramontane::emu
