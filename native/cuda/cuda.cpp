// jaubert/cuda.h: the driver, contexts, graphs and events.
#include "jaubert/cuda.h"

#include <algorithm>
#include <memory>

#include "context.h"
#include "support/arguments.h"
#include "support/sequences.h"

extern "C" int64_t jb_abi(void);  // of libjaubert_cpu: cpu/support/abi.cpp

namespace jb::cuda {
namespace {

struct Graph {
  const Streams& streams;
  cudaGraphExec_t executable = nullptr;
  std::vector<SharedBlock> scratch;
  std::vector<HostArrays::Captured> arrays;
  std::vector<int64_t> seeds;   // that it draws with, in the order of Replay::offsets
  std::vector<void*> released;  // by the caller, while it was captured

  explicit Graph(const Streams& of) : streams(of) {}
  ~Graph() {
    if (executable != nullptr) cudaGraphExecDestroy(executable);
    for (void* memory : released) streams.release(memory);
  }
  Graph(const Graph&) = delete;
  Graph& operator=(const Graph&) = delete;
};

// A graph that is to be changed or launched.
Graph& graph_of(const Context& c, jb_inout graph) {
  JB_CHECK(graph != nullptr, "graph: it is null");
  JB_CHECK(!c.replay(), "graph: launched or changed while another is captured");
  return *static_cast<Graph*>(graph);
}

int64_t longest_of(const int32_t* cu_seqlens, int64_t sequences) {
  int64_t longest = 0;
  for (int64_t s = 0; s < sequences; ++s) longest = std::max<int64_t>(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
  return longest;
}

#ifndef JB_CUDA_ARCHITECTURES
#error "JB_CUDA_ARCHITECTURES is set by cmake/Cuda.cmake"
#endif

int device_count() {
  int devices = 0;
  const cudaError_t error = cudaGetDeviceCount(&devices);
  if (error == cudaErrorNoDevice) {
    cudaGetLastError();
    return 0;
  }
  if (error != cudaSuccess) fail_call(error, "cudaGetDeviceCount");
  return devices;
}

int driver_version() {
  int version = 0;
  JB_CUDA(cudaDriverGetVersion(&version));
  return version;
}

// Says what is missing before CUDA is asked for more than it has.
void check_device(const char* function, int32_t device) {
  int built_with = 0;
  JB_CUDA(cudaRuntimeGetVersion(&built_with));
  const int driver = driver_version();
  if (driver == 0) {
    fail(JB_UNSUPPORTED, "{}: there is no NVIDIA driver; one for CUDA {}.0 or later is needed", function,
         built_with / 1000);
  }
  if (driver / 1000 < built_with / 1000) {
    fail(JB_UNSUPPORTED, "{}: the NVIDIA driver is for CUDA {}.{}; one for {}.0 or later is needed", function,
         driver / 1000, driver % 1000 / 10, built_with / 1000);
  }
  const int devices = device_count();
  JB_CHECK(device >= 0 && device < devices, "{}: GPU {} of {}", function, device, devices);
}

void check_abi(int64_t of_cpu) {
  if (of_cpu != JB_ABI) {
    fail(JB_UNSUPPORTED,
         "context: libjaubert_cuda (headers {}) and libjaubert_cpu (headers {}) are of different builds; take "
         "jaubert-cuda and jaubert-core of one version, or build both again",
         int64_t{JB_ABI}, of_cpu);
  }
}

cudaDeviceProp properties(int32_t device) {
  cudaDeviceProp p;
  JB_CUDA(cudaGetDeviceProperties(&p, device));
  return p;
}

template <typename T>
void set(T* to, T value) {
  if (to != nullptr) *to = value;
}

}  // namespace
}  // namespace jb::cuda

using namespace jb::cuda;  // NOLINT: this file is the library's outside
using jb::check_sequences;
using jb::fail;
using jb::guard;
using jb::kMostMaskedKeys;

extern "C" {

jb_status jb_cuda_driver(int32_t* driver, int32_t* built_with, int32_t* devices) {
  return guard([&] {
    int runtime = 0;
    JB_CUDA(cudaRuntimeGetVersion(&runtime));
    const int version = driver_version();
    set(driver, version);
    set(built_with, runtime);
    set(devices, version / 1000 < runtime / 1000 ? 0 : device_count());
  });
}

const char* jb_cuda_architectures(void) { return JB_CUDA_ARCHITECTURES; }

jb_status jb_cuda_device(int32_t device, int8_t* name, int32_t* capability, int32_t* multiprocessors, int64_t* memory,
                         int64_t* free_memory) {
  return guard([&] {
    check_device("device", device);
    const cudaDeviceProp p = properties(device);
    if (name != nullptr) std::copy(std::begin(p.name), std::end(p.name), reinterpret_cast<char*>(name));
    set(capability, p.major * 10 + p.minor);
    set(multiprocessors, p.multiProcessorCount);
    set(memory, static_cast<int64_t>(p.totalGlobalMem));
    if (free_memory != nullptr) {
      JB_CUDA(cudaSetDevice(device));
      size_t free = 0, total = 0;
      JB_CUDA(cudaMemGetInfo(&free, &total));
      *free_memory = static_cast<int64_t>(free);
    }
  });
}

jb_ctx jb_cuda_context_create(int32_t device) {
  jb_ctx ctx = nullptr;
  guard([&] {
    check_abi(jb_abi());
    check_device("context", device);
    const cudaDeviceProp p = properties(device);
    if (p.major < 8) {
      fail(JB_UNSUPPORTED, "context: GPU {} ({}) has compute capability {}.{}; 8.0 or later is needed", device, p.name,
           p.major, p.minor);
    }
    JB_CUDA(cudaSetDevice(device));
    ctx = new Context(device);
  });
  return ctx;
}

jb_out jb_cuda_stream(jb_ctx ctx) {
  jb_out stream = nullptr;
  guard([&] { stream = context_of(ctx).stream(); });
  return stream;
}

jb_status jb_cuda_set_blas(jb_ctx ctx, jb_inout handle, jb_in gemm_ex, jb_in gemm_strided_batched_ex) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(handle != nullptr && gemm_ex != nullptr && gemm_strided_batched_ex != nullptr,
             "set_blas: handle {}, cublasGemmEx {} and cublasGemmStridedBatchedEx {} must not be null", handle, gemm_ex,
             gemm_strided_batched_ex);
    c.blas() = {handle, reinterpret_cast<GemmEx>(const_cast<void*>(gemm_ex)),
                reinterpret_cast<GemmStridedBatchedEx>(const_cast<void*>(gemm_strided_batched_ex))};
  });
}

jb_status jb_cuda_synchronize(jb_ctx ctx) {
  return run(ctx, [&](Context& c) {
    if (c.streams().capturing) fail(JB_UNSUPPORTED, "synchronize: not while a graph is captured; nothing runs yet");
    c.index_checks().before_wait();
    JB_CUDA(cudaStreamSynchronize(c.stream()));
    c.index_checks().report();
  });
}

// ---- Graphs ---------------------------------------------------------------------------------------------------------

jb_status jb_cuda_capture_begin(jb_ctx ctx) {
  return run(ctx, [&](Context& c) {
    if (c.streams().capturing) fail(JB_INVALID_ARGUMENT, "capture: the context is capturing already");
    c.replay_memory();
    Kernel::load_all(c.device());
    // Copies made before may be overwritten later, so captured work must not refer to them.
    c.host_arrays().take_all();
    c.take_seeds();
    // Memory that was freed until now can then be had by the other stream, which allocates meanwhile; hence relaxed.
    JB_CUDA(cudaStreamSynchronize(c.stream()));
    JB_CUDA(cudaStreamBeginCapture(c.stream(), cudaStreamCaptureModeRelaxed));
    c.streams().capturing = true;
  });
}

jb_out jb_cuda_capture_end(jb_ctx ctx) {
  jb_out graph = nullptr;
  run(ctx, [&](Context& c) {
    if (!c.streams().capturing) fail(JB_INVALID_ARGUMENT, "capture: the context is not capturing");
    auto result = std::make_unique<Graph>(c.streams());
    cudaGraph_t captured = nullptr;
    const cudaError_t ended = cudaStreamEndCapture(c.stream(), &captured);
    c.streams().capturing = false;
    result->scratch = c.scratch().captured();
    result->arrays = c.host_arrays().take_all();
    result->seeds = c.take_seeds();
    result->released = c.take_released();
    if (ended != cudaSuccess) fail_call(ended, "cudaStreamEndCapture");
    const cudaError_t error = cudaGraphInstantiate(&result->executable, captured, 0);
    cudaGraphDestroy(captured);
    if (error != cudaSuccess) fail_call(error, "cudaGraphInstantiate");
    graph = result.release();
  });
  return graph;
}

jb_status jb_cuda_graph_set_sequences(jb_ctx ctx, jb_inout graph, const int32_t* captured, const int32_t* now,
                                      int64_t sequences) {
  return run(ctx, [&](Context& c) {
    const Graph& g = graph_of(c, graph);
    const int64_t tokens = check_sequences("graph: captured", captured, sequences);
    const int64_t tokens_now = check_sequences("graph: now", now, sequences);
    JB_CHECK(tokens == tokens_now, "graph: {} sequences of {} tokens cannot take the place of {} tokens", sequences,
             tokens_now, tokens);
    const int64_t longest = longest_of(now, sequences);
    JB_CHECK(longest <= std::max(kMostMaskedKeys, longest_of(captured, sequences)),
             "graph: a sequence has {} tokens; with dropout the most is {}", longest, kMostMaskedKeys);
    const int64_t bytes = (sequences + 1) * static_cast<int64_t>(sizeof(int32_t));
    bool found = false;
    for (const auto& [use, copy] : g.arrays) {
      if (use != "cu_seqlens" || !copy.holds(captured, bytes)) continue;
      c.staging().write(copy.block->data(), now, bytes);
      found = true;
    }
    JB_CHECK(found, "graph: nothing in it was captured with these {} sequences of {} tokens", sequences, tokens);
  });
}

jb_status jb_cuda_graph_launch(jb_ctx ctx, jb_inout graph, const int64_t* seeds, const int64_t* offsets, int64_t n,
                               int64_t steps, float rate_factor) {
  return run(ctx, [&](Context& c) {
    const Graph& g = graph_of(c, graph);
    JB_CHECK(n >= 0 && (n == 0 || (seeds != nullptr && offsets != nullptr)), "graph: {} seeds, or a null address", n);
    Replay replay{{}, steps, rate_factor};
    for (size_t i = 0; i < g.seeds.size(); ++i) {
      const auto place = std::find(seeds, seeds + n, g.seeds[i]) - seeds;
      JB_CHECK(place < n, "graph: it draws with seed {}, which has no offset", g.seeds[i]);
      replay.offsets[i] = offsets[place];
    }
    c.staging().write(c.replay_memory(), &replay, static_cast<int64_t>(sizeof(replay)));
    JB_CUDA(cudaGraphLaunch(g.executable, c.stream()));
    c.index_checks().repeat();
  });
}

void jb_cuda_graph_destroy(jb_ctx ctx, jb_inout graph) {
  run(ctx, [&](Context& c) {
    if (graph == nullptr) return;
    JB_CHECK(!c.streams().capturing, "graph: destroyed while another is captured");
    JB_CUDA(cudaStreamSynchronize(c.stream()));
    delete static_cast<Graph*>(graph);
  });
}

// ---- Events ---------------------------------------------------------------------------------------------------------

jb_out jb_cuda_event_create(jb_ctx ctx) {
  cudaEvent_t event = nullptr;
  run(ctx, [&](Context&) { JB_CUDA(cudaEventCreate(&event)); });
  return event;
}

void jb_cuda_event_destroy(jb_ctx ctx, jb_inout event) {
  run(ctx, [&](Context&) {
    if (event != nullptr) JB_CUDA(cudaEventDestroy(static_cast<cudaEvent_t>(event)));
  });
}

jb_status jb_cuda_event_record(jb_ctx ctx, jb_inout event) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(event != nullptr, "event: it is null");
    JB_CHECK(!c.streams().capturing, "event: recorded while a graph is captured");
    JB_CUDA(cudaEventRecord(static_cast<cudaEvent_t>(event), c.stream()));
  });
}

jb_status jb_cuda_event_elapsed(jb_ctx ctx, float* milliseconds, jb_in begin, jb_in end) {
  return run(ctx, [&](Context&) {
    JB_CHECK(milliseconds != nullptr && begin != nullptr && end != nullptr, "event: an argument is null");
    auto* const first = static_cast<cudaEvent_t>(const_cast<void*>(begin));
    auto* const last = static_cast<cudaEvent_t>(const_cast<void*>(end));
    JB_CUDA(cudaEventSynchronize(last));
    JB_CUDA(cudaEventElapsedTime(milliseconds, first, last));
  });
}
}
