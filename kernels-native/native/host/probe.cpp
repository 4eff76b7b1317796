#include <cstring>

#include "host/host_backend.h"

namespace tramontane {

class HostProbe final : public Probe {
 public:
  explicit HostProbe(HostBackend& backend) : backend_(backend) {}

  void run(Operation operation, const Step& step, uint32_t layer) override {
    backend_.frame_.step = &step;
    backend_.pool_.run([&](const Worker& worker) {
      const Frame& frame = backend_.frame_;
      const Stages& stages = backend_.stages_;
      switch (operation) {
        case Operation::kEmbed:
          return stages.embed(frame, worker);
        case Operation::kQkv:
          return stages.qkv(frame, layer, worker);
        case Operation::kAttention:
          return stages.attention(frame, layer, worker);
        case Operation::kOutput:
          return stages.output(frame, layer, worker);
        case Operation::kGateUp:
          return stages.gate_up(frame, layer, worker);
        case Operation::kDown:
          return stages.down(frame, layer, worker);
      }
    });
  }

  void logits(const Step& step, const uint32_t* rows, uint32_t n) override {
    backend_.frame_.step = &step;
    backend_.pool_.run([&](const Worker& worker) { backend_.stages_.logits(backend_.frame_, rows, n, worker); });
  }

  void read(Activation which, float* to, uint64_t n) override {
    memcpy(to, rows_of(backend_.frame_, which), n * sizeof(float));
  }
  void write(Activation which, const float* from, uint64_t n) override {
    memcpy(rows_of(backend_.frame_, which), from, n * sizeof(float));
  }
  const Routing* routing() override { return backend_.model_.n_experts == 0 ? nullptr : &backend_.frame_.routing; }

  void read(const Place& place, float* key, float* value) override {
    const TilePages& pages = backend_.pages_;
    const uint32_t offset = pages.cache->offset_in_page(place.position);
    pages.get_key(block_of(place), offset, key);
    pages.get_value(block_of(place), offset, value);
  }
  void write(const Place& place, const float* key, const float* value) override {
    const TilePages& pages = backend_.pages_;
    const uint32_t offset = pages.cache->offset_in_page(place.position);
    pages.put_key(block_of(place), offset, key);
    pages.put_value(block_of(place), offset, value);
  }

  std::vector<uint8_t> pages(uint32_t group) override {
    const Buffer& pool = backend_.pages_.pools[group];
    return {pool.as<uint8_t>(), pool.as<uint8_t>() + pool.bytes()};
  }
  void fill_pages(uint32_t group, uint8_t byte) override {
    const Buffer& pool = backend_.pages_.pools[group];
    memset(pool.as<void>(), byte, pool.bytes());
  }

 private:
  KvBlock block_of(const Place& place) const {
    const Layer& layer = backend_.model_.layers[place.layer];
    const uint32_t page = backend_.frame_.cache->page_of(layer.group, place.slot, place.position);
    return backend_.pages_.block(layer.group, page, layer.index_in_group, place.head);
  }

  HostBackend& backend_;
};

std::unique_ptr<Probe> HostBackend::probe() { return std::make_unique<HostProbe>(*this); }

}  // namespace tramontane
