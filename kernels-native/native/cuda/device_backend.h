// The backend on a device. One thread of its own, the driver, gives the device its work and waits for it. A failure is
// kept, and whatever comes after it does nothing.
#pragma once

#include <new>
#include <optional>

#include "backend.h"
#include "device_step.h"
#include "pool.h"

namespace tramontane::TM_DEVICE {

class DeviceBackend final : public Backend {
 public:
  explicit DeviceBackend(Model& model);
  ~DeviceBackend() override;

  bool computes(uint32_t) const override { return true; }  // reserve refuses by role: an embedding may be F32
  int32_t reserve(Error& error) override;
  int32_t prepare(Error& error) override;
  int32_t accepts(const tm_cache_config& config, Error& error) const override;
  int32_t size(const Cache& cache, const tm_cache_config& config, Error& error) override;
  void drop() override;
  int32_t read_page(uint32_t group, uint32_t page, void* to, Error& error) override;
  int32_t write_page(uint32_t group, uint32_t page, const void* from, Error& error) override;
  int32_t load_adapter(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts, Error& error) override;
  void submit(const Step& step) override;
  bool wait(int64_t timeout_ns) override { return driver_.wait(timeout_ns); }
  int32_t failure(Error& error) const override;
  Holdings holdings() const override;
  std::unique_ptr<Probe> probe() override;

 private:
  friend class DeviceProbe;

  void run_step(const Step& step);  // the driver's

  // A thread has a device of its own.
  void choose_device() { must(cudaSetDevice(static_cast<int>(model_.device)), "choosing the device"); }

  // Does what must not fail; keeps the first failure.
  template <class Work>
  void attempt(Work work) {
    if (status_ != TM_OK) return;
    try {
      choose_device();
      work();
    } catch (const DeviceError& e) {
      status_ = e.status();
      error_.fail(status_, "%s", e.what());
    } catch (const std::bad_alloc&) {
      status_ = error_.fail(TM_OUT_OF_MEMORY, "the system gives no more memory");
    }
  }
  // The same on the driver; returns when it is done.
  template <class Work>
  void attempt_on_driver(Work work) {
    driver_.run([&](const Worker&) { attempt(work); });
  }

  Model& model_;
  cudaStream_t stream_ = nullptr;
  DeviceModel weights_;
  std::optional<DeviceStep> step_;
  std::optional<DeviceSampling> sampling_;
  const Step* submitted_ = nullptr;
  int32_t status_ = TM_OK;
  Error error_;
  Pool driver_;  // last, so that it goes first: it waits for the step in flight
};

}  // namespace tramontane::TM_DEVICE
