#include <cstdio>

#include "host/host_backend.h"
#include "ref.h"

namespace tramontane::ref {
namespace {

bool computes(uint32_t) { return true; }
bool tensor_bytes(const TensorKind&, uint64_t* bytes) {
  *bytes = 0;
  return true;
}
void reserve(Model&) {}
void prepare(Model&, const Worker&) {}  // weights are used in place

bool found(char* text, uint64_t capacity) {
  std::snprintf(text, capacity, "scalar, in double");
  return true;
}

constexpr Stages kStages = {
    .computes = computes,
    .reserve = reserve,
    .prepare = prepare,
    .scratch_bytes = scratch_bytes,
    .embed = embed,
    .qkv = qkv,
    .attention = attention,
    .output = output,
    .gate_up = gate_up,
    .down = down,
    .logits = logits,
};

}  // namespace

extern const BackendKind kBackend;
constinit const BackendKind kBackend = {
    TM_BACKEND_REF, "ref", found, open_on_host<kStages>, tensor_bytes, workspace_on_host<kStages>, nullptr, nullptr};

}  // namespace tramontane::ref
