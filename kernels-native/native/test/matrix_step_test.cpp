// The model of a tensor core's step: each rule of it by numbers that were worked out by hand, where another rule gives
// another float.
#include "matrix_step.h"

#include <vector>

#include "check.h"

namespace test {
namespace {

using tramontane::emu::exact_sum;
using tramontane::emu::StepArithmetic;

constexpr int kHalf = -14;
constexpr int kBrain = -126;

float hopper(float c, std::vector<float> a, std::vector<float> b, int least = kHalf) {
  a.resize(16);
  b.resize(16);
  return exact_sum(c, a.data(), b.data(), 16, least, 25);
}

// The first row and column of a whole step.
float step(StepArithmetic arithmetic, float c, const std::vector<float>& a, const std::vector<float>& b) {
  float rows[16][16] = {}, columns[16][8] = {}, sums[16][8] = {};
  for (size_t k = 0; k < a.size(); ++k) {
    rows[0][k] = a[k];
    columns[k][0] = b[k];
  }
  sums[0][0] = c;
  tramontane::emu::multiply_step(arithmetic, false, rows, columns, sums);
  for (int row = 0; row < 16; ++row) {
    for (int column = 0; column < 8; ++column) CHECK(row + column == 0 || sums[row][column] == 0);
  }
  return sums[0][0];
}

}  // namespace

TEST(products_are_cut_below_so_many_bits_of_the_largest) {
  const std::vector<float> a(16, 0x1p-12f);
  // Sixteen times 2^-25 beside 1: kept with 25 bits, cut one by one with 24.
  CHECK_EQ(step(StepArithmetic::kHopper, 1, a, std::vector<float>(16, 0x1p-13f)), 1 + 0x1p-21f);
  CHECK_EQ(step(StepArithmetic::kAmpere, 1, a, std::vector<float>(16, 0x1p-13f)), 1.0f);
  CHECK_EQ(step(StepArithmetic::kHopper, 1, a, std::vector<float>(16, 0x1p-14f)), 1.0f);
  CHECK_EQ(step(StepArithmetic::kAmpere, 1, a, std::vector<float>(16, 0x1p-12f)), 1 + 0x1p-20f);
}

TEST(ampere_takes_eight_columns_and_then_eight) {
  // 1 and seven times 2^-24 make 1 + 7 x 2^-24, cut to float; so do the next eight.
  std::vector<float> a(16, 0x1p-12f), b(16, 0x1p-12f);
  a[7] = b[7] = a[15] = b[15] = 0;
  CHECK_EQ(step(StepArithmetic::kAmpere, 1, a, b), 1 + 6 * 0x1p-23f);
  CHECK_EQ(step(StepArithmetic::kHopper, 1, a, b), 1 + 7 * 0x1p-23f);
}

TEST(sums_are_cut_towards_zero) {
  CHECK_EQ(hopper(1, {0x1.8p-12f}, {0x1p-12f}), 1.0f);  // nearest would be 1 + 2^-23
  CHECK_EQ(hopper(-1, {-0x1.8p-12f}, {0x1p-12f}), -1.0f);
  CHECK_EQ(hopper(1, {-0x1p-13f}, {0x1p-12f}), 1 - 0x1p-24f);  // 1 - 2^-25 lies between 1 - 2^-24 and 1
}

TEST(what_cancels_takes_small_ones_along) {
  // 2^30 + 1 - 2^30: beside 2^30 the bits end at 2^5.
  CHECK_EQ(hopper(0, {0x1p15f, 1, -0x1p15f}, {0x1p15f, 1, 0x1p15f}), 0.0f);
  CHECK_EQ(hopper(0, {0x1p15f, 0x1p5f, -0x1p15f}, {0x1p15f, 1, 0x1p15f}), 0x1p5f);
}

TEST(a_product_counts_with_the_sum_of_its_exponents) {
  // 1.5 x 1.5 = 2.25 has the exponent 0: 2^-25 is kept beside it, though the product is above 2.
  CHECK_EQ(hopper(0, {1.5f, -1.5f, 0x1p-12f}, {1.5f, 1.5f, 0x1p-13f}), 0x1p-25f);
  CHECK_EQ(hopper(-2.25f, {1.5f, 0x1p-12f}, {1.5f, 0x1p-13f}), 0.0f);  // the addend's own exponent is 1
  // A subnormal number has the least exponent of its type: 2^-24 counts as 2^-14, and the bits end at 2^-39.
  CHECK_EQ(hopper(0x1p-40f, {0x1p-24f}, {1}), 0x1p-24f);
  CHECK_EQ(hopper(0x1p-40f, {0x1p-24f}, {1}, kBrain), 0x1p-24f + 0x1p-40f);
}

TEST(zero_aligns_nothing) {
  CHECK_EQ(hopper(0x1p-40f, {0, 0x1p15f}, {0x1p15f, 0}), 0x1p-40f);
  CHECK_EQ(hopper(0, {}, {}), 0.0f);
}

TEST(ends_of_the_range) {
  CHECK_EQ(hopper(0x1p127f, {0x1p63f, 0x1p63f}, {0x1p63f, 0x1p63f}, kBrain), INFINITY);  // 2^127 + 2 x 2^126
  CHECK_EQ(hopper(0x1.fffffep127f, {0x1p50f}, {0x1p50f}, kBrain), 0x1.fffffep127f);
  CHECK(std::isnan(hopper(0, {INFINITY, -INFINITY}, {1, 1})));
  CHECK(std::isnan(hopper(NAN, {1}, {1})));
  CHECK_EQ(hopper(0, {INFINITY}, {2}), INFINITY);
  CHECK_EQ(hopper(0x1p-149f, {}, {}), 0x1p-149f);
}

}  // namespace test
