// Looks into the backend between two steps, for tests: through copies, so that it works on a device as on the emulator.
#include <vector>

#include "device_backend.h"
#include "kv_elements.h"
#include "mma_order.h"

namespace tramontane::TM_DEVICE {

namespace {

// Where dimension d of the key, or the value, at an offset of a page lies.
struct Places {
  const Cache& cache;
  uint32_t offset;
  bool values;

  uint64_t operator()(uint32_t d) const {
    const uint32_t n = cache.head_dim;
    if (cache.has_scales()) return values ? eight_bit_value(offset, d, n) : eight_bit_key(offset, d, n);
    return values ? stored_value(offset, d, n) : stored_key(offset, d, n);
  }
};

}  // namespace

class DeviceProbe final : public Probe {
 public:
  explicit DeviceProbe(DeviceBackend& backend) : backend_(backend) {
    on_driver([&] { backend_.step_->show(); });
  }

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
  const Routing* routing() override {
    if (backend_.model_.n_experts == 0) return nullptr;
    const ExpertView& from = backend_.step_->experts().view();
    first_.resize(from.experts.n + 1);
    fetch(from.first, first_.data(), first_.size() * sizeof(uint32_t));
    const uint32_t n = first_.back();
    expert_.resize(n);
    share_.resize(n);
    place_.resize(n);
    row_.resize(n);
    fetch(from.expert, expert_.data(), n * sizeof(uint32_t));
    fetch(from.share, share_.data(), n * sizeof(float));
    fetch(from.place, place_.data(), n * sizeof(uint32_t));
    for (uint32_t i = 0; i < n; ++i) row_[place_[i]] = i / from.experts.used;
    routing_ = {nullptr, expert_.data(), share_.data(), place_.data(), row_.data(), first_.data()};
    return &routing_;
  }

  void read(const Place& place, float* key, float* value) override {
    std::vector<uint8_t> block;
    fetch_block(place, block);
    const uint32_t offset = cache().offset_in_page(place.position);
    get_elements(cache().kv_dtype, block.data(), cache().head_dim, Places{cache(), offset, false},
                 scale(block, offset, false), key);
    get_elements(cache().kv_dtype, block.data() + cache().keys_bytes(), cache().head_dim, Places{cache(), offset, true},
                 scale(block, offset, true), value);
  }

  void write(const Place& place, const float* key, const float* value) override {
    std::vector<uint8_t> block;
    uint8_t* at = fetch_block(place, block);
    const uint32_t offset = cache().offset_in_page(place.position);
    put_elements(cache().kv_dtype, key, cache().head_dim, block.data(), Places{cache(), offset, false},
                 scale(block, offset, false));
    put_elements(cache().kv_dtype, value, cache().head_dim, block.data() + cache().keys_bytes(),
                 Places{cache(), offset, true}, scale(block, offset, true));
    send(at, block.data(), block.size());
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

  uint16_t* scale(std::vector<uint8_t>& block, uint32_t offset, bool values) const {
    if (!cache().has_scales()) return nullptr;
    uint8_t* first = block.data() + 2 * cache().keys_bytes() + (values ? cache().scales_bytes() : 0);
    return reinterpret_cast<uint16_t*>(first) + offset;
  }

  // The place's block; gives where it lies on the device.
  uint8_t* fetch_block(const Place& place, std::vector<uint8_t>& block) {
    const Layer& layer = backend_.model_.layers[place.layer];
    const CacheGroup& group = cache().groups[layer.group];
    block.resize(cache().block_bytes());
    uint8_t* at = backend_.step_->pages(layer.group) +
                  cache().page_of(layer.group, place.slot, place.position) * group.page_bytes +
                  block_start(layer.index_in_group, place.head, cache().n_kv_heads, block.size());
    fetch(at, block.data(), block.size());
    return at;
  }

  float* data_of(Activation which) const { return rows_of(backend_.step_->frame(), which); }

  DeviceBackend& backend_;
  Routing routing_ = {};
  std::vector<uint32_t> expert_, place_, row_, first_;
  std::vector<float> share_;
};

std::unique_ptr<Probe> DeviceBackend::probe() { return std::make_unique<DeviceProbe>(*this); }

}  // namespace tramontane::TM_DEVICE
