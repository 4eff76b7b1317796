// The words of asynchronous device code: barriers in shared memory, and copies that they count (PTX: mbarrier.init,
// fence.mbarrier_init, fence.proxy.async, mbarrier.expect_tx, mbarrier.arrive, mbarrier.try_wait.parity, cp.async.bulk,
// cp.async, cp.async.mbarrier.arrive.noinc).
#pragma once

#include "block.h"

namespace tramontane::emu {

inline void barrier_init(uint64_t* barrier, uint32_t arrivals) {
  current().async().init_barrier(barrier, arrivals, current().running());
}
inline void barrier_fence() { current().async().fence_barriers(current().running()); }
inline void proxy_fence() { current().async().fence_proxy(); }
inline void barrier_expect(uint64_t* barrier, uint32_t bytes) {
  current().async().expect(barrier, bytes, current().running());
}
inline void barrier_arrive(uint64_t* barrier) { current().async().arrive(barrier, current().running()); }
inline void barrier_wait(uint64_t* barrier, uint32_t parity) { current().wait_for_phase(barrier, parity); }
// Threads of a warp that fill a stage: one that starts bulk copies, or before 9.0 all of them with small ones.
inline uint32_t fillers() { return current().is_for_9() ? 1 : kWarpLanes; }
inline void fill_expect(uint64_t* barrier, uint32_t bytes) {
  if (current().is_for_9()) barrier_expect(barrier, bytes);
}
inline void fill_copy(void* to, const void* from, uint32_t bytes, uint64_t* barrier, uint32_t lane) {
  const uint32_t thread = current().running();
  if (current().is_for_9()) return current().async().copy(to, from, bytes, barrier, thread);
  for (uint32_t at = lane * 16; at < bytes; at += kWarpLanes * 16) {
    current().async().copy_small(static_cast<uint8_t*>(to) + at, static_cast<const uint8_t*>(from) + at, thread);
  }
}
inline void fill_arrive(uint64_t* barrier) {
  if (current().is_for_9()) return barrier_arrive(barrier);
  current().async().arrive_when_copied(barrier, current().running());
}
inline void copy_bulk(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
  current().async().copy(to, from, bytes, barrier, current().running());
}

}  // namespace tramontane::emu
