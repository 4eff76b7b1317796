// The words of asynchronous device code: barriers in shared memory, and copies that they count (PTX: mbarrier.init,
// fence.mbarrier_init, fence.proxy.async, mbarrier.expect_tx, mbarrier.arrive, mbarrier.try_wait.parity,
// cp.async.bulk).
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
inline void copy_bulk(void* to, const void* from, uint32_t bytes, uint64_t* barrier) {
  current().async().copy(to, from, bytes, barrier, current().running());
}

}  // namespace tramontane::emu
