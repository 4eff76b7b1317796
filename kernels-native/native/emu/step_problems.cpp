#include "step_problems.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dtype.h"
#include "random.h"

namespace tramontane::emu {
namespace {

// Of an operand's row or column: number / kPerKind of it.
enum class Kind : uint32_t {
  kOrdinary,    // about one
  kSpread,      // from 2^-12 to 2^4
  kCancelling,  // large pairs whose products cancel where the other operand has pairs, and small ones beside them
  kSubnormal,   // below the least normal number
  kLargest,     // the largest exponent
  kCut,         // one large number, and others whose products lie where bits are cut beside it
  kZeros,       // every other number a zero of either sign
  kFull,        // mantissas full of ones, of one size
};
constexpr uint32_t kKinds = 8;

class Numbers {
 public:
  Numbers(bool bf16, uint64_t seed) : bf16_(bf16), chance_(seed) {}

  // A number of 2^exponent and up; a subnormal one where the type has no smaller.
  uint16_t of(int exponent) {
    const int field = std::max(0, exponent + bias());
    return static_cast<uint16_t>(chance_.below(2) << 15 | static_cast<uint32_t>(field) << mantissa() |
                                 chance_.below(1u << mantissa()));
  }

  std::vector<uint16_t> line(Kind kind) {
    std::vector<uint16_t> line(kProblemInner);
    for (uint32_t i = 0; i < kProblemInner; ++i) line[i] = number(kind, i, i > 0 ? line[i - 1] : uint16_t{0});
    return line;
  }

  // What products are added to; of row and column, whose first product is `first`.
  float sum(uint32_t kind, float first) {
    const float sign = chance_.below(2) == 0 ? 1.0f : -1.0f;
    const float ordinary = sign * (1.0f + static_cast<float>(chance_.below(1 << 23)) * 0x1p-23f);
    switch (kind) {
      case 0:
        return ordinary;
      case 1:
        return 0;
      case 2:
        return std::isfinite(first) ? -first : ordinary;
      case 3:
        return ordinary * 0x1p20f;
      case 4:
        return ordinary * 0x1p-30f;
      case 5:
        return ordinary * 0x1p-135f;  // subnormal
      default:
        return ordinary * 0x1p126f;
    }
  }
  static constexpr uint32_t kSums = 7;

 private:
  int bias() const { return bf16_ ? 127 : 15; }
  uint32_t mantissa() const { return bf16_ ? 7 : 10; }
  int from(int least, uint32_t n) { return least + static_cast<int>(chance_.below(n)); }

  uint16_t number(Kind kind, uint32_t i, uint16_t before) {
    switch (kind) {
      case Kind::kOrdinary:
        return of(from(-2, 4));
      case Kind::kSpread:
        return of(from(-12, 17));
      case Kind::kCancelling:
        if (i % 16 >= 12) return of(from(-9, 4));
        return i % 2 == 0 ? of(from(4, 4)) : before ^ 0x8000;
      case Kind::kSubnormal:
        return of(-bias());
      case Kind::kLargest:
        return of(bias());
      case Kind::kCut:
        return i % 16 == 3 ? of(6) : of(from(-8, 5));
      case Kind::kZeros:
        return i % 2 == 0 ? static_cast<uint16_t>(chance_.below(2) << 15) : of(from(-2, 4));
      case Kind::kFull:
        return static_cast<uint16_t>(of(0) | ((1u << mantissa()) - 1));
    }
    return 0;
  }

  const bool bf16_;
  Chance chance_;
};

float value_of(bool bf16, uint16_t bits) { return bf16 ? bf16_to_float(bits) : half_to_float(bits); }

StepProblem problem(bool bf16, uint64_t seed) {
  Numbers numbers(bf16, seed);
  StepProblem p{bf16, {}, {}, {}};
  for (uint32_t row = 0; row < kProblemRows; ++row) {
    const auto line = numbers.line(static_cast<Kind>(row % kKinds));
    p.rows.insert(p.rows.end(), line.begin(), line.end());
  }
  for (uint32_t column = 0; column < kProblemColumns; ++column) {
    auto line = numbers.line(static_cast<Kind>(column / 2 % kKinds));
    // Against which the rows' pairs cancel: every other column has the same number twice.
    for (uint32_t i = 1; column % 2 == 1 && i < kProblemInner; i += 2) line[i] = line[i - 1];
    p.columns.insert(p.columns.end(), line.begin(), line.end());
  }
  for (uint32_t row = 0; row < kProblemRows; ++row) {
    for (uint32_t column = 0; column < kProblemColumns; ++column) {
      const float first =
          value_of(bf16, p.rows[row * kProblemInner]) * value_of(bf16, p.columns[column * kProblemInner]);
      p.sums.push_back(numbers.sum((row * 3 + column) % Numbers::kSums, first));
    }
  }
  return p;
}

}  // namespace

std::vector<StepProblem> step_problems() {
  return {problem(true, 1), problem(true, 2), problem(false, 3), problem(false, 4)};
}

std::vector<float> solve(const StepProblem& p, StepArithmetic arithmetic) {
  std::vector<float> solved = p.sums;
  for (uint32_t row = 0; row < kProblemRows; row += 16) {
    for (uint32_t column = 0; column < kProblemColumns; column += 8) {
      float sums[16][8];
      for (uint32_t i = 0; i < 16; ++i) memcpy(sums[i], &solved[(row + i) * kProblemColumns + column], sizeof sums[i]);
      for (uint32_t inner = 0; inner < kProblemInner; inner += 16) {
        float a[16][16], b[16][8];
        for (uint32_t k = 0; k < 16; ++k) {
          for (uint32_t i = 0; i < 16; ++i) {
            a[i][k] = value_of(p.bf16, p.rows[(row + i) * kProblemInner + inner + k]);
          }
          for (uint32_t i = 0; i < 8; ++i) {
            b[k][i] = value_of(p.bf16, p.columns[(column + i) * kProblemInner + inner + k]);
          }
        }
        multiply_step(arithmetic, p.bf16, a, b, sums);
      }
      for (uint32_t i = 0; i < 16; ++i) memcpy(&solved[(row + i) * kProblemColumns + column], sums[i], sizeof sums[i]);
    }
  }
  return solved;
}

std::optional<StepArithmetic> arithmetic_of(int major, int minor) {
  if (major == 8) return StepArithmetic::kAmpere;
  if ((major == 9 && minor == 0) || major == 10 || major == 12) return StepArithmetic::kHopper;
  return std::nullopt;
}

}  // namespace tramontane::emu
