// Small random models behind the ABI, with caches whose pages lie anywhere.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "context.h"
#include "random.h"
#include "tramontane.h"

namespace test {

inline constexpr uint32_t kAsStored = UINT32_MAX;

// Sanitised code is an order slower, and what it finds is found with fewer combinations of the same code.
#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
inline constexpr bool kSanitised = true;
#else
inline constexpr bool kSanitised = false;
#endif

struct Shape {
  uint32_t layers = 2;
  uint32_t width = 64;
  uint32_t heads = 4;
  uint32_t kv_heads = 2;
  uint32_t head_dim = 16;
  uint32_t ffn = 96;
  uint32_t vocab = 101;
  uint32_t rope_dims = 16;
  uint32_t rope_style = TM_ROPE_INTERLEAVED;
  uint32_t dtype = TM_F32;  // of the matrices
  uint32_t computed_as = kAsStored;
  uint32_t embedding_dtype = kAsStored;  // where it isn't that of the matrices
  uint32_t scales = 0;                   // of F8_E4M3 matrices: 0, 1 or 2 (one a row)
  bool tied = true;
  bool rope_factors = false;
  double magnitude = 1;                   // of rotated elements
  double query_beta = 0;                  // of the queries' scale by position
  uint32_t query_positions = 0;           // after each so many it takes a step
  std::vector<uint32_t> windows = {0};    // of each group
  std::vector<uint8_t> layer_group = {};  // empty: layer % groups
  uint64_t seed = 1;

  uint32_t parts = TM_PART_EMBEDDING | TM_PART_HEAD;

  uint32_t computed_type() const { return computed_as == kAsStored ? dtype : computed_as; }
  bool has(uint32_t part) const { return (parts & part) != 0; }
  uint32_t experts = 0;
  uint32_t experts_used = 0;
  uint32_t router_dtype = TM_F32;
};

// rows x cols random weights in dtype whose values have about the standard deviation `spread`.
std::vector<uint8_t> random_matrix(uint32_t dtype, uint64_t rows, uint64_t cols, double spread, Random& random);

struct Weights {
  struct Entry {
    uint32_t role, layer, dtype;
    uint64_t rows, cols;
    std::vector<uint8_t> bytes;
    uint32_t expert = 0;
    uint32_t computed_as = kAsStored;
    std::vector<float> scales = {};
    uint32_t computed_type() const { return computed_as == kAsStored ? dtype : computed_as; }
    std::vector<float> stored_values() const;  // dequantised and scaled
    std::vector<float> values() const;         // and rounded: as products see them
    tm_tensor tensor() const;
  };
  Shape shape;
  std::vector<Entry> entries;

  explicit Weights(const Shape& shape);
  // As products see them; empty when not set. Oracles ask row by row, so they are kept: change no entry after that.
  const std::vector<float>& values(uint32_t role, uint32_t layer, uint32_t expert = 0) const;

 private:
  // A copy is made to be changed, and begins with nothing kept.
  struct Kept : std::map<std::tuple<uint32_t, uint32_t, uint32_t>, std::vector<float>> {
    Kept() = default;
    Kept(const Kept&) : Kept() {}
    Kept& operator=(const Kept&) {
      clear();
      return *this;
    }
  };
  mutable Kept kept_;
};

// Layers [first, end) of a whole model with what parts names beside.
Weights part_of(const Weights& whole, uint32_t first, uint32_t end, uint32_t parts);

struct Placement {
  uint32_t backend = TM_BACKEND_REF;
  uint32_t device = 0;
  uint32_t cpu_level = TM_CPU_AUTO;
  uint32_t threads = 1;
  uint32_t kv_dtype = TM_F32;
  uint32_t page_tokens = 16;
  uint32_t slots = 1;
  uint32_t max_rows = 64;
  uint32_t max_tokens = 256;  // longest sequence
  bool ring = false;          // windowed groups hold no more than window + max_rows - 1 tokens
  uint32_t max_adapters = 0;
  uint32_t max_rank = 0;
  uint32_t adapter_dtype = TM_F32;
  uint64_t page_seed = 1;  // which pages of the pool the slots get
  std::string name() const;
};

// Every backend and level that computes on the host. With TM_TEST_BACKEND set, only those of that backend.
std::vector<Placement> placements();
// emu, and cuda on a machine that has a device; likewise.
std::vector<Placement> device_placements();
// Whether a device runs such a model: its types of matrices and head sizes are fewer.
bool device_runs(const Shape& shape);

tm_model_config model_config(const Shape& shape, const Placement& placement, std::vector<uint8_t>& layer_group);
// What a session sizes its cache as.
tm_cache_config cache_config(const Shape& shape, const Placement& placement);

struct SpanInput {
  uint32_t slot;
  int64_t position;
  std::vector<int32_t> tokens;
  uint32_t adapter = 0;
};

class Session {
 public:
  // copies: memory of each entry, to place the weights elsewhere (guard pages); nullptr: the weights' own.
  Session(const Weights& weights, const Placement& placement, const std::vector<const void*>* copies = nullptr);
  ~Session();
  Session(const Session&) = delete;

  tm_context* context() { return context_; }
  tramontane::Probe& probe();  // of the cache as it is sized now
  std::string error() const;
  void resize(const Placement& placement);  // a new cache of other sizes

  // Logits of every row, [rows][vocab], or [rows][width] where there is no head. hidden: the rows that come in where
  // there is no embedding; empty: zeros.
  std::vector<float> run(const std::vector<SpanInput>& spans, const std::vector<float>& hidden = {});
  // A whole sequence in slot, cut into chunks of `chunk` tokens.
  std::vector<float> run_chunked(uint32_t slot, const std::vector<int32_t>& tokens, uint32_t chunk,
                                 uint32_t adapter = 0);
  const std::vector<tm_result>& results() const { return results_; }  // of the latest run
  // Applies the edits and checks the step, for the probe, without running it.
  const tramontane::Step& stage(const std::vector<SpanInput>& spans);

 private:
  tm_step describe(const std::vector<SpanInput>& spans);

  const Weights& weights_;
  Placement placement_;
  tm_context* context_ = nullptr;
  std::unique_ptr<tramontane::Probe> probe_;
  std::vector<tm_page_edit> edits_;  // still to be sent
  std::vector<tm_span> spans_;
  std::vector<int32_t> tokens_;
  std::vector<tm_sample> samples_;
  std::vector<tm_result> results_;
  std::vector<float> logits_;
  std::vector<float> hidden_in_, hidden_out_;
};

tm_sample plain_sample(uint32_t row, uint32_t slot);

std::vector<int32_t> random_tokens(uint32_t n, uint32_t vocab, uint64_t seed);

// To the bit.
bool same(const std::vector<float>& a, const std::vector<float>& b);

}  // namespace test
