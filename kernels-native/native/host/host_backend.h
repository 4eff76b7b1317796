// A backend that computes on the host's threads: it owns them, the pages and a step's buffers, and runs the layer loop
// over a table of stages. ref/ and cpu/ are such tables.
#pragma once

#include "backend.h"
#include "host/stages.h"
#include "pool.h"
#include "sampling.h"

namespace tramontane {

class HostBackend final : public Backend {
 public:
  // Starts the threads; throws std::bad_alloc when the system gives no more.
  HostBackend(const Stages& stages, Model& model);

  bool computes(uint32_t dtype) const override { return stages_.computes(dtype); }
  int32_t reserve(Error& error) override;
  int32_t prepare(Error& error) override;
  int32_t accepts(const tm_cache_config&, Error&) const override { return TM_OK; }
  int32_t size(const Cache& cache, const tm_cache_config& config, Error& error) override;
  void drop() override;
  int32_t read_page(uint32_t group, uint32_t page, void* to, Error& error) override;
  int32_t write_page(uint32_t group, uint32_t page, const void* from, Error& error) override;
  int32_t load_adapter(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts, Error& error) override;
  void submit(const Step& step) override;
  bool wait(int64_t timeout_ns) override { return pool_.wait(timeout_ns); }
  int32_t failure(Error&) const override { return TM_OK; }  // memory and processors don't fail one by one
  Holdings holdings() const override;
  std::unique_ptr<Probe> probe() override;

  TilePages& pages() { return pages_; }

 private:
  friend class HostProbe;

  void touch(const Worker& worker) const;

  const Stages& stages_;
  Model& model_;
  TilePages pages_;
  Buffer floats_;   // everything that frame_ points to but logits, scratch and adapters
  Buffer logits_;   //
  Buffer scratch_;  // of the stages
  Buffer adapters_;
  Frame frame_ = {};
  Sampling sampling_;
  Pool pool_;  // last, so that it goes first: it waits for the step in flight
};

// Bytes of a step's buffers.
struct HostWorkspace {
  HostWorkspace(const Stages& stages, const Model& model, const tm_cache_config& config);
  uint64_t floats, logits, scratch, sampling;
  uint64_t adapters;  // not of the sum

  uint64_t sum() const { return floats + logits + scratch + sampling; }
};

// What a kind of backend over such a table opens, and its workspace.
template <const Stages& kStages>
std::unique_ptr<Backend> open_on_host(Model& model) {
  return std::make_unique<HostBackend>(kStages, model);
}
template <const Stages& kStages>
uint64_t workspace_on_host(const Model& model, const Cache&, const tm_cache_config& config) {
  return HostWorkspace(kStages, model, config).sum();
}

}  // namespace tramontane
