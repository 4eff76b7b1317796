// tm_convert: checks every argument, then converts.
#include "convert.h"

#include "dtype.h"
#include "error.h"
#include "quantise.h"
#include "scales.h"

namespace tramontane {
namespace {

constexpr uint64_t kMostExtent = 1ull << 40;  // of rows and columns: products with a block's bytes stay in 64 bits

struct Side {
  const char* name;
  uint32_t dtype;
  const void* data;
  uint64_t bytes;
};

int32_t check_side(const Side& side, const tm_conversion& c, Error& error) {
  const uint32_t elements = block_elements(side.dtype);
  if (c.cols % elements != 0) {
    return error.invalid("a row of %llu elements is not a whole number of %s blocks of %u",
                         static_cast<unsigned long long>(c.cols), dtype_name(side.dtype), elements);
  }
  const uint64_t row = row_bytes(side.dtype, c.cols);
  if (row > UINT64_MAX / 2 / c.rows) {
    return error.invalid("%llu rows of %llu columns are larger than any memory",
                         static_cast<unsigned long long>(c.rows), static_cast<unsigned long long>(c.cols));
  }
  if (side.bytes != c.rows * row) {
    return error.invalid("%s_bytes is %llu, expected %llu for %s [%llu, %llu]", side.name,
                         static_cast<unsigned long long>(side.bytes), static_cast<unsigned long long>(c.rows * row),
                         dtype_name(side.dtype), static_cast<unsigned long long>(c.rows),
                         static_cast<unsigned long long>(c.cols));
  }
  if (side.data == nullptr) return error.invalid("%s is NULL", side.name);
  const uint32_t alignment = dtype_alignment(side.dtype);
  if (reinterpret_cast<uintptr_t>(side.data) % alignment != 0) {
    return error.invalid("%s is not aligned to %u bytes", side.name, alignment);
  }
  return TM_OK;
}

int32_t check_conversion(const tm_conversion& c, const void* source, const void* target, Error& error) {
  if (c.struct_size != sizeof c) {
    return error.invalid("tm_conversion.struct_size is %u, expected %zu", c.struct_size, sizeof c);
  }
  if (block_elements(c.from) == 0) return error.fail(TM_UNSUPPORTED, "from is %u, which is no known type", c.from);
  if (block_elements(c.to) == 0) return error.fail(TM_UNSUPPORTED, "to is %u, which is no known type", c.to);
  if (!is_quantise_target(c.to)) {
    const TypeNames written([](const ElementType& type) { return type.write != nullptr; });
    return error.fail(TM_UNSUPPORTED, "to is %s, but only %s are written", dtype_name(c.to), written.text);
  }
  if (c.rows < 1 || c.rows > kMostExtent || c.cols < 1 || c.cols > kMostExtent) {
    return error.invalid("the extents are [%llu, %llu], expected 1..2^40 each", static_cast<unsigned long long>(c.rows),
                         static_cast<unsigned long long>(c.cols));
  }
  if (const int32_t status = check_scales(c.from, c.n_scales, c.rows, c.scales, error)) return status;
  if (const int32_t status = check_side({"source", c.from, source, c.source_bytes}, c, error)) return status;
  if (const int32_t status = check_side({"target", c.to, target, c.target_bytes}, c, error)) return status;
  const uintptr_t read = reinterpret_cast<uintptr_t>(source);
  const uintptr_t written = reinterpret_cast<uintptr_t>(target);
  if (read < written + c.target_bytes && written < read + c.source_bytes) {
    return error.invalid("source and target overlap");
  }
  return TM_OK;
}

void convert(const tm_conversion& c, const void* source, void* target) {
  if (c.from == c.to) {
    memcpy(target, source, c.source_bytes);
  } else {
    convert_rows(c, static_cast<const uint8_t*>(source), static_cast<uint8_t*>(target));
  }
}

}  // namespace
}  // namespace tramontane

using namespace tramontane;

int32_t tm_convert(const tm_conversion* conversion, const void* source, void* target, char* message,
                   uint64_t capacity) {
  Error error;
  const int32_t status = conversion == nullptr ? error.invalid("conversion is NULL")
                                               : check_conversion(*conversion, source, target, error);
  if (status == TM_OK) convert(*conversion, source, target);
  error.copy(message, capacity);
  return status;
}
