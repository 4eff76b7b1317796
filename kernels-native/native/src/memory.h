// Owned, 64-byte aligned, zeroed memory. Throws std::bad_alloc, which the ABI turns into TM_OUT_OF_MEMORY.
#pragma once

#include <cstdint>

namespace tramontane {

class Buffer {
 public:
  Buffer() = default;
  // zeroed and aligned to 64 bytes (a page from 1 MiB on, where pages are taken from the system on first touch, so a
  // worker that fills its share first has it near). huge_pages asks for transparent huge pages: for weights.
  explicit Buffer(uint64_t bytes, bool huge_pages = false);
  Buffer(Buffer&& other) noexcept;
  Buffer& operator=(Buffer&& other) noexcept;
  ~Buffer();
  // Memory that somebody else owns (tests put guard pages behind it).
  static Buffer borrow(void* data, uint64_t bytes);

  uint64_t bytes() const { return bytes_; }
  template <class T>
  T* as() const {
    return static_cast<T*>(data_);
  }

  // Takes the pages of [first, last) from the system now, while they are still zero. For a caller who has to know that
  // they are there: the system promises more than it has, and ends the process that comes for the rest. Threads take
  // whole ones of kTouched bytes each, so that huge pages stay whole.
  void touch(uint64_t first, uint64_t last) const;
  static constexpr uint64_t kTouched = 2ull << 20;

 private:
  void* data_ = nullptr;
  uint64_t bytes_ = 0;
  enum class Origin { kHeap, kMapped, kBorrowed } origin_ = Origin::kHeap;
};

}  // namespace tramontane
