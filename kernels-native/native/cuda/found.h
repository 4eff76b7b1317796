// Whether a device is there that this backend can use.
#pragma once

#include <cstdint>

namespace tramontane::cuda {

// Writes one sentence: what the device is, or why there is none. True when there is one.
bool found(char* text, uint64_t capacity);

}  // namespace tramontane::cuda

namespace tramontane::emulated {

bool found(char* text, uint64_t capacity);

}  // namespace tramontane::emulated
