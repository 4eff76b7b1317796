// Products of groups of four warps (PTX ISA, "wgmma"): 64 rows times 8 to 256 columns over 16, whose second operand,
// and first where it isn't in registers, lies in shared memory and is named by a descriptor. A product is carried out
// at the wait that covers it, as late as a device may be; until then its sums are a number that is none, and what it
// reads is compared with what it was when it began. Each warp has its part by itself: a group's warps don't wait for
// each other.
#pragma once

#include <cstdint>
#include <deque>
#include <string>
#include <vector>

#include "async.h"

namespace tramontane::emu {

// Registers of a lane, which on a device would have no address.
struct GroupRegisters {
  void* at;
  uint32_t bytes;
};

// What a lane brings to a fence: registers whose contents a product may take from here on.
struct GroupFence {
  const GroupRegisters* registers;
  uint32_t n;
};

// What a lane brings to a product.
struct GroupProduct {
  float* sums;            // n_columns / 2
  uint32_t n_columns;     // of the second operand
  bool bf16;              // else binary16
  const uint32_t* a;      // four registers, or nullptr: a_matrix
  uint64_t a_matrix = 0;  // descriptors
  uint64_t b_matrix = 0;
};

class GroupProducts {
 public:
  static constexpr uint32_t kLanes = 32;
  using Brought = void* const (&)[kLanes];  // by each lane of a warp

  void begin(const uint8_t* shared, uint64_t bytes, uint32_t n_warps, const Async* async);
  // What the block left undone when it ended, or "".
  std::string end() const;
  // The first thing that went wrong, or "".
  const std::string& error() const { return error_; }

  // Of a warp; fence brings GroupFence, issue GroupProduct.
  void fence(uint32_t warp, Brought lanes);
  void issue(uint32_t warp, Brought lanes);
  void commit(uint32_t warp);
  // Until at most so many of the latest groups that were committed are under way.
  void wait(uint32_t warp, uint32_t groups);

  // Where an address lies in shared memory, as descriptors count.
  uint32_t shared_address(const void* at);

 private:
  struct Fenced {  // registers, and what they were when a fence or a product's end showed them
    uint8_t* at;
    std::vector<uint8_t> contents;
  };
  struct Lane {
    GroupProduct product;
    uint32_t a[4];          // when the product began
    std::vector<float> in;  // sums that it adds to; empty: those of the product before it
  };
  struct Product {
    std::vector<Lane> lanes;
    std::vector<uint16_t> a, b;  // what shared memory held when it began, [row or column][16]
  };
  struct Warp {
    std::vector<std::vector<Fenced>> fenced;  // by lane
    std::deque<Product> under_way;
    std::deque<uint32_t> groups;  // products of each, oldest first
    uint32_t uncommitted = 0;
    uint32_t issued = 0;
  };

  void fail(const std::string& what) {
    if (error_.empty()) error_ = what;
  }
  bool same_as_group(uint32_t warp, const GroupProduct& product);
  std::vector<uint16_t> read_matrix(uint64_t descriptor, uint32_t first, uint32_t n, bool begins);
  bool take_sums(Warp& warp, uint32_t lane, Lane& taken);
  void show(Warp& warp, uint32_t lane, void* at, uint32_t bytes);
  bool is_as_shown(const Warp& warp, uint32_t lane, const void* at, uint32_t bytes) const;
  void carry_out_first(uint32_t warp);
  void give_sums(Warp& warp, uint32_t lane, const Lane& done, const float* sums);

  const uint8_t* shared_ = nullptr;
  uint64_t shared_bytes_ = 0;
  const Async* async_ = nullptr;
  std::vector<Warp> warps_;
  std::vector<std::vector<GroupProduct>> of_group_;  // as the first of its warps brought them
  std::string error_;
};

}  // namespace tramontane::emu
