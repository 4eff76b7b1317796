// What the processors reach when they do nothing else: what a measured step is held against.
#pragma once

#include <cstdint>

namespace tramontane::cpu {

struct Ceilings {
  double read_bytes;       // a second, from memory that is not in caches, by all threads together
  double int8_operations;  // multiplications and additions a second in 8-bit dot products; 0: no instruction for them
};

// The best of some repetitions of each. Reads through `bytes` of memory of its own. level: one that the machine has.
// Throws std::bad_alloc.
Ceilings measure_ceilings(uint32_t level, uint32_t n_threads, uint64_t bytes);

}  // namespace tramontane::cpu
