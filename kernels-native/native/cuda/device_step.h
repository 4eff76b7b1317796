// A step on the device: the pages of the cache, its buffers, its description, and the layer loop.
#pragma once

#include <cstdint>

#include "cache.h"
#include "completion.h"
#include "device_adapters.h"
#include "device_experts.h"
#include "device_memory.h"
#include "device_model.h"
#include "device_sampling.h"
#include "kernels.h"
#include "step.h"
#include "step_graphs.h"

namespace tramontane::TM_DEVICE {

// The device's buffers of one step. R = its rows. Logits are one tile of them. Where only a probe would read a buffer
// it is nullptr until there is one, and nobody writes it.
struct DeviceFrame {
  float* rope_cos;     // [R, rope_dims / 2]
  float* rope_sin;     // [R, rope_dims / 2]
  float* query_scale;  // [R]
  float* hidden;       // [R, width] the residual stream
  float* q;            // [R, n_heads * head_dim]
  float* k;            // [R, n_kv_heads * head_dim] before they have a scale, or adapters' parts; or for a probe, like
  float* v;            // [R, n_kv_heads * head_dim]
  float* attention;    // [R, n_heads * head_dim]; for a probe alone
  float* gate;  // [R, ffn] W_gate x, before adapters' parts are added, then SiLU(gate) * up; or that for a probe: with
                // experts [R * used, ffn], by places (experts.h)
  float* up;    // [R, ffn] W_up x, before adapters' parts are added; none without room for adapters
  float* logits;  // [kLogitTile, vocab]
};

// Description of a step, once in pinned memory and once on the device.
struct Description {
  int64_t* position;           // [max_rows]
  int32_t* tokens;             // [max_rows]
  uint32_t* span;              // [max_rows]
  uint32_t* pick;              // [kLogitTile]
  QueryTile* tiles;            // [max_tiles]
  AdapterTile* adapter_tiles;  // [max_rows]; none without room for adapters, like
  uint32_t* adapter_rows;      // [max_rows]
  uint32_t* tables[TM_MAX_GROUPS];
};

// Bytes of all but the pages, and how attention is divided.
struct StepSizes {
  StepSizes(const Model& model, const Cache& cache, const tm_cache_config& config);

  uint32_t group_segments[TM_MAX_GROUPS] = {};  // most segments that a row of the group sees
  uint32_t max_segments = 0;
  uint32_t max_split = 0;            // rows whose attention is divided
  uint32_t graph_rows = 0;           // of the largest decode, for StepGraphs
  uint32_t graph_segments = 1;       // that divided rows see; of one where none are
  uint64_t graphs = 0;               // what the device's driver is expected to keep of all graphs
  uint64_t floats;                   // of DeviceFrame
  uint32_t room;                     // for activations, in tiles
  uint64_t normed, attended, gated;  // activations
  uint64_t meeting_sums, meeting_counts;
  uint64_t partial, arrived;  // of attention
  uint64_t description;       // in pinned memory, and as much on the device
  uint64_t adapters;          // beside their slots
  uint64_t experts;

  uint64_t sum() const;
};

// Everything here may throw DeviceError. One thread at a time.
class DeviceStep {
 public:
  DeviceStep(const Model& model, const DeviceModel& weights, const Cache& cache, const tm_cache_config& config,
             cudaStream_t stream);
  DeviceStep(const DeviceStep&) = delete;

  uint64_t page_bytes() const;  // of all pages
  uint64_t adapter_bytes() const { return adapters_.slot_bytes(); }
  uint64_t bytes() const;  // of all else
  DeviceAdapters& adapters() { return adapters_; }
  const Cache& cache() const { return cache_; }
  const DeviceFrame& frame() const { return frame_; }
  const DeviceExperts& experts() const { return experts_; }
  uint8_t* pages(uint32_t group) const { return pages_[group].as<uint8_t>(); }

  // Copies a page out or in, and waits for it.
  void read_page(uint32_t group, uint32_t page, void* to);
  void write_page(uint32_t group, uint32_t page, const void* from);

  void begin(const Step& step);  // page copies, description, angles
  void embed(uint32_t n_rows);
  void receive(const Step& step);  // rows from the context before, in place of embed
  void give(const Step& step);     // rows to the context behind, in place of logits
  // A decode that a graph has room for as that graph. The rows that are too many belong to no span: they are computed,
  // from zeros on, attend to nothing, and write nothing to the cache.
  void layers(const Step& step);
  // What a layer is made of, for the rows and tiles that begin described.
  void qkv(uint32_t n_rows, uint32_t layer);
  void attention(uint32_t layer);
  void output(uint32_t n_rows, uint32_t layer);
  void gate_up(uint32_t n_rows, uint32_t layer);
  void down(uint32_t n_rows, uint32_t layer);
  void logits(const uint32_t* rows, uint32_t n);  // of up to kLogitTile rows
  void finish();                                  // waits until all that was submitted is done
  // From now on what layers make lies in frame() in floats, too, but for those of captured graphs.
  void show();

 private:
  void send(void* to, const void* from, uint64_t bytes);
  uint32_t pairs_of_tile(const Step& step) const;
  uint32_t add_tiles(const Step& step, bool split, uint32_t n_tiles);
  uint32_t add_idle_tiles(uint32_t n_tiles, uint32_t end);
  void describe_attention(const Step& step);
  void describe_decode(uint32_t rows);
  void capture_graphs(StepGraphs& graphs);
  void all_layers(uint32_t n_rows);
  Product product(uint32_t n_rows, const DeviceMatrix& matrix, const Memory& activations) const;
  Activations activations(const Memory& memory, const DeviceMatrix& matrix) const;
  Product gated_product(uint32_t n_rows, const DeviceLayer& layer) const;
  CacheView view(uint32_t layer) const;
  Norm norm_of(const Memory& weight) const;
  void gate_up_of_experts(uint32_t n_rows, const DeviceLayer& layer);
  // The product, and what adapters add to it: matrices are its parts.
  void multiply_adapted(const DeviceMatrix& matrix, const Product& product, uint32_t layer, const Adapted* matrices);

  const Model& model_;
  const DeviceModel& weights_;
  const Cache& cache_;
  const cudaStream_t stream_;
  const uint32_t max_rows_;
  const StepSizes sizes_;
  const bool by_groups_;  // wgmma multiplies where tokens are many
  const bool attends_by_groups_;
  const uint32_t n_processors_;
  Memory pages_[TM_MAX_GROUPS];
  Memory floats_, shown_;             // what frame_ points to
  Memory normed_, attended_, gated_;  // activations
  Memory meeting_sums_, meeting_counts_;
  Memory partial_, arrived_;
  Memory host_description_, device_description_;
  DeviceAdapters adapters_;
  DeviceExperts experts_;
  DeviceFrame frame_ = {};
  Description host_ = {}, device_ = {};
  uint32_t n_tiles_ = 0;
  uint32_t tile_pairs_ = 0;
  uint32_t n_split_ = 0;
  uint32_t segments_ = 0;    // of this step's split rows, a power of two
  uint32_t graph_rows_ = 0;  // of the graph that this step takes; 0: none
  uint32_t n_adapter_tiles_ = 0;
  StepGraphs graphs_;
  StepGraphs adapted_graphs_;  // of decodes that adapters may change anywhere
  Completion done_;
};

}  // namespace tramontane::TM_DEVICE
