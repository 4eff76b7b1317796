#include <algorithm>
#include <cstring>

#include "cpu_features.h"
#include "quantise.h"
#include "upload.h"
#include "weights.h"

namespace tramontane::TM_DEVICE {
namespace {

constexpr uint32_t kMostReaders = 8;  // threads; a few of them read a file from memory as fast as the bus takes it
constexpr uint32_t kStackRows = kStackUnits * kUnitRows;

uint64_t bytes_of_row(const Tensor& tensor) { return row_bytes(tensor.dtype, tensor.cols); }

// Whole stacks, which are arranged each for itself.
uint64_t rows_at_once(const Tensor& tensor) {
  return std::max<uint64_t>(1, kUploadPart / bytes_of_row(tensor) / kStackRows) * kStackRows;
}

uint64_t stage_bytes(const Tensor& tensor) {
  return std::min(tensor.rows, rows_at_once(tensor)) * bytes_of_row(tensor);
}

}  // namespace

Uploader::Uploader(Model& model, cudaStream_t stream)
    : model_(model), stream_(stream), pool_(std::min(model.n_workers, kMostReaders), n_processors(), "tm-upload") {
  uint64_t largest = kUploadPart, most_columns = 0;
  each_uploaded(model, [&](const Tensor& tensor) {
    largest = std::max(largest, stage_bytes(tensor));
    if (tensor.stored != tensor.dtype) most_columns = std::max(most_columns, tensor.cols);
  });
  raw_ = Memory(largest, Memory::Place::kDevice);
  for (Stage& stage : stages_) stage.pinned = Memory(largest, Memory::Place::kPinned);
  values_.assign(std::min(model.n_workers, kMostReaders), std::vector<float>(most_columns));
}

// What is on its way reads pinned memory.
Uploader::~Uploader() { cudaStreamSynchronize(stream_); }

void Uploader::matrix(Tensor& from, DeviceMatrix& to, uint32_t expert, uint32_t n_experts) {
  to.dtype = from.dtype;
  to.rows = static_cast<uint32_t>(from.rows);
  to.columns = static_cast<uint32_t>(from.cols);
  const ArrangedBytes sizes(from.dtype, to.rows, to.columns);  // of F32, which is looked up only, the rows
  if (expert == 0) {
    to.records = Memory(n_experts * sizes.records, Memory::Place::kWeights);
    to.supers = Memory(n_experts * sizes.supers, Memory::Place::kWeights);
    to.row_scales = Memory(n_experts * sizes.row_scales, Memory::Place::kWeights);
  }
  uint8_t* const all_records = to.records.as<uint8_t>() + expert * sizes.records;
  uint8_t* const all_supers = to.supers.as<uint8_t>() + expert * sizes.supers;
  float* const row_scales = to.row_scales.as<float>() + uint64_t{expert} * to.rows;
  if (sizes.row_scales > 0) {
    std::vector<float> scales(to.rows);
    for (uint32_t row = 0; row < to.rows; ++row) scales[row] = from.scale(row);
    copy(scales.data(), to.rows, row_scales, 0);
  }
  const uint64_t bytes = bytes_of_row(from);
  const uint32_t at_once = static_cast<uint32_t>(rows_at_once(from));
  for (uint32_t first = 0; first < to.rows; first += at_once) {
    const uint32_t n = std::min(at_once, to.rows - first);
    Stage& stage = next_stage();
    fill(from, first, n, stage.pinned.as<uint8_t>());
    const ArrangedBytes before(from.dtype, first, to.columns);
    uint8_t* records = all_records + before.records;
    const bool as_it_is = from.dtype == TM_F32;
    send(as_it_is ? static_cast<void*>(records) : raw_.as<void>(), stage, n * bytes,
         n * row_bytes(from.stored, from.cols));
    if (as_it_is) continue;
    const Raw raw = {raw_.as<uint8_t>(), bytes, n, to.columns};
    const Arranged arranged = {reinterpret_cast<uint32_t*>(records),
                               reinterpret_cast<uint32_t*>(all_supers + before.supers),
                               sizes.row_scales == 0 ? nullptr : row_scales + first};
    must(arrange(from.dtype, raw, arranged, stream_), "arranging weights");
  }
  from.in_place = false;
  from.drop_pages();  // all of it is in pinned memory, or beyond
}

void Uploader::values(Tensor& from, Memory& to) {
  std::vector<float> all(from.rows * from.cols);
  for (uint64_t row = 0; row < from.rows; ++row) from.values(row, all.data() + row * from.cols);
  to = Memory(all.size() * sizeof(float), Memory::Place::kWeights);
  copy(all.data(), all.size(), to.as<float>(), from.bytes);
  from.in_place = false;
  from.drop_pages();
}

void Uploader::floats(const float* from, uint64_t n, Memory& to) {
  to = Memory(n * sizeof(float), Memory::Place::kWeights);
  copy(from, n, to.as<float>(), 0);
}

// The first part's arrival is the file's.
void Uploader::copy(const float* from, uint64_t n, float* to, uint64_t of_file) {
  constexpr uint64_t kAtOnce = kUploadPart / sizeof(float);
  for (uint64_t first = 0; first < n; first += kAtOnce) {
    const uint64_t bytes = std::min(kAtOnce, n - first) * sizeof(float);
    Stage& stage = next_stage();
    memcpy(stage.pinned.as<void>(), from + first, bytes);
    send(to + first, stage, bytes, first == 0 ? of_file : 0);
  }
}

void Uploader::finish() {
  for (Stage& stage : stages_) arrived(stage);
  must(cudaStreamSynchronize(stream_), "arranging weights");
}

Uploader::Stage& Uploader::next_stage() {
  Stage& stage = stages_[next_];
  next_ = 1 - next_;
  arrived(stage);
  return stage;
}

void Uploader::arrived(Stage& stage) {
  stage.sent.wait("copying weights");
  model_.prepared_bytes.fetch_add(stage.of_file, std::memory_order_relaxed);
  stage.of_file = 0;
}

void Uploader::send(void* to, Stage& stage, uint64_t bytes, uint64_t of_file) {
  must(cudaMemcpyAsync(to, stage.pinned.as<void>(), bytes, cudaMemcpyHostToDevice, stream_), "copying weights");
  stage.sent.mark(stream_, "copying weights");
  stage.of_file = of_file;
}

// Rows [first, first + n) as stages see them, in the type that they are computed as.
void Uploader::fill(const Tensor& from, uint64_t first, uint64_t n, uint8_t* to) {
  const uint64_t bytes = bytes_of_row(from);
  pool_.run([&](const Worker& worker) {
    const Worker::Range share = worker.share(n);
    float* values = values_[worker.id].data();
    for (uint64_t row = share.first; row < share.last; ++row) {
      if (from.stored == from.dtype) {
        memcpy(to + row * bytes, from.row(first + row), bytes);
      } else {
        from.stored_values(first + row, values);
        quantise_row(from.dtype, values, from.cols, to + row * bytes);
      }
    }
  });
}

}  // namespace tramontane::TM_DEVICE
