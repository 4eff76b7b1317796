#include "runtime.h"

#include <cstdlib>
#include <cstring>

namespace tramontane::emu {
namespace {

thread_local std::string fault;  // of the last kernel that failed

cudaError_t record(cudaStream_t stream, std::function<cudaError_t()> work) {
  if (stream->failed != cudaSuccess) return stream->failed;
  (stream->capturing != nullptr ? stream->capturing->work : stream->work).push_back(std::move(work));
  return cudaSuccess;
}

}  // namespace

cudaError_t cudaMalloc(void** memory, uint64_t bytes) {
  // 256, as cudaMalloc aligns; poisoned, because a device's memory comes as it was left.
  *memory = std::aligned_alloc(256, (bytes + 255) / 256 * 256);
  if (*memory == nullptr) return cudaErrorMemoryAllocation;
  memset(*memory, 0xff, bytes);
  return cudaSuccess;
}

cudaError_t cudaFree(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMallocHost(void** memory, uint64_t bytes) { return cudaMalloc(memory, bytes); }
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
  *stream = new Stream();
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  if (stream->capturing != nullptr) return cudaErrorInvalidValue;
  std::vector<std::function<cudaError_t()>> work;
  work.swap(stream->work);
  for (const auto& item : work) {
    if (stream->failed == cudaSuccess) stream->failed = item();
  }
  return stream->failed;
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
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorLaunchFailure:
      return fault.c_str();
    default:
      return "invalid value";
  }
}

cudaError_t record_launch(dim3 grid, dim3 block, uint64_t shared_bytes, cudaStream_t stream,
                          std::function<void()> body) {
  const uint32_t n = block.x * block.y * block.z;
  if (n < 1 || n > 1024 || grid.x < 1 || grid.y < 1 || grid.z < 1 || grid.y > 65535 || grid.z > 65535) {
    return cudaErrorInvalidValue;
  }
  if (shared_bytes > 48 << 10) return cudaErrorInvalidValue;  // more has to be asked for, and nothing here does
  return record(stream, [=, body = std::move(body)] {
    const std::string error = current().run(grid, block, shared_bytes, stream->seed++, body);
    if (error.empty()) return cudaSuccess;
    fault = error;
    return cudaErrorLaunchFailure;
  });
}

}  // namespace tramontane::emu
