// For 9.0a, which has wgmma, and as C++ for the emulator.
#include <algorithm>
#include <chrono>

#include "cuda/device_memory.h"
#include "cuda/group_product.h"
#include "device_ceilings.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kReadThreads = 256;
inline constexpr uint32_t kGroupThreads = 128;
inline constexpr uint32_t kReadAhead = 8;

// Every block's share of n pieces of 16 bytes; what they add up to is written so that they have to be read.
__global__ void __launch_bounds__(kReadThreads) read_all(const uint4* from, uint64_t n, uint32_t* out) {
  wait_for_previous();
  uint32_t sum = 0;
  const uint64_t stride = static_cast<uint64_t>(gridDim.x) * kReadThreads;
  for (uint64_t i = blockIdx.x * kReadThreads + threadIdx.x; i < n; i += stride * kReadAhead) {
    uint4 pieces[kReadAhead];
#pragma unroll
    for (uint32_t j = 0; j < kReadAhead; ++j) {
      pieces[j] = i + j * stride < n ? from[i + j * stride] : make_uint4(0, 0, 0, 0);
    }
#pragma unroll
    for (uint32_t j = 0; j < kReadAhead; ++j) sum += pieces[j].x ^ pieces[j].y ^ pieces[j].z ^ pieces[j].w;
  }
  out[blockIdx.x * kReadThreads + threadIdx.x] = sum;
}

// 16 products of 16 x 8 x 16 a round and warp.
__global__ void __launch_bounds__(kGroupThreads) multiply_by_warps(uint32_t rounds, float* out) {
  wait_for_previous();
  float sums[8][4] = {};
  uint32_t a[8];
  uint4 b[8];
#pragma unroll
  for (uint32_t i = 0; i < 8; ++i) {
    a[i] = threadIdx.x * 77 + i;
    b[i] = make_uint4(threadIdx.x + i, threadIdx.x * 3 + i, i, threadIdx.x);
  }
  for (uint32_t round = 0; round < rounds; ++round) multiply_32<Operand::kF16, 8>(sums, a, b);
  float sum = 0;
#pragma unroll
  for (uint32_t i = 0; i < 32; ++i) sum += sums[i / 4][i % 4];
  out[blockIdx.x * kGroupThreads + threadIdx.x] = sum;
}

// Four products of 64 x 64 x 16 a round and group.
__global__ void __launch_bounds__(kGroupThreads) multiply_by_groups(uint32_t rounds, float* out) {
  wait_for_previous();
  uint4* columns = shared_memory<uint4>();
  for (uint32_t i = threadIdx.x; i < 512; i += kGroupThreads) columns[i] = make_uint4(i, i * 5, i * 7, i * 9);
  proxy_fence();
  __syncthreads();
  float sums[32] = {};
  uint32_t a[4][4];
#pragma unroll
  for (uint32_t i = 0; i < 16; ++i) a[i / 4][i % 4] = threadIdx.x * 77 + i;
  group_fence(sums, a);
  for (uint32_t round = 0; round < rounds; ++round) {
#pragma unroll
    for (uint32_t step = 0; step < 4; ++step) {
      group_multiply<Operand::kF16>(sums, a[step], group_matrix(columns + step * 16, 128, 1024));
    }
    group_commit();
  }
  group_wait<0>(sums, a);
  float sum = 0;
#pragma unroll
  for (uint32_t i = 0; i < 32; ++i) sum += sums[i];
  out[blockIdx.x * kGroupThreads + threadIdx.x] = sum;
}

double seconds_now() {
  return std::chrono::duration<double>(std::chrono::steady_clock::now().time_since_epoch()).count();
}

// Seconds of the fastest of some launches, each by itself.
template <class Launch>
double fastest(int tries, cudaStream_t stream, Launch launch) {
  double best = 1e9;
  for (int i = 0; i < tries; ++i) {
    const double start = seconds_now();
    must(launch(), "measuring");
    must(cudaStreamSynchronize(stream), "measuring");
    best = std::min(best, seconds_now() - start);
  }
  return best;
}

struct Machine {
  uint32_t processors = 1;  // multiprocessors
  bool has_groups = true;
};

Machine machine() {
#if defined(__CUDACC__)
  int device = 0, processors = 0, major = 0, minor = 0;
  must(cudaGetDevice(&device), "being asked its number");
  must(cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, device), "being asked its size");
  must(cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, device), "being asked its capability");
  must(cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, device), "being asked its capability");
  return {static_cast<uint32_t>(processors), major == 9 && minor == 0};
#else
  return {};
#endif
}

void measure_on_device(bool toy, bench::Ceilings& ceilings) {
  cudaStream_t stream = nullptr;
  must(cudaStreamCreate(&stream), "opening a stream");
  const Machine m = machine();
  const uint64_t bytes = toy ? 1 << 16 : 4ull << 30;
  const uint32_t rounds = toy ? 2 : 1 << 14;
  const int tries = toy ? 1 : 10;
  const uint32_t blocks = m.processors * (toy ? 1 : 8);
  {
    const Memory from(bytes, Memory::Place::kDevice);
    const Memory out(static_cast<uint64_t>(blocks) * kReadThreads * 4, Memory::Place::kDevice);
    must(cudaMemsetAsync(from.as<void>(), 1, bytes, stream), "writing");
    const double read = fastest(tries, stream, [&] {
      return launch(read_all, {dim3(blocks), dim3(kReadThreads)}, stream, from.as<const uint4>(), bytes / 16,
                    out.as<uint32_t>());
    });
    ceilings.read_bytes = static_cast<double>(bytes) / read;
    const double warps = fastest(tries, stream, [&] {
      return launch(multiply_by_warps, {dim3(blocks), dim3(kGroupThreads)}, stream, rounds, out.as<float>());
    });
    ceilings.warp_products = 2.0 * blocks * (kGroupThreads / 32) * rounds * 16 * (16 * 8 * 16) / warps;
    if (m.has_groups) {
      const double groups = fastest(tries, stream, [&] {
        return launch(multiply_by_groups, {dim3(blocks), dim3(kGroupThreads), 512 * 16}, stream, rounds,
                      out.as<float>());
      });
      ceilings.group_products = 2.0 * blocks * rounds * 4 * (64 * 64 * 16) / groups;
    }
  }
  cudaStreamDestroy(stream);
}

}  // namespace tramontane::TM_DEVICE

namespace bench {

#if defined(__CUDACC__)
std::string measure_cuda(bool toy, Ceilings& ceilings) {
#else
std::string measure_emulated(bool toy, Ceilings& ceilings) {
#endif
  try {
    tramontane::TM_DEVICE::measure_on_device(toy, ceilings);
  } catch (const tramontane::TM_DEVICE::DeviceError& e) {
    return e.what();
  }
  return "";
}

}  // namespace bench
