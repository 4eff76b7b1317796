// The stages on a device. Worker 0 gives the work to the device's stream; the other workers only help on the host (rows
// of the embedding, sampling). A failure is kept, and whatever comes after it does nothing.
#include <cstring>
#include <optional>

#include "device_step.h"
#include "dtype.h"
#include "error.h"
#include "found.h"
#include "stages.h"

namespace tramontane::TM_DEVICE {
namespace {

class Device : public Packed {
 public:
  Device() { must(cudaStreamCreate(&stream), "opening a stream"); }
  ~Device() override {
    step.reset();
    weights = DeviceModel();
    cudaStreamDestroy(stream);
  }
  uint64_t bytes() const override { return weights.bytes(); }

  template <class Work>
  void attempt(Work work) {
    if (status != TM_OK) return;
    try {
      work();
    } catch (const DeviceError& e) {
      status = e.status();
      error.fail(status, "%s", e.what());
    } catch (const std::bad_alloc&) {
      status = error.fail(TM_OUT_OF_MEMORY, "the system gives no more memory");
    }
  }

  cudaStream_t stream = nullptr;
  DeviceModel weights;
  std::optional<DeviceStep> step;
  int32_t status = TM_OK;
  Error error;
};

Device& device_of(const Model& model) { return *static_cast<Device*>(model.packed.get()); }

// check_model refuses by role: an embedding that is not multiplied may have any type.
bool computes(uint32_t) { return true; }

void reserve(Model& model) {
  model.packed = std::make_unique<Device>();
  model.prepare_total = upload_bytes(model);
}

void prepare(Model& model, const Worker& worker) {
  if (worker.id != 0) return;
  Device& device = device_of(model);
  device.attempt([&] { upload(model, device.weights, device.stream); });
}

uint64_t scratch_bytes(const Model&, uint32_t) { return 0; }

// Rows are looked up where the file lies and sent: a few kilobytes a token instead of the whole table on the device.
void embed(const Frame& frame, const Worker& worker) {
  const Model& model = *frame.model;
  Device& device = device_of(model);
  float* rows = device.step->host_hidden();
  const auto [first, last] = worker.share(frame.step->n_rows);
  for (uint64_t row = first; row < last; ++row) {
    const uint64_t token = static_cast<uint64_t>(frame.step->tokens[row]);
    model.embedding.values(token, rows + row * model.width);
  }
  worker.wait();
  if (worker.id == 0) device.attempt([&] { device.step->send_hidden(frame); });
}

template <void (DeviceStep::*kStage)(const Frame&, uint32_t)>
void stage(const Frame& frame, uint32_t layer, const Worker& worker) {
  if (worker.id != 0) return;
  Device& device = device_of(*frame.model);
  device.attempt([&] { (*device.step.*kStage)(frame, layer); });
}

void logits(const Frame& frame, const uint32_t* rows, uint32_t n, const Worker& worker) {
  if (worker.id == 0) {
    Device& device = device_of(*frame.model);
    device.attempt([&] { device.step->logits(frame, rows, n); });
  }
  worker.wait();
}

// The backend's memory, as a Buffer that gives it back.
Buffer allocate(uint64_t bytes, bool on_device) {
  Memory memory(bytes, on_device ? Memory::Place::kDevice : Memory::Place::kPinned);
  return Buffer::adopt(
      memory.release(), bytes, on_device ? [](void* data) { cudaFree(data); } : [](void* data) { cudaFreeHost(data); });
}

uint64_t size(Model& model, const Cache& cache, const tm_cache_config& config) {
  Device& device = device_of(model);
  device.step.emplace(model, device.weights, cache, config, device.stream);
  return device.step->bytes();
}

void drop(Model& model) { device_of(model).step.reset(); }

int32_t check_cache(const tm_cache_config& config, Error& error) {
  if (config.kv_dtype == TM_F16) return TM_OK;
  return error.fail(TM_UNSUPPORTED, "kv_dtype is %s; on a device the cache is F16", dtype_name(config.kv_dtype));
}

void begin(const Frame& frame, const Worker& worker) {
  if (worker.id != 0) return;
  Device& device = device_of(*frame.model);
  device.attempt([&] { device.step->begin(frame); });
}

void layers(const Frame& frame, const Worker& worker) {
  if (worker.id != 0) return;
  Device& device = device_of(*frame.model);
  device.attempt([&] { device.step->layers(frame); });
}

void finish(const Frame& frame, const Worker& worker) {
  if (worker.id != 0) return;
  Device& device = device_of(*frame.model);
  device.attempt([&] { device.step->finish(); });
}

int32_t failure(const Model& model, Error& error) {
  const Device& device = device_of(model);
  return device.status == TM_OK ? TM_OK : error.fail(device.status, "%s", device.error.text());
}

constexpr DeviceStages kDevice = {
    .found = found,
    .check_model = check_supported,
    .check_cache = check_cache,
    .allocate = allocate,
    .size = size,
    .drop = drop,
    .begin = begin,
    .layers = layers,
    .finish = finish,
    .failure = failure,
};

}  // namespace

extern const Stages kStages;
const Stages kStages = {
    .computes = computes,
    .reserve = reserve,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .embed = embed,
    .qkv = stage<&DeviceStep::qkv>,
    .attention = stage<&DeviceStep::attention>,
    .output = stage<&DeviceStep::output>,
    .gate_up = stage<&DeviceStep::gate_up>,
    .down = stage<&DeviceStep::down>,
    .logits = logits,
    .device = &kDevice,
};

}  // namespace tramontane::TM_DEVICE
