#include <algorithm>

#include "device_model.h"
#include "found.h"
#include "quantise.h"

namespace tramontane::TM_DEVICE {
namespace {

// Calls visit(matrix, name, layer) for everything that is multiplied with rows.
template <class Visit>
int32_t each_matrix(const Model& model, Visit visit) {
  for (uint32_t l = 0; l < model.n_layers; ++l) {
    const Layer& layer = model.layers[l];
    const FeedForward& ffn = layer.ffn();
    const struct {
      const Tensor& tensor;
      const char* name;
    } all[] = {{layer.q, "attention q"},     {layer.k, "attention k"}, {layer.v, "attention v"},
               {layer.out, "attention out"}, {ffn.gate, "ffn gate"},   {ffn.up, "ffn up"},
               {ffn.down, "ffn down"}};
    for (const auto& one : all) {
      if (const int32_t status = visit(one.tensor, one.name, l)) return status;
    }
  }
  return visit(model.head(), "output", 0u);
}

class Uploader {
 public:
  Uploader(Model& model, cudaStream_t stream) : model_(model), stream_(stream) {
    uint64_t largest = 0;
    each_matrix(model, [&](const Tensor& tensor, const char*, uint32_t) {
      largest = std::max(largest, tensor.rows * row_bytes(tensor.dtype, tensor.cols));
      return TM_OK;
    });
    if (model.output.set()) {
      largest = std::max(largest, model.embedding.rows * row_bytes(model.embedding.dtype, model.embedding.cols));
    }
    raw_ = Memory(largest, Memory::Place::kDevice);
  }

  void matrix(Tensor& from, DeviceMatrix& to) {
    to.dtype = from.dtype;
    to.rows = static_cast<uint32_t>(from.rows);
    to.columns = static_cast<uint32_t>(from.cols);
    const ArrangedBytes sizes(from.dtype, to.rows, to.columns);  // of F32, which is looked up only, the rows
    to.records = Memory(sizes.records, Memory::Place::kWeights);
    to.supers = Memory(sizes.supers, Memory::Place::kWeights);
    to.row_scales = Memory(sizes.row_scales, Memory::Place::kWeights);
    if (sizes.row_scales > 0) {
      scales_.resize(to.rows);
      for (uint32_t row = 0; row < to.rows; ++row) scales_[row] = from.scale(row);
      copy(to.row_scales.as<void>(), scales_.data(), sizes.row_scales);
    }
    HalvedRows order = from.halved;
    if (from.stored == from.dtype) {
      copy(raw_.as<void>(), from.data, from.bytes);
    } else {
      round(from);
      order = HalvedRows();
      copy(raw_.as<void>(), rounded_.data(), rounded_.size());
    }
    const uint64_t bytes = row_bytes(from.dtype, from.cols);
    if (from.dtype == TM_F32) {
      must(cudaMemcpyAsync(to.records.as<void>(), raw_.as<void>(), to.rows * bytes, cudaMemcpyDeviceToDevice, stream_),
           "copying weights");
      return done(from);
    }
    const Raw raw = {raw_.as<uint8_t>(), bytes, to.rows, to.columns, order};
    const Arranged arranged = {to.records.as<uint32_t>(), to.supers.as<uint32_t>(), to.row_scales.as<float>()};
    must(arrange(from.dtype, raw, arranged, stream_), "arranging weights");
    done(from);
  }

  void floats(const float* from, uint64_t n, Memory& to) {
    to = Memory(n * sizeof(float), Memory::Place::kWeights);
    if (n > 0) copy(to.as<void>(), from, n * sizeof(float));
    must(cudaStreamSynchronize(stream_), "copying weights");
  }

 private:
  void done(Tensor& from) {
    must(cudaStreamSynchronize(stream_), "arranging weights");
    from.in_place = false;
    model_.prepared_bytes.fetch_add(from.bytes, std::memory_order_relaxed);
  }

  void copy(void* to, const void* from, uint64_t bytes) {
    must(cudaMemcpyAsync(to, from, bytes, cudaMemcpyHostToDevice, stream_), "copying weights");
  }

  // Rows in the order of the kernels, in the type that they are computed as.
  void round(const Tensor& from) {
    const uint64_t bytes = row_bytes(from.dtype, from.cols);
    rounded_.resize(from.rows * bytes);
    values_.resize(from.cols);
    for (uint64_t row = 0; row < from.rows; ++row) {
      from.stored_values(row, values_.data());
      quantise_row(from.dtype, values_.data(), from.cols, rounded_.data() + row * bytes);
    }
  }

  Model& model_;
  cudaStream_t stream_;
  Memory raw_;                    // the tensor as it lies in the file
  std::vector<uint8_t> rounded_;  // or in another type
  std::vector<float> values_;
  std::vector<float> scales_;
};

}  // namespace

Part DeviceMatrix::part(float* to, uint32_t stride) const {
  return {records.as<uint32_t>(),
          supers.as<uint32_t>(),
          row_scales.as<float>(),
          to,
          stride,
          rows,
          (rows + kUnitRows - 1) / kUnitRows,
          Head::kNone};
}

Table DeviceMatrix::table() const {
  return {records.as<uint32_t>(),
          supers.as<uint32_t>(),
          row_scales.as<float>(),
          element_type(dtype)->device,
          dtype,
          columns,
          n_blocks()};
}

uint64_t DeviceModel::bytes() const {
  uint64_t sum = embedding.bytes() + head.bytes() + output_norm.bytes() + frequency.bytes();
  for (const DeviceLayer& l : layers) {
    sum += l.attention_norm.bytes() + l.ffn_norm.bytes();
    for (const DeviceMatrix* m : {&l.q, &l.k, &l.v, &l.out, &l.gate, &l.up, &l.down}) sum += m->bytes();
  }
  return sum;
}

int32_t check_shape(const Model& model, Error& error) {
  if (model.n_experts > 0) {
    return error.fail(TM_UNSUPPORTED, "the %s backend has no mixtures of experts yet; n_experts is %u", kName,
                      model.n_experts);
  }
  if (!has_attention(model.head_dim)) {
    return error.fail(TM_UNSUPPORTED, "the %s backend has attention for a head_dim of 16, 32, 64, 96 or 128, not %u",
                      kName, model.head_dim);
  }
  return TM_OK;
}

int32_t check_supported(const Model& model, Error& error) {
  if (const int32_t status = check_shape(model, error)) return status;
  if (const int32_t status = each_matrix(model, [&](const Tensor& tensor, const char* name, uint32_t layer) -> int32_t {
        if (element_type(tensor.dtype)->on_device()) return TM_OK;
        const TypeNames multiplied([](const ElementType& type) { return type.on_device(); });
        return error.fail(TM_UNSUPPORTED, "the %s backend multiplies %s weights; %s of layer %u is %s", kName,
                          multiplied.text, name, layer, dtype_name(tensor.dtype));
      })) {
    return status;
  }
  for (uint32_t l = 0; l < model.n_layers; ++l) {
    const FeedForward& ffn = model.layers[l].ffn();
    if (ffn.gate.dtype == ffn.up.dtype) continue;
    return error.fail(TM_UNSUPPORTED,
                      "the %s backend needs ffn gate and up of one type; in layer %u they are %s and %s", kName, l,
                      dtype_name(ffn.gate.dtype), dtype_name(ffn.up.dtype));
  }
  return TM_OK;
}

// Vectors are on the device as well as in the file.
bool tensor_bytes(const TensorKind& t, uint64_t* bytes) {
  *bytes = 0;
  if (t.role == TM_FFN_ROUTER) return false;
  if (is_vector(t.role)) {
    *bytes = t.cols * sizeof(float);
    return true;
  }
  if (!element_type(t.dtype)->on_device() && t.role != TM_TOKEN_EMBEDDING) return false;
  *bytes = ArrangedBytes(t.dtype, t.rows, t.cols).sum();
  return true;
}

uint64_t upload_bytes(const Model& model) {
  uint64_t sum = 0;
  each_matrix(model, [&](const Tensor& tensor, const char*, uint32_t) {
    sum += tensor.bytes;
    return TM_OK;
  });
  if (model.output.set()) sum += model.embedding.bytes;
  return sum;
}

void upload(Model& model, DeviceModel& device, cudaStream_t stream) {
  Uploader uploader(model, stream);
  device.layers = std::vector<DeviceLayer>(model.n_layers);
  for (uint32_t l = 0; l < model.n_layers; ++l) {
    Layer& from = model.layers[l];
    FeedForward& ffn = from.experts[0];
    DeviceLayer& to = device.layers[l];
    uploader.floats(from.attention_norm.f32(), model.width, to.attention_norm);
    uploader.floats(from.ffn_norm.f32(), model.width, to.ffn_norm);
    uploader.matrix(from.q, to.q);
    uploader.matrix(from.k, to.k);
    uploader.matrix(from.v, to.v);
    uploader.matrix(from.out, to.out);
    uploader.matrix(ffn.gate, to.gate);
    uploader.matrix(ffn.up, to.up);
    uploader.matrix(ffn.down, to.down);
  }
  uploader.floats(model.output_norm.f32(), model.width, device.output_norm);
  uploader.floats(model.rope_frequency.data(), model.rope_frequency.size(), device.frequency);
  uploader.matrix(model.head(), device.head);
  if (model.output.set()) uploader.matrix(model.embedding, device.embedding);
}

}  // namespace tramontane::TM_DEVICE
