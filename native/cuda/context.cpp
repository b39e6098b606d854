// Contexts and their memory: context.h of the ABI.
#include "context.h"

#include <algorithm>

#include "functions.h"

namespace jb::cuda {

namespace {

int attribute(cudaDeviceAttr which, int device) {
  int value = 0;
  JB_CUDA(cudaDeviceGetAttribute(&value, which, device));
  return value;
}

}  // namespace

Context::Context(int device)
    : jb_context{&kFunctions},
      device_(device),
      multiprocessors_(attribute(cudaDevAttrMultiProcessorCount, device)),
      threads_each_(attribute(cudaDevAttrMaxThreadsPerMultiProcessor, device)),
      streams_(device),
      staging_(streams_),
      scratch_(streams_),
      host_arrays_(streams_, staging_),
      index_checks_(streams_) {
#ifdef JAUBERT_EMULATED
  blas_ = emulated_blas(streams_.main);
#endif
}

Context::~Context() {
  if (streams_.capturing) {  // nobody has ended it
    cudaGraph_t captured = nullptr;
    if (cudaStreamEndCapture(streams_.main, &captured) == cudaSuccess) cudaGraphDestroy(captured);
    streams_.capturing = false;
    for (void* memory : released_) streams_.release(memory);
  }
  cudaStreamSynchronize(streams_.main);
}

const Replay* Context::replay() const {
  return streams_.capturing ? reinterpret_cast<const Replay*>(replay_->data()) : nullptr;
}

Replay* Context::replay_memory() {
  if (replay_ == nullptr) replay_ = std::make_shared<Block>(streams_, static_cast<int64_t>(sizeof(Replay)));
  return reinterpret_cast<Replay*>(replay_->data());
}

const int64_t* Context::replayed_offset(int64_t seed) {
  const Replay* numbers = replay();
  if (numbers == nullptr) return nullptr;
  const auto place = std::find(seeds_.begin(), seeds_.end(), seed) - seeds_.begin();
  if (place == static_cast<ptrdiff_t>(seeds_.size())) {
    if (place == kMostSeeds) fail(JB_UNSUPPORTED, "capture: a graph can draw with {} seeds, not more", kMostSeeds);
    seeds_.push_back(seed);
  }
  return numbers->offsets + place;
}

unsigned Context::blocks_for(int64_t n, int64_t threads, int64_t each) const {
  const int64_t needed = (n + threads * each - 1) / (threads * each);
  const int64_t at_once = static_cast<int64_t>(multiprocessors_) * std::max<int64_t>(1, threads_each_ / threads);
  return static_cast<unsigned>(std::clamp<int64_t>(needed, 1, 2 * at_once));
}

Context& context_of(jb_ctx ctx) {
  JB_CHECK(ctx != nullptr, "the context is null");
  JB_CHECK(ctx->device == &kFunctions, "the context is not one of CUDA");
  return *static_cast<Context*>(ctx);
}

// ---- The functions of context.h -------------------------------------------------------------------------------------

namespace {

void check_bytes(const char* function, const void* y, const void* x, int64_t bytes) {
  JB_CHECK(bytes >= 0, "{}: {} bytes", function, bytes);
  JB_CHECK(bytes == 0 || (y != nullptr && x != nullptr), "{}: a null address for {} bytes", function, bytes);
}

// Between an array of the host and the device: copy(context, bytes).
template <typename T, typename Copy>
jb_status transfer(jb_ctx ctx, const char* function, const void* y, const void* x, int64_t n, Copy&& copy) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(n >= 0 && n <= INT64_MAX / static_cast<int64_t>(sizeof(T)), "{}: n is {}", function, n);
    const int64_t bytes = n * static_cast<int64_t>(sizeof(T));
    check_bytes(function, y, x, bytes);
    if (c.streams().capturing) {
      fail(JB_UNSUPPORTED, "{}: not while a graph is captured; do it before jb_cuda_capture_begin", function);
    }
    if (bytes > 0) copy(c, bytes);
  });
}

template <typename T>
jb_status read(jb_ctx ctx, const char* function, T* host, const void* x, int64_t n) {
  return transfer<T>(ctx, function, host, x, n, [&](Context& c, int64_t bytes) {
    c.index_checks().before_wait();
    c.staging().read(host, x, bytes);
    c.index_checks().report();
  });
}

template <typename T>
jb_status write(jb_ctx ctx, const char* function, void* y, const T* host, int64_t n) {
  return transfer<T>(ctx, function, y, host, n, [&](Context& c, int64_t bytes) { c.staging().write(y, host, bytes); });
}

}  // namespace

void jb_context_destroy(jb_ctx ctx) {
  guard([&] {
    Context& c = context_of(ctx);
    JB_CUDA(cudaSetDevice(c.device()));
    delete &c;
  });
}

jb_status jb_set_threads(jb_ctx, int32_t threads) {
  return guard([&] { fail(JB_UNSUPPORTED, "context: {} threads, but a GPU has none to set", threads); });
}

int32_t jb_get_threads(jb_ctx) { return 1; }  // the one that calls

jb_out jb_allocate(jb_ctx ctx, int64_t bytes) {
  void* memory = nullptr;
  run(ctx, [&](Context& c) {
    JB_CHECK(bytes >= 0 && bytes <= INT64_MAX / 2, "allocate: {} bytes", bytes);
    memory = c.streams().allocate(bytes);
  });
  return memory;
}

void jb_release(jb_ctx ctx, jb_inout memory, int64_t) {
  run(ctx, [&](Context& c) {
    if (c.streams().capturing) {
      c.release_with_graph(memory);
    } else {
      c.streams().release(memory);
    }
  });
}

// A GPU's memory is given whole and taken back whole.
jb_status jb_discard(jb_ctx ctx, jb_inout memory, int64_t bytes) {
  return run(ctx, [&](Context&) { check_bytes("discard", memory, memory, bytes); });
}

jb_status jb_fill_zero(jb_ctx ctx, jb_out y, int64_t bytes) {
  return run(ctx, [&](Context& c) {
    check_bytes("fill_zero", y, y, bytes);
    if (bytes > 0) JB_CUDA(cudaMemsetAsync(y, 0, static_cast<size_t>(bytes), c.stream()));
  });
}

jb_status jb_copy(jb_ctx ctx, jb_out y, jb_in x, int64_t bytes) {
  return run(ctx, [&](Context& c) {
    check_bytes("copy", y, x, bytes);
    if (bytes == 0 || y == x) return;
    JB_CUDA(cudaMemcpyAsync(y, x, static_cast<size_t>(bytes), cudaMemcpyDeviceToDevice, c.stream()));
  });
}

jb_status jb_read_floats(jb_ctx ctx, float* host, jb_in x, int64_t n) { return read(ctx, "read_floats", host, x, n); }
jb_status jb_read_ints(jb_ctx ctx, int32_t* host, jb_in x, int64_t n) { return read(ctx, "read_ints", host, x, n); }
jb_status jb_read_longs(jb_ctx ctx, int64_t* host, jb_in x, int64_t n) { return read(ctx, "read_longs", host, x, n); }
jb_status jb_read_bytes(jb_ctx ctx, int8_t* host, jb_in x, int64_t n) { return read(ctx, "read_bytes", host, x, n); }
jb_status jb_write_floats(jb_ctx ctx, jb_out y, const float* host, int64_t n) {
  return write(ctx, "write_floats", y, host, n);
}
jb_status jb_write_ints(jb_ctx ctx, jb_out y, const int32_t* host, int64_t n) {
  return write(ctx, "write_ints", y, host, n);
}
jb_status jb_write_longs(jb_ctx ctx, jb_out y, const int64_t* host, int64_t n) {
  return write(ctx, "write_longs", y, host, n);
}
jb_status jb_write_bytes(jb_ctx ctx, jb_out y, const int8_t* host, int64_t n) {
  return write(ctx, "write_bytes", y, host, n);
}

}  // namespace jb::cuda
