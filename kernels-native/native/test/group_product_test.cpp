// Products of groups of warps (wgmma): the kernel of tile.cu gives the bits of the tensor core's model and of mma, in
// every order, and each misuse of them is found.
#include "../cuda/group_product.h"

#include "check.h"
#include "dtype.h"
#include "early_access.h"
#include "matrix_step.h"
#include "random.h"
#include "tile.h"
#include "tiny_model.h"

#if defined(TM_TILE_ON_DEVICE)
#include "backends.h"
#endif

namespace test {
namespace {

using namespace tramontane::emulated;
using tramontane::bf16_to_float;
using tramontane::float_to_half;
using tramontane::half_to_float;

float value(bool bf16, uint16_t bits) { return bf16 ? bf16_to_float(bits) : half_to_float(bits); }

// Numbers of very different sizes, so that every cut shows.
std::vector<uint16_t> numbers(size_t n, bool bf16, Random& random) {
  std::vector<uint16_t> all(n);
  for (uint16_t& bits : all) {
    const float x = random.hard();
    uint32_t wide;
    memcpy(&wide, &x, 4);
    bits = bf16 ? static_cast<uint16_t>(wide >> 16) : float_to_half(x);
  }
  return all;
}

TileProblem problem(TileKind kind, bool bf16, uint32_t n_columns, uint32_t n_blocks) {
  Random random{n_blocks * 100 + n_columns};
  const size_t inner = static_cast<size_t>(n_blocks) * kTileInner;
  return {kind,
          bf16,
          n_columns,
          n_blocks,
          numbers(kTileRows * inner, bf16, random),
          numbers(n_columns * inner, bf16, random)};
}

// Each sum by itself, in steps of 16.
std::vector<float> by_the_model(const TileProblem& p) {
  const uint32_t inner = p.n_blocks * kTileInner;
  std::vector<float> sums(p.n_columns * kTileRows);
  for (uint32_t i = 0; i < sums.size(); ++i) {
    for (uint32_t k = 0; k < inner; k += 16) {
      float a[16], b[16];
      for (uint32_t j = 0; j < 16; ++j) {
        a[j] = value(p.bf16, p.rows[i % kTileRows * inner + k + j]);
        b[j] = value(p.bf16, p.columns[i / kTileRows * inner + k + j]);
      }
      sums[i] = exact_sum(sums[i], a, b, 16, p.bf16 ? -126 : -14, 25);
    }
  }
  return sums;
}

constexpr TileKind kKinds[] = {TileKind::kRegisters, TileKind::kShared, TileKind::kWarps};

// What is done to the small kernel below.
enum class Damage {
  kNone,
  kNoFence,            // nothing shows the registers
  kSumsAfterFence,     // sums are written after it
  kOperandAfterFence,  // and the operand in registers
  kNoCommit,           // the wait covers nothing
  kNoWait,
  kWaitForOther,     // the wait leaves the group that is read under way
  kReadEarly,        // sums are read before the wait
  kTouchEarly,       // and written
  kOperandEarly,     // the operand is written before the wait
  kStageEarly,       // and the one in shared memory
  kNoProxyFence,     // shared memory was written by threads, and nothing shows it
  kSwappedFields,    // leading and stride
  kNextAddress,      // the descriptor begins 16 bytes further
  kSwizzle,          // it has a swizzle
  kBaseOffset,       // or a base offset
  kBeyond,           // the operand ends beyond shared memory
  kOtherDescriptor,  // one warp has another
  kOneLane,          // one lane has another
  kWarpMissing,      // one warp of the group does not multiply
  kOtherShape,       // a second product of other sums that overlap
};

constexpr uint32_t kColumns = 8;
constexpr uint32_t kSums = kColumns / 2;

struct SmallShared {
  uint16_t b[2][8][8];  // [8 of inner][column][inner], 16 by 8
  uint16_t beyond[8];
};

// One product of 64 rows and 8 columns over 16, twice: 2 a b. Every a is 1, b is the column's number, 8 more in the
// second half.
std::string small_product(Damage damage, uint64_t seed, std::vector<float>& sums, uint32_t threads = 128) {
  sums.assign(64 * kColumns, -1);
  return current().run({dim3(1), dim3(threads), sizeof(SmallShared)}, seed, [&] {
    SmallShared& s = *static_cast<SmallShared*>(current().shared());
    const uint32_t t = current().thread().x;
    s.b[t % 2][t / 2 % 8][t / 16 % 8] = float_to_half(static_cast<float>(t / 2 % 8 + t % 2 * 8));
    if (damage != Damage::kNoProxyFence) proxy_fence();
    __syncthreads();
    float c[kSums + 4] = {};
    float(&mine)[kSums] = *reinterpret_cast<float(*)[kSums]>(c);
    float(&other)[kSums] = *reinterpret_cast<float(*)[kSums]>(c + 2);
    uint32_t a[4] = {0x3c003c00, 0x3c003c00, 0x3c003c00, 0x3c003c00};
    uint64_t b = group_matrix(s.b, 128, 0);
    if (damage == Damage::kSwappedFields) b = group_matrix(s.b, 0, 128);
    if (damage == Damage::kNextAddress) b += 1;
    if (damage == Damage::kSwizzle) b |= 1ull << 62;
    if (damage == Damage::kBaseOffset) b |= 1ull << 49;
    if (damage == Damage::kBeyond) b = group_matrix(s.b, 256, 0);
    if (damage == Damage::kOtherDescriptor && t / 32 == 2) b = group_matrix(s.b, 0, 0);
    if (damage == Damage::kOneLane && t == 77) b = group_matrix(s.b, 0, 0);
    if (damage != Damage::kNoFence) group_fence(c, a);
    if (damage == Damage::kSumsAfterFence) c[1] = 5;
    if (damage == Damage::kOperandAfterFence) a[2] = 0;
    if (damage == Damage::kWarpMissing && t / 32 == 1) return;
    group_multiply<Operand::kF16>(mine, a, b);
    if (damage == Damage::kTouchEarly) c[0] = 1;
    if (damage == Damage::kOtherShape) {
      group_multiply<Operand::kF16>(other, a, b);
    } else {
      group_multiply<Operand::kF16>(mine, a, b);
    }
    if (damage == Damage::kOperandEarly) a[3] = 7;
    if (damage == Damage::kStageEarly && t == 9) s.b[1][3][3] = 1;
    if (damage != Damage::kNoCommit) group_commit();
    float early = 0;
    if (damage == Damage::kReadEarly) early = c[2];
    if (damage == Damage::kWaitForOther) {
      group_wait<1>(c, a);
    } else if (damage != Damage::kNoWait) {
      group_wait<0>(c, a);
    }
    for (uint32_t i = 0; i < kSums; ++i) {
      const uint32_t row = t / 32 * 16 + tramontane::sum_row(t % 32, i);
      if (row < 64) sums[row * kColumns + tramontane::sum_column(t % 32, i)] = c[i] + early;
    }
  });
}

bool is_right(const std::vector<float>& sums) {
  for (uint32_t i = 0; i < sums.size(); ++i) {
    if (sums[i] != static_cast<float>(2 * 16 * (i % kColumns) + 128)) return false;
  }
  return true;
}

}  // namespace

TEST(a_tile_has_the_bits_of_the_model_and_of_mma) {
  use_arithmetic(StepArithmetic::kHopper);
  for (const bool bf16 : {false, true}) {
    for (const uint32_t n_columns : {8u, 64u}) {
      for (const uint32_t n_blocks : {1u, 2u, 5u}) {
        if (n_columns == 64 && n_blocks == 5 && kSanitised) continue;
        const auto expected = by_the_model(problem(TileKind::kWarps, bf16, n_columns, n_blocks));
        for (const TileKind kind : kKinds) {
          std::vector<float> sums;
          const std::string error = multiply_tile_emulated(problem(kind, bf16, n_columns, n_blocks), sums);
          CHECK_EQ(error, "");
          CHECK_TEXT(memcmp(sums.data(), expected.data(), sums.size() * 4) == 0,
                     std::to_string(static_cast<int>(kind)) + " " + std::to_string(n_columns) + " " +
                         std::to_string(n_blocks));
        }
      }
    }
  }
  use_arithmetic(StepArithmetic::kPlain);
}

TEST(a_tile_waits_for_the_kernel_ahead) {
  watch_early_access(true);
  std::vector<float> sums, expected;
  CHECK_EQ(multiply_tile_emulated(problem(TileKind::kWarps, false, 8, 5), expected), "");
  for (int i = 0; i < 10; ++i) {
    for (const TileKind kind : kKinds) {
      CHECK_EQ(multiply_tile_emulated(problem(kind, false, 8, 5), sums), "");
      CHECK(sums == expected);
    }
  }
  watch_early_access(false);
}

TEST(products_of_a_group_in_every_order) {
  for (uint64_t seed = 1; seed <= 20; ++seed) {
    std::vector<float> sums;
    CHECK_EQ(small_product(Damage::kNone, seed, sums), "");
    CHECK(is_right(sums));
  }
}

TEST(each_misuse_of_a_product_is_found) {
  const struct {
    Damage damage;
    const char* message;  // "": the sums are wrong
  } cases[] = {
      {Damage::kNoFence, "written since the last fence"},
      {Damage::kSumsAfterFence, "sums were written since the last fence"},
      {Damage::kOperandAfterFence, "operand in registers was written since the last fence"},
      {Damage::kNoCommit, "ended while 2 products were under way"},
      {Damage::kNoWait, "ended while 2 products were under way"},
      {Damage::kWaitForOther, "ended while 2 products were under way"},
      {Damage::kReadEarly, ""},
      {Damage::kTouchEarly, "sums were touched"},
      {Damage::kOperandEarly, "registers were written while"},
      {Damage::kStageEarly, " was written "},
      {Damage::kNoProxyFence, "no fence of the asynchronous proxy"},
      {Damage::kSwappedFields, ""},
      {Damage::kNextAddress, ""},
      {Damage::kSwizzle, "swizzled"},
      {Damage::kBaseOffset, "base offset"},
      {Damage::kBeyond, "beyond shared memory"},
      {Damage::kOtherDescriptor, "another product than its group"},
      {Damage::kOneLane, "different descriptors"},
      {Damage::kWarpMissing, "had part in"},
      {Damage::kOtherShape, "of another shape"},
  };
  for (const auto& c : cases) {
    for (uint64_t seed = 1; seed <= 10; ++seed) {
      std::vector<float> sums;
      const std::string error = small_product(c.damage, seed, sums);
      const bool found =
          *c.message == 0 ? error.empty() && !is_right(sums) : error.find(c.message) != std::string::npos;
      CHECK_TEXT(found, std::to_string(static_cast<int>(c.damage)) + " <- " + error);
    }
  }
  std::vector<float> sums;
  CHECK(small_product(Damage::kNone, 1, sums, 96).find("four warps") != std::string::npos);
}

#if defined(TM_TILE_ON_DEVICE)
TEST(a_device_makes_the_same_tile) {
  char text[tramontane::kBackendText];
  const auto* kind = tramontane::backend_of(TM_BACKEND_CUDA);
  if (!kind->found(text, sizeof text) || strstr(text, "compute capability 9.0") == nullptr) {
    std::printf("no device of compute capability 9.0: %s\n", text);
    return;
  }
  for (const bool bf16 : {false, true}) {
    for (const uint32_t n_columns : {8u, 64u}) {
      const auto expected = by_the_model(problem(TileKind::kWarps, bf16, n_columns, 5));
      for (const TileKind tile : kKinds) {
        std::vector<float> sums;
        CHECK_EQ(multiply_tile_cuda(problem(tile, bf16, n_columns, 5), sums), "");
        CHECK(memcmp(sums.data(), expected.data(), sums.size() * 4) == 0);
      }
    }
  }
}
#endif

}  // namespace test
