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

// Of BackendKind, and of DeviceKind.
bool found(char* text, uint64_t capacity);
bool device_facts(uint32_t index, DeviceFacts& facts);
int32_t describe_device(uint32_t index, char* text, uint64_t capacity);
int32_t free_bytes(uint32_t index, uint64_t* bytes, Error& error);

}  // namespace tramontane::TM_DEVICE
