#include "host/host_backend.h"

#include <cstring>

#include "cpu_features.h"

namespace tramontane {

constexpr uint64_t kMostScratch = uint64_t{1} << 60;

HostBackend::HostBackend(const Stages& stages, Model& model)
    : stages_(stages), model_(model), pool_(model.n_workers, n_processors()) {}

int32_t HostBackend::reserve(Error&) {
  stages_.reserve(model_);
  return TM_OK;
}

int32_t HostBackend::prepare(Error&) {
  pool_.run([this](const Worker& worker) { stages_.prepare(model_, worker); });
  return TM_OK;
}

HostWorkspace::HostWorkspace(const Stages& stages, const Model& model, const tm_cache_config& config) {
  Frame frame = {};
  frame.model = &model;
  frame.adapter_layout = AdapterLayout(model, config);
  adapters = config.max_adapters * frame.adapter_layout.slot_bytes;
  floats = frame.lay_out(config.max_rows, nullptr);
  logits = static_cast<uint64_t>(Sampling::rows_at_once(config)) * model.vocab * sizeof(float);
  scratch = stages.scratch_bytes(model, config.max_rows);
  sampling = Sampling::bytes_for(model.vocab, model.n_workers, config);
}

int32_t HostBackend::size(const Cache& cache, const tm_cache_config& config, Error& error) {
  pages_.cache = &cache;
  for (uint32_t g = 0; g < cache.n_groups; ++g) pages_.pools[g] = Buffer(cache.groups[g].bytes());
  frame_.model = &model_;
  frame_.cache = &cache;
  frame_.pages = &pages_;
  frame_.adapter_layout = AdapterLayout(model_, config);
  const HostWorkspace bytes(stages_, model_, config);
  adapters_ = Buffer(bytes.adapters);
  frame_.adapters = adapters_.as<uint8_t>();
  floats_ = Buffer(bytes.floats);
  frame_.lay_out(config.max_rows, floats_.as<void>());
  logits_ = Buffer(bytes.logits);
  frame_.logits = logits_.as<float>();
  if (bytes.scratch > kMostScratch) {
    return error.fail(TM_OUT_OF_MEMORY, "max_rows is %u: the backend's scratch does not fit the address space",
                      config.max_rows);
  }
  scratch_ = Buffer(bytes.scratch);
  frame_.scratch = scratch_.as<void>();
  sampling_ = Sampling(model_.vocab, model_.n_workers, config);
  pool_.run([&](const Worker& worker) { touch(worker); });
  return TM_OK;
}

// Each worker takes, and so has near it, its share of every buffer.
void HostBackend::touch(const Worker& worker) const {
  const auto share = [&](const Buffer& buffer) {
    const auto [first, last] = worker.share(buffer.bytes(), Buffer::kTouched);
    buffer.touch(first, last);
  };
  for (const Buffer& pool : pages_.pools) share(pool);
  for (const Buffer* buffer : {&floats_, &logits_, &scratch_, &adapters_}) share(*buffer);
  sampling_.touch(worker);
}

void HostBackend::drop() {
  pages_ = TilePages();
  floats_ = Buffer();
  logits_ = Buffer();
  scratch_ = Buffer();
  adapters_ = Buffer();
  frame_ = Frame();
  sampling_ = Sampling();
}

int32_t HostBackend::read_page(uint32_t group, uint32_t page, void* to, Error&) {
  std::memcpy(to, pages_.start(group, page), pages_.cache->groups[group].page_bytes);
  return TM_OK;
}

int32_t HostBackend::write_page(uint32_t group, uint32_t page, const void* from, Error&) {
  std::memcpy(pages_.start(group, page), from, pages_.cache->groups[group].page_bytes);
  return TM_OK;
}

int32_t HostBackend::load_adapter(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts, Error&) {
  const AdapterLayout& layout = frame_.adapter_layout;
  uint8_t* slot = adapters_.as<uint8_t>() + (adapter - 1) * layout.slot_bytes;
  for (uint32_t i = 0; i < n_parts; ++i) {
    const uint32_t matrix = adapted_matrix(parts[i].role);
    layout.write(model_, parts[i], kHostStrip, slot + layout.a_of(parts[i].layer, matrix),
                 slot + layout.b_of(parts[i].layer, matrix));
  }
  return TM_OK;
}

void HostBackend::submit(const Step& step) {
  frame_.step = &step;
  pool_.start(
      [](void* self, const Worker& worker) {
        HostBackend& b = *static_cast<HostBackend*>(self);
        forward(b.stages_, b.frame_, b.sampling_, worker);
      },
      this);
}

Backend::Holdings HostBackend::holdings() const {
  Holdings holdings = {};  // repacked weights are the tensors'
  for (const Buffer& pool : pages_.pools) holdings.pages += pool.bytes();
  holdings.workspace = floats_.bytes() + logits_.bytes() + scratch_.bytes() + sampling_.bytes();
  holdings.adapters = adapters_.bytes();
  return holdings;
}

}  // namespace tramontane
