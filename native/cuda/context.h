// What a context of this library is: a stream of a GPU, and what calls on it share.
#ifndef JAUBERT_CUDA_CONTEXT_H
#define JAUBERT_CUDA_CONTEXT_H

#include <mutex>
#include <utility>

#include "blas.h"
#include "index_checks.h"
#include "jaubert/cuda.h"
#include "memory.h"
#include "support/functions.h"

namespace jb::cuda {

// Numbers that a replay of a graph changes, in device memory: see jb_cuda_graph_launch.
inline constexpr int kMostSeeds = 16;  // of one graph
struct Replay {
  int64_t offsets[kMostSeeds];  // added to what is drawn with each seed
  int64_t steps;                // added to the steps of optimizers
  float rate_factor;
};

class Context : public jb_context {
 public:
  explicit Context(int device);
  ~Context();
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;

  int device() const { return device_; }
  cudaStream_t stream() const { return streams_.main; }
  Streams& streams() { return streams_; }
  Staging& staging() { return staging_; }
  Scratch& scratch() { return scratch_; }
  HostArrays& host_arrays() { return host_arrays_; }
  IndexChecks& index_checks() { return index_checks_; }
  Blas& blas() { return blas_; }

  // Memory for this call.
  template <typename T>
  T* take(int64_t n) {
    return reinterpret_cast<T*>(scratch_.take(n * static_cast<int64_t>(sizeof(T))));
  }

  // While a graph is captured, what its replays change; else null.
  const Replay* replay() const;
  Replay* replay_memory();
  // What it adds to the offset of numbers drawn with a seed; null if nothing is captured.
  const int64_t* replayed_offset(int64_t seed);
  std::vector<int64_t> take_seeds() { return std::exchange(seeds_, {}); }

  // Memory that the caller released while a graph was captured, which goes with the graph.
  void release_with_graph(void* memory) { released_.push_back(memory); }
  std::vector<void*> take_released() { return std::move(released_); }

  // How many blocks of `threads` share n items, `each` a thread: enough to fill the GPU, no more than there is work
  // for.
  unsigned blocks_for(int64_t n, int64_t threads, int64_t each = 1) const;

  // One call at a time: scratch and staging belong to it.
  std::mutex mutex;

 private:
  int device_;
  int multiprocessors_ = 0;
  int threads_each_ = 0;  // of a multiprocessor
  Streams streams_;
  Staging staging_;
  Scratch scratch_;
  HostArrays host_arrays_;
  IndexChecks index_checks_;
  SharedBlock replay_;
  std::vector<void*> released_;
  std::vector<int64_t> seeds_;  // of what was captured, in the order of Replay::offsets
  Blas blas_;
};

Context& context_of(jb_ctx ctx);

// The body of a function of the ABI: body(context), with its GPU current for this thread.
template <typename Body>
jb_status run(jb_ctx ctx, Body&& body) noexcept {
  return guard([&] {
    Context& context = context_of(ctx);
    const std::lock_guard<std::mutex> one_at_a_time(context.mutex);
    JB_CUDA(cudaSetDevice(context.device()));
    context.scratch().reset();
    body(context);
  });
}

}  // namespace jb::cuda

#endif
