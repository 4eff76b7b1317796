// Which backends this library knows.
#pragma once

#include <cstdint>
#include <span>

#include "backend.h"

namespace tramontane {

inline constexpr uint32_t kBackendText = 384;  // bytes that hold what BackendKind::found writes

std::span<const BackendKind* const> backends();

// nullptr: there is none of that number.
const BackendKind* backend_of(uint32_t number);

}  // namespace tramontane
