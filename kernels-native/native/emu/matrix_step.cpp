#include "matrix_step.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <limits>

namespace tramontane::emu {
namespace {

std::atomic<StepArithmetic> in_warps{StepArithmetic::kPlain}, in_groups{StepArithmetic::kPlain}, in_columns;
std::atomic<uint32_t> other_columns{0};  // whose groups add as in_columns; 0: none

constexpr int kLeastFloat = -126;
constexpr int kLeastHalf = -14;

// Of a number that is not zero; below the least of its type all have the least.
int exponent_of(float value, int least) { return std::max(std::ilogb(value), least); }

float cut_to_float(double value) {
  const float nearest = static_cast<float>(value);
  if (std::fabs(static_cast<double>(nearest)) <= std::fabs(value)) return nearest;
  return std::isinf(nearest) && std::fabs(value) >= 0x1p128 ? nearest : std::nextafterf(nearest, 0.0f);
}

void plain_step(const float (&a)[16][16], const float (&b)[16][8], float (&sums)[16][8]) {
  for (int row = 0; row < 16; ++row) {
    for (int k = 0; k < 16; ++k) {
      for (int column = 0; column < 8; ++column) sums[row][column] += a[row][k] * b[k][column];
    }
  }
}

}  // namespace

void use_arithmetic(StepArithmetic of_warps, StepArithmetic of_groups) {
  in_warps = of_warps;
  in_groups = of_groups;
  other_columns = 0;
}
void use_arithmetic_of_columns(uint32_t n_columns, StepArithmetic of_groups) {
  in_columns = of_groups;
  other_columns = n_columns;
}
StepArithmetic arithmetic_of_warps() { return in_warps; }
StepArithmetic arithmetic_of_groups(uint32_t n_columns) { return n_columns == other_columns ? in_columns : in_groups; }

float exact_sum(float c, const float* a, const float* b, int n, int least, int bits) {
  double products[16];
  double all = static_cast<double>(c);  // to see what is not finite
  for (int i = 0; i < n; ++i) all += products[i] = static_cast<double>(a[i]) * static_cast<double>(b[i]);
  if (std::isnan(all)) return std::numeric_limits<float>::quiet_NaN();
  if (std::isinf(all)) return static_cast<float>(all);
  int largest = c == 0 ? kLeastFloat : exponent_of(c, kLeastFloat);
  for (int i = 0; i < n; ++i) {
    const bool zero = products[i] == 0;
    largest = std::max(largest, zero ? kLeastFloat : exponent_of(a[i], least) + exponent_of(b[i], least));
  }
  const auto aligned = [&](double value) { return static_cast<int64_t>(std::ldexp(value, bits - largest)); };
  int64_t sum = aligned(static_cast<double>(c));
  for (int i = 0; i < n; ++i) sum += aligned(products[i]);
  return cut_to_float(std::ldexp(static_cast<double>(sum), largest - bits));
}

void multiply_step(StepArithmetic arithmetic, bool bf16, const float (&a)[16][16], const float (&b)[16][8],
                   float (&sums)[16][8]) {
  if (arithmetic == StepArithmetic::kPlain) return plain_step(a, b, sums);
  const int least = bf16 ? kLeastFloat : kLeastHalf;
  for (int column = 0; column < 8; ++column) {
    float down[16];
    for (int k = 0; k < 16; ++k) down[k] = b[k][column];
    for (int row = 0; row < 16; ++row) {
      float& sum = sums[row][column];
      if (arithmetic == StepArithmetic::kHopper) {
        sum = exact_sum(sum, a[row], down, 16, least, 25);
      } else {
        sum = exact_sum(sum, a[row], down, 8, least, 24);
        sum = exact_sum(sum, a[row] + 8, down + 8, 8, least, 24);
      }
    }
  }
}

}  // namespace tramontane::emu
