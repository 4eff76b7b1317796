#include <algorithm>

#include "cpu_features.h"
#include "device_backend.h"
#include "dtype.h"
#include "found.h"
#include "self_test.h"
#include "upload.h"

namespace tramontane::TM_DEVICE {

DeviceBackend::DeviceBackend(Model& model) : model_(model), driver_(1, n_processors(), "tm-driver") {}

DeviceBackend::~DeviceBackend() {
  driver_.wait(-1);
  drop();
  weights_ = DeviceModel();
  if (stream_ != nullptr) cudaStreamDestroy(stream_);
}

int32_t DeviceBackend::reserve(Error& error) {
  if (const int32_t status = check_supported(model_, error)) return status;
  weights_ = DeviceModel();
  status_ = TM_OK;
  attempt_on_driver([&] {
    if (stream_ == nullptr) must(cudaStreamCreate(&stream_), "opening a stream");
    self_test(stream_);  // made here, and not in the first step that asks what it said
  });
  model_.prepare_total = upload_bytes(model_);
  return failure(error);
}

int32_t DeviceBackend::prepare(Error& error) {
  attempt_on_driver([&] { upload(model_, weights_, stream_); });
  return failure(error);
}

int32_t DeviceBackend::accepts(const tm_cache_config& config, Error& error) const {
  if (config.kv_dtype != TM_F32) return TM_OK;
  return error.fail(TM_UNSUPPORTED, "kv_dtype is %s; on a device the cache is F16, BF16 or F8_E4M3",
                    dtype_name(config.kv_dtype));
}

int32_t DeviceBackend::size(const Cache& cache, const tm_cache_config& config, Error& error) {
  try {
    choose_device();
    step_.emplace(model_, weights_, cache, config, stream_);
    sampling_.emplace(model_.vocab, config, stream_);
  } catch (const DeviceError& e) {
    return error.fail(e.status(), "%s", e.what());
  }
  return TM_OK;
}

void DeviceBackend::drop() {
  step_.reset();
  sampling_.reset();
}

int32_t DeviceBackend::read_page(uint32_t group, uint32_t page, void* to, Error& error) {
  attempt_on_driver([&] { step_->read_page(group, page, to); });
  return failure(error);
}

int32_t DeviceBackend::write_page(uint32_t group, uint32_t page, const void* from, Error& error) {
  attempt_on_driver([&] { step_->write_page(group, page, from); });
  return failure(error);
}

int32_t DeviceBackend::load_adapter(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts, Error& error) {
  bool had_room = true;
  attempt_on_driver([&] {
    try {
      step_->adapters().load(adapter, parts, n_parts);
    } catch (const std::bad_alloc&) {  // of the host: only the forgotten slot has changed
      had_room = false;
    }
  });
  if (!had_room) return error.fail(TM_OUT_OF_MEMORY, "the system gives no more memory");
  return failure(error);
}

void DeviceBackend::submit(const Step& step) {
  submitted_ = &step;
  driver_.start(
      [](void* self, const Worker&) {
        DeviceBackend& backend = *static_cast<DeviceBackend*>(self);
        backend.run_step(*backend.submitted_);
      },
      this);
}

void DeviceBackend::run_step(const Step& step) {
  attempt([&] { step_->begin(step); });
  attempt([&] { model_.has_embedding ? step_->embed(step.n_rows) : step_->receive(step); });
  attempt([&] { step_->layers(step); });
  if (!model_.has_head) attempt([&] { step_->give(step); });
  for (uint32_t first = 0; first < step.n_logit_rows; first += kLogitTile) {
    const uint32_t n = std::min(kLogitTile, step.n_logit_rows - first);
    attempt([&] {
      step_->logits(step.logit_rows + first, n);
      sampling_->run(step, first, n, step_->frame().logits);
    });
  }
  attempt([&] { step_->finish(); });
}

int32_t DeviceBackend::failure(Error& error) const {
  return status_ == TM_OK ? TM_OK : error.fail(status_, "%s", error_.text());
}

Backend::Holdings DeviceBackend::holdings() const {
  if (!step_) return {weights_.bytes(), 0, 0, 0};
  return {weights_.bytes(), step_->page_bytes(), step_->bytes() + sampling_->bytes(), step_->adapter_bytes()};
}

namespace {

std::unique_ptr<Backend> open(Model& model) { return std::make_unique<DeviceBackend>(model); }

uint64_t workspace_bytes(const Model& model, const Cache& cache, const tm_cache_config& config) {
  return StepSizes(model, cache, config).sum() + DeviceSampling::bytes_for(model.vocab, config);
}

}  // namespace

constexpr DeviceKind kDevices = {device_facts, describe_device, describe_self_test, free_bytes, measure_upload};

extern const BackendKind kBackend;
constinit const BackendKind kBackend = {kNumber,      kName,           found,       open,
                                        tensor_bytes, workspace_bytes, check_shape, &kDevices};

}  // namespace tramontane::TM_DEVICE
