// Weights that come to a device in several parts are there to the bit, in whatever order and type their files have
// them, and so is the progress that is told.
#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdlib>
#include <cstring>
#include <fstream>
#include <thread>

#if defined(__linux__)
#include <sys/mman.h>
#include <unistd.h>
#endif

#include "check.h"
#include "probe.h"
#include "tiny_model.h"

namespace test {
namespace {

Shape shape_of(uint32_t vocab) {
  Shape s;
  s.layers = 1;
  s.width = 64;
  s.ffn = 64;
  s.heads = 4;
  s.kv_heads = 2;
  s.head_dim = 16;
  s.vocab = vocab;
  s.dtype = TM_F16;
  return s;
}

std::vector<Placement> devices(uint32_t threads) {
  std::vector<Placement> all = device_placements();
  for (Placement& p : all) p.threads = threads;
  return all;
}

// Rows of a table that takes some MiB, from all over it.
void compare_rows(const Weights& weights, const std::string& name) {
  const Shape& shape = weights.shape;
  std::vector<int32_t> tokens;
  for (uint32_t i = 0; i < 8; ++i) tokens.push_back(static_cast<int32_t>((shape.vocab - 1) * i / 7));
  const std::vector<SpanInput> spans = {{0, 0, tokens}};
  for (const Placement& p : devices(3)) {
    Session session(weights, p);
    uint64_t done = 0, total = 1;
    CHECK_EQ(tm_progress(session.context(), &done, &total), TM_OK);
    CHECK_EQ(done, total);
    session.run(spans);
    std::vector<float> hidden(tokens.size() * shape.width, NAN);
    session.probe().write(tramontane::Activation::kHidden, hidden.data(), hidden.size());
    session.probe().run(tramontane::Operation::kEmbed, session.stage(spans), 0);
    session.probe().read(tramontane::Activation::kHidden, hidden.data(), hidden.size());
    const std::vector<float>& table = weights.values(TM_TOKEN_EMBEDDING, 0);
    for (size_t i = 0; i < tokens.size(); ++i) {
      const float* expected = &table[static_cast<uint64_t>(tokens[i]) * shape.width];
      if (std::any_of(expected, expected + shape.width, [](float x) { return std::isnan(x); })) {
        CHECK_TEXT(std::isnan(hidden[i * shape.width]), p.name() + " " + name + " is not NaN");
        continue;
      }
      CHECK_TEXT(memcmp(&hidden[i * shape.width], expected, shape.width * sizeof(float)) == 0,
                 p.name() + " " + name + " row " + std::to_string(tokens[i]));
    }
  }
}

#if defined(__linux__)

// A file of all tensors one after the other, at odd places of its pages, mapped as the binding maps files.
class MappedWeights {
 public:
  explicit MappedWeights(const Weights& weights) {
    constexpr uint64_t kApart = 96;
    for (const Weights::Entry& e : weights.entries) bytes_ += (e.bytes.size() + kApart) / 32 * 32;
    char name[] = "/tmp/tm-upload-XXXXXX";
    const int file = mkstemp(name);
    if (file < 0 || ftruncate(file, static_cast<off_t>(bytes_)) != 0) std::abort();
    unlink(name);
    off_t at = 0;
    for (const Weights::Entry& e : weights.entries) {
      const auto n = static_cast<ssize_t>(e.bytes.size());
      if (pwrite(file, e.bytes.data(), e.bytes.size(), at) != n) std::abort();
      offsets_.push_back(at);
      at += static_cast<off_t>((e.bytes.size() + kApart) / 32 * 32);
    }
    memory_ = mmap(nullptr, bytes_, PROT_READ, MAP_PRIVATE, file, 0);
    close(file);
    if (memory_ == MAP_FAILED) std::abort();
  }
  ~MappedWeights() { munmap(memory_, bytes_); }
  MappedWeights(const MappedWeights&) = delete;

  uint64_t bytes() const { return bytes_; }
  const void* data(size_t entry) const { return static_cast<const uint8_t*>(memory_) + offsets_[entry]; }

  // Bytes of it that this process holds, as the system tells.
  uint64_t resident() const {
    char start[32];
    std::snprintf(start, sizeof start, "%lx-", reinterpret_cast<unsigned long>(memory_));
    std::ifstream smaps("/proc/self/smaps");
    bool here = false;
    unsigned long kilobytes = 0;
    for (std::string line; std::getline(smaps, line);) {
      if (line.rfind(start, 0) == 0) here = true;
      if (here && std::sscanf(line.c_str(), "Rss: %lu kB", &kilobytes) == 1) return kilobytes * 1024;
    }
    CHECK_TEXT(false, "the mapping is not listed");
    return 0;
  }

 private:
  uint64_t bytes_ = 0;
  std::vector<off_t> offsets_;
  void* memory_ = nullptr;
};

#endif

}  // namespace

#if defined(__linux__)

// A model of many gigabytes would push everything else out of memory on its way to a device.
TEST(a_mapped_file_leaves_memory_as_its_tensors_are_uploaded) {
  Shape shape = shape_of(101);
  shape.layers = 3;
  shape.width = 128;
  shape.ffn = 4096;  // a matrix of 1 MiB
  const Weights weights(shape);
  for (const Placement& p : devices(2)) {
    const MappedWeights file(weights);
    std::vector<uint8_t> layer_group;
    const tm_model_config config = model_config(shape, p, layer_group);
    tm_context* context = nullptr;
    char message[512];
    CHECK_EQ(tm_open(&config, &context, message, sizeof message), TM_OK);
    for (size_t i = 0; i < weights.entries.size(); ++i) {
      tm_tensor t = weights.entries[i].tensor();
      t.data = file.data(i);
      t.flags = TM_TENSOR_MAPPED;
      CHECK_EQ(tm_set_tensor(context, &t), TM_OK);
    }
    std::atomic<bool> over{false};
    uint64_t most = 0;  // that was seen: there may have been more between two looks
    std::thread watcher([&] {
      while (!over) most = std::max(most, file.resident());
    });
    const int32_t status = tm_prepare(context);
    over = true;
    watcher.join();
    CHECK_EQ(status, TM_OK);
    // What is left are pages that a tensor has in part, and their neighbours, which the system maps with them.
    CHECK_TEXT(most < file.bytes() / 2,
               p.name() + " held " + std::to_string(most) + " of " + std::to_string(file.bytes()) + " bytes at a time");
    CHECK_TEXT(file.resident() < file.bytes() / 4, p.name() + " holds " + std::to_string(file.resident()) + " of " +
                                                       std::to_string(file.bytes()) + " bytes");
    tm_close(context);
  }
}

#endif

// Parts are of 4 MiB.
TEST(tables_of_several_parts_are_whole) {
  Shape shape = shape_of(70001);  // 9 MB: the third part comes where the first one was
  compare_rows(Weights(shape), "F16");
  shape.dtype = TM_F8_E4M3;  // 4.5 MB
  shape.scales = 2;          // one of each row
  Weights with_nan(shape);
  for (Weights::Entry& e : with_nan.entries) {
    if (e.role == TM_TOKEN_EMBEDDING) e.bytes[70000ull * shape.width + 5] = 0x7f;  // its row is NaN, in the second part
  }
  compare_rows(with_nan, "F8_E4M3");
  shape = shape_of(20003);
  shape.tied = false;
  shape.embedding_dtype = TM_F32;  // 5.1 MB, not arranged
  compare_rows(Weights(shape), "F32");
  shape = shape_of(70001);
  shape.dtype = TM_F32;  // rounded on the way
  shape.computed_as = TM_Q8_0;
  compare_rows(Weights(shape), "F32 as Q8_0");
}

// Rows of q lie elsewhere in the file, and its parts end within a head's.
TEST(parts_of_a_matrix_keep_the_order_of_its_file) {
  Shape shape = shape_of(67);
  shape.width = 512;
  shape.heads = 96;
  shape.kv_heads = 8;
  shape.head_dim = 96;
  shape.rope_dims = 96;
  Weights interleaved(shape);  // q is 9.4 MB
  Weights halves(interleaved);
  halves.shape.rope_style = TM_ROPE_HALVES;
  for (Weights::Entry& e : halves.entries) {
    if (e.role != TM_ATTENTION_Q && e.role != TM_ATTENTION_K) continue;
    const std::vector<uint8_t> before = e.bytes;
    const uint64_t row = e.bytes.size() / e.rows, half = shape.rope_dims / 2;
    for (uint64_t r = 0; r < e.rows; ++r) {
      const uint64_t in_head = r % shape.head_dim;
      const uint64_t to = r - in_head + in_head / 2 + in_head % 2 * half;
      memcpy(&e.bytes[to * row], &before[r * row], row);
    }
  }
  for (const Placement& p : devices(2)) {
    Session one(interleaved, p), other(halves, p);
    const std::vector<SpanInput> spans = {{0, 0, {1, 2, 3}}};
    const auto expected = one.run(spans), got = other.run(spans);
    CHECK_TEXT(memcmp(expected.data(), got.data(), got.size() * sizeof(float)) == 0, p.name());
  }
}

}  // namespace test
