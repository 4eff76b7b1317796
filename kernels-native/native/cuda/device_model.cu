#include "device_model.h"
#include "found.h"
#include "upload.h"

namespace tramontane::TM_DEVICE {
namespace {

// Calls visit(matrix, name, layer) for everything that the matrix units multiply with rows: all but routers.
template <class Visit>
int32_t each_matrix(const Model& model, Visit visit) {
  for (uint32_t l = 0; l < model.n_layers; ++l) {
    const Layer& layer = model.layers[l];
    if (const int32_t status = visit(layer.q, "attention q", l)) return status;
    if (const int32_t status = visit(layer.k, "attention k", l)) return status;
    if (const int32_t status = visit(layer.v, "attention v", l)) return status;
    if (const int32_t status = visit(layer.out, "attention out", l)) return status;
    for (const FeedForward& expert : layer.experts) {
      if (const int32_t status = visit(expert.gate, "ffn gate", l)) return status;
      if (const int32_t status = visit(expert.up, "ffn up", l)) return status;
      if (const int32_t status = visit(expert.down, "ffn down", l)) return status;
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
    sum += l.attention_norm.bytes() + l.ffn_norm.bytes() + l.router.bytes();
    for (const DeviceMatrix* m : {&l.q, &l.k, &l.v, &l.out, &l.gate, &l.up, &l.down}) sum += m->bytes();
  }
  return sum;
}

int32_t check_shape(const Model& model, Error& error) {
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
    const FeedForward& first = model.layers[l].ffn();
    if (first.gate.dtype != first.up.dtype) {
      return error.fail(TM_UNSUPPORTED,
                        "the %s backend needs ffn gate and up of one type; in layer %u they are %s and %s", kName, l,
                        dtype_name(first.gate.dtype), dtype_name(first.up.dtype));
    }
    for (const FeedForward& expert : model.layers[l].experts) {
      const uint32_t types[][2] = {{first.gate.dtype, expert.gate.dtype},
                                   {first.up.dtype, expert.up.dtype},
                                   {first.down.dtype, expert.down.dtype}};
      for (const auto& type : types) {
        if (type[0] == type[1]) continue;
        return error.fail(TM_UNSUPPORTED,
                          "the %s backend needs a matrix of one type in all experts; in layer %u there are %s and %s",
                          kName, l, dtype_name(type[0]), dtype_name(type[1]));
      }
    }
  }
  return TM_OK;
}

// Vectors are on the device as well as in the file.
bool tensor_bytes(const TensorKind& t, uint64_t* bytes) {
  *bytes = 0;
  if (is_vector(t.role)) {
    *bytes = t.cols * sizeof(float);
    return true;
  }
  if (t.role == TM_FFN_ROUTER) {  // floats, whatever it is computed as
    *bytes = uint64_t{t.rows} * t.cols * sizeof(float);
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
  for (const Layer& layer : model.layers) {
    if (layer.router.set()) visit(layer.router);
  }
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
    DeviceLayer& to = device.layers[l];
    uploader.floats(from.attention_norm.f32(), model.width, to.attention_norm);
    uploader.floats(from.ffn_norm.f32(), model.width, to.ffn_norm);
    uploader.matrix(from.q, to.q);
    uploader.matrix(from.k, to.k);
    uploader.matrix(from.v, to.v);
    uploader.matrix(from.out, to.out);
    if (from.router.set()) uploader.values(from.router, to.router);
    const uint32_t n = static_cast<uint32_t>(from.experts.size());
    for (uint32_t e = 0; e < n; ++e) {
      uploader.matrix(from.experts[e].gate, to.gate, e, n);
      uploader.matrix(from.experts[e].up, to.up, e, n);
      uploader.matrix(from.experts[e].down, to.down, e, n);
    }
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
