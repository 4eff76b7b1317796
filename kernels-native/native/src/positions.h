// Where positions lie in the key/value cache: every formula once, for the check of a step, the backends that compute on
// the host and the kernels of a device. (Java's RollingWindow decides which pages there are; cache.h draws them.)
#pragma once

#include <cstdint>

#include "everywhere.h"

namespace tramontane {

inline constexpr uint32_t kMaxRing = 1u << 24;  // entries

// Entry of a page table of `ring` entries that holds the page of a position.
TM_EVERYWHERE uint32_t ring_entry(int64_t position, uint32_t page_shift, uint32_t ring) {
  // In 32 bits: a device has no instruction for more, and what its compiler calls instead keeps registers in memory.
  const uint64_t page = static_cast<uint64_t>(position) >> page_shift;
  const uint32_t low = static_cast<uint32_t>(page);
  if (page == low) return low % ring;
  uint32_t entry = static_cast<uint32_t>(page >> 32) % ring;
  for (int shift = 24; shift >= 0; shift -= 8) entry = (entry << 8 | (low >> shift & 0xffu)) % ring;
  return entry;
}

// The position's place inside its page.
TM_EVERYWHERE uint32_t offset_in_page(int64_t position, uint32_t page_shift) {
  return static_cast<uint32_t>(position) & ((1u << page_shift) - 1);
}

// Byte of a page at which the block of (layer of the group, kv head) begins.
TM_EVERYWHERE uint64_t block_start(uint32_t index_in_group, uint32_t head, uint32_t n_kv_heads, uint64_t block_bytes) {
  return (static_cast<uint64_t>(index_in_group) * n_kv_heads + head) * block_bytes;
}

}  // namespace tramontane
