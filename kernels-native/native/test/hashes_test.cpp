// The bits of products as a tensor core makes them: vectors/device_products.txt has a hash for each type, width, number
// of rows and generation. The emulator makes them by the model of emu/matrix_step.h; a device has to print the same in
// a minute. Says of each device whose steps nobody has described that nothing could be compared; a device that there is
// code for has to have hashes. TM_WRITE_HASHES=FILE writes what the emulator makes.
#include <cstdlib>
#include <fstream>
#include <map>
#include <string>

#include "backends.h"
#include "check.h"
#include "probe.h"
#include "step_problems.h"
#include "tiny_model.h"
#include "types.h"

namespace test {
namespace {

using tramontane::Activation;
using tramontane::emu::StepArithmetic;

constexpr uint32_t kRows[] = {1, 9, 33};
constexpr uint32_t kChunks[] = {9, 33, 57};  // of 128 columns; one more of types with super-blocks
struct Generation {
  const char* name;  // of the first device that adds so
  StepArithmetic arithmetic;
};
constexpr Generation kGenerations[] = {{"8.x", StepArithmetic::kAmpere}, {"9.0", StepArithmetic::kHopper}};
constexpr int kCode[] = {TM_CUDA_CODE};  // capabilities that the library has code for, in tenths

// FNV-1a of 64 bits.
uint64_t hash_of(const std::vector<float>& values, uint64_t hash = 0xcbf29ce484222325) {
  for (const float value : values) {
    uint32_t bits;
    memcpy(&bits, &value, 4);
    for (int shift = 0; shift < 32; shift += 8) hash = (hash ^ (bits >> shift & 0xff)) * 0x100000001b3;
  }
  return hash;
}

// The projections of rows to keys and values, of a type and a width.
class Products {
 public:
  Products(const Placement& p, uint32_t dtype, uint32_t chunks) : weights_(shape_of(dtype, chunks)) {
    Placement mine = p;
    mine.max_rows = 33;
    session_ = std::make_unique<Session>(weights_, mine);
    Random random{chunks};
    for (uint32_t i = 0; i < 33 * weights_.shape.width; ++i) {
      hidden_.push_back(static_cast<float>(random.uniform() - 0.5) * (random.below(100) == 0 ? 20.0f : 1.0f));
    }
    session_->run({{0, 0, std::vector<int32_t>(33, 1)}});
  }

  uint64_t run(uint32_t n) {
    session_->probe().write(Activation::kHidden, hidden_.data(), static_cast<size_t>(n) * weights_.shape.width);
    const auto& step = session_->stage({{0, 0, std::vector<int32_t>(n, 1)}});
    session_->probe().run(tramontane::Operation::kQkv, step, 0);
    std::vector<float> out(static_cast<size_t>(n) * weights_.shape.head_dim);
    session_->probe().read(Activation::kK, out.data(), out.size());
    const uint64_t hash = hash_of(out);
    session_->probe().read(Activation::kV, out.data(), out.size());
    return hash_of(out, hash);
  }

 private:
  static Shape shape_of(uint32_t dtype, uint32_t chunks) {
    Shape s;
    s.layers = 1;
    s.dtype = dtype;
    s.width = chunks * 128;
    s.heads = 2;
    s.kv_heads = 1;
    s.ffn = 32;
    s.scales = dtype == TM_F8_E4M3 ? 2 : 0;
    if (tramontane::block_elements(dtype) == 256) s.head_dim = 128, s.ffn = 256;
    s.vocab = 8;
    s.seed = 40 + chunks;
    return s;
  }

  const Weights weights_;
  std::unique_ptr<Session> session_;
  std::vector<float> hidden_;
};

std::string line_of(const char* generation, uint32_t dtype, uint32_t chunks, uint32_t rows) {
  return std::string(generation) + " " + tramontane::dtype_name(dtype) + " " + std::to_string(chunks) + " " +
         std::to_string(rows);
}

std::map<std::string, std::string> expected() {
  std::ifstream file(TM_VECTORS "/device_products.txt");
  std::map<std::string, std::string> all;
  std::string line;
  while (std::getline(file, line)) {
    if (!line.empty() && line[0] != '#') all[line.substr(0, line.rfind(' '))] = line.substr(line.rfind(' ') + 1);
  }
  return all;
}

// That a device of this capability, in tenths, is of; nullptr: how it adds is not known.
const Generation* generation_of(int capability) {
  const auto arithmetic = tramontane::emu::arithmetic_of(capability / 10, capability % 10);
  for (const Generation& generation : kGenerations) {
    if (arithmetic == generation.arithmetic) return &generation;
  }
  return nullptr;
}

// In tenths, out of what the backend says of its device; 0: it says none.
int capability_of(const std::string& text) {
  const std::string words = "compute capability ";
  const size_t at = text.find(words);
  if (at == std::string::npos) return 0;
  size_t digits = 0;
  const int major = std::stoi(text.substr(at + words.size()), &digits);
  const size_t dot = at + words.size() + digits;
  return text[dot] == '.' ? major * 10 + std::stoi(text.substr(dot + 1)) : 0;
}

// The generations that a backend makes the bits of; says where there is none, and fails where there should be one.
std::vector<Generation> made_by(const Placement& p) {
  if (p.backend == TM_BACKEND_EMU) return {std::begin(kGenerations), std::end(kGenerations)};
  char text[tramontane::kBackendText];
  tramontane::backend_of(p.backend)->found(text, sizeof text);
  const int capability = capability_of(text);
  CHECK_TEXT(capability > 0, std::string("no compute capability in: ") + text);
  if (const Generation* generation = generation_of(capability)) return {*generation};
  std::printf("%s: how a device of %d.%d adds is not known: NO HASH IS COMPARED\n", p.name().c_str(), capability / 10,
              capability % 10);
  return {};
}

}  // namespace

TEST(products_have_the_bits_of_the_model) {
  if (kSanitised) return;  // the same code as in plain floats, sums apart
  const auto hashes = expected();
  const char* write = std::getenv("TM_WRITE_HASHES");
  std::ofstream out;
  if (write != nullptr) out.open(write);
  CHECK(write != nullptr ||
        hashes.size() == std::size(kGenerations) * std::size(kDeviceTypes) * std::size(kChunks) * std::size(kRows));
  for (const Placement& p : device_placements()) {
    const std::vector<Generation> generations = made_by(p);
    if (generations.empty()) continue;
    uint32_t compared = 0;
    for (const uint32_t dtype : kDeviceTypes) {
      for (const uint32_t least : kChunks) {
        const uint32_t chunks = least + (tramontane::block_elements(dtype) == 256 ? 1 : 0);
        const bool whole = p.backend != TM_BACKEND_EMU || write != nullptr || std::getenv("TM_TEST_WHOLE") != nullptr;
        if (least > kChunks[0] && !whole) continue;  // exact sums take the emulator seconds
        Products products(p, dtype, chunks);
        for (const Generation& generation : generations) {
          tramontane::emu::use_arithmetic(generation.arithmetic);
          for (const uint32_t rows : kRows) {
            char hash[17];
            std::snprintf(hash, sizeof hash, "%016llx", static_cast<unsigned long long>(products.run(rows)));
            const std::string line = line_of(generation.name, dtype, chunks, rows);
            ++compared;
            if (write != nullptr) {
              out << line << " " << hash << "\n";
            } else {
              const auto place = hashes.find(line);
              CHECK_TEXT(place != hashes.end() && place->second == hash, p.name() + " " + line + " makes " + hash);
            }
          }
          tramontane::emu::use_arithmetic(StepArithmetic::kPlain);
        }
      }
    }
    std::printf("%s: %u hashes, as on %s%s\n", p.name().c_str(), compared, generations.front().name,
                generations.size() > 1 ? " and after" : "");
    CHECK(compared >= generations.size() * std::size(kDeviceTypes) * std::size(kRows));
  }
}

TEST(every_device_that_there_is_code_for_has_hashes) {
  for (const int capability : kCode) {
    const Generation* generation = generation_of(capability);
    CHECK_TEXT(generation != nullptr, "how " + std::to_string(capability) + " adds is not known");
    std::printf("sm_%d: %s\n", capability, generation == nullptr ? "none" : generation->name);
  }
}

TEST(capabilities_are_read_out_of_what_a_device_says) {
  CHECK_EQ(capability_of("NVIDIA H200, 139.8 GiB, compute capability 9.0, driver for CUDA 13.0"), 90);
  CHECK_EQ(capability_of("a card, compute capability 12.1, driver"), 121);
  CHECK_EQ(capability_of("a card without"), 0);
  CHECK(generation_of(75) == nullptr && generation_of(110) == nullptr);
}

}  // namespace test
