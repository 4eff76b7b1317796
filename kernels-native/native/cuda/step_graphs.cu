#include <algorithm>
#include <bit>
#include <cstdio>
#include <utility>

#include "fragments.h"
#include "step_graphs.h"

namespace tramontane::TM_DEVICE {

namespace {

constexpr uint64_t kOfDriver = 512ull << 20;  // DeviceRoom.DRIVER, which plans with it

unsigned long long mebibytes(uint64_t bytes) { return bytes >> 20; }

}  // namespace

uint64_t GraphMemory::free() {
  size_t free = 0, total = 0;
  must(cudaMemGetInfo(&free, &total), "telling its free memory");
  return free;
}

void GraphMemory::require(uint64_t planned) const {
  const uint64_t now = free();
  const uint64_t taken = before_ > now ? before_ - now : 0;
  if (taken <= planned + kOfDriver || now >= kOfDriver) return;
  char text[256];
  std::snprintf(
      text, sizeof text,
      "captured decodes took %llu MiB of the device, where %llu are planned and %llu left to its driver: take "
      "fewer sequences at a time or a smaller cache, or see who else takes memory of it",
      mebibytes(taken), mebibytes(planned), mebibytes(kOfDriver));
  throw DeviceError(text);
}

StepGraphs::StepGraphs(uint32_t max_rows, uint32_t max_segments) {
  const uint32_t most = std::min(kGraphRows, max_rows);
  rows_.push_back(1);
  for (uint32_t rows = kTileTokens; rows < most; rows *= 2) rows_.push_back(rows);
  if (most > 1) rows_.push_back(most);
  for (uint32_t segments = 1; segments <= std::bit_ceil(max_segments); segments *= 2) segments_.push_back(segments);
  graphs_.resize(size(), nullptr);
}

StepGraphs::~StepGraphs() {
  for (const cudaGraphExec_t graph : graphs_) {
    if (graph != nullptr) cudaGraphExecDestroy(graph);
  }
}

uint32_t StepGraphs::rows_for(uint32_t n_rows) const {
  const auto place = std::lower_bound(rows_.begin(), rows_.end(), n_rows);
  return place == rows_.end() ? 0 : *place;
}

cudaGraphExec_t& StepGraphs::graph_of(uint32_t rows, uint32_t segments) {
  const auto of_rows = std::lower_bound(rows_.begin(), rows_.end(), rows) - rows_.begin();
  const auto of_segments = std::lower_bound(segments_.begin(), segments_.end(), segments) - segments_.begin();
  return graphs_[static_cast<uint64_t>(of_segments) * rows_.size() + static_cast<uint64_t>(of_rows)];
}

StepGraphs::Capture::~Capture() {
  if (stream_ != nullptr) {
    cudaStreamEndCapture(stream_, &graph_);
    cudaGetLastError();  // a capture that failed says so once more
  }
  if (graph_ != nullptr) cudaGraphDestroy(graph_);
}

void StepGraphs::Capture::end() {
  must(cudaStreamEndCapture(std::exchange(stream_, nullptr), &graph_), "capturing a step");
}

}  // namespace tramontane::TM_DEVICE
