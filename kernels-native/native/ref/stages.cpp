#include <algorithm>

#include "ref.h"

namespace tramontane {
namespace ref {
namespace {

bool computes(uint32_t) { return true; }
void reserve(Model&) {}
void prepare(Model&, const Worker&) {}  // weights are used in place

}  // namespace
}  // namespace ref

const Stages kRefStages = {
    .computes = ref::computes,
    .reserve = ref::reserve,
    .prepare = ref::prepare,
    .scratch_bytes = ref::scratch_bytes,
    .embed = ref::embed,
    .qkv = ref::qkv,
    .attention = ref::attention,
    .output = ref::output,
    .gate_up = ref::gate_up,
    .down = ref::down,
    .logits = ref::logits,
};

}  // namespace tramontane
