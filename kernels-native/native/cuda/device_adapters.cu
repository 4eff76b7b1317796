#include "device_adapters.h"
#include "dtype.h"

namespace tramontane::TM_DEVICE {
AdapterSizes::AdapterSizes(const Model& model, const tm_cache_config& config)
    : slots(config.max_adapters * AdapterLayout(model, config).slot_bytes),
      parts(uint64_t{config.max_adapters} * model.n_layers * kAdaptedMatrices * sizeof(AdapterPart)),
      shrunk(model.n_layers == 0 ? 0 : uint64_t{config.max_rows} * kAdaptedTogether * config.max_rank * sizeof(float)) {
}

DeviceAdapters::DeviceAdapters(const Model& model, const tm_cache_config& config, cudaStream_t stream)
    : model_(model), stream_(stream), layout_(model, config), touches_(config.max_adapters) {
  const AdapterSizes sizes(model, config);
  slots_ = Memory(sizes.slots, Memory::Place::kDevice);
  parts_ = Memory(sizes.parts, Memory::Place::kDevice);
  shrunk_ = Memory(sizes.shrunk, Memory::Place::kDevice);
}

void DeviceAdapters::copy(void* to, const void* from, uint64_t bytes) {
  if (bytes == 0) return;  // a part of a model without layers
  must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "copying an adapter");
  must(cudaStreamSynchronize(stream_), "copying an adapter");
}

void DeviceAdapters::load(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts) {
  const uint64_t n_places = uint64_t{model_.n_layers} * kAdaptedMatrices;
  std::vector<AdapterPart> table(n_places);
  std::vector<uint8_t> a, b;
  uint8_t* slot = slots_.as<uint8_t>() + (adapter - 1) * layout_.slot_bytes;
  touches_[adapter - 1] = 0;
  for (uint32_t i = 0; i < n_parts; ++i) {
    const tm_adapter_part& part = parts[i];
    const uint32_t matrix = adapted_matrix(part.role);
    a.resize(part.rank * row_bytes(layout_.dtype, layout_.cols[matrix]));
    b.resize(layout_.rows[matrix] * row_bytes(layout_.dtype, part.rank));
    layout_.write(model_, part, layout_.rows[matrix], a.data(), b.data());
    copy(slot + layout_.a_of(part.layer, matrix), a.data(), a.size());
    copy(slot + layout_.b_of(part.layer, matrix), b.data(), b.size());
    table[uint64_t{part.layer} * kAdaptedMatrices + matrix] = {part.rank, part.scale};
    touches_[adapter - 1] |= 1u << matrix;
  }
  copy(parts_.as<AdapterPart>() + (adapter - 1) * n_places, table.data(), n_places * sizeof(AdapterPart));
}

uint32_t DeviceAdapters::describe(const Step& step, uint32_t n_rows, uint32_t at_least, AdapterTile* tiles,
                                  uint32_t* rows) {
  uint32_t n_listed = 0, n_tiles = 0;
  const auto add = [&](uint32_t adapter, uint32_t row) {
    if (n_tiles == 0 || tiles[n_tiles - 1].adapter != adapter || tiles[n_tiles - 1].n_rows == kAdapterTokens) {
      tiles[n_tiles++] = {adapter, n_listed, 0};
    }
    ++tiles[n_tiles - 1].n_rows;
    rows[n_listed++] = row;
  };
  touched_ = 0;
  for (uint32_t i = 0; i < step.n_runs; ++i) {
    const AdapterRun& run = step.runs[i];
    touched_ |= touches_[run.adapter - 1];
    for (uint32_t row = run.first_row; row < run.first_row + run.n_rows; ++row) add(run.adapter, row);
  }
  for (uint32_t row = 0; row < n_rows; ++row) {
    if (row >= step.n_rows || step.span_of(row).adapter == 0) add(0, row);
  }
  for (; n_tiles < at_least; ++n_tiles) tiles[n_tiles] = {0, 0, 0};
  return n_tiles;
}

Adaption DeviceAdapters::adaption(uint32_t layer, const Adapted* matrices, uint32_t n, const AdapterTile* tiles,
                                  const uint32_t* rows, uint32_t n_tiles) const {
  Adaption a = {};
  a.view = {slots_.as<uint8_t>(), parts_.as<AdapterPart>(), tiles,        rows, shrunk_.as<float>(), layout_.slot_bytes,
            model_.n_layers,      layout_.max_rank,         layout_.dtype};
  for (uint32_t i = 0; i < n; ++i) {
    a.matrices[i] = {matrices[i], layout_.a_of(layer, matrices[i]), layout_.b_of(layer, matrices[i])};
  }
  a.n_matrices = n;
  a.layer = layer;
  a.n_tiles = n_tiles;
  a.columns = static_cast<uint32_t>(layout_.cols[matrices[0]]);
  return a;
}

}  // namespace tramontane::TM_DEVICE
