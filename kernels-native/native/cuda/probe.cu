// Looks into the backend between two steps, for tests: through copies, so that it works on a device as on the emulator.
#include <vector>

#include "device_backend.h"
#include "dtype.h"
#include "mma_order.h"

namespace tramontane::TM_DEVICE {

class DeviceProbe final : public Probe {
 public:
  explicit DeviceProbe(DeviceBackend& backend) : backend_(backend) {}

  void run(Operation operation, const Step& step, uint32_t layer) override {
    on_driver([&] {
      DeviceStep& device = *backend_.step_;
      switch (operation) {
        case Operation::kEmbed:
          return device.embed(step.n_rows);
        case Operation::kQkv:
          return device.qkv(step.n_rows, layer);
        case Operation::kAttention:
          return device.attention(layer);
        case Operation::kOutput:
          return device.output(step.n_rows, layer);
        case Operation::kGateUp:
          return device.gate_up(step.n_rows, layer);
        case Operation::kDown:
          return device.down(step.n_rows, layer);
      }
    });
  }

  void logits(const Step&, const uint32_t* rows, uint32_t n) override {
    on_driver([&] { backend_.step_->logits(rows, n); });
  }

  void read(Activation which, float* to, uint64_t n) override { fetch(data_of(which), to, n * sizeof(float)); }
  void write(Activation which, const float* from, uint64_t n) override {
    send(data_of(which), from, n * sizeof(float));
  }
  const Routing* routing() const override { return nullptr; }

  void read(const Place& place, float* key, float* value) override {
    std::vector<uint16_t> block;
    fetch_block(place, block);
    const uint32_t offset = cache().offset_in_page(place.position);
    const uint32_t head_dim = cache().head_dim;
    for (uint32_t d = 0; d < head_dim; ++d) {
      key[d] = half_to_float(block[stored_key(offset, d, head_dim)]);
      value[d] = half_to_float(block[cache().block_elements() + stored_value(offset, d, head_dim)]);
    }
  }

  void write(const Place& place, const float* key, const float* value) override {
    std::vector<uint16_t> block;
    uint16_t* at = fetch_block(place, block);
    const uint32_t offset = cache().offset_in_page(place.position);
    const uint32_t head_dim = cache().head_dim;
    for (uint32_t d = 0; d < head_dim; ++d) {
      block[stored_key(offset, d, head_dim)] = float_to_half(key[d]);
      block[cache().block_elements() + stored_value(offset, d, head_dim)] = float_to_half(value[d]);
    }
    send(at, block.data(), block.size() * sizeof block[0]);
  }

  std::vector<uint8_t> pages(uint32_t group) override {
    std::vector<uint8_t> all(cache().groups[group].bytes());
    fetch(backend_.step_->pages(group), all.data(), all.size());
    return all;
  }
  void fill_pages(uint32_t group, uint8_t byte) override {
    const std::vector<uint8_t> all(cache().groups[group].bytes(), byte);
    send(backend_.step_->pages(group), all.data(), all.size());
  }

 private:
  const Cache& cache() const { return backend_.step_->cache(); }

  template <class Work>
  void on_driver(Work work) {
    backend_.attempt_on_driver([&] {
      work();
      backend_.step_->finish();
    });
  }
  void fetch(const void* from, void* to, uint64_t bytes) {
    on_driver([&] { must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyDeviceToHost, backend_.stream_), "reading"); });
  }
  void send(void* to, const void* from, uint64_t bytes) {
    on_driver([&] { must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, backend_.stream_), "writing"); });
  }

  // Keys and values of the place's block; gives where they lie on the device.
  uint16_t* fetch_block(const Place& place, std::vector<uint16_t>& block) {
    const Layer& layer = backend_.model_.layers[place.layer];
    const CacheGroup& group = cache().groups[layer.group];
    const uint64_t elements = cache().block_elements();
    uint16_t* at = backend_.step_->pages(layer.group) +
                   cache().page_of(layer.group, place.slot, place.position) * (group.page_bytes / sizeof(uint16_t)) +
                   block_start(layer.index_in_group, place.head, cache().n_kv_heads, elements);
    block.resize(2 * elements);
    fetch(at, block.data(), block.size() * sizeof block[0]);
    return at;
  }

  float* data_of(Activation which) const { return rows_of(backend_.step_->frame(), which); }

  DeviceBackend& backend_;
};

std::unique_ptr<Probe> DeviceBackend::probe() { return std::make_unique<DeviceProbe>(*this); }

}  // namespace tramontane::TM_DEVICE
