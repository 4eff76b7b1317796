#include "memory.h"

#include <sys/mman.h>
#include <unistd.h>

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
    origin_ = Origin::kMapped;
    return;
  }
  data_ = std::aligned_alloc(kAlignment, (bytes + kAlignment - 1) / kAlignment * kAlignment);
  if (data_ == nullptr) throw std::bad_alloc();
  memset(data_, 0, bytes);
}

Buffer::Buffer(Buffer&& other) noexcept
    : data_(std::exchange(other.data_, nullptr)),
      bytes_(std::exchange(other.bytes_, 0)),
      origin_(std::exchange(other.origin_, Origin::kHeap)) {}

Buffer& Buffer::operator=(Buffer&& other) noexcept {
  std::swap(data_, other.data_);
  std::swap(bytes_, other.bytes_);
  std::swap(origin_, other.origin_);
  return *this;
}

Buffer::~Buffer() {
  if (origin_ == Origin::kMapped) munmap(data_, bytes_);
  if (origin_ == Origin::kHeap) std::free(data_);
}

void Buffer::touch(uint64_t first, uint64_t last) const {
  if (origin_ != Origin::kMapped) return;  // the others' pages were written when they were made
  const uint64_t page = static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  volatile uint8_t* bytes = static_cast<volatile uint8_t*>(data_);
  for (uint64_t at = first; at < last; at += page) bytes[at] = 0;
}

Buffer Buffer::borrow(void* data, uint64_t bytes) {
  Buffer buffer;
  buffer.data_ = data;
  buffer.bytes_ = bytes;
  buffer.origin_ = Origin::kBorrowed;
  return buffer;
}

}  // namespace tramontane
