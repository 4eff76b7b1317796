// What a device is asked when it is first used (cuda/self_test.h): that the steps tell ways of adding apart, and that
// what is found comes out. The emulator stands for devices that add otherwise.
#include "../cuda/self_test.h"

#include <set>

#include "../cuda/found.h"
#include "../cuda/kernels.h"
#include "../cuda/tile_work.h"
#include "backends.h"
#include "check.h"
#include "device_as.h"
#include "dtype.h"
#include "step_problems.h"
#include "tiny_model.h"

namespace test {
namespace {

using namespace tramontane::emu;
using tramontane::emulated::kGroupColumns;
using tramontane::emulated::kGroupShapes;
using tramontane::emulated::run_self_test;
using tramontane::emulated::SelfTest;

constexpr uint32_t kSums = 4 * kProblemRows * kProblemColumns;

// A way of adding that some device could have.
struct Way {
  const char* name;
  int columns;  // at a time
  int bits;
  bool flushes = false;  // numbers below the least normal one count as zero
  bool nearest = false;  // sums are rounded, not cut
};

float add(const Way& way, float sum, const float* a, const float* b, bool bf16) {
  const int least = bf16 ? -126 : -14;
  float flushed[32];
  for (int i = 0; i < 16; ++i) {
    const bool gone = way.flushes && std::fabs(a[i]) < std::ldexp(1.0f, least);
    flushed[i] = gone ? 0.0f : a[i];
    flushed[16 + i] = b[i];
  }
  if (way.nearest) {
    double exact = static_cast<double>(sum);
    for (int i = 0; i < 16; ++i) exact += static_cast<double>(flushed[i]) * static_cast<double>(b[i]);
    return static_cast<float>(exact);
  }
  for (int i = 0; i < 16; i += way.columns) {
    sum = exact_sum(sum, flushed + i, flushed + 16 + i, way.columns, least, way.bits);
  }
  return sum;
}

std::vector<float> solve(const Way& way, const StepProblem& p) {
  const auto value = [&](uint16_t bits) {
    return p.bf16 ? tramontane::bf16_to_float(bits) : tramontane::half_to_float(bits);
  };
  std::vector<float> sums = p.sums;
  for (uint32_t i = 0; i < sums.size(); ++i) {
    for (uint32_t inner = 0; inner < kProblemInner; inner += 16) {
      float a[16], b[16];
      for (uint32_t k = 0; k < 16; ++k) {
        a[k] = value(p.rows[i / kProblemColumns * kProblemInner + inner + k]);
        b[k] = value(p.columns[i % kProblemColumns * kProblemInner + inner + k]);
      }
      sums[i] = add(way, sums[i], a, b, p.bf16);
    }
  }
  return sums;
}

uint32_t differences(const std::vector<float>& a, const std::vector<float>& b) {
  uint32_t n = 0;
  for (size_t i = 0; i < a.size(); ++i) n += memcmp(&a[i], &b[i], 4) != 0 ? 1 : 0;
  return n;
}

SelfTest ask() {
  cudaStream_t stream = nullptr;
  cudaStreamCreate(&stream);
  const SelfTest test = run_self_test(stream);
  cudaStreamDestroy(stream);
  return test;
}

std::string description(uint32_t backend) {
  char text[tramontane::kBackendText];
  CHECK_EQ(tm_describe_backend(backend, 0, text, sizeof text), TM_OK);
  return text;
}

bool says(const std::string& text, const std::string& what) { return text.find(what) != std::string::npos; }

}  // namespace

TEST(the_steps_tell_ways_of_adding_apart) {
  const Way hopper = {"9.0", 16, 25}, ampere = {"8.x", 8, 24};
  const Way others[] = {{"a bit less", 16, 24},         {"a bit more", 16, 26},       {"two halves, 25 bits", 8, 25},
                        {"four quarters", 4, 25},       {"flushed", 16, 25, true},    {"rounded", 16, 0, false, true},
                        {"a bit less than 8.x", 8, 23}, {"flushed, 8.x", 8, 24, true}};
  for (const StepProblem& p : step_problems()) {
    CHECK_EQ(differences(solve(hopper, p), tramontane::emu::solve(p, StepArithmetic::kHopper)), 0u);
    CHECK_EQ(differences(solve(ampere, p), tramontane::emu::solve(p, StepArithmetic::kAmpere)), 0u);
    for (const Way& right : {hopper, ampere}) {
      for (const Way& other : others) {
        if (kSanitised && other.columns == 4) continue;
        CHECK_TEXT(differences(solve(right, p), solve(other, p)) > 0,
                   std::string(right.name) + " looks like " + other.name + (p.bf16 ? " in BF16" : " in F16"));
      }
    }
  }
}

TEST(the_steps_are_of_every_kind) {
  uint32_t finite = 0, subnormal = 0, infinite = 0, zero = 0;
  for (const StepProblem& p : step_problems()) {
    for (const float sum : tramontane::emu::solve(p, StepArithmetic::kHopper)) {
      CHECK(!std::isnan(sum));
      finite += std::isnormal(sum) ? 1 : 0;
      subnormal += std::fpclassify(sum) == FP_SUBNORMAL ? 1 : 0;
      infinite += std::isinf(sum) ? 1 : 0;
      zero += sum == 0 ? 1 : 0;
    }
  }
  CHECK_EQ(finite + subnormal + infinite + zero, kSums);
  CHECK(finite > kSums / 2);
  CHECK(subnormal > 0 && infinite > 0 && zero > 0);
}

TEST(a_device_whose_instructions_add_alike_passes) {
  for (const StepArithmetic arithmetic : {StepArithmetic::kPlain, StepArithmetic::kAmpere, StepArithmetic::kHopper}) {
    if (kSanitised && arithmetic == StepArithmetic::kAmpere) continue;
    const DeviceAs device(90, arithmetic, arithmetic);
    const SelfTest test = ask();
    CHECK(test.has_groups && test.has_model && test.groups_agree());
    CHECK_EQ(test.n_sums, kSums);
    for (uint32_t i = 0; i < kGroupShapes; ++i) {
      CHECK_EQ(test.shapes[i].n_sums, kSums / kProblemColumns * kGroupColumns[i]);
      CHECK_EQ(test.shapes[i].other, 0u);
    }
    CHECK_EQ(test.of_model, 0u);
    const bool plain = arithmetic == StepArithmetic::kPlain;
    CHECK_EQ(test.text(), std::string(plain ? "mma adds plain floats" : "mma adds as published") +
                              ", wgmma as mma: it multiplies 33 rows and more, and for chunks of wide heads");
  }
}

TEST(a_device_whose_instructions_differ_is_found) {
  const DeviceAs device(90, StepArithmetic::kHopper, StepArithmetic::kAmpere);
  const SelfTest test = ask();
  CHECK(!test.groups_agree());
  for (const SelfTest::Shape& shape : test.shapes) CHECK(shape.other > 0 && shape.other < shape.n_sums);
  CHECK_EQ(test.of_model, 0u);
  const std::string text = description(tramontane::emulated::kNumber);
  CHECK_TEXT(says(text, "mma adds as published, wgmma of 64 columns otherwise than mma in ") &&
                 says(text, ": mma multiplies all rows"),
             text);
}

// Each number of columns is asked by itself, and one that differs is enough.
TEST(a_device_of_which_one_shape_differs_is_found) {
  for (uint32_t i = 0; i < kGroupShapes; ++i) {
    const DeviceAs device(90, StepArithmetic::kPlain, StepArithmetic::kPlain);
    use_arithmetic_of_columns(kGroupColumns[i], StepArithmetic::kHopper);
    const SelfTest test = ask();
    CHECK(!test.groups_agree());
    for (uint32_t other = 0; other < kGroupShapes; ++other) CHECK_EQ(test.shapes[other].other > 0, other == i);
    const std::string text = description(tramontane::emulated::kNumber);
    CHECK_TEXT(says(text, "mma adds plain floats, wgmma of " + std::to_string(kGroupColumns[i]) +
                              " columns otherwise than mma in ") &&
                   says(text, " sums: mma multiplies all rows"),
               text);
  }
}

TEST(every_shape_that_is_multiplied_is_asked) {
  std::set<uint32_t> asked(std::begin(kGroupColumns), std::end(kGroupColumns));
  for (const tramontane::emulated::TileWay& way : tramontane::emulated::kTileWays) CHECK(asked.count(way.tokens) == 1);
  CHECK(asked.count(128) == 1);                                    // keys of a segment
  for (uint32_t head_dim = 16; head_dim <= 256; head_dim += 16) {  // and values
    if (tramontane::emulated::attends_by_groups(TM_F16, head_dim)) CHECK(asked.count(head_dim) == 1);
  }
}

TEST(each_device_is_asked_once) {
  cudaStream_t stream = nullptr;
  cudaStreamCreate(&stream);
  {
    const DeviceAs device(90, StepArithmetic::kPlain, StepArithmetic::kPlain);
    CHECK(tramontane::emulated::self_test(stream).groups_agree());
    use_arithmetic(StepArithmetic::kHopper, StepArithmetic::kPlain);
    CHECK(tramontane::emulated::self_test(stream).groups_agree());
  }
  const DeviceAs another(90, StepArithmetic::kHopper, StepArithmetic::kPlain);
  CHECK(!tramontane::emulated::self_test(stream).groups_agree());
  cudaStreamDestroy(stream);
}

TEST(what_is_found_is_said) {
  SelfTest test;
  test.n_sums = 100;
  CHECK_EQ(test.text(), std::string("how its mma adds is published nowhere"));
  CHECK(!test.groups_agree());  // there are none
  test.has_model = true;
  CHECK_EQ(test.text(), std::string("mma adds as published"));
  test.of_model = 7;
  CHECK_EQ(test.text(), std::string("mma adds otherwise than published in 7 of 100 sums"));
}

TEST(which_devices_have_a_model) {
  CHECK(arithmetic_of(8, 0) == StepArithmetic::kAmpere && arithmetic_of(8, 9) == StepArithmetic::kAmpere);
  for (const auto& [major, minor] : {std::pair{9, 0}, {10, 0}, {10, 3}, {12, 0}, {12, 1}}) {
    CHECK(arithmetic_of(major, minor) == StepArithmetic::kHopper);
  }
  CHECK(!arithmetic_of(7, 5) && !arithmetic_of(9, 1) && !arithmetic_of(11, 0) && !arithmetic_of(13, 0));
}

// Of a device that is there.
TEST(the_device_adds_as_published) {
  for (const Placement& p : device_placements()) {
    if (p.backend != TM_BACKEND_CUDA) continue;
    const std::string text = description(p.backend);
    std::printf("%s\n", text.c_str());
    CHECK_TEXT(says(text, "mma adds as published") || says(text, "published nowhere"), text);
    CHECK_TEXT(!says(text, "mma multiplies all rows"), text);
  }
}

}  // namespace test
