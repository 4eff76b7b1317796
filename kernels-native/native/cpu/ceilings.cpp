#include "ceilings.h"

#include <algorithm>
#include <atomic>
#include <chrono>
#include <limits>

#include "cpu_features.h"
#include "memory.h"
#include "pool.h"
#include "tramontane.h"

namespace tramontane::cpu {
namespace {

constexpr int kReads = 5;
constexpr int kProducts = 3;
constexpr uint64_t kRounds = 10'000'000;  // about 20 to 40 ms

double seconds() { return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count(); }

// The seconds of the best of `repetitions` of body(worker), which all workers begin together.
template <class Body>
double best_of(int repetitions, const Worker& worker, Body body) {
  double best = std::numeric_limits<double>::infinity();
  for (int i = 0; i < repetitions; ++i) {
    worker.wait();
    const double start = seconds();
    body();
    worker.wait();
    best = std::min(best, seconds() - start);
  }
  return best;
}

uint64_t read_all(const uint64_t* p, uint64_t words) {
  uint64_t sums[8] = {};
  for (uint64_t i = 0; i < words; i += 8) {
    for (int j = 0; j < 8; ++j) sums[j] ^= p[i + j];
  }
  uint64_t all = 0;
  for (const uint64_t s : sums) all ^= s;
  return all;
}

#if defined(__x86_64__)
// Twelve independent sums, so that the latency of one product does not count.
[[gnu::target("avx512f,avx512vnni")]] void dot_products_avx512(uint64_t n) {
  asm volatile(
      "1:\n"
      "vpdpbusd %%zmm31,%%zmm30,%%zmm0\n vpdpbusd %%zmm31,%%zmm30,%%zmm1\n vpdpbusd %%zmm31,%%zmm30,%%zmm2\n"
      "vpdpbusd %%zmm31,%%zmm30,%%zmm3\n vpdpbusd %%zmm31,%%zmm30,%%zmm4\n vpdpbusd %%zmm31,%%zmm30,%%zmm5\n"
      "vpdpbusd %%zmm31,%%zmm30,%%zmm6\n vpdpbusd %%zmm31,%%zmm30,%%zmm7\n vpdpbusd %%zmm31,%%zmm30,%%zmm8\n"
      "vpdpbusd %%zmm31,%%zmm30,%%zmm9\n vpdpbusd %%zmm31,%%zmm30,%%zmm10\n vpdpbusd %%zmm31,%%zmm30,%%zmm11\n"
      "dec %0\n jnz 1b\n"
      : "+r"(n)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7", "xmm8", "xmm9", "xmm10",
        "xmm11");
}
constexpr double kOperationsAvx512 = 12 * 128;  // of a round: 64 products and as many sums each

// Without VNNI a dot product is three instructions.
[[gnu::target("avx2")]] void dot_products_avx2(uint64_t n) {
  asm volatile(
      "1:\n"
      "vpmaddubsw %%ymm15,%%ymm14,%%ymm4\n vpmaddubsw %%ymm15,%%ymm14,%%ymm5\n"
      "vpmaddubsw %%ymm15,%%ymm14,%%ymm6\n vpmaddubsw %%ymm15,%%ymm14,%%ymm7\n"
      "vpmaddwd %%ymm13,%%ymm4,%%ymm4\n vpmaddwd %%ymm13,%%ymm5,%%ymm5\n"
      "vpmaddwd %%ymm13,%%ymm6,%%ymm6\n vpmaddwd %%ymm13,%%ymm7,%%ymm7\n"
      "vpaddd %%ymm4,%%ymm0,%%ymm0\n vpaddd %%ymm5,%%ymm1,%%ymm1\n"
      "vpaddd %%ymm6,%%ymm2,%%ymm2\n vpaddd %%ymm7,%%ymm3,%%ymm3\n"
      "dec %0\n jnz 1b\n"
      : "+r"(n)::"cc", "xmm0", "xmm1", "xmm2", "xmm3", "xmm4", "xmm5", "xmm6", "xmm7");
}
constexpr double kOperationsAvx2 = 4 * 64;
#endif

double int8_operations(uint32_t level, const Worker& worker) {
#if defined(__x86_64__)
  const double rounds = static_cast<double>(kRounds) * worker.count;
  if (level == TM_CPU_AVX512) {
    return rounds * kOperationsAvx512 / best_of(kProducts, worker, [] { dot_products_avx512(kRounds); });
  }
  if (level == TM_CPU_AVX2) {
    return rounds * kOperationsAvx2 / best_of(kProducts, worker, [] { dot_products_avx2(kRounds); });
  }
#endif
  (void)level;
  (void)worker;
  return 0;
}

}  // namespace

Ceilings measure_ceilings(uint32_t level, uint32_t n_threads, uint64_t bytes) {
  const Buffer memory(bytes, true);
  Pool pool(n_threads, n_processors());
  std::atomic<uint64_t> sink{0};
  Ceilings ceilings = {};
  pool.run([&](const Worker& worker) {
    const auto [first, last] = worker.share(bytes, Buffer::kTouched);
    memory.touch(first, last);
    const uint64_t* words = memory.as<uint64_t>() + first / 8;
    const uint64_t count = (last - first) / 64 * 8;
    const double took = best_of(kReads, worker, [&] { sink ^= read_all(words, count); });
    const double operations = int8_operations(level, worker);
    if (worker.id == 0) ceilings = {static_cast<double>(bytes) / took, operations};
  });
  return ceilings;
}

}  // namespace tramontane::cpu
