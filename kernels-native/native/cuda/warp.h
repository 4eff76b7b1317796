// Numbers and matrix products of a warp. Contraction is off (-fmad=false, -ffp-contract=off): where a multiply and an
// add round once, it says fmaf.
#pragma once

#include "device.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kAllLanes = 0xffffffffu;

// Type of the operands of a matrix product; sums are float.
enum class Operand : uint32_t { kBf16, kF16 };

// Two floats, rounded to nearest even; `low` in the low half.
__device__ inline uint32_t pack_bf16(float low, float high) {
#if defined(__CUDA_ARCH__)
  uint32_t packed;
  asm("cvt.rn.bf16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#else
  const auto round = [](float value) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    if ((bits & 0x7fffffffu) > 0x7f800000u) return 0x7fffu;
    return (bits + 0x7fffu + (bits >> 16 & 1u)) >> 16;
  };
  return round(low) | round(high) << 16;
#endif
}

__device__ inline uint32_t pack_f16(float low, float high) {
#if defined(__CUDA_ARCH__)
  uint32_t packed;
  asm("cvt.rn.f16x2.f32 %0, %1, %2;" : "=r"(packed) : "f"(high), "f"(low));
  return packed;
#elif defined(__CUDACC__)
  return 0;
#else
  return float_to_half(low) | static_cast<uint32_t>(float_to_half(high)) << 16;
#endif
}

__device__ inline uint32_t pack(Operand operand, float low, float high) {
  return operand == Operand::kBf16 ? pack_bf16(low, high) : pack_f16(low, high);
}

__device__ inline float unpack_f16(uint16_t bits) {
#if defined(__CUDA_ARCH__)
  float value;
  asm("cvt.f32.f16 %0, %1;" : "=f"(value) : "h"(bits));
  return value;
#elif defined(__CUDACC__)
  return 0;
#else
  return half_to_float(bits);
#endif
}

// Two binary16 numbers at a time.
__device__ inline uint32_t subtract_f16x2(uint32_t a, uint32_t b) {
#if defined(__CUDA_ARCH__)
  uint32_t result;
  asm("sub.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
  return result;
#else
  return pack_f16(unpack_f16(static_cast<uint16_t>(a)) - unpack_f16(static_cast<uint16_t>(b)),
                  unpack_f16(static_cast<uint16_t>(a >> 16)) - unpack_f16(static_cast<uint16_t>(b >> 16)));
#endif
}

__device__ inline uint32_t multiply_f16x2(uint32_t a, uint32_t b) {
#if defined(__CUDA_ARCH__)
  uint32_t result;
  asm("mul.rn.f16x2 %0, %1, %2;" : "=r"(result) : "r"(a), "r"(b));
  return result;
#else
  return pack_f16(unpack_f16(static_cast<uint16_t>(a)) * unpack_f16(static_cast<uint16_t>(b)),
                  unpack_f16(static_cast<uint16_t>(a >> 16)) * unpack_f16(static_cast<uint16_t>(b >> 16)));
#endif
}

__device__ inline uint32_t fma_f16x2(uint32_t a, uint32_t b, uint32_t c) {
#if defined(__CUDA_ARCH__)
  uint32_t result;
  asm("fma.rn.f16x2 %0, %1, %2, %3;" : "=r"(result) : "r"(a), "r"(b), "r"(c));
  return result;
#else
  const auto one = [&](int half) {
    const auto at = [&](uint32_t pair) { return unpack_f16(static_cast<uint16_t>(pair >> (16 * half))); };
    // The product is exact in float. A sum that isn't is cut to an odd last bit, so that rounding it again to fewer is
    // rounding it once.
    const float product = at(a) * at(b), sum = product + at(c), there = sum - product;
    const float rest = (product - (sum - there)) + (at(c) - there);
    uint32_t bits;
    memcpy(&bits, &sum, sizeof bits);
    if (!(rest != 0) || bits % 2 != 0 || !(fabsf(sum) < INFINITY)) return sum;
    return nextafterf(sum, rest > 0 ? INFINITY : -INFINITY);
  };
  return pack_f16(one(0), one(1));
#endif
}

#if defined(__CUDACC__)
// c += a b, m16n8k16: a row-major 16 x 16, b column-major 16 x 8.
template <Operand kOperand>
__device__ inline void mma(float (&c)[4], const uint32_t* a, uint32_t b0, uint32_t b1) {
#if defined(__CUDA_ARCH__)
  if constexpr (kOperand == Operand::kBf16) {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  } else {
    asm volatile(
        "mma.sync.aligned.m16n8k16.row.col.f32.f16.f16.f32 {%0,%1,%2,%3}, {%4,%5,%6,%7}, {%8,%9}, {%0,%1,%2,%3};"
        : "+f"(c[0]), "+f"(c[1]), "+f"(c[2]), "+f"(c[3])
        : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
  }
#endif
}
#endif

// Four core matrices of shared memory as registers (PTX ISA, "ldmatrix"): the first, `along` and `across` bytes after
// it, and both after it.
__device__ inline uint4 load_matrices(const uint8_t* first, uint32_t along, uint32_t across, uint32_t lane) {
  uint4 b;
#if defined(__CUDA_ARCH__)
  const uint8_t* row = first + lane / 8 % 2 * along + lane / 16 * across + lane % 8 * 16;
  asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
               : "=r"(b.x), "=r"(b.y), "=r"(b.z), "=r"(b.w)
               : "r"(static_cast<uint32_t>(__cvta_generic_to_shared(row)))
               : "memory");
#else
#if !defined(__CUDACC__)
  check_aligned(first, 16);
#endif
  const auto word = [&](uint32_t bytes) { return reinterpret_cast<const uint32_t*>(first + bytes)[lane]; };
  b = make_uint4(word(0), word(along), word(across), word(along + across));
#endif
  return b;
}

// c[i] += a b[i] over 32 columns: a holds the registers of two k-steps of 16, b[i] those of tile i ({step 0, step 1}).
template <Operand kOperand, int kTiles>
__device__ inline void multiply_32(float (*c)[4], const uint32_t (&a)[8], const uint4 (&b)[kTiles]) {
#if defined(__CUDACC__)
#pragma unroll
  for (int i = 0; i < kTiles; ++i) mma<kOperand>(c[i], a, b[i].x, b[i].y);
#pragma unroll
  for (int i = 0; i < kTiles; ++i) mma<kOperand>(c[i], a + 4, b[i].z, b[i].w);
#else
  struct Lane {
    float (*c)[4];
    const uint32_t* a;
    const uint4* b;
  } mine{c, a, b};
  current().warp_wide(
      kAllLanes,
      [](Lanes& lanes) {
        const auto at = [&](int lane) { return static_cast<Lane*>(lanes.of[lane]); };
        constexpr bool kIsBf16 = kOperand == Operand::kBf16;
        for (int step = 0; step < 2; ++step) {
          const FragmentA fragment(kIsBf16, [&](int lane) { return at(lane)->a + 4 * step; });
          for (int i = 0; i < kTiles; ++i) {
            multiply_fragments(
                kIsBf16, fragment, [&](int lane) { return &at(lane)->b[i].x + 2 * step; },
                [&](int lane) { return at(lane)->c[i]; });
          }
        }
      },
      &mine);
#endif
}

// c[0], c[1] += a[step] b[step] over all steps of 16: b[step] holds the registers of two tiles of 8 columns.
template <Operand kOperand, int kSteps>
__device__ inline void multiply_along(float (&c)[2][4], const uint32_t (&a)[kSteps][4], const uint4 (&b)[kSteps]) {
#if defined(__CUDACC__)
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    mma<kOperand>(c[0], a[step], b[step].x, b[step].y);
    mma<kOperand>(c[1], a[step], b[step].z, b[step].w);
  }
#else
  struct Lane {
    float (*c)[4];
    const uint32_t (*a)[4];
    const uint4* b;
  } mine{c, a, b};
  current().warp_wide(
      kAllLanes,
      [](Lanes& lanes) {
        const auto at = [&](int lane) { return static_cast<Lane*>(lanes.of[lane]); };
        constexpr bool kIsBf16 = kOperand == Operand::kBf16;
        for (int step = 0; step < kSteps; ++step) {
          const FragmentA fragment(kIsBf16, [&](int lane) { return at(lane)->a[step]; });
          for (int i = 0; i < 2; ++i) {
            multiply_fragments(
                kIsBf16, fragment, [&](int lane) { return &at(lane)->b[step].x + 2 * i; },
                [&](int lane) { return at(lane)->c[i]; });
          }
        }
      },
      &mine);
#endif
}

// c[step][0], c[step][1] += a b[step] for each step: b[step] holds the registers of two tiles of 8 columns.
template <Operand kOperand, int kSteps>
__device__ inline void multiply_across(float (&c)[kSteps][2][4], const uint32_t (&a)[4], const uint4 (&b)[kSteps]) {
#if defined(__CUDACC__)
#pragma unroll
  for (int step = 0; step < kSteps; ++step) {
    mma<kOperand>(c[step][0], a, b[step].x, b[step].y);
    mma<kOperand>(c[step][1], a, b[step].z, b[step].w);
  }
#else
  struct Lane {
    float (*c)[2][4];
    const uint32_t* a;
    const uint4* b;
  } mine{c, a, b};
  current().warp_wide(
      kAllLanes,
      [](Lanes& lanes) {
        const auto at = [&](int lane) { return static_cast<Lane*>(lanes.of[lane]); };
        constexpr bool kIsBf16 = kOperand == Operand::kBf16;
        const FragmentA fragment(kIsBf16, [&](int lane) { return at(lane)->a; });
        for (int step = 0; step < kSteps; ++step) {
          for (int i = 0; i < 2; ++i) {
            multiply_fragments(
                kIsBf16, fragment, [&](int lane) { return &at(lane)->b[step].x + 2 * i; },
                [&](int lane) { return at(lane)->c[step][i]; });
          }
        }
      },
      &mine);
#endif
}

__device__ inline float silu(float x) { return x / (1.0f + expf(-x)); }

// The sum over the warp, the same in every lane, in one order.
__device__ inline float sum_of_warp(float value) {
  for (int distance = 16; distance > 0; distance /= 2) value += __shfl_xor_sync(kAllLanes, value, distance);
  return value;
}

// Over the four lanes that hold a row of a fragment.
__device__ inline float sum_of_row(float value) {
  value += __shfl_xor_sync(kAllLanes, value, 1);
  return value + __shfl_xor_sync(kAllLanes, value, 2);
}

__device__ inline float largest_of_row(float value) {
  value = fmaxf(value, __shfl_xor_sync(kAllLanes, value, 1));
  return fmaxf(value, __shfl_xor_sync(kAllLanes, value, 2));
}

}  // namespace tramontane::TM_DEVICE
