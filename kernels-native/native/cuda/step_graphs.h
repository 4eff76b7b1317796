// The layers of a decode as captured graphs: hundreds of small kernels that one call starts. A graph is made for each
// of a few numbers of rows and of segments that they see, when the cache is sized; a step takes the next larger one, so
// how many there are depends on the cache alone.
#pragma once

#include <cstdint>
#include <vector>

#include "device_memory.h"

namespace tramontane::TM_DEVICE {

inline constexpr uint32_t kGraphRows = 64;  // largest decode that is captured

// What of the device's memory goes while graphs are made, by what is free of it: the driver says no more.
class GraphMemory {
 public:
  GraphMemory() : before_(free()) {}  // counts from here on

  // Throws DeviceError (TM_OUT_OF_MEMORY) when so much more than planned has gone that what whoever plans leaves to the
  // driver, for code that may have been loaded meanwhile, does not cover it either, and less than that is free: steps
  // would find no memory.
  void require(uint64_t planned) const;

 private:
  static uint64_t free();

  uint64_t before_;
};

class StepGraphs {
 public:
  // For decodes of up to min(kGraphRows, max_rows) rows that see up to max_segments. Captures nothing yet.
  StepGraphs(uint32_t max_rows, uint32_t max_segments);
  ~StepGraphs();
  StepGraphs(const StepGraphs&) = delete;

  // Rising: 1, what the products' tiles hold (8), and twice as many each, the last being the largest decode.
  const std::vector<uint32_t>& rows() const { return rows_; }
  // Powers of two.
  const std::vector<uint32_t>& segments() const { return segments_; }
  uint64_t size() const { return rows_.size() * segments_.size(); }
  // The rows of the graph that a decode of n_rows takes; 0: it is too large for any.
  uint32_t rows_for(uint32_t n_rows) const;

  // Makes the graph of (rows, segments), both out of the lists, of what work() gives to the stream. When that fails the
  // stream captures no more, and the failure goes on.
  template <class Work>
  void capture(uint32_t rows, uint32_t segments, cudaStream_t stream, Work work) {
    must(cudaStreamBeginCapture(stream, cudaStreamCaptureModeRelaxed), "capturing a step");
    Capture captured(stream);
    work();
    captured.end();
    cudaGraphExec_t& graph = graph_of(rows, segments);
    must(cudaGraphInstantiate(&graph, captured.graph(), 0), "making a graph of a step");
    must(cudaGraphUpload(graph, stream), "making a graph of a step");  // its memory is taken here, and not by a step
  }
  void launch(uint32_t rows, uint32_t segments, cudaStream_t stream) {
    must(cudaGraphLaunch(graph_of(rows, segments), stream), "starting a step");
  }

 private:
  // A stream that captures, until it is told to end or forgotten.
  class Capture {
   public:
    explicit Capture(cudaStream_t stream) : stream_(stream) {}
    Capture(const Capture&) = delete;
    ~Capture();
    void end();
    cudaGraph_t graph() const { return graph_; }

   private:
    cudaStream_t stream_;  // nullptr: it has ended
    cudaGraph_t graph_ = nullptr;
  };

  cudaGraphExec_t& graph_of(uint32_t rows, uint32_t segments);

  std::vector<uint32_t> rows_, segments_;
  std::vector<cudaGraphExec_t> graphs_;  // [segments][rows]
};

}  // namespace tramontane::TM_DEVICE
