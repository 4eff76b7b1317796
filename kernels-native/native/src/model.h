// The model of a context: geometry, tensors and what the backend made of them. Written by the calling thread while
// the context is being set up (and by the backend's threads in Backend::prepare); read only while a step runs.
#pragma once

#include <atomic>
#include <cstdint>
#include <memory>
#include <vector>

#include "dtype.h"
#include "halved_rows.h"
#include "query_scale.h"
#include "tramontane.h"

namespace tramontane {

// Whatever a backend keeps per tensor (repacked weights). Made in Backend::reserve, filled in Backend::prepare.
struct Packed {
  virtual ~Packed() = default;
  virtual uint64_t bytes() const = 0;  // owned memory, reported by tm_memory_use
};

// A matrix [rows = outputs, cols = inputs], row-major. data is the caller's and valid until tm_close.
struct Tensor {
  const void* data = nullptr;  // nullptr: not set
  uint32_t stored = TM_F32;    // type of data
  uint32_t dtype = TM_F32;     // type that it is computed as: stored, or what the values are rounded to
  uint64_t rows = 0;
  uint64_t cols = 0;
  uint64_t bytes = 0;
  HalvedRows halved;          // set by tm_open for q and k of the TM_ROPE_HALVES style
  bool mapped = false;        // TM_TENSOR_MAPPED: whole pages may be dropped once nothing reads them
  std::vector<float> scales;  // [rows] of F8_E4M3 as the data's rows lie, empty for other types
  std::unique_ptr<Packed> packed;
  bool in_place = true;  // a backend that no longer reads data after prepare sets this to false

  bool set() const { return data != nullptr; }
  void set_to(const tm_tensor& tensor);                                 // already checked
  const float* f32() const { return static_cast<const float*>(data); }  // norms and rope factors (4-byte aligned)
  const uint8_t* row(uint64_t r) const {
    return static_cast<const uint8_t*>(data) + halved.place_of(r) * row_bytes(stored, cols);
  }
  float scale(uint64_t r) const { return scales[halved.place_of(r)]; }  // of F8_E4M3
  // dst[0..cols) = the values of row r: dequantised and scaled.
  void stored_values(uint64_t r, float* dst) const;
  // The same rounded to dtype: what products are made of.
  void values(uint64_t r, float* dst) const;
  // Lets the system have the file's pages of a mapped tensor that nobody reads any more, those that lie wholly inside
  // it: they leave the process, and whoever reads them all the same has them from the file again.
  void drop_pages() const;
};

// Whether tensors of the role are vectors, which are never multiplied as matrices.
inline bool is_vector(uint32_t role) {
  return role == TM_OUTPUT_NORM || role == TM_ROPE_FACTORS || role == TM_ATTENTION_NORM || role == TM_FFN_NORM;
}

struct FeedForward {
  Tensor gate;  // [ffn, width]
  Tensor up;    // [ffn, width]
  Tensor down;  // [width, ffn]
};

struct Layer {
  Tensor attention_norm;             // [1, width] F32
  Tensor q;                          // [n_heads * head_dim, width]
  Tensor k;                          // [n_kv_heads * head_dim, width]
  Tensor v;                          // [n_kv_heads * head_dim, width]
  Tensor out;                        // [width, n_heads * head_dim]
  Tensor ffn_norm;                   // [1, width] F32
  Tensor router;                     // [n_experts, width], only with experts
  std::vector<FeedForward> experts;  // [n_experts], or 1 without experts
  uint32_t group = 0;                // its window and page table
  uint32_t index_in_group = 0;       // its place inside a page

  const FeedForward& ffn() const { return experts[0]; }
};

struct Model {
  explicit Model(const tm_model_config& config);  // already checked; tensors are still to be set

  uint32_t cpu_level;  // resolved: never TM_CPU_AUTO
  uint32_t device;     // of the backend's
  uint32_t n_workers;  // compute threads; a step runs on all of them
  bool has_embedding;  // TM_PART_*
  bool has_head;
  uint32_t n_layers;
  uint32_t width;
  uint32_t n_heads;
  uint32_t n_kv_heads;
  uint32_t head_dim;
  uint32_t ffn;
  uint32_t vocab;
  uint32_t n_experts;
  uint32_t n_experts_used;
  uint32_t rope_dims;
  uint32_t n_groups;
  uint32_t group_window[TM_MAX_GROUPS];  // 0: no window
  uint32_t group_layers[TM_MAX_GROUPS];  // layers of each group
  double rope_theta;
  double rms_epsilon;
  double rope_magnitude;
  QueryScale query_scale;

  std::vector<Layer> layers;
  Tensor embedding;                   // [vocab, width]
  Tensor output_norm;                 // [1, width] F32
  Tensor output;                      // [vocab, width]; not set when tied: use head(), where there is one
  Tensor rope_factors;                // [1, rope_dims / 2] F32, optional
  std::vector<float> rope_frequency;  // [rope_dims / 2] radians per position, made by tm_prepare
  std::unique_ptr<Packed> packed;     // backend-wide state

  std::atomic<uint64_t> prepared_bytes{0};  // advanced by Backend::prepare; tm_progress reads it from any thread
  std::atomic<uint64_t> prepare_total{0};   // set by Backend::reserve

  const Tensor& head() const { return is_tied() ? embedding : output; }
  Tensor& head() { return is_tied() ? embedding : output; }
  bool is_whole() const { return has_embedding && has_head; }
  bool is_tied() const { return is_whole() && !output.set(); }
  uint32_t window(uint32_t layer) const { return group_window[layers[layer].group]; }
  uint32_t q_width() const { return n_heads * head_dim; }
  uint32_t kv_width() const { return n_kv_heads * head_dim; }

  // The tensor of (role, layer, expert); nullptr when there is none such.
  Tensor* find(uint32_t role, uint32_t layer, uint32_t expert);
  // Fills rope_frequency, when the factors are known.
  void make_frequencies();
  // Adds the bytes of all tensors, as they are used.
  void add_weights(tm_memory& memory) const;
};

}  // namespace tramontane
