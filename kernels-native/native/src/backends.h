// Which backends this library knows.
#pragma once

#include <cstdint>
#include <span>

#include "backend.h"

namespace tramontane {

inline constexpr uint32_t kBackendText = 640;  // bytes that hold what BackendKind::found and tested write

std::span<const BackendKind* const> backends();

// nullptr: there is none of that number.
const BackendKind* backend_of(uint32_t number);

}  // namespace tramontane
