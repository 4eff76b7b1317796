// A type of element_types.h is whole: each place that a type needs besides its line has it, or is named here with the
// type that it lacks.
#include "types.h"

#include <fstream>
#include <map>
#include <sstream>

#include "../cpu/kernels.h"
#include "../cpu/pack.h"
#include "backends.h"
#include "check.h"
#include "cpu_features.h"
#include "dtype.h"

namespace test {
namespace {

using namespace tramontane;

std::string text_of(const std::string& path) {
  std::ifstream file(path);
  std::stringstream text;
  text << file.rdbuf();
  CHECK_TEXT(!text.str().empty(), path);
  return text.str();
}

// Lines of a file of vectors by the type that they begin with.
std::map<std::string, uint32_t> lines_by_type(const std::string& path) {
  std::map<std::string, uint32_t> lines;
  std::istringstream text(text_of(path));
  for (std::string line; std::getline(text, line);) ++lines[line.substr(0, line.find(' '))];
  return lines;
}

void complain(const ElementType& type, const char* what) {
  check::report(__FILE__, __LINE__, std::string(type.name) + " has no " + what);
}

}  // namespace

TEST(the_headers_types_are_the_tables) {
  const std::string header = text_of(TM_VECTORS "/../include/tramontane.h");
  const size_t begin = header.find("/* Element types");
  const size_t end = header.find("/* What a tensor is");
  CHECK(begin < end && end != std::string::npos);
  std::istringstream lines(header.substr(begin, end - begin));
  std::map<std::string, uint32_t> numbers;
  for (std::string line; std::getline(lines, line);) {
    std::istringstream words(line);
    std::string define, name, number;
    if (words >> define >> name >> number && define == "#define") {
      numbers[name] = static_cast<uint32_t>(std::stoul(number));
    }
  }
  for (const auto& [name, number] : numbers) {
    const ElementType* type = element_type(number);
    CHECK_TEXT(type != nullptr && "TM_" + std::string(type->name) == name, name + " has no line in element_types.h");
  }
  CHECK_EQ(numbers.size(), element_types().size());
}

TEST(every_type_has_its_vectors_and_random_blocks) {
  const auto dequantised = lines_by_type(TM_VECTORS "/dequantise.txt");
  const auto quantised = lines_by_type(TM_VECTORS "/quantise.txt");
  const std::string stages = text_of(TM_VECTORS "/stages.txt");
  for (const ElementType& type : element_types()) {
    // Of F32 a value is its bits.
    if (type.number != TM_F32 && !dequantised.contains(type.name)) complain(type, "line in vectors/dequantise.txt");
    if (type.write != nullptr && !quantised.contains(type.name)) complain(type, "line in vectors/quantise.txt");
    if (stages.find("dtype=" + std::string(type.name) + " ") == std::string::npos) {
      complain(type, "line in vectors/stages.txt");
    }
    if (type.block_elements > 1 && random_block(type.number) == nullptr) complain(type, "line in test/types.h");
  }
}

TEST(every_type_has_its_kernels_at_every_level) {
  for (const uint32_t level : {TM_CPU_PORTABLE, TM_CPU_AVX2, TM_CPU_AVX512}) {
    if (level != TM_CPU_PORTABLE && !has_cpu_level(level)) continue;
    const cpu::KernelTable& kernels = cpu::kernels_of(level);
    for (const ElementType& type : element_types()) {
      const uint32_t slot = type_slot(type.number);
      const bool packed = cpu::is_packed(type.number);
      CHECK_TEXT(packed == (type.block_elements > 1), type.name);
      if ((packed ? kernels.packed_strip : kernels.float_strip)[slot] == nullptr) complain(type, "product");
      CHECK_TEXT((packed ? kernels.float_strip : kernels.packed_strip)[slot] == nullptr, type.name);
      if (type.number == TM_F32) continue;  // its values are copied
      if (type.write != nullptr && kernels.narrow[slot] == nullptr) complain(type, "entry of narrow");
      CHECK_TEXT(type.write != nullptr || kernels.narrow[slot] == nullptr, type.name);
      if (!packed && kernels.widen[slot] == nullptr) complain(type, "entry of widen");
    }
  }
}

// What is said of a strip's sizes fits the layout that pack.h describes.
TEST(strips_hold_what_their_layout_says) {
  for (const ElementType& type : element_types()) {
    const StripLayout* strip = cpu::strip_layout(type.number);
    if (strip == nullptr) continue;
    CHECK_EQ(strip->group_blocks, type.block_elements / 32);
    CHECK_TEXT(strip->header_bytes % 16 == 0 && strip->block_bytes % 16 == 0, type.name);
    const double in_file = 8.0 * type.block_bytes / type.block_elements;
    const double packed =
        8.0 * static_cast<double>(strip->group_bytes()) / (cpu::kStripRows * 32.0 * strip->group_blocks);
    CHECK_TEXT(packed >= in_file && packed < in_file + 0.2, type.name);
  }
}

TEST(a_device_multiplies_all_types_but_one) {
  uint32_t n = 0;
  for (const ElementType& type : element_types()) n += type.on_device() ? 1 : 0;
  CHECK_EQ(n, std::size(kDeviceTypes));
  CHECK_EQ(n + 1, element_types().size());  // F32
}

// What a backend says that it computes it also opens: tm_tensor_bytes and tm_set_tensor agree.
TEST(backends_take_the_types_that_they_tell) {
  for (const BackendKind* kind : backends()) {
    for (const uint32_t dtype : kAllTypes) {
      uint64_t bytes = 0;
      const bool computed = kind->tensor_bytes({TM_FFN_UP, dtype, dtype, 48, 512}, &bytes);
      const bool device = kind->number == TM_BACKEND_CUDA || kind->number == TM_BACKEND_EMU;
      CHECK_TEXT(computed == (!device || element_type(dtype)->on_device()), dtype_name(dtype));
    }
  }
}

}  // namespace test
