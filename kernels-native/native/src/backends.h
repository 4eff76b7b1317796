// Which backends this library has, and whether they can be used on this machine.
#pragma once

#include <cstdint>

namespace tramontane {

inline constexpr uint32_t kBackendText = 384;

// Writes one sentence: what the backend (a TM_BACKEND_* number) computes with, or why it can't be used here. True when
// it can. Any thread.
bool describe_backend(uint32_t backend, char* text, uint64_t capacity);

}  // namespace tramontane
