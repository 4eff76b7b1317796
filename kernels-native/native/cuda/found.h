// What this backend is called, and whether a device is there that it can use.
#pragma once

#include <cstdint>

#include "backend.h"
#include "device.h"
#include "tramontane.h"

namespace tramontane::TM_DEVICE {

#if defined(__CUDACC__)
inline constexpr uint32_t kNumber = TM_BACKEND_CUDA;
inline constexpr const char* kName = "cuda";
#else
inline constexpr uint32_t kNumber = TM_BACKEND_EMU;
inline constexpr const char* kName = "emu";
#endif

// Writes one sentence: what the device is, or why there is none. True when there is one.
bool found(char* text, uint64_t capacity);

// Of BackendKind.
bool device_facts(uint32_t index, DeviceFacts& facts);

}  // namespace tramontane::TM_DEVICE
