// Adapters in the device's memory, and which rows of a step have which.
#pragma once

#include <vector>

#include "adapt.h"
#include "device_memory.h"
#include "model.h"
#include "step.h"

namespace tramontane::TM_DEVICE {

// Bytes that they take; 0 without room for adapters.
struct AdapterSizes {
  AdapterSizes(const Model& model, const tm_cache_config& config);
  uint64_t slots;
  uint64_t parts, shrunk;  // of the workspace
};

// Throws DeviceError. One thread at a time.
class DeviceAdapters {
 public:
  DeviceAdapters(const Model& model, const tm_cache_config& config, cudaStream_t stream);

  uint64_t slot_bytes() const { return slots_.bytes(); }
  uint64_t workspace_bytes() const { return parts_.bytes() + shrunk_.bytes(); }

  // Copies checked parts into a slot, and waits for it.
  void load(uint32_t adapter, const tm_adapter_part* parts, uint32_t n_parts);

  // Writes the tiles of a step that names adapters, `at_least` of them or more, and the rows that they list: all
  // n_rows, of which those after the step's have no adapter. Gives the number of tiles.
  uint32_t describe(const Step& step, uint32_t n_rows, uint32_t at_least, AdapterTile* tiles, uint32_t* rows);
  void describe_none() { touched_ = 0; }
  void describe_all() { touched_ = (1u << kAdaptedMatrices) - 1; }  // whatever adapters there will be
  // Bits 1 << Adapted of what the step's adapters may change in any layer.
  uint32_t touched() const { return touched_; }

  // Of the tiles and rows on the device.
  Adaption adaption(uint32_t layer, const Adapted* matrices, uint32_t n, const AdapterTile* tiles, const uint32_t* rows,
                    uint32_t n_tiles) const;

 private:
  void copy(void* to, const void* from, uint64_t bytes);

  const Model& model_;
  const cudaStream_t stream_;
  AdapterLayout layout_;
  Memory slots_, parts_, shrunk_;
  std::vector<uint32_t> touches_;  // [max_adapters] bits 1 << Adapted
  uint32_t touched_ = 0;
};

}  // namespace tramontane::TM_DEVICE
