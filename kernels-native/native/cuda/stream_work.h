// How a product is cut into pieces of work, and the order in which a block of threads takes them. A piece is a group of
// 64 rows (of gate and up: 32 rows of each), some tokens, and the slices of its sums: all of them in order, or one. A
// large tile (tile_mm.h) takes two neighbouring groups at once.
#pragma once

#include "product.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {

// Passes over the tokens are neighbours, so that the weights of a group come from memory once. Of experts n_passes is
// the most that there can be, over all of them, and n_items those of each.
struct StreamWork {
  Product p;
  uint32_t n_items;
  uint32_t n_passes;
  bool divided;  // a slice an item

  bool of_experts() const { return p.passes.list != nullptr; }
  uint32_t most_items() const { return of_experts() ? n_items * n_passes : n_items; }
};

// How many passes there are, and items. Of experts another kernel says so: not to be asked before it has ended.
__device__ inline uint32_t passes_of(const StreamWork& w) {
  return w.p.passes.list == nullptr ? w.n_passes : *w.p.passes.n;
}
__device__ inline uint32_t items_of(const StreamWork& w) {
  return w.p.passes.list == nullptr ? w.n_items : w.n_items * *w.p.passes.n;
}

inline constexpr uint32_t kHalfUnits = kStackUnits / 2;  // of gate, and of up, in a group

inline uint32_t groups_of(const Product& p) {
  if (p.result == Result::kGated) return (p.parts[0].units + kHalfUnits - 1) / kHalfUnits;
  uint32_t groups = 0;
  for (uint32_t i = 0; i < p.n_parts; ++i) groups += (p.parts[i].units + kStackUnits - 1) / kStackUnits;
  return groups;
}

// Of a part's matrix: of experts the next one's begins behind them.
__device__ inline uint32_t stacks_of(const Part& part) { return (part.units + kStackUnits - 1) / kStackUnits; }

// The block of columns where a slice begins.
__device__ inline uint32_t slice_begin(const Product& p, uint32_t slice) { return p.n_blocks * slice / p.n_slices; }

struct Item {
  uint32_t place;  // of the group and the pass, where slices meet
  uint32_t part;   // of gate and up: gate
  uint32_t local;  // the group's number in its part
  uint32_t first_slice, end_slice;
  uint32_t first_token;  // of the activations
  uint32_t first_row;    // of the outputs
  uint32_t n_tokens;
  uint32_t expert;  // 0 without experts

  Item() = default;
  // Group `group` of the n_groups that an item has.
  __device__ Item(const StreamWork& w, uint32_t item, uint32_t pass_tokens, uint32_t n_groups = 1, uint32_t group = 0) {
    const Product& p = w.p;
    const uint32_t n_passes = passes_of(w);
    const uint32_t pass = item % n_passes;
    item /= n_passes;
    if (p.passes.list == nullptr) {
      first_token = first_row = pass * pass_tokens;
      n_tokens = p.n_tokens - first_token < pass_tokens ? p.n_tokens - first_token : pass_tokens;
      expert = 0;
    } else {
      const uint4 it = *reinterpret_cast<const uint4*>(p.passes.list + pass);
      expert = it.x;
      first_token = it.y * kTileTokens;
      first_row = it.z;
      n_tokens = it.w;
    }
    first_slice = w.divided ? item % p.n_slices : 0;
    end_slice = w.divided ? first_slice + 1 : p.n_slices;
    local = (w.divided ? item / p.n_slices : item) * n_groups + group;
    place = local * w.n_passes + pass;
    part = 0;
    while (p.result != Result::kGated && part + 1 < p.n_parts) {
      const uint32_t groups = stacks_of(p.parts[part]);
      if (local < groups) break;
      local -= groups;
      ++part;
    }
  }
};

// Tokens of a pass: the fewest tiles that hold them; of more than a pass's, several passes.
constexpr uint32_t stream_tokens(uint32_t n_tokens) {
  if (n_tokens <= 8) return 8;
  if (n_tokens <= 16) return 16;
  if (n_tokens <= 32) return 32;
  // A pass of 96 tokens makes a fifth more of what it reads than one of 64, if it is as full.
  const uint32_t of_96 = (n_tokens + 95) / 96 * 96, of_64 = (n_tokens + 63) / 64 * 64;
  return of_96 * 5 <= of_64 * 6 ? 96 : 64;
}

// Of the group's four; what is beyond the matrix is zeros that nobody needs. Without its first a group is none.
__device__ inline bool unit_is_there(const Product& p, const Item& item, uint32_t unit) {
  if (p.result == Result::kGated) return item.local * kHalfUnits + unit % kHalfUnits < p.parts[0].units;
  return item.local * kStackUnits + unit < p.parts[item.part].units;
}

// The stages of a block's items: runs of at most kBlocks blocks of columns, which begin at multiples of kBlocks or
// where a slice does.
template <int kBlocks, int kGroups>
class Stages {
 public:
  uint32_t first, n;  // blocks of the stage

  __device__ Stages(const StreamWork& work, uint32_t pass_tokens)
      : work_(work), pass_tokens_(pass_tokens), n_items_(items_of(work)), number_(blockIdx.x) {
    if (there()) begin_item();
  }
  __device__ bool there() const { return number_ < n_items_; }
  __device__ const Item& item(uint32_t group = 0) const { return items_[group]; }
  __device__ uint32_t slice() const { return slice_; }
  __device__ bool ends_slice() const { return first + n == end_; }
  __device__ bool ends_item() const { return ends_slice() && slice_ + 1 == items_[0].end_slice; }
  __device__ void next() {
    first += n;
    if (first == end_) {
      if (++slice_ == items_[0].end_slice) {
        number_ += gridDim.x;
        if (!there()) return;
        return begin_item();
      }
      begin_slice();
    }
    cut();
  }

 private:
  __device__ void begin_item() {
#pragma unroll
    for (uint32_t group = 0; group < kGroups; ++group) {
      items_[group] = Item(work_, number_, pass_tokens_, kGroups, group);
    }
    slice_ = items_[0].first_slice;
    begin_slice();
    cut();
  }
  __device__ void begin_slice() {
    first = slice_begin(work_.p, slice_);
    end_ = slice_begin(work_.p, slice_ + 1);
  }
  __device__ void cut() {
    const uint32_t whole = (first / kBlocks + 1) * kBlocks;
    n = (whole < end_ ? whole : end_) - first;
  }

  const StreamWork& work_;
  const uint32_t pass_tokens_;
  const uint32_t n_items_;
  uint32_t number_;
  Item items_[kGroups];
  uint32_t slice_, end_;
};

}  // namespace tramontane::TM_DEVICE
