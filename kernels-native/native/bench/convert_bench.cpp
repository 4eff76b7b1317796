// Rates of tm_convert on one thread: weights a second, and bytes read and written.
//
//   convert_bench [rows=4096] [cols=4096]
#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <cstring>

#include "bench_shapes.h"

namespace {

void measure(uint32_t from, uint32_t to, uint64_t rows, uint64_t cols) {
  const uint64_t source_bytes = rows * tramontane::row_bytes(from, cols);
  const uint64_t target_bytes = rows * tramontane::row_bytes(to, cols);
  tramontane::Buffer source(source_bytes + 8), target(target_bytes);
  bench::random_weights(from, rows, cols, 1, source.as<uint8_t>());
  tm_conversion conversion = {};
  conversion.struct_size = sizeof conversion;
  conversion.from = from;
  conversion.to = to;
  conversion.rows = rows;
  conversion.cols = cols;
  conversion.source_bytes = source_bytes;
  conversion.target_bytes = target_bytes;
  double best = 1e30;
  for (int i = 0; i < 5; ++i) {
    char message[512];
    const double start = bench::seconds();
    if (tm_convert(&conversion, source.as<void>(), target.as<void>(), message, sizeof message) != TM_OK) {
      std::fprintf(stderr, "%s\n", message);
      std::exit(1);
    }
    best = std::min(best, bench::seconds() - start);
  }
  std::printf("%-8s -> %-5s %7.0f M weights/s  %5.1f GB/s\n", tramontane::dtype_name(from), tramontane::dtype_name(to),
              static_cast<double>(rows * cols) / best * 1e-6,
              static_cast<double>(source_bytes + target_bytes) / best * 1e-9);
}

}  // namespace

int main(int argc, char** argv) {
  uint64_t rows = 4096, cols = 4096;
  for (int i = 1; i < argc; ++i) {
    if (std::strncmp(argv[i], "rows=", 5) == 0) {
      rows = std::strtoull(argv[i] + 5, nullptr, 10);
    } else if (std::strncmp(argv[i], "cols=", 5) == 0) {
      cols = std::strtoull(argv[i] + 5, nullptr, 10);
    } else {
      std::fprintf(stderr, "unknown option %s; see the top of convert_bench.cpp\n", argv[i]);
      return 2;
    }
  }
  for (const uint32_t from : test::kFloatTypes) {
    for (const uint32_t to : test::kWrittenTypes) {
      if (from != to) measure(from, to, rows, cols);
    }
  }
  for (const uint32_t from : test::kPackedTypes) measure(from, TM_F32, rows, cols);
  return 0;
}
