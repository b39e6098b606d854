// What a test needs to run a kernel: buffers in "global memory", and a launch.
//
//   simt::Buffer<float> x("x", values), y("y", n);
//   SIMT_LAUNCH(my_kernel<float>, ({grid, block, shared_bytes}), y.data(), x.data(), n);
#ifndef JAUBERT_TEST_SIMT_LAUNCH_H
#define JAUBERT_TEST_SIMT_LAUNCH_H

#include <cstring>
#include <memory>
#include <string>
#include <tuple>
#include <vector>

#include "simt/machine.h"
#include "simt/memory.h"

namespace simt {

// Memory that kernels may touch: exactly its bytes. What is not given is poison (NaN, or -1).
template <typename T>
class Buffer {
 public:
  Buffer(const std::string& name, size_t n) : n_(n), memory_(new (std::align_val_t{256}) unsigned char[bytes()]) {
    std::memset(memory_, kPoison, bytes());
    register_buffer(memory_, bytes(), sizeof(T), name);
  }
  Buffer(const std::string& name, const std::vector<T>& values) : Buffer(name, values.size()) {
    std::memcpy(memory_, values.data(), bytes());
  }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  ~Buffer() {
    unregister_buffer(memory_);
    operator delete[](memory_, std::align_val_t{256});
  }

  T* data() { return reinterpret_cast<T*>(memory_); }
  size_t size() const { return n_; }
  std::vector<T> values() const {
    std::vector<T> copy(n_);
    std::memcpy(copy.data(), memory_, bytes());
    return copy;
  }

 private:
  size_t bytes() const { return n_ * sizeof(T); }

  size_t n_;
  unsigned char* memory_;
};

namespace detail {

// Not instrumented: it copies the arguments to the thread's stack, where the kernel may read them.
template <typename Kernel, typename Arguments>
__attribute__((no_sanitize("thread"), noinline)) void call(const void* both) {
  const auto [kernel, arguments] = *static_cast<const std::pair<Kernel, Arguments>*>(both);
  std::apply(kernel, arguments);
}

}  // namespace detail

template <typename... Parameters, typename... Arguments>
void launch(const char* name, const Shape& shape, void (*kernel)(Parameters...), Arguments... arguments) {
  using Tuple = std::tuple<std::remove_cv_t<Parameters>...>;
  const std::pair<void (*)(Parameters...), Tuple> both(kernel, Tuple(arguments...));
  run(name, shape, detail::call<void (*)(Parameters...), Tuple>, &both);
}

#define SIMT_UNPACK(...) __VA_ARGS__
#define SIMT_LAUNCH(kernel, shape, ...) \
  ::simt::launch(#kernel, ::simt::Shape SIMT_UNPACK shape, kernel __VA_OPT__(, ) __VA_ARGS__)

// body() for each order of threads: forward, reversed, and two that the seed shuffles.
template <typename Body>
void for_each_order(uint64_t seed, Body&& body) {
  set_order(Order::kForward);
  body();
  set_order(Order::kReversed);
  body();
  set_order(Order::kShuffled, seed);
  body();
  set_order(Order::kForward);
}

}  // namespace simt

#endif
