// The feed-forward stages.
#pragma once

#include "host/stages.h"

namespace tramontane::cpu {

void gate_up(const Frame& frame, uint32_t layer, const Worker& worker);
void down(const Frame& frame, uint32_t layer, const Worker& worker);

}  // namespace tramontane::cpu
