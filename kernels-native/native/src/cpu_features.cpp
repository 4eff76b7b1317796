#include "cpu_features.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <thread>

#include "tramontane.h"

#if defined(__x86_64__)
#include <cpuid.h>
#endif
#if defined(__linux__)
#include <sched.h>
#endif

namespace tramontane {
namespace {

#if defined(__x86_64__)

// Intel SDM volume 1, 13.3 and 14.3: a register file may be used when the operating system saves it (XCR0).
uint64_t saved_state() {
  uint32_t low, high;
  asm volatile("xgetbv" : "=a"(low), "=d"(high) : "c"(0));
  return static_cast<uint64_t>(high) << 32 | low;
}

uint32_t detect() {
  uint32_t a, b, c, d;
  if (!__get_cpuid(1, &a, &b, &c, &d) || (c & bit_OSXSAVE) == 0) return 0;
  const uint32_t leaf1_c = c;
  const uint64_t state = saved_state();
  const bool ymm = (state & 0x6) == 0x6;
  const bool zmm = (state & 0xe6) == 0xe6;
  const bool tiles = (state & 0x60000) == 0x60000;
  if (!__get_cpuid_count(7, 0, &a, &b, &c, &d)) return 0;
  uint32_t leaf7_1_a = 0;
  if (a >= 1) {
    uint32_t b1, c1, d1;
    if (!__get_cpuid_count(7, 1, &leaf7_1_a, &b1, &c1, &d1)) leaf7_1_a = 0;
  }
  uint32_t features = 0;
  const auto has = [&](bool present, uint32_t feature) {
    if (present) features |= feature;
  };
  has(ymm && (b & (1u << 5)), TM_HAS_AVX2);
  has(ymm && (leaf1_c & (1u << 12)), TM_HAS_FMA);
  has(ymm && (leaf1_c & (1u << 29)), TM_HAS_F16C);
  constexpr uint32_t kFBwVlDq = 1u << 16 | 1u << 30 | 1u << 31 | 1u << 17;
  has(zmm && (b & kFBwVlDq) == kFBwVlDq, TM_HAS_AVX512);
  has(zmm && (c & (1u << 11)), TM_HAS_AVX512_VNNI);
  has(zmm && (leaf7_1_a & (1u << 5)), TM_HAS_AVX512_BF16);
  has(tiles && (d & (1u << 25)), TM_HAS_AMX_INT8);
  has(tiles && (d & (1u << 22)), TM_HAS_AMX_BF16);
  return features;
}

#elif defined(__aarch64__)

uint32_t detect() { return TM_HAS_NEON; }

#else

uint32_t detect() { return 0; }

#endif

#if defined(__linux__)

// Whole processors of a control group's quota, 0 when there is none. Version 2 has "QUOTA PERIOD" or "max PERIOD" in
// one file, version 1 two files with one number each (-1: none).
uint32_t quota_processors() {
  long long quota = -1;
  long long period = 0;
  if (FILE* file = std::fopen("/sys/fs/cgroup/cpu.max", "r")) {
    if (std::fscanf(file, "%lld %lld", &quota, &period) != 2) quota = -1;
    std::fclose(file);
  } else if (FILE* first = std::fopen("/sys/fs/cgroup/cpu/cpu.cfs_quota_us", "r")) {
    if (std::fscanf(first, "%lld", &quota) != 1) quota = -1;
    std::fclose(first);
    if (FILE* second = std::fopen("/sys/fs/cgroup/cpu/cpu.cfs_period_us", "r")) {
      if (std::fscanf(second, "%lld", &period) != 1) period = 0;
      std::fclose(second);
    }
  }
  if (quota <= 0 || period <= 0) return 0;
  return static_cast<uint32_t>(std::clamp<long long>((quota + period - 1) / period, 1, 1 << 20));
}

uint32_t affinity_processors() {
  // Machines with more processors than a cpu_set_t holds need a larger set: double it until it fits.
  for (size_t processors = CPU_SETSIZE; processors <= (1u << 20); processors *= 2) {
    cpu_set_t* set = CPU_ALLOC(processors);
    if (set == nullptr) return 0;
    const size_t bytes = CPU_ALLOC_SIZE(processors);
    const int failed = sched_getaffinity(0, bytes, set);
    const int count = failed ? 0 : CPU_COUNT_S(bytes, set);
    CPU_FREE(set);
    if (!failed) return static_cast<uint32_t>(count);
  }
  return 0;
}

#else

uint32_t quota_processors() { return 0; }
uint32_t affinity_processors() { return 0; }

#endif

}  // namespace

uint32_t cpu_features() {
  static const uint32_t features = detect();
  return features;
}

bool has_cpu_level(uint32_t level) {
  constexpr uint32_t kAvx2 = TM_HAS_AVX2 | TM_HAS_FMA | TM_HAS_F16C;
  constexpr uint32_t kAvx512 = kAvx2 | TM_HAS_AVX512 | TM_HAS_AVX512_VNNI;
  const uint32_t features = cpu_features();
  switch (level) {
    case TM_CPU_PORTABLE:
      return true;
    case TM_CPU_AVX2:
      return (features & kAvx2) == kAvx2;
    case TM_CPU_AVX512:
      return (features & kAvx512) == kAvx512;
    default:
      return false;
  }
}

uint32_t highest_cpu_level() {
  for (uint32_t level = TM_CPU_AVX512; level > TM_CPU_PORTABLE; --level) {
    if (has_cpu_level(level)) return level;
  }
  return TM_CPU_PORTABLE;
}

uint32_t n_processors() {
  uint32_t processors = affinity_processors();
  if (processors == 0) processors = std::max(1u, std::thread::hardware_concurrency());
  const uint32_t quota = quota_processors();
  return quota == 0 ? processors : std::min(processors, quota);
}

}  // namespace tramontane
