// Cuts one block of memory into pieces, each at a multiple of 64 bytes. Without a base it only measures: the pieces are
// null, like those of no elements, and bytes() says how large the block has to be.
#pragma once

#include <cstdint>

namespace tramontane {

class Carver {
 public:
  explicit Carver(void* base) : base_(static_cast<uint8_t*>(base)) {}

  // The next piece: n elements.
  template <class T>
  void take(T*& piece, uint64_t n) {
    piece = base_ == nullptr || n == 0 ? nullptr : reinterpret_cast<T*>(base_ + bytes_);
    bytes_ += (n * sizeof(T) + 63) / 64 * 64;
  }
  uint64_t bytes() const { return bytes_; }

 private:
  uint8_t* base_;
  uint64_t bytes_ = 0;
};

}  // namespace tramontane
