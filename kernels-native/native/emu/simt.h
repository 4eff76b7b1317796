// CUDA's words for g++: what cuda/*.cu need to run on a CPU, one fiber a thread. Included by cuda/device.h alone.
#pragma once

#include <algorithm>
#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <vector>

#include "../cuda/mma_order.h"
#include "dtype.h"
#include "early_access.h"
#include "halves.h"
#include "matrix_step.h"
#include "runtime.h"

#define __global__ static
#define __device__
#define __host__
#define __launch_bounds__(...)
#define threadIdx (::tramontane::emu::current().thread())
#define blockIdx (::tramontane::emu::current().block())
#define blockDim (::tramontane::emu::current().block_extent())
#define gridDim (::tramontane::emu::current().grid_extent())
#define __syncthreads() (::tramontane::emu::current().barrier(__FILE__, __LINE__))

namespace tramontane::emu {

struct alignas(16) uint4 {
  uint32_t x, y, z, w;
};
struct alignas(8) uint2 {
  uint32_t x, y;
};
struct alignas(16) float4 {
  float x, y, z, w;
};
inline uint4 make_uint4(uint32_t x, uint32_t y, uint32_t z, uint32_t w) { return {x, y, z, w}; }

inline float __uint_as_float(uint32_t bits) { return std::bit_cast<float>(bits); }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }

// Byte i of the result is byte (selector >> 4 i) & 7 of b:a.
inline uint32_t __byte_perm(uint32_t a, uint32_t b, uint32_t selector) {
  const uint64_t both = static_cast<uint64_t>(b) << 32 | a;
  uint32_t result = 0;
  for (int i = 0; i < 4; ++i) {
    result |= static_cast<uint32_t>(both >> (8 * (selector >> (4 * i) & 7)) & 0xff) << (8 * i);
  }
  return result;
}

// The value of the lane whose number differs by `distance` in its bits.
template <class T>
T __shfl_xor_sync(uint32_t mask, T value, int distance) {
  struct Exchange {
    T in, out;
    int distance;
  } mine{value, value, distance};
  current().warp_wide(
      mask,
      [](Lanes& lanes) {
        for (uint32_t l = 0; l < kWarpLanes; ++l) {
          if (lanes.of[l] == nullptr) continue;
          Exchange* here = static_cast<Exchange*>(lanes.of[l]);
          const Exchange* there = static_cast<Exchange*>(lanes.of[l ^ static_cast<uint32_t>(here->distance)]);
          if (there != nullptr) here->out = there->in;
        }
      },
      &mine);
  return mine.out;
}

// The value of lane `source`.
template <class T>
T __shfl_sync(uint32_t mask, T value, int source) {
  struct Broadcast {
    T in, out;
    int source;
  } mine{value, value, source};
  current().warp_wide(
      mask,
      [](Lanes& lanes) {
        for (uint32_t l = 0; l < kWarpLanes; ++l) {
          if (lanes.of[l] == nullptr) continue;
          Broadcast* here = static_cast<Broadcast*>(lanes.of[l]);
          const Broadcast* there = static_cast<Broadcast*>(lanes.of[here->source]);
          if (there != nullptr) here->out = there->in;
        }
      },
      &mine);
  return mine.out;
}

// A bit for each lane of the mask, set where the condition holds.
inline uint32_t __ballot_sync(uint32_t mask, bool condition) {
  struct Vote {
    bool in;
    uint32_t out;
  } mine{condition, 0};
  current().warp_wide(
      mask,
      [](Lanes& lanes) {
        uint32_t votes = 0;
        for (uint32_t l = 0; l < kWarpLanes; ++l) {
          if (lanes.of[l] != nullptr && static_cast<Vote*>(lanes.of[l])->in) votes |= 1u << l;
        }
        for (void* lane : lanes.of) {
          if (lane != nullptr) static_cast<Vote*>(lane)->out = votes;
        }
      },
      &mine);
  return mine.out;
}
inline bool __any_sync(uint32_t mask, bool condition) { return __ballot_sync(mask, condition) != 0; }
inline bool __all_sync(uint32_t mask, bool condition) { return __ballot_sync(mask, condition) == mask; }
inline int __popc(uint32_t bits) { return std::popcount(bits); }
inline int __ffs(int bits) { return bits == 0 ? 0 : std::countr_zero(static_cast<uint32_t>(bits)) + 1; }
inline void __syncwarp(uint32_t mask = 0xffffffffu) { __ballot_sync(mask, false); }

// What was there. Threads of the emulator take turns, so nothing can come between.
template <class T>
T atomicAdd(T* at, T value) {
  const T old = *at;
  *at = old + value;
  return old;
}
template <class T>
T atomicMax(T* at, T value) {
  const T old = *at;
  *at = std::max(old, value);
  return old;
}
inline void __threadfence() {}

// A copy of 16-byte pieces has to begin at one.
inline void check_aligned(const void* at, uint32_t bytes) {
  if (reinterpret_cast<uintptr_t>(at) % bytes != 0) {
    current().fail("thread %u: an address is not a multiple of %u bytes", current().running(), bytes);
  }
}

inline float element(bool bf16, uint32_t pair, int half) {
  const uint16_t bits = static_cast<uint16_t>(pair >> (16 * half));
  return bf16 ? bf16_to_float(bits) : halves()[bits];
}

// The 16 x 16 operand of a warp, out of the lanes' registers.
struct FragmentA {
  float at[16][16];
  template <class Registers>
  FragmentA(bool bf16, Registers of_lane) {
    for (uint32_t lane = 0; lane < 32; ++lane) {
      const uint32_t* a = of_lane(lane);
      for (uint32_t i = 0; i < 4; ++i) {
        float* to = &at[row_operand_row(lane, i)][row_operand_inner(lane, i)];
        for (int h = 0; h < 2; ++h) to[h] = element(bf16, a[i], h);
      }
    }
  }
};

// c += a b for one n-tile of 8 columns; b(lane) and c(lane) give the lanes' two and four registers.
template <class B, class C>
void multiply_fragments(bool bf16, const FragmentA& a, B b_of_lane, C c_of_lane) {
  float b[16][8];
  float sums[16][8];
  for (uint32_t lane = 0; lane < 32; ++lane) {
    const uint32_t* registers = b_of_lane(lane);
    const float* c = c_of_lane(lane);
    for (uint32_t i = 0; i < 2; ++i) {
      const uint32_t inner = column_operand_inner(lane, i);
      for (uint32_t h = 0; h < 2; ++h) {
        b[inner + h][column_operand_column(lane)] = element(bf16, registers[i], static_cast<int>(h));
      }
    }
    for (uint32_t i = 0; i < 4; ++i) sums[sum_row(lane, i)][sum_column(lane, i)] = c[i];
  }
  multiply_step(arithmetic_of_warps(), bf16, a.at, b, sums);
  for (uint32_t lane = 0; lane < 32; ++lane) {
    float* c = c_of_lane(lane);
    for (uint32_t i = 0; i < 4; ++i) c[i] = sums[sum_row(lane, i)][sum_column(lane, i)];
  }
}

}  // namespace tramontane::emu
