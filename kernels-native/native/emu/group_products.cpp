#include "group_products.h"

#include <algorithm>
#include <cstring>

#include "../cuda/mma_order.h"
#include "dtype.h"
#include "halves.h"
#include "matrix_step.h"

namespace tramontane::emu {
namespace {

constexpr uint32_t kInner = 16;
constexpr uint32_t kGroupWarps = 4;
constexpr uint32_t kSumsUnderWay = 0x7fedbeef;  // not a number, and nobody computes it

bool are_under_way(const float* sums, uint32_t n) {
  return std::all_of(sums, sums + n, [](float sum) {
    uint32_t bits;
    memcpy(&bits, &sum, 4);
    return bits == kSumsUnderWay;
  });
}

bool overlap(const void* a, uint64_t a_bytes, const void* b, uint64_t b_bytes) {
  const auto* first = static_cast<const uint8_t*>(a);
  const auto* second = static_cast<const uint8_t*>(b);
  return first < second + b_bytes && second < first + a_bytes;
}

float value_of(bool bf16, uint16_t bits) { return bf16 ? bf16_to_float(bits) : halves()[bits]; }

}  // namespace

void GroupProducts::begin(const uint8_t* shared, uint64_t bytes, uint32_t n_warps, const Async* async) {
  shared_ = shared;
  shared_bytes_ = bytes;
  async_ = async;
  error_.clear();
  warps_.assign(n_warps, Warp());
  of_group_.assign((n_warps + kGroupWarps - 1) / kGroupWarps, {});
}

std::string GroupProducts::end() const {
  for (uint32_t w = 0; w < warps_.size(); ++w) {
    if (!warps_[w].under_way.empty()) {
      return "warp " + std::to_string(w) + " ended while " + std::to_string(warps_[w].under_way.size()) +
             " products were under way";
    }
    if (warps_[w].issued != of_group_[w / kGroupWarps].size()) {
      return "warp " + std::to_string(w) + " had part in " + std::to_string(warps_[w].issued) + " of the " +
             std::to_string(of_group_[w / kGroupWarps].size()) + " products of its group";
    }
  }
  return "";
}

uint32_t GroupProducts::shared_address(const void* at) {
  const uint8_t* byte = static_cast<const uint8_t*>(at);
  if (byte >= shared_ && byte < shared_ + shared_bytes_) return static_cast<uint32_t>(byte - shared_);
  fail("an operand of a product is not in shared memory");
  return 0;
}

void GroupProducts::show(Warp& warp, uint32_t lane, void* at, uint32_t bytes) {
  auto& all = warp.fenced[lane];
  const auto place = std::find_if(all.begin(), all.end(), [&](const Fenced& f) { return f.at == at; });
  Fenced& fenced = place == all.end() ? all.emplace_back() : *place;
  fenced.at = static_cast<uint8_t*>(at);
  fenced.contents.assign(fenced.at, fenced.at + bytes);
}

bool GroupProducts::is_as_shown(const Warp& warp, uint32_t lane, const void* at, uint32_t bytes) const {
  const uint8_t* first = static_cast<const uint8_t*>(at);
  return std::any_of(warp.fenced[lane].begin(), warp.fenced[lane].end(), [&](const Fenced& f) {
    return f.at <= first && first + bytes <= f.at + f.contents.size() &&
           memcmp(f.contents.data() + (first - f.at), first, bytes) == 0;
  });
}

void GroupProducts::fence(uint32_t warp, Brought lanes) {
  Warp& w = warps_[warp];
  w.fenced.resize(kLanes);
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    const GroupFence& brought = *static_cast<const GroupFence*>(lanes[lane]);
    for (uint32_t i = 0; i < brought.n; ++i) show(w, lane, brought.registers[i].at, brought.registers[i].bytes);
  }
}

bool GroupProducts::same_as_group(uint32_t warp, const GroupProduct& product) {
  const uint32_t first = warp / kGroupWarps * kGroupWarps;
  if (first + kGroupWarps > warps_.size()) {
    fail("a product needs four warps, and the last group of the block has fewer");
    return false;
  }
  auto& all = of_group_[warp / kGroupWarps];
  const uint32_t number = warps_[warp].issued++;
  if (number == all.size()) all.push_back(product);
  const GroupProduct& there = all[number];
  if (there.n_columns == product.n_columns && there.bf16 == product.bf16 && there.a_matrix == product.a_matrix &&
      there.b_matrix == product.b_matrix && (there.a == nullptr) == (product.a == nullptr)) {
    return true;
  }
  fail("warp " + std::to_string(warp) + " brings another product than its group, or another descriptor");
  return false;
}

// Rows (or columns) first to first + n of an operand that lies along the sum: 8 of them times 16 bytes are a core
// matrix of 128 bytes. The descriptor: bits 0 to 13 its address, 16 to 29 the distance of core matrices along the sum
// (leading), 32 to 45 across it (stride), each in units of 16 bytes; 49 to 51 the base offset and 62 to 63 the swizzle,
// both 0 here. begins: the product does, so that what it reads has to be there for the machine.
std::vector<uint16_t> GroupProducts::read_matrix(uint64_t descriptor, uint32_t first, uint32_t n, bool begins) {
  std::vector<uint16_t> values(n * kInner);
  if (descriptor >> 62 != 0) fail("a descriptor asks for swizzled memory, which isn't emulated");
  if ((descriptor >> 49 & 7) != 0) fail("a descriptor has a base offset, which only swizzled memory has");
  if ((descriptor & 0x3ff1c000c000c000) != 0) fail("a descriptor has bits where none may be");
  const auto field = [&](int bit) { return static_cast<uint64_t>(descriptor >> bit & 0x3fff) << 4; };
  if (!error_.empty()) return values;
  for (uint32_t i = 0; i < n; ++i) {
    for (uint32_t half = 0; half < 2; ++half) {
      const uint64_t at = field(0) + field(16) * half + field(32) * ((first + i) / 8) + (first + i) % 8 * 16;
      if (at + 16 > shared_bytes_) {
        fail("an operand of a product goes beyond shared memory");
        return values;
      }
      const char* why = begins ? async_->unreadable(shared_ + at, 16) : nullptr;
      if (why != nullptr) fail(std::string("an operand of a product ") + why);
      memcpy(&values[i * kInner + half * 8], shared_ + at, 16);
    }
  }
  return values;
}

// The sums that the product adds to: the registers', which a fence must have shown, or those of a product under way.
bool GroupProducts::take_sums(Warp& warp, uint32_t lane, Lane& taken) {
  float* sums = taken.product.sums;
  const uint32_t n = taken.product.n_columns / 2;
  for (const Product& other : warp.under_way) {
    const GroupProduct& before = other.lanes[lane].product;
    if (!overlap(sums, n * 4, before.sums, before.n_columns / 2 * 4)) continue;
    if (sums != before.sums || taken.product.n_columns != before.n_columns) {
      fail("sums that a product of another shape is still adding to");
      return false;
    }
    if (are_under_way(sums, n)) return true;
    fail("sums were touched while a product was under way");
    return false;
  }
  if (!is_as_shown(warp, lane, sums, n * 4)) {
    fail("a product's sums were written since the last fence that named them");
    return false;
  }
  taken.in.assign(sums, sums + n);
  for (uint32_t i = 0; i < n; ++i) memcpy(sums + i, &kSumsUnderWay, 4);
  return true;
}

void GroupProducts::issue(uint32_t warp, Brought lanes) {
  Warp& w = warps_[warp];
  w.fenced.resize(kLanes);
  const GroupProduct& first = *static_cast<const GroupProduct*>(lanes[0]);
  if (!same_as_group(warp, first)) return;
  Product product;
  product.lanes.resize(kLanes);
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    Lane& taken = product.lanes[lane];
    taken.product = *static_cast<const GroupProduct*>(lanes[lane]);
    if (taken.product.a_matrix != first.a_matrix || taken.product.b_matrix != first.b_matrix) {
      return fail("lanes of a warp bring different descriptors");
    }
    if (taken.product.a != nullptr) {
      if (!is_as_shown(w, lane, taken.product.a, sizeof taken.a)) {
        return fail("a product's operand in registers was written since the last fence that named it");
      }
      memcpy(taken.a, taken.product.a, sizeof taken.a);
    }
    if (!take_sums(w, lane, taken)) return;
  }
  product.b = read_matrix(first.b_matrix, 0, first.n_columns, true);
  if (first.a == nullptr) product.a = read_matrix(first.a_matrix, warp % kGroupWarps * kInner, kInner, true);
  w.under_way.push_back(std::move(product));
  ++w.uncommitted;
}

void GroupProducts::commit(uint32_t warp) {
  warps_[warp].groups.push_back(warps_[warp].uncommitted);
  warps_[warp].uncommitted = 0;
}

void GroupProducts::wait(uint32_t warp, uint32_t groups) {
  Warp& w = warps_[warp];
  while (w.groups.size() > groups) {
    for (; w.groups.front() > 0 && error_.empty(); --w.groups.front()) carry_out_first(warp);
    if (!error_.empty()) return;
    w.groups.pop_front();
  }
}

void GroupProducts::carry_out_first(uint32_t warp) {
  Warp& w = warps_[warp];
  Product product = std::move(w.under_way.front());
  w.under_way.pop_front();
  const GroupProduct& what = product.lanes[0].product;
  const bool in_registers = what.a != nullptr;
  if (product.b != read_matrix(what.b_matrix, 0, what.n_columns, false) ||
      (!in_registers && product.a != read_matrix(what.a_matrix, warp % kGroupWarps * kInner, kInner, false))) {
    return fail("shared memory was written while a product under way was reading it");
  }
  float a[16][16];
  for (uint32_t lane = 0; lane < kLanes; ++lane) {
    const Lane& l = product.lanes[lane];
    if (in_registers && memcmp(l.a, l.product.a, sizeof l.a) != 0) {
      return fail("registers were written while a product under way was reading them");
    }
    for (uint32_t i = 0; i < 4; ++i) {
      for (uint32_t h = 0; h < 2; ++h) {
        const uint32_t row = row_operand_row(lane, i);
        const uint32_t inner = row_operand_inner(lane, i) + h;
        const uint16_t bits =
            in_registers ? static_cast<uint16_t>(l.a[i] >> (16 * h)) : product.a[row * kInner + inner];
        a[row][inner] = value_of(what.bf16, bits);
      }
    }
  }
  std::vector<std::vector<float>> done(kLanes);
  for (uint32_t lane = 0; lane < kLanes; ++lane) done[lane] = product.lanes[lane].in;
  for (uint32_t tile = 0; tile < what.n_columns / 8; ++tile) {
    float b[16][8], sums[16][8];
    for (uint32_t column = 0; column < 8; ++column) {
      for (uint32_t inner = 0; inner < kInner; ++inner) {
        b[inner][column] = value_of(what.bf16, product.b[(tile * 8 + column) * kInner + inner]);
      }
    }
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      for (uint32_t i = 0; i < 4; ++i) sums[sum_row(lane, i)][sum_column(lane, i)] = done[lane][tile * 4 + i];
    }
    multiply_step(arithmetic_of_groups(what.n_columns), what.bf16, a, b, sums);
    for (uint32_t lane = 0; lane < kLanes; ++lane) {
      for (uint32_t i = 0; i < 4; ++i) done[lane][tile * 4 + i] = sums[sum_row(lane, i)][sum_column(lane, i)];
    }
  }
  for (uint32_t lane = 0; lane < kLanes; ++lane) give_sums(w, lane, product.lanes[lane], done[lane].data());
}

// To the next product that adds to them, or, if there is none, back to the registers.
void GroupProducts::give_sums(Warp& warp, uint32_t lane, const Lane& done, const float* sums) {
  const uint32_t n = done.product.n_columns / 2;
  if (!are_under_way(done.product.sums, n)) return fail("sums were touched while a product was under way");
  for (Product& next : warp.under_way) {
    if (next.lanes[lane].product.sums != done.product.sums) continue;
    next.lanes[lane].in.assign(sums, sums + n);
    return;
  }
  memcpy(done.product.sums, sums, n * 4);
  show(warp, lane, done.product.sums, n * 4);
}

}  // namespace tramontane::emu
