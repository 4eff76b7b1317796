// The part of CUDA's runtime that the backend uses, over the host's memory. Work given to a stream is only recorded: it
// runs when somebody waits, as late as a device may run it, so a host that reads too early or reuses a buffer too early
// reads or writes the wrong thing in every run.
#pragma once

#include <atomic>
#include <cstdint>
#include <deque>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "block.h"

namespace tramontane::emu {

using cudaError_t = int;
inline constexpr cudaError_t cudaSuccess = 0;
inline constexpr cudaError_t cudaErrorInvalidValue = 1;
inline constexpr cudaError_t cudaErrorMemoryAllocation = 2;
inline constexpr cudaError_t cudaErrorNoKernelImageForDevice = 209;
inline constexpr cudaError_t cudaErrorNotReady = 600;
inline constexpr cudaError_t cudaErrorLaunchFailure = 719;

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed = 2 };
enum { cudaEventBlockingSync = 1, cudaEventDisableTiming = 2 };

struct Graph {
  Graph() { ++alive; }
  Graph(const Graph& other) : work(other.work) { ++alive; }
  ~Graph() { --alive; }

  std::vector<std::function<cudaError_t()>> work;
  static std::atomic<int64_t> alive;   // of all streams; for tests
  static std::atomic<uint64_t> bytes;  // that each takes of a device's memory, as it tells what is free; for tests
};
using cudaGraph_t = Graph*;
using cudaGraphExec_t = Graph*;

struct Stream {
  std::deque<std::function<cudaError_t()>> work;
  Graph* capturing = nullptr;
  cudaError_t failed = cudaSuccess;  // stays, as after a fault on a device
  uint64_t seed = 1;                 // of the order of threads, another for each launch
};
using cudaStream_t = Stream*;

// What was given to the stream before it was recorded is done, or not yet.
struct Event {
  Stream* stream = nullptr;  // nullptr: never recorded, which counts as done
  std::shared_ptr<bool> done;
};
using cudaEvent_t = Event*;

cudaError_t cudaMalloc(void** memory, uint64_t bytes);
cudaError_t cudaFree(void* memory);
cudaError_t cudaMallocHost(void** memory, uint64_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemcpyAsync(void* to, const void* from, uint64_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int value, uint64_t bytes, cudaStream_t stream);
cudaError_t cudaStreamCreate(cudaStream_t* stream);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, uint32_t flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
// Asking carries nothing out; who waits has the stream's work up to the event carried out, and no more.
cudaError_t cudaEventQuery(cudaEvent_t event);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, uint64_t flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t graph, cudaStream_t stream);
cudaError_t cudaGraphUpload(cudaGraphExec_t graph, cudaStream_t stream);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t graph);
cudaError_t cudaGetLastError();
cudaError_t cudaGetDevice(int* device);
// Of the thread, which opens it. All are this processor.
cudaError_t cudaSetDevice(int device);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
// Versions in tenths, as the runtime counts: 90 is compute capability 9.0.
struct cudaFuncAttributes {
  int binaryVersion;
  int ptxVersion;
};
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel);
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize = 8 };
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute attribute, int value);
enum cudaDeviceAttr { cudaDevAttrMultiProcessorCount = 16 };
// Few processors with a block each, so that a block of a grid that fills the device has several pieces of work.
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr attribute, int device);
cudaError_t cudaOccupancyMaxActiveBlocksPerMultiprocessor(int* blocks, const void* kernel, int threads,
                                                          uint64_t shared_bytes);
// The text of the last fault of a kernel of this thread, or the error's name.
const char* cudaGetErrorString(cudaError_t error);

// From here on there is another device, on which every kernel is loaded from code with these attributes; what was
// compiled for less than 9.0 has no wait for the kernel ahead. For tests; the first device's code is 9.0's.
void exchange_device(const cudaFuncAttributes& loaded);

// Forgets which devices have been opened, and says which they were: bit i of device i. For tests.
uint64_t exchange_opened();

// The launch after so many more is refused, once; for tests.
void refuse_launch_after(uint32_t launches);

// This kernel is code for 9.0a, which other devices don't take, and may have as much shared memory as those have.
void needs_groups(const void* kernel);

// Records the launch of a grid; body is one thread's life.
cudaError_t record_launch(Launch launch, cudaStream_t stream, std::function<void()> body);

}  // namespace tramontane::emu
