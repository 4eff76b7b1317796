// The key/value cache: a pool of pages per group, a page table per (slot, group), and all address arithmetic.
//
// A page of a group holds page_tokens consecutive positions in every layer of the group:
//
//     page   = [layer of the group][kv head] block
//     block  = keys   [page_tokens / 16][head_dim][16 positions]   transposed in tiles of 16 positions, so that 16
//              values [page_tokens][head_dim]                      scores come from head_dim vector loads
//
// Elements are float or binary16 (kv_dtype). Keys and values of a block each take page_tokens * head_dim elements, so
// every part begins on a 64-byte boundary. Position p lies in page table[(p / page_tokens) % ring] at offset
// p % page_tokens: tiles of 16 are aligned to absolute positions, whatever the ring's phase, which is what makes
// reductions over tiles independent of it. Positions never written hold zeros or an earlier sequence's numbers,
// possibly not finite: mask scores by selecting, and never multiply an unwritten value even by 0.
//
// A device's pages are in the device's memory and hold binary16 in the order of its matrix registers
// (Order::kFragments, cuda/fragments.h): [page_tokens / 16][head_dim / 16][32 lanes][8], for keys and for values.
#pragma once

#include <cstdint>
#include <vector>

#include "dtype.h"
#include "memory.h"
#include "positions.h"
#include "tramontane.h"

namespace tramontane {

inline constexpr uint32_t kKeyTile = 16;
inline constexpr uint32_t kNoPage = 0xffffffffu;

enum class Order { kTiles, kFragments };

struct CacheGroup {
  uint32_t n_pages = 0;
  uint32_t ring = 0;            // page table entries of a slot
  uint32_t window = 0;          // 0: none
  uint64_t page_bytes = 0;      // of a whole page: all layers of the group
  Buffer pages;                 // [n_pages] pages
  std::vector<uint32_t> table;  // [n_slots][ring] page numbers or kNoPage
};

// One block seen with its element type T (float, or uint16_t for binary16).
template <class T>
struct KvBlock {
  T* keys;    // [page_tokens / 16][head_dim][16]
  T* values;  // [page_tokens][head_dim]
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
  Order order = Order::kTiles;
  CacheGroup groups[TM_MAX_GROUPS];
  std::vector<int32_t> last_token;  // [n_slots] what TM_TOKEN_PREVIOUS stands for; -1: nothing drawn yet

  // Page of position of slot in group.
  TM_ALWAYS_INLINE uint32_t page_of(uint32_t group, uint32_t slot, int64_t position) const {
    const CacheGroup& g = groups[group];
    return g.table[static_cast<uint64_t>(slot) * g.ring + ring_entry(position, page_shift, g.ring)];
  }

  TM_ALWAYS_INLINE uint32_t offset_in_page(int64_t position) const {
    return tramontane::offset_in_page(position, page_shift);
  }

  // Block of (page, layer of the group, kv head).
  template <class T>
  TM_ALWAYS_INLINE KvBlock<T> block(uint32_t group, uint32_t page, uint32_t index_in_group, uint32_t head) const {
    const CacheGroup& g = groups[group];
    const uint64_t half = static_cast<uint64_t>(page_tokens) * head_dim;
    T* start = reinterpret_cast<T*>(g.pages.as<uint8_t>() + page * g.page_bytes) +
               block_start(index_in_group, head, n_kv_heads, half);
    return {start, start + half};
  }

  // Element of dimension d of the key at an offset inside its page. The 16 positions of a tile are adjacent.
  TM_ALWAYS_INLINE uint64_t key_index(uint32_t offset, uint32_t d) const {
    if (order == Order::kFragments) return fragment_index(offset, d, offset % 16, d % 16);
    return (static_cast<uint64_t>(offset / kKeyTile) * head_dim + d) * kKeyTile + offset % kKeyTile;
  }

  TM_ALWAYS_INLINE uint64_t value_index(uint32_t offset, uint32_t d) const {
    if (order == Order::kFragments) return fragment_index(offset, d, d % 16, offset % 16);
    return static_cast<uint64_t>(offset) * head_dim + d;
  }

  // Place of an element whose column is `column` and whose index in the sum is `inner`, both within 16.
  TM_ALWAYS_INLINE uint64_t fragment_index(uint32_t offset, uint32_t d, uint32_t column, uint32_t inner) const {
    const uint64_t lanes = (static_cast<uint64_t>(offset / kKeyTile) * (head_dim / 16) + d / 16) * 32;
    return (lanes + column % 8 * 4 + inner % 8 / 2) * 8 + column / 8 * 4 + inner / 8 * 2 + inner % 2;
  }
};

}  // namespace tramontane
