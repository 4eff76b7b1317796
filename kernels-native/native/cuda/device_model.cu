#include "device_model.h"
#include "found.h"
#include "upload.h"

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
  return model.has_head ? visit(model.head(), "output", 0u) : TM_OK;
}

// Whether there is an embedding that isn't the head as well.
bool has_own_embedding(const Model& model) { return model.has_embedding && !model.is_tied(); }

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

void each_uploaded(const Model& model, const std::function<void(const Tensor&)>& visit) {
  each_matrix(model, [&](const Tensor& tensor, const char*, uint32_t) {
    visit(tensor);
    return TM_OK;
  });
  if (has_own_embedding(model)) visit(model.embedding);
}

uint64_t upload_bytes(const Model& model) {
  uint64_t sum = 0;
  each_uploaded(model, [&](const Tensor& tensor) { sum += tensor.bytes; });
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
  if (model.n_layers > 0) {
    uploader.floats(model.rope_frequency.data(), model.rope_frequency.size(), device.frequency);
  }
  if (model.has_head) {
    uploader.floats(model.output_norm.f32(), model.width, device.output_norm);
    uploader.matrix(model.head(), device.head);
  }
  if (has_own_embedding(model)) uploader.matrix(model.embedding, device.embedding);
  uploader.finish();
}

}  // namespace tramontane::TM_DEVICE
