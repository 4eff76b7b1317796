#include "dtype.h"

#include <array>
#include <cstdio>

namespace tramontane {

#define TM_DECLARE(name, elements, bytes, written, ...)                \
  void read_row_##name(const uint8_t* src, uint64_t cols, float* dst); \
  TM_WRITTEN_##written(void write_row_##name(const float* src, uint64_t cols, uint8_t* dst);)
TM_ELEMENT_TYPES(TM_DECLARE)
#undef TM_DECLARE

namespace {

#define TM_ENTER(type, elements, bytes, written, low, high, scales, supers, ...) \
  {.number = TM_##type,                                                          \
   .name = #type,                                                                \
   .block_elements = elements,                                                   \
   .block_bytes = bytes,                                                         \
   .device = {low, high, scales, supers},                                        \
   .strip = {__VA_ARGS__},                                                       \
   .read = read_row_##type,                                                      \
   TM_WRITTEN_##written(.write = write_row_##type)},
constexpr ElementType kTypes[] = {TM_ELEMENT_TYPES(TM_ENTER)};
#undef TM_ENTER

constexpr uint8_t kNone = UINT8_MAX;
using Places = std::array<uint8_t, kTypeSlots>;

// Where a slot's type stands in kTypes. Does not compile where two types have one slot, or one has none.
constexpr Places places() {
  Places places = {};
  places.fill(kNone);
  for (uint8_t i = 0; i < std::size(kTypes); ++i) {
    uint8_t& place = places.at(type_slot(kTypes[i].number));
    place = place == kNone ? i : throw "two types have one slot";
  }
  return places;
}
constexpr Places kPlaces = places();

}  // namespace

std::span<const ElementType> element_types() { return kTypes; }

const ElementType* element_type(uint32_t dtype) {
  const uint32_t slot = type_slot(dtype);
  if (slot >= kTypeSlots || kPlaces[slot] == kNone) return nullptr;
  const ElementType& type = kTypes[kPlaces[slot]];
  return type.number == dtype ? &type : nullptr;
}

uint32_t block_elements(uint32_t dtype) {
  const ElementType* type = element_type(dtype);
  return type == nullptr ? 0 : type->block_elements;
}

uint32_t block_bytes(uint32_t dtype) {
  const ElementType* type = element_type(dtype);
  return type == nullptr ? 0 : type->block_bytes;
}

const char* dtype_name(uint32_t dtype) {
  const ElementType* type = element_type(dtype);
  return type == nullptr ? "unknown" : type->name;
}

uint32_t dtype_named(const char* name) {
  for (const ElementType& type : kTypes) {
    if (strcmp(type.name, name) == 0) return type.number;
  }
  return UINT32_MAX;
}

// Elements of their own lie at multiples of their size; of a block the widest part is a half.
uint32_t dtype_alignment(uint32_t dtype) { return block_elements(dtype) == 1 ? block_bytes(dtype) : 2; }

TypeNames::TypeNames(bool (*wanted)(const ElementType&)) {
  uint32_t left = 0;
  for (const ElementType& type : kTypes) left += wanted(type);
  for (const ElementType& type : kTypes) {
    if (!wanted(type)) continue;
    const size_t length = strlen(text);
    --left;
    std::snprintf(text + length, sizeof text - length, "%s%s", type.name, left > 1 ? ", " : left == 1 ? " and " : "");
  }
}

uint64_t row_bytes(uint32_t dtype, uint64_t cols) {
  const ElementType& type = *element_type(dtype);
  return cols / type.block_elements * type.block_bytes;
}

}  // namespace tramontane
