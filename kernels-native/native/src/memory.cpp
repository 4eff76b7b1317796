#include "memory.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <new>
#include <utility>

namespace tramontane {
namespace {

constexpr uint64_t kAlignment = 64;
constexpr uint64_t kHugePage = 2ull << 20;

// Under AddressSanitizer everything comes from its allocator, which puts red zones around it.
#if defined(__SANITIZE_ADDRESS__)
constexpr uint64_t kMapFrom = UINT64_MAX;
#else
constexpr uint64_t kMapFrom = 1ull << 20;
#endif

}  // namespace

Buffer::Buffer(uint64_t bytes, bool huge_pages) : bytes_(bytes) {
  if (bytes == 0) return;
  if (bytes > PTRDIFF_MAX - kAlignment) throw std::bad_alloc();
  if (bytes >= kMapFrom) {
    void* mapped = mmap(nullptr, bytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (mapped == MAP_FAILED) throw std::bad_alloc();
#if defined(MADV_HUGEPAGE)
    if (huge_pages && bytes >= kHugePage) madvise(mapped, bytes, MADV_HUGEPAGE);  // advice: refusal changes nothing
#endif
    data_ = mapped;
    mapped_ = true;
    return;
  }
  data_ = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (data_ == nullptr) throw std::bad_alloc();
  memset(data_, 0, bytes);
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      mapped_(std::exchange(other.mapped_, false)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(mapped_, other.mapped_);
  return *this;
}

Buffer::~Buffer() {
  if (mapped_) {
    munmap(data_, bytes_);
  } else {
    std::free(data_);
  }
}

}  // namespace tramontane
