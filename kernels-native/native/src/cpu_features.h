// What this machine has: instruction sets that processor and operating system both support, and processors.
#pragma once

#include <cstdint>

namespace tramontane {

uint32_t cpu_features();       // TM_HAS_*
uint32_t highest_cpu_level();  // what TM_CPU_AUTO resolves to
bool has_cpu_level(uint32_t level);
uint32_t n_processors();  // this process may run on: affinity mask, then the cgroup's quota rounded up; >= 1

}  // namespace tramontane
