// Products of a group of four warps with an operand in shared memory (PTX ISA, "wgmma"): code for 9.0a. 64 rows times
// kColumns over 16; a lane of warp w holds the sums of rows 16 w + ... and the registers of those rows as mma.m16n8k16
// lays them out (mma_order.h). A product is under way until group_wait(); until then its sums and operands are not to
// be touched, and what comes before and after names them, so that the compiler keeps away from them as well.
#pragma once

#include <type_traits>

#include "bulk_copy.h"
#include "warp.h"

namespace tramontane::TM_DEVICE {

// Descriptor of an operand that lies along the sum in core matrices: 8 rows or columns of 16 bytes, 128 bytes in a row.
// leading: bytes to the next core matrix along the sum; stride: to the next 8 rows or columns.
__device__ inline uint64_t group_matrix(const void* first, uint32_t leading, uint32_t stride) {
#if defined(__CUDACC__)
  const uint32_t at = shared_address(first);
#else
  const uint32_t at = current().products().shared_address(first);
  check_aligned(first, 16);
#endif
  return (at & 0x3ffff) >> 4 | static_cast<uint64_t>(leading >> 4) << 16 | static_cast<uint64_t>(stride >> 4) << 32;
}

// A lane's sums, four for each 8 columns: flat, or by these.
template <size_t kN>
__device__ inline float& sum_at(float (&sums)[kN], size_t i) {
  return sums[i];
}
template <size_t kN>
__device__ inline float& sum_at(float (&sums)[kN][4], size_t i) {
  return sums[i / 4][i % 4];
}
template <size_t kN>
__device__ inline float& sum_at(float (&sums)[kN][2][4], size_t i) {
  return sums[i / 8][i / 4 % 2][i % 4];
}

#if defined(__CUDACC__)

template <class T, size_t kN>
__device__ inline void pin(T (&registers)[kN]) {
#pragma unroll
  for (size_t i = 0; i < kN; ++i) {
    if constexpr (std::is_array_v<T>) {
      pin(registers[i]);
    } else if constexpr (std::is_same_v<T, float>) {
      asm volatile("" : "+f"(registers[i])::"memory");
    } else {
      asm volatile("" : "+r"(registers[i])::"memory");
    }
  }
}

// From here on each thread of the group has so many registers: fewer leave some to groups that ask for more.
template <int kRegisters>
__device__ inline void keep_registers() {
  asm volatile("setmaxnreg.dec.sync.aligned.u32 %0;" ::"n"(kRegisters));
}
template <int kRegisters>
__device__ inline void take_registers() {
  asm volatile("setmaxnreg.inc.sync.aligned.u32 %0;" ::"n"(kRegisters));
}

// Products from here on may take these registers: arrays, as they are now.
template <class... Arrays>
__device__ inline void group_fence(Arrays&... registers) {
  (pin(registers), ...);
  asm volatile("wgmma.fence.sync.aligned;" ::: "memory");
}

// The products since the last call are a group.
__device__ inline void group_commit() { asm volatile("wgmma.commit_group.sync.aligned;" ::: "memory"); }

// Until at most kGroups of the latest groups are under way. The registers of those that have ended are the thread's
// again.
template <int kGroups, class... Arrays>
__device__ inline void group_wait(Arrays&... registers) {
  asm volatile("wgmma.wait_group.sync.aligned %0;" ::"n"(kGroups) : "memory");
  (pin(registers), ...);
}

#define TM_SUMS_4(s, i) "+f"(sum_at(s, i)), "+f"(sum_at(s, i + 1)), "+f"(sum_at(s, i + 2)), "+f"(sum_at(s, i + 3))
#define TM_SUMS_16(s, i) TM_SUMS_4(s, i), TM_SUMS_4(s, i + 4), TM_SUMS_4(s, i + 8), TM_SUMS_4(s, i + 12)
#define TM_SUMS_32(s, i) TM_SUMS_16(s, i), TM_SUMS_16(s, i + 16)
#define TM_NAMES_4 "%0, %1, %2, %3"
#define TM_NAMES_32                                                  \
  TM_NAMES_4                                                         \
  ", %4, %5, %6, %7, %8, %9, %10, %11, %12, %13, %14, %15, %16, %17" \
  ", %18, %19, %20, %21, %22, %23, %24, %25, %26, %27, %28, %29, %30, %31"
#define TM_NAMES_48 \
  TM_NAMES_32       \
  ", %32, %33, %34, %35, %36, %37, %38, %39, %40, %41, %42, %43, %44, %45, %46, %47"
#define TM_NAMES_64 \
  TM_NAMES_48       \
  ", %48, %49, %50, %51, %52, %53, %54, %55, %56, %57, %58, %59, %60, %61, %62, %63"
#define TM_NAMES_128                                                                             \
  TM_NAMES_64                                                                                    \
  ", %64, %65, %66, %67, %68, %69, %70, %71, %72, %73, %74, %75, %76, %77, %78, %79"             \
  ", %80, %81, %82, %83, %84, %85, %86, %87, %88, %89, %90, %91, %92, %93, %94, %95"             \
  ", %96, %97, %98, %99, %100, %101, %102, %103, %104, %105, %106, %107, %108, %109, %110, %111" \
  ", %112, %113, %114, %115, %116, %117, %118, %119, %120, %121, %122, %123, %124, %125, %126, %127"
// type: bf16 or f16; n: columns; names: of the sums; a, b: of the operands; last: for a descriptor in a's place " 0,".
#define TM_PRODUCT(type, n, names, a, b, last) \
  "wgmma.mma_async.sync.aligned.m64n" n "k16.f32." type "." type " {" names "}, " a ", " b ", 1, 1, 1," last " 0;"

// sums += a b, with a in registers.
template <Operand kOperand, class Sums>
__device__ inline void group_multiply(Sums& sums, const uint32_t (&a)[4], uint64_t b) {
  constexpr size_t kSums = sizeof(Sums) / sizeof(float);
  static_assert(kSums == 4 || kSums == 32 || kSums == 48 || kSums == 64 || kSums == 128);
#define TM_ISSUE(type, n, names, operand, descriptor, ...)          \
  asm volatile(TM_PRODUCT(type, n, names, operand, descriptor, "")  \
               : __VA_ARGS__                                        \
               : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "l"(b) \
               : "memory")
  if constexpr (kSums == 4 && kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "8", TM_NAMES_4, "{%4, %5, %6, %7}", "%8", TM_SUMS_4(sums, 0));
  } else if constexpr (kSums == 4) {
    TM_ISSUE("f16", "8", TM_NAMES_4, "{%4, %5, %6, %7}", "%8", TM_SUMS_4(sums, 0));
  } else if constexpr (kSums == 32 && kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "64", TM_NAMES_32, "{%32, %33, %34, %35}", "%36", TM_SUMS_32(sums, 0));
  } else if constexpr (kSums == 32) {
    TM_ISSUE("f16", "64", TM_NAMES_32, "{%32, %33, %34, %35}", "%36", TM_SUMS_32(sums, 0));
  } else if constexpr (kSums == 48 && kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "96", TM_NAMES_48, "{%48, %49, %50, %51}", "%52", TM_SUMS_32(sums, 0), TM_SUMS_16(sums, 32));
  } else if constexpr (kSums == 48) {
    TM_ISSUE("f16", "96", TM_NAMES_48, "{%48, %49, %50, %51}", "%52", TM_SUMS_32(sums, 0), TM_SUMS_16(sums, 32));
  } else if constexpr (kSums == 64 && kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "128", TM_NAMES_64, "{%64, %65, %66, %67}", "%68", TM_SUMS_32(sums, 0), TM_SUMS_32(sums, 32));
  } else if constexpr (kSums == 64) {
    TM_ISSUE("f16", "128", TM_NAMES_64, "{%64, %65, %66, %67}", "%68", TM_SUMS_32(sums, 0), TM_SUMS_32(sums, 32));
  } else if constexpr (kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "256", TM_NAMES_128, "{%128, %129, %130, %131}", "%132", TM_SUMS_32(sums, 0), TM_SUMS_32(sums, 32),
             TM_SUMS_32(sums, 64), TM_SUMS_32(sums, 96));
  } else {
    TM_ISSUE("f16", "256", TM_NAMES_128, "{%128, %129, %130, %131}", "%132", TM_SUMS_32(sums, 0), TM_SUMS_32(sums, 32),
             TM_SUMS_32(sums, 64), TM_SUMS_32(sums, 96));
  }
#undef TM_ISSUE
}

// sums += a b, with both in shared memory.
template <Operand kOperand, size_t kSums>
__device__ inline void group_multiply(float (&sums)[kSums], uint64_t a, uint64_t b) {
  static_assert(kSums == 4 || kSums == 32);
#define TM_ISSUE(type, n, names, operand, descriptor, ...) \
  asm volatile(TM_PRODUCT(type, n, names, operand, descriptor, " 0,") : __VA_ARGS__ : "l"(a), "l"(b) : "memory")
  if constexpr (kSums == 4 && kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "8", TM_NAMES_4, "%4", "%5", TM_SUMS_4(sums, 0));
  } else if constexpr (kSums == 4) {
    TM_ISSUE("f16", "8", TM_NAMES_4, "%4", "%5", TM_SUMS_4(sums, 0));
  } else if constexpr (kOperand == Operand::kBf16) {
    TM_ISSUE("bf16", "64", TM_NAMES_32, "%32", "%33", TM_SUMS_32(sums, 0));
  } else {
    TM_ISSUE("f16", "64", TM_NAMES_32, "%32", "%33", TM_SUMS_32(sums, 0));
  }
#undef TM_ISSUE
}

#undef TM_PRODUCT
#undef TM_NAMES_128
#undef TM_NAMES_64
#undef TM_NAMES_48
#undef TM_NAMES_32
#undef TM_NAMES_4
#undef TM_SUMS_32
#undef TM_SUMS_16
#undef TM_SUMS_4

#else

template <int kRegisters>
inline void keep_registers() {}
template <int kRegisters>
inline void take_registers() {}

template <class... Arrays>
inline void group_fence(Arrays&... registers) {
  const GroupRegisters all[] = {{registers, static_cast<uint32_t>(sizeof registers)}...};
  GroupFence mine{all, sizeof...(registers)};
  current().warp_wide(
      kAllLanes, [](Lanes& lanes) { current().products().fence(current().running() / kWarpLanes, lanes.of); }, &mine);
}

inline void group_commit() {
  int mine = 0;
  current().warp_wide(
      kAllLanes, [](Lanes&) { current().products().commit(current().running() / kWarpLanes); }, &mine);
}

template <int kGroups, class... Arrays>
inline void group_wait(Arrays&...) {
  int mine = 0;
  current().warp_wide(
      kAllLanes, [](Lanes&) { current().products().wait(current().running() / kWarpLanes, kGroups); }, &mine);
}

inline void group_issue(GroupProduct mine) {
  current().warp_wide(
      kAllLanes, [](Lanes& lanes) { current().products().issue(current().running() / kWarpLanes, lanes.of); }, &mine);
}

template <Operand kOperand, class Sums>
void group_multiply(Sums& sums, const uint32_t (&a)[4], uint64_t b) {
  group_issue({&sum_at(sums, 0), sizeof(Sums) / sizeof(float) * 2, kOperand == Operand::kBf16, a, 0, b});
}

template <Operand kOperand, size_t kSums>
void group_multiply(float (&sums)[kSums], uint64_t a, uint64_t b) {
  group_issue({sums, kSums * 2, kOperand == Operand::kBf16, nullptr, a, b});
}

#endif

}  // namespace tramontane::TM_DEVICE
