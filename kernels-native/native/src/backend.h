// What a backend is to the rest of the library: it runs whole steps of one model. With which threads, memory, order of
// the cache and layer loop is its own business: those of the host (ref/, cpu/) share host/, a device's are in cuda/.
//
// A status other than TM_OK comes with a text in error. std::bad_alloc may pass. Calls come one at a time, in the order
// of the functions below; those about a cache again for each new one.
#pragma once

#include <cstdint>
#include <memory>

#include "cache.h"
#include "error.h"
#include "model.h"
#include "probe.h"
#include "step.h"

namespace tramontane {

class Backend {
 public:
  virtual ~Backend() = default;  // waits for the step in flight

  // Whether matrices of the type are computed; a tensor of another is refused when it is set.
  virtual bool computes(uint32_t dtype) const = 0;

  // When every tensor is set: refuses what it lacks for the model (TM_UNSUPPORTED), allocates what prepare fills and
  // sets model.prepare_total. Again after a failure of prepare.
  virtual int32_t reserve(Error& error) = 0;
  // Makes of the weights what steps read, advancing model.prepared_bytes.
  virtual int32_t prepare(Error& error) = 0;

  // Refuses a cache that it lacks (TM_UNSUPPORTED); the one before stays.
  virtual int32_t accepts(const tm_cache_config& config, Error& error) const = 0;
  // Allocates pages for the tables of cache, and all that a step needs. cache stays where it is until drop.
  virtual int32_t size(const Cache& cache, const tm_cache_config& config, Error& error) = 0;
  // Gives back what size allocated, if it did.
  virtual void drop() = 0;

  // Copies a page of the cache out or in; between steps. Returns when it is done.
  virtual int32_t read_page(uint32_t group, uint32_t page, void* to, Error& error) = 0;
  virtual int32_t write_page(uint32_t group, uint32_t page, const void* from, Error& error) = 0;

  // Writes the parts, which were checked, to the place of adapter number `adapter`, 1 on. Between steps.
  virtual int32_t load_adapter(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts, Error& error) = 0;

  // Starts a step that was checked, and returns. The step stays as it is until wait says true.
  virtual void submit(const Step& step) = 0;
  // Whether no step is in flight (any more). 0 polls, negative waits without limit.
  virtual bool wait(int64_t timeout_ns) = 0;
  // TM_OK, or why no step can run any more.
  virtual int32_t failure(Error& error) const = 0;

  // Bytes owned beside those that tensors report (Tensor::packed).
  struct Holdings {
    uint64_t weights, pages, workspace, adapters;
  };
  virtual Holdings holdings() const = 0;

  virtual std::unique_ptr<Probe> probe() = 0;  // valid until the next size or drop
};

// A tensor before there is one (tm_tensor_bytes). Of vectors cols is the length.
struct TensorKind {
  uint32_t role;
  uint32_t stored;
  uint32_t dtype;  // that it is computed as
  uint32_t rows;
  uint32_t cols;
};

// A device that a backend may run on.
struct DeviceFacts {
  char name[256];
  char uuid[64];
  bool usable;
  uint64_t total_bytes;
};

// What a kind of backend that has devices tells of them. All from any thread.
struct DeviceKind {
  // Tells of a device, without opening it; false: there is none of that number.
  bool (*facts)(uint32_t index, DeviceFacts& facts);
  // Writes one sentence, as BackendKind::found. TM_OK, TM_UNSUPPORTED, or TM_INVALID_ARGUMENT where there is no such
  // one beside others.
  int32_t (*describe)(uint32_t index, char* text, uint64_t capacity);
  // Writes a clause more of one that can be used: what a test says, which is made once in a process and opens it. May
  // throw std::bad_alloc.
  void (*tested)(uint32_t index, char* text, uint64_t capacity);
  // Opens one that can be used, and asks what is free of its memory.
  int32_t (*free_bytes)(uint32_t index, uint64_t* bytes, Error& error);
  // Opens one that can be used, and measures what crosses the bus to it: bytes a second.
  int32_t (*measure)(uint32_t index, uint64_t bytes, double* upload_bytes, Error& error);
};

// A kind of backend. Each defines its own, kBackend, in its folder; backends.cpp lists them.
struct BackendKind {
  uint32_t number;   // TM_BACKEND_*
  const char* name;  // as people write it
  // Writes one sentence: what it computes with (of devices the first that can be used), or why it can't be used here.
  // True when it can. Any thread.
  bool (*found)(char* text, uint64_t capacity);
  // A backend for the model, whose tensors are still to be set; model outlives it. Only after found said true.
  std::unique_ptr<Backend> (*open)(Model& model);
  // Whether it computes such a tensor, and then the bytes that it holds of its own for it: 0 where it is read in place.
  bool (*tensor_bytes)(const TensorKind& tensor, uint64_t* bytes);
  // Bytes of workspace that size takes. cache needs no tables.
  uint64_t (*workspace_bytes)(const Model& model, const Cache& cache, const tm_cache_config& config);
  // Refuses a model of a shape that it lacks, as reserve would (TM_UNSUPPORTED). nullptr: it takes every shape.
  int32_t (*accepts)(const Model& model, Error& error);
  // nullptr: it has no devices.
  const DeviceKind* devices;
};

}  // namespace tramontane
