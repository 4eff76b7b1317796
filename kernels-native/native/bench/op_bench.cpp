// The matrix products of decode (few rows) and prefill (512) at the shapes of three models, as shares of what the same
// machine does in the same run: its read bandwidth, and its rate of 8-bit dot products.
//
//   op_bench [shape=135m|1b|7b|all] [dtype=Q4_1|...|all] [threads=2] [level=auto|avx512|avx2|portable]
//
// Best of several repetitions. Weights of few-row products are walked through a buffer larger than the caches.
#include <algorithm>
#include <atomic>
#include <cstdio>
#include <functional>
#include <map>
#include <string>
#include <thread>

#include "bench_shapes.h"
#include "ceilings.h"
#include "cpu_features.h"
#include "kernels.h"
#include "pack.h"

namespace {

using namespace tramontane;
using namespace tramontane::cpu;

constexpr uint64_t kWalk = 768ull << 20;  // bytes of weights to walk through

// Runs body(worker) on n threads at once; the seconds of the best of `repetitions`.
double best_of(uint32_t n, int repetitions, const std::function<void(uint32_t)>& body) {
  double best = 1e30;
  for (int i = 0; i < repetitions; ++i) {
    std::atomic<uint32_t> ready{0};
    std::atomic<bool> go{false};
    std::vector<std::thread> threads;
    for (uint32_t t = 0; t < n; ++t) {
      threads.emplace_back([&, t] {
        ready.fetch_add(1);
        while (!go.load()) {
        }
        body(t);
      });
    }
    while (ready.load() < n) {
    }
    const double start = bench::seconds();
    go.store(true);
    for (std::thread& thread : threads) thread.join();
    best = std::min(best, bench::seconds() - start);
  }
  return best;
}

void measure(const KernelTable& kernels, uint32_t dtype, const char* what, uint32_t rows, uint32_t cols,
             uint32_t threads, const Ceilings& ceilings) {
  const bool packed = is_packed(dtype);
  if (cols % block_elements(dtype) != 0) return;
  const uint64_t step = packed ? strip_bytes(dtype, cols) : kStripRows * row_bytes(dtype, cols);
  const uint64_t matrix = rows / kStripRows * step;
  const uint64_t copies = std::max<uint64_t>(1, kWalk / matrix);
  Buffer weights(copies * matrix + 8192, true);
  {  // one matrix, repeated
    std::vector<uint8_t> source(rows * row_bytes(dtype, cols) + 8);
    bench::random_weights(dtype, rows, cols, 3, source.data());
    for (uint32_t s = 0; s < rows / kStripRows; ++s) {
      uint8_t* to = weights.as<uint8_t>() + s * step;
      const uint8_t* from = source.data() + s * kStripRows * row_bytes(dtype, cols);
      if (packed) {
        for (uint32_t r = 0; r < kStripRows; ++r) pack_row(dtype, from + r * row_bytes(dtype, cols), cols, r, to);
      } else {
        memcpy(to, from, step);
      }
    }
    for (uint64_t c = 1; c < copies; ++c) memcpy(weights.as<uint8_t>() + c * matrix, weights.as<uint8_t>(), matrix);
  }
  constexpr uint32_t kMost = 512;
  std::vector<float> inputs(static_cast<uint64_t>(kMost) * cols);
  for (uint64_t i = 0; i < inputs.size(); ++i) inputs[i] = static_cast<float>(i * 2654435761u % 1000) * 2e-3f - 1;
  std::vector<ActivationBlock> blocks(inputs.size() / kBlock);
  if (packed) kernels.quantise(inputs.data(), static_cast<uint32_t>(blocks.size()), blocks.data());
  std::vector<float> out(static_cast<uint64_t>(kMost) * rows);
  for (const uint32_t tokens : {1u, 2u, 4u, 8u, 16u, 512u}) {
    const uint64_t walked = tokens >= 64 ? 1 : copies;
    const double took = best_of(threads, 5, [&](uint32_t t) {
      const uint32_t strips = rows / kStripRows;
      for (uint64_t c = 0; c < walked; ++c) {
        for (uint32_t first = 0; first < tokens; first += 128) {
          for (uint32_t s = strips * t / threads; s < strips * (t + 1) / threads; ++s) {
            StripJob job = {};
            job.weights = weights.as<uint8_t>() + c * matrix + s * step;
            for (uint32_t r = 0; r < kStripRows; ++r) job.rows[r] = job.weights + r * row_bytes(dtype, cols);
            job.cols = cols;
            job.n_rows = kStripRows;
            job.activations = blocks.data() + static_cast<uint64_t>(first) * (cols / kBlock);
            job.activation_stride = cols / kBlock;
            job.inputs = inputs.data() + static_cast<uint64_t>(first) * cols;
            job.input_stride = cols;
            job.n_tokens = std::min(128u, tokens - first);
            job.out = out.data() + static_cast<uint64_t>(first) * rows + s * kStripRows;
            job.out_stride = rows;
            (packed ? kernels.packed_strip : kernels.float_strip)[type_slot(dtype)](job);
          }
        }
      }
    });
    const double bytes = static_cast<double>(walked * matrix) / took;
    const double operations = 2.0 * static_cast<double>(walked) * tokens * rows * cols / took;
    std::printf("%-14s %-5s %6ux%-6u tokens %3u  %8.1f Gop/s", what, dtype_name(dtype), rows, cols, tokens,
                operations * 1e-9);
    if (packed && ceilings.int8_operations > 0) std::printf(" (%2.0f%%)", 100 * operations / ceilings.int8_operations);
    if (tokens < 64) std::printf("   %6.1f GB/s (%2.0f%%)", bytes * 1e-9, 100 * bytes / ceilings.read_bytes);
    std::printf("\n");
    std::fflush(stdout);
  }
}

}  // namespace

int main(int argc, char** argv) {
  std::map<std::string, std::string> options = {
      {"shape", "all"}, {"dtype", "all"}, {"threads", "2"}, {"level", "auto"}};
  for (int i = 1; i < argc; ++i) {
    const std::string argument = argv[i];
    const size_t equals = argument.find('=');
    if (equals == std::string::npos || options.count(argument.substr(0, equals)) == 0) {
      std::fprintf(stderr, "unknown option %s; see the top of op_bench.cpp\n", argv[i]);
      return 2;
    }
    options[argument.substr(0, equals)] = argument.substr(equals + 1);
  }
  const uint32_t threads = static_cast<uint32_t>(std::stoul(options["threads"]));
  const std::string level = options["level"];
  const uint32_t cpu_level = level == "avx512"     ? TM_CPU_AVX512
                             : level == "avx2"     ? TM_CPU_AVX2
                             : level == "portable" ? TM_CPU_PORTABLE
                                                   : highest_cpu_level();
  if (!has_cpu_level(cpu_level)) {
    std::fprintf(stderr, "this machine lacks level %s\n", level.c_str());
    return 2;
  }
  const Ceilings ceilings = measure_ceilings(cpu_level, threads, kWalk);
  std::printf("%u threads, level %s: reads %.1f GB/s, 8-bit dot products %.0f Gop/s\n", threads, level.c_str(),
              ceilings.read_bytes * 1e-9, ceilings.int8_operations * 1e-9);
  for (const bench::Shape& shape : bench::kShapes) {
    if (options["shape"] != "all" && options["shape"] != shape.name) continue;
    for (const uint32_t dtype : test::kAllTypes) {
      if (options["dtype"] != "all" && options["dtype"] != dtype_name(dtype)) continue;
      const std::string name = shape.name;
      measure(kernels_of(cpu_level), dtype, (name + " up").c_str(), shape.ffn, shape.width, threads, ceilings);
      measure(kernels_of(cpu_level), dtype, (name + " down").c_str(), shape.width, shape.ffn, threads, ceilings);
    }
  }
  return 0;
}
