// The key/value cache as the core sees it: page tables per (slot, group), and how large everything is. The pages
// themselves, and where the elements lie in them, are the backend's (host/tile_pages.h, cuda/fragments.h).
//
// A page of a group holds page_tokens consecutive positions in every layer of the group:
//
//     page   = [layer of the group][kv head] block
//     block  = keys, then values, page_tokens * head_dim elements each; of eight bits, scales of the keys and scales
//              of the values after them, page_tokens binary16 numbers each (eight_bits.h)
//
// Elements are float, binary16, BF16 or E4M3 (kv_dtype). Position p lies in page table[(p / page_tokens) % ring] at
// offset p % page_tokens (positions.h). Pages begin at multiples of 16 positions whatever the ring's phase, which is
// what makes reductions over tiles of absolute positions independent of it. Positions never written hold zeros or an
// earlier sequence's numbers, possibly not finite: mask scores by selecting, and never multiply an unwritten value even
// by 0.
#pragma once

#include <cstdint>
#include <vector>

#include "dtype.h"
#include "positions.h"
#include "tramontane.h"

namespace tramontane {

inline constexpr uint32_t kNoPage = 0xffffffffu;

struct CacheGroup {
  uint32_t n_pages = 0;
  uint32_t ring = 0;            // page table entries of a slot
  uint32_t window = 0;          // 0: none
  uint64_t page_bytes = 0;      // of a whole page: all layers of the group
  std::vector<uint32_t> table;  // [n_slots][ring] page numbers or kNoPage

  uint64_t bytes() const { return page_bytes * n_pages; }  // of all pages
  uint32_t* table_of(uint32_t slot) { return table.data() + static_cast<uint64_t>(slot) * ring; }
  const uint32_t* table_of(uint32_t slot) const { return table.data() + static_cast<uint64_t>(slot) * ring; }
};

struct Cache {
  uint32_t kv_dtype = TM_F32;
  uint32_t element_bytes = 4;
  uint32_t page_tokens = 0;
  uint32_t page_shift = 0;  // page_tokens == 1 << page_shift
  uint32_t n_slots = 0;
  uint32_t n_kv_heads = 0;
  uint32_t head_dim = 0;
  uint32_t n_groups = 0;
  CacheGroup groups[TM_MAX_GROUPS];
  std::vector<int32_t> last_token;  // [n_slots] what TM_TOKEN_PREVIOUS stands for; -1: nothing drawn yet

  bool has_scales() const { return kv_dtype == TM_F8_E4M3; }
  // Bytes of a block's keys, and of its values; of the scales of either; of all of it.
  TM_ALWAYS_INLINE uint64_t keys_bytes() const { return static_cast<uint64_t>(page_tokens) * head_dim * element_bytes; }
  TM_ALWAYS_INLINE uint64_t scales_bytes() const { return has_scales() ? page_tokens * sizeof(uint16_t) : 0; }
  TM_ALWAYS_INLINE uint64_t block_bytes() const { return 2 * (keys_bytes() + scales_bytes()); }

  // Entries of a group's page table.
  uint64_t table_entries(uint32_t group) const { return static_cast<uint64_t>(n_slots) * groups[group].ring; }

  // Page of position of slot in group.
  TM_ALWAYS_INLINE uint32_t page_of(uint32_t group, uint32_t slot, int64_t position) const {
    const CacheGroup& g = groups[group];
    return g.table_of(slot)[ring_entry(position, page_shift, g.ring)];
  }

  TM_ALWAYS_INLINE uint32_t offset_in_page(int64_t position) const {
    return tramontane::offset_in_page(position, page_shift);
  }
};

}  // namespace tramontane
