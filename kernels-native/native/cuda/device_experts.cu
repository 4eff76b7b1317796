#include "carver.h"
#include "device_experts.h"

namespace tramontane::TM_DEVICE {
namespace {

// Lays the parts out from base on, and gives their bytes; with base null it only measures.
uint64_t lay_out(const Model& model, uint32_t max_rows, void* base, ExpertView& v) {
  v.experts = {model.n_experts, model.n_experts_used};
  const uint64_t chosen = uint64_t{max_rows} * model.n_experts_used;
  Carver carver(base);
  carver.take(v.expert, chosen);
  carver.take(v.share, chosen);
  carver.take(v.place, chosen);
  carver.take(v.first, model.n_experts + 1);
  carver.take(v.pick, uint64_t{most_gathered_tiles(v.experts, max_rows)} * kTileTokens);
  for (ExpertPass*& passes : v.passes) carver.take(passes, most_passes(v.experts, max_rows, kTileTokens));
  carver.take(v.n_passes, kExpertProducts);
  carver.take(v.outputs, chosen * model.width);
  return carver.bytes();
}

bool has_experts(const Model& model) { return model.n_experts > 0 && model.n_layers > 0; }

}  // namespace

ExpertSizes::ExpertSizes(const Model& model, const tm_cache_config& config) {
  if (!has_experts(model)) return;
  ExpertView unused = {};
  bytes = lay_out(model, config.max_rows, nullptr, unused);
  tiles = most_gathered_tiles(unused.experts, config.max_rows);
}

DeviceExperts::DeviceExperts(const Model& model, const tm_cache_config& config, bool by_groups, cudaStream_t stream)
    : model_(model), by_groups_(by_groups), stream_(stream) {
  if (!has_experts(model)) return;
  memory_ = Memory(ExpertSizes(model, config).bytes, Memory::Place::kDevice);
  lay_out(model, config.max_rows, memory_.as<void>(), view_);
}

uint32_t DeviceExperts::most_tokens(uint32_t n_rows) const {
  return most_gathered_tiles(view_.experts, n_rows) * kTileTokens;
}

// Gate and up of an expert are one matrix in slices_of.
uint32_t DeviceExperts::tokens_of(ExpertProduct which, uint32_t n_rows) const {
  const uint32_t n_slices =
      which == kDownOfExperts ? slices_of(model_.width, model_.ffn) : slices_of(2ull * model_.ffn, model_.width);
  return pass_tokens(view_.experts, n_rows, n_slices, by_groups_);
}

void DeviceExperts::choose(uint32_t n_rows, const Norm& norm, const float* router, const uint32_t* span) {
  must(route(norm, router, span, view_, n_rows, stream_), "choosing experts");
  const PassTokens tokens = {{tokens_of(kGateUpOfExperts, n_rows), tokens_of(kDownOfExperts, n_rows)}};
  must(gather(view_, n_rows, tokens, stream_), "gathering rows of experts");
}

void DeviceExperts::cut(Product& product, ExpertProduct which, uint32_t n_rows) const {
  product.n_tokens = tokens_of(which, n_rows);
  product.passes = {view_.passes[which], view_.n_passes + which, most_passes(view_.experts, n_rows, product.n_tokens)};
}

void DeviceExperts::add(uint32_t n_rows, float* hidden) {
  must(add_experts(view_, hidden, model_.width, n_rows, stream_), "adding experts");
}

}  // namespace tramontane::TM_DEVICE
