// A model's weights on the device, in the order in which the kernels read them.
#pragma once

#include <cstdint>
#include <functional>
#include <vector>

#include "backend.h"
#include "device_memory.h"
#include "error.h"
#include "fragments.h"
#include "kernels.h"
#include "model.h"

namespace tramontane::TM_DEVICE {

// Of experts as many lie one behind the other, and dtype, rows and columns are those of each.
struct DeviceMatrix {
  Memory records, supers, row_scales;  // kernels.h: Arranged
  uint32_t dtype = 0;
  uint32_t rows = 0;
  uint32_t columns = 0;

  uint32_t n_blocks() const { return blocks_of(columns); }
  Operand operand() const { return operand_of(dtype); }
  Part part(float* out, uint32_t stride) const;
  Table table() const;
  uint64_t bytes() const { return records.bytes() + supers.bytes() + row_scales.bytes(); }
};

struct DeviceLayer {
  Memory attention_norm, ffn_norm;
  Memory router;  // [n_experts][width] floats; none without experts
  DeviceMatrix q, k, v, out, gate, up, down;
};

struct DeviceModel {
  std::vector<DeviceLayer> layers;
  Memory output_norm;
  DeviceMatrix head;
  DeviceMatrix embedding;  // of no rows where the head is the embedding
  Memory frequency;        // [rope_dims / 2]

  const DeviceMatrix& looked_up() const { return embedding.rows == 0 ? head : embedding; }
  uint64_t bytes() const;
};

// What this backend lacks for the model, if anything: for its shape, and for all of it.
int32_t check_shape(const Model& model, Error& error);
int32_t check_supported(const Model& model, Error& error);

// Of BackendKind.
bool tensor_bytes(const TensorKind& tensor, uint64_t* bytes);

// Every matrix that an upload sends.
void each_uploaded(const Model& model, const std::function<void(const Tensor&)>& visit);

// Bytes of the file that an upload reads.
uint64_t upload_bytes(const Model& model);

// Copies every tensor to the device and arranges it there, advancing model.prepared_bytes. Throws DeviceError.
void upload(Model& model, DeviceModel& device, cudaStream_t stream);

}  // namespace tramontane::TM_DEVICE
