// Copies that the machine carries out, and the barriers in shared memory that count them (PTX ISA, "mbarrier",
// "cp.async.bulk" and "cp.async"). Bulk copies are for 9.0 and later; fill_* are what a warp fills a stage of a ring
// with on every device. Under the C++ compiler the words are the emulator's, which finds what is wrong with their use.
#pragma once

#include "device.h"

#if !defined(__CUDACC__)
#include "asynchronous.h"
#else

namespace tramontane::TM_DEVICE {

#if !defined(__CUDA_ARCH__) || __CUDA_ARCH__ >= 900  // and for the host's compiler, which needs their names
#define TM_HAS_BULK_COPIES
#endif

__device__ inline uint32_t shared_address(const void* at) {
  return static_cast<uint32_t>(__cvta_generic_to_shared(at));
}

// A barrier whose phases end with so many arrivals and the bytes that were expected.
__device__ inline void barrier_init(uint64_t* barrier, uint32_t arrivals) {
  asm volatile("mbarrier.init.shared.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(arrivals) : "memory");
}

__device__ inline void barrier_arrive(uint64_t* barrier) {
  asm volatile("{\n.reg .b64 state;\nmbarrier.arrive.shared.b64 state, [%0];\n}" ::"r"(shared_address(barrier))
               : "memory");
}

// Until the phase of this parity has ended.
__device__ inline void barrier_wait(uint64_t* barrier, uint32_t parity) {
#if defined(TM_HAS_BULK_COPIES)
#define TM_ASK "mbarrier.try_wait.parity.shared::cta.b64"
#else
#define TM_ASK "mbarrier.test_wait.parity.shared.b64"
#endif
  uint32_t ended = 0;
  while (ended == 0) {
    asm volatile("{\n.reg .pred p;\n" TM_ASK " p, [%1], %2;\nselp.u32 %0, 1, 0, p;\n}"
                 : "=r"(ended)
                 : "r"(shared_address(barrier)), "r"(parity)
                 : "memory");
  }
#undef TM_ASK
}

// Shows what a thread has written to shared memory to the machine's copies and products, which there are from 9.0 on.
__device__ inline void proxy_fence() {
#if defined(TM_HAS_BULK_COPIES)
  asm volatile("fence.proxy.async.shared::cta;" ::: "memory");
#endif
}

#if defined(TM_HAS_BULK_COPIES)

// Shows the thread's new barriers to others, and to copies.
__device__ inline void barrier_fence() {
  asm volatile("fence.mbarrier_init.release.cluster;" ::: "memory");
  proxy_fence();
}

__device__ inline void barrier_expect(uint64_t* barrier, uint32_t bytes) {
  asm volatile("mbarrier.expect_tx.relaxed.cta.shared::cta.b64 [%0], %1;" ::"r"(shared_address(barrier)), "r"(bytes)
               : "memory");
}

// Of whole 16 bytes, from the device's memory to shared memory.
__device__ inline void copy_bulk(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
  asm volatile("cp.async.bulk.shared::cluster.global.mbarrier::complete_tx::bytes [%0], [%1], %2, [%3];" ::"r"(
                   shared_address(to)),
               "l"(__cvta_generic_to_global(from)), "r"(bytes), "r"(shared_address(barrier))
               : "memory");
}

// Threads of a warp that fill a stage: one that starts bulk copies, or before 9.0 all of them with small ones. Each of
// them calls the three functions below, and a full barrier counts as many arrivals.
__device__ inline uint32_t fillers() { return 1; }
__device__ inline void fill_expect(uint64_t* barrier, uint32_t bytes) { barrier_expect(barrier, bytes); }
__device__ inline void fill_copy(void* to, const void* from, uint32_t bytes, uint64_t* barrier, uint32_t) {
  copy_bulk(to, from, bytes, barrier);
}
__device__ inline void fill_arrive(uint64_t* barrier) { barrier_arrive(barrier); }

#else

__device__ inline void barrier_fence() { __threadfence_block(); }

__device__ inline uint32_t fillers() { return 32; }
__device__ inline void fill_expect(uint64_t*, uint32_t) {}
__device__ inline void fill_copy(void* to, const void* from, uint32_t bytes, uint64_t*, uint32_t lane) {
  const uint8_t* source = static_cast<const uint8_t*>(from);
  for (uint32_t at = lane * 16; at < bytes; at += 512) {
    asm volatile("cp.async.cg.shared.global [%0], [%1], 16;" ::"r"(shared_address(to) + at),
                 "l"(__cvta_generic_to_global(source + at))
                 : "memory");
  }
}
__device__ inline void fill_arrive(uint64_t* barrier) {
  asm volatile("cp.async.mbarrier.arrive.noinc.shared.b64 [%0];" ::"r"(shared_address(barrier)) : "memory");
}

#endif

}  // namespace tramontane::TM_DEVICE

#endif
