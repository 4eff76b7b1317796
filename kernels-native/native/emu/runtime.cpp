#include "runtime.h"

#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cstring>
#include <map>
#include <mutex>
#include <set>

#include "early_access.h"

namespace tramontane::emu {
namespace {

thread_local std::string fault;  // of the last kernel that failed

constexpr int kFirstWithWait = 90;
// How often the devices were exchanged for others, and what their kernels were compiled for.
std::atomic<int> exchanged{0}, device_binary{90}, device_ptx{90};
constexpr int kMostDevices = 64;
thread_local int current_device = 0;
std::atomic<uint64_t> opened{0};

void open_current() { opened |= 1ull << current_device; }

constexpr uint64_t kSharedUnasked = 48 << 10;
constexpr int kMostShared = 99 << 10;       // of the smallest device
constexpr int kMostSharedOf9a = 227 << 10;  // of 9.0
constexpr int kBinaryOf9a = 90;
std::mutex& shared_mutex = *new std::mutex();
std::map<const void*, uint64_t>& shared_asked = *new std::map<const void*, uint64_t>();
std::set<const void*>& of_9a = *new std::set<const void*>();

bool is_of_9a(const void* kernel) {
  const std::lock_guard<std::mutex> lock(shared_mutex);
  return of_9a.contains(kernel);
}

uint64_t allowed_shared(const void* kernel) {
  const std::lock_guard<std::mutex> lock(shared_mutex);
  const auto place = shared_asked.find(kernel);
  return place == shared_asked.end() ? kSharedUnasked : std::max(kSharedUnasked, place->second);
}

cudaError_t record(cudaStream_t stream, std::function<cudaError_t()> work) {
  if (stream->failed != cudaSuccess) return stream->failed;
  if (stream->capturing != nullptr) {
    stream->capturing->work.push_back(std::move(work));
  } else {
    stream->work.push_back(std::move(work));
  }
  return cudaSuccess;
}

// In order, as far as `until` has come about, or all of it.
cudaError_t carry_out(cudaStream_t stream, const bool* until) {
  if (stream->capturing != nullptr) return cudaErrorInvalidValue;
  while (!stream->work.empty() && stream->failed == cudaSuccess && (until == nullptr || !*until)) {
    const std::function<cudaError_t()> item = std::move(stream->work.front());
    stream->work.pop_front();
    stream->failed = item();
  }
  return stream->failed;
}

std::atomic<int64_t> launches_to_refusal{-1};

}  // namespace

std::atomic<int64_t> Graph::alive{0};
std::atomic<uint64_t> Graph::bytes{0};

cudaError_t cudaMalloc(void** memory, uint64_t bytes) {
  open_current();
  *memory = take_memory(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  give_memory_back(memory);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, uint64_t bytes) {
  const cudaError_t error = cudaMalloc(memory, bytes);
  if (error == cudaSuccess) may_be_read_early(*memory);  // the host's, which no kernel sees
  return error;
}
cudaError_t cudaFreeHost(void* memory) { return cudaFree(memory); }

cudaError_t cudaMemcpyAsync(void* to, const void* from, uint64_t bytes, cudaMemcpyKind, cudaStream_t stream) {
  return record(stream, [=] {
    memcpy(to, from, bytes);
    return cudaSuccess;
  });
}

cudaError_t cudaMemsetAsync(void* memory, int value, uint64_t bytes, cudaStream_t stream) {
  return record(stream, [=] {
    memset(memory, value, bytes);
    return cudaSuccess;
  });
}

cudaError_t cudaStreamCreate(cudaStream_t* stream) {
  open_current();
  *stream = new Stream();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) { return carry_out(stream, nullptr); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, uint32_t) {
  *event = new Event();
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  if (stream->capturing != nullptr) return cudaErrorInvalidValue;
  const auto done = std::make_shared<bool>(false);
  *event = {stream, done};
  return record(stream, [done] {
    *done = true;
    return cudaSuccess;
  });
}

cudaError_t cudaEventQuery(cudaEvent_t event) {
  if (event->stream == nullptr || *event->done) return cudaSuccess;
  return event->stream->failed == cudaSuccess ? cudaErrorNotReady : event->stream->failed;
}

cudaError_t cudaEventSynchronize(cudaEvent_t event) {
  if (event->stream == nullptr || *event->done) return cudaSuccess;
  return carry_out(event->stream, event->done.get());
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->capturing != nullptr) return cudaErrorInvalidValue;
  stream->capturing = new Graph();
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  *graph = stream->capturing;
  stream->capturing = nullptr;
  return *graph == nullptr ? cudaErrorInvalidValue : cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, uint64_t) {
  *executable = new Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream) {
  for (const auto& item : graph->work) {
    if (const cudaError_t error = record(stream, item)) return error;
  }
  return cudaSuccess;
}

cudaError_t cudaGraphUpload(cudaGraphExec_t, cudaStream_t) { return cudaSuccess; }

cudaError_t cudaGraphDestroy(cudaGraph_t graph) {
  delete graph;
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph) { return cudaGraphDestroy(graph); }
cudaError_t cudaGetLastError() { return cudaSuccess; }  // calls return their own errors

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorNoKernelImageForDevice:
      return "no code for this device";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorLaunchFailure:
      return fault.c_str();
    default:
      return "invalid value";
  }
}

cudaError_t cudaGetDevice(int* device) {
  *device = exchanged * kMostDevices + current_device;
  return cudaSuccess;
}

cudaError_t cudaSetDevice(int device) {
  if (device < 0 || device >= kMostDevices) return cudaErrorInvalidValue;
  current_device = device;
  open_current();
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  open_current();
  *total = static_cast<uint64_t>(sysconf(_SC_PHYS_PAGES)) * static_cast<uint64_t>(sysconf(_SC_PAGESIZE));
  *free = *total - std::min<uint64_t>(*total, static_cast<uint64_t>(Graph::alive) * Graph::bytes);
  return cudaSuccess;
}

uint64_t exchange_opened() { return opened.exchange(0); }

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void*) {
  *attributes = {device_binary, device_ptx};
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  if (value < 0 || value > (is_of_9a(kernel) ? kMostSharedOf9a : kMostShared)) return cudaErrorInvalidValue;
  const std::lock_guard<std::mutex> lock(shared_mutex);
  shared_asked[kernel] = static_cast<uint64_t>(value);
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr, int) {
  *value = 3;
  return cudaSuccess;
}

cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel, int, uint64_t shared_bytes) {
  *blocks = shared_bytes <= allowed_shared(kernel) ? 1 : 0;
  return cudaSuccess;
}

void needs_groups(const void* kernel) {
  const std::lock_guard<std::mutex> lock(shared_mutex);
  of_9a.insert(kernel);
}

void exchange_device(const cudaFuncAttributes& loaded) {
  ++exchanged;
  device_binary = loaded.binaryVersion;
  device_ptx = loaded.ptxVersion;
}

void refuse_launch_after(uint32_t launches) { launches_to_refusal = launches; }

cudaError_t record_launch(Launch launch, cudaStream_t stream, std::function<void()> body) {
  if (launches_to_refusal >= 0 && launches_to_refusal-- == 0) return cudaErrorInvalidValue;
  const dim3& grid = launch.grid;
  const dim3& block = launch.block;
  const uint32_t n = block.x * block.y * block.z;
  if (n < 1 || n > 1024 || grid.x < 1 || grid.y < 1 || grid.z < 1 || grid.y > 65535 || grid.z > 65535) {
    return cudaErrorInvalidValue;
  }
  if (launch.shared_bytes > allowed_shared(launch.kernel)) return cudaErrorInvalidValue;
  if (is_of_9a(launch.kernel) && device_binary != kBinaryOf9a) return cudaErrorNoKernelImageForDevice;
  launch.has_wait = device_ptx >= kFirstWithWait;
  return record(stream, [=, body = std::move(body)] {
    const std::string error = current().run(launch, stream->seed++, body);
    if (error.empty()) return cudaSuccess;
    fault = error;
    return cudaErrorLaunchFailure;
  });
}

}  // namespace tramontane::emu
