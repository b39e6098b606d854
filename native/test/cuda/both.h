// The same calls on the CPU and on a context of libjaubert_cuda, and their results against each other.
//
//   Both both;
//   auto x = both.array(test::normal(n)), y = both.empty<float>(n);
//   BOTH_OK(jb_unary_forward(ctx, JB_EXP, y[d], x[d], n, 0, 0));
//   EXPECT_SAME(y, 1e-6, 1e-7);
#ifndef JAUBERT_TEST_CUDA_BOTH_H
#define JAUBERT_TEST_CUDA_BOTH_H

#include <type_traits>
#include <utility>
#include <vector>

#include "jaubert/cuda.h"
#include "test.h"

namespace test {

// Memory on both devices. Behind it lie a few bytes that nobody may write.
template <typename T>
class Array {
 public:
  Array(const jb_ctx (&contexts)[2], const std::vector<T>& values) : n_(static_cast<int64_t>(values.size())) {
    for (int d = 0; d < 2; ++d) {
      contexts_[d] = contexts[d];
      memory_[d] = jb_allocate(contexts[d], bytes());
      if (memory_[d] == nullptr) throw Failure(jb_last_error());
      set(d, values);
    }
  }
  Array(Array&& from) noexcept : n_(from.n_) {
    for (int d = 0; d < 2; ++d) {
      contexts_[d] = from.contexts_[d];
      memory_[d] = std::exchange(from.memory_[d], nullptr);
    }
  }
  ~Array() {
    for (int d = 0; d < 2; ++d) {
      if (memory_[d] != nullptr) jb_release(contexts_[d], memory_[d], bytes());
    }
  }

  // Its address on the CPU (0) and the GPU (1).
  T* operator[](int d) const { return static_cast<T*>(memory_[d]); }
  int64_t size() const { return n_; }

  std::vector<T> values(int d) const {
    std::vector<T> host(static_cast<size_t>(n_));
    const jb_status status = jb_read_bytes(contexts_[d], reinterpret_cast<int8_t*>(host.data()), memory_[d], bytes());
    if (status != JB_OK) throw Failure(jb_last_error());
    return host;
  }
  void set(int d, const std::vector<T>& values) {
    const auto* from = reinterpret_cast<const int8_t*>(values.data());
    if (jb_write_bytes(contexts_[d], memory_[d], from, bytes()) != JB_OK) throw Failure(jb_last_error());
  }
  void set(const std::vector<T>& values) {
    for (int d = 0; d < 2; ++d) set(d, values);
  }

 private:
  int64_t bytes() const { return n_ * static_cast<int64_t>(sizeof(T)); }

  int64_t n_;
  jb_ctx contexts_[2] = {};
  void* memory_[2] = {};
};

// Matrix products for a context of libjaubert_cuda: gpu.cpp has cuBLAS for a real GPU, emulated.cpp none, as the
// emulated one brings its own. What attach gives, detach takes back before the context ends.
void* attach_blas(jb_ctx cuda);
void detach_blas(jb_ctx cuda, void* blas);

class Both {
 public:
  Both() : contexts_{cpu_, jb_cuda_context_create(0)} {
    if (contexts_[1] == nullptr) throw Failure(jb_last_error());
    blas_ = attach_blas(contexts_[1]);
  }
  ~Both() {
    detach_blas(contexts_[1], blas_);
    jb_context_destroy(contexts_[1]);
  }
  Both(const Both&) = delete;
  Both& operator=(const Both&) = delete;

  jb_ctx operator[](int d) const { return contexts_[d]; }
  jb_ctx cuda() const { return contexts_[1]; }

  template <typename T>
  Array<T> array(const std::vector<T>& values) const {
    return Array<T>(contexts_, values);
  }
  // Of a value that no result is.
  template <typename T>
  Array<T> empty(int64_t n) const {
    return array(std::vector<T>(static_cast<size_t>(n), static_cast<T>(77)));
  }

 private:
  Context cpu_;
  jb_ctx contexts_[2];
  void* blas_ = nullptr;
};

// A size: 1, a prime, a multiple of the vectors, or one off that.
inline int64_t odd_size(int64_t most) {
  const int64_t sizes[] = {1, 2, 3, 4, 7, 31, 32, 33, 64, 97, 128, 257, 512, 1023, 1024, 1031};
  int64_t n = most + 1;
  while (n > most) n = sizes[static_cast<size_t>(integers(1, 0, 16)[0])];
  return n;
}

inline int64_t random_seed() { return integers<int64_t>(1, 0, INT64_MAX)[0]; }

}  // namespace test

// call is made with ctx and d of each device.
#define BOTH_OK(call)                                                                                   \
  for (int d = 0; d < 2; ++d) {                                                                         \
    const jb_ctx ctx = both[d];                                                                         \
    if ((call) != JB_OK) {                                                                              \
      test::fail(__FILE__, __LINE__, d == 0 ? "CPU: " : "CUDA: ", #call, " failed: ", jb_last_error()); \
    }                                                                                                   \
  }

// Both refuse it, and in the same words, which contain `part`.
#define BOTH_REFUSE(call, part)                                                                        \
  do {                                                                                                 \
    std::string words[2];                                                                              \
    for (int d = 0; d < 2; ++d) {                                                                      \
      const jb_ctx ctx = both[d];                                                                      \
      EXPECT_REFUSED(call, part);                                                                      \
      words[d] = jb_last_error();                                                                      \
    }                                                                                                  \
    if (words[0] != words[1]) test::fail(__FILE__, __LINE__, "CPU: ", words[0], "; CUDA: ", words[1]); \
  } while (false)

// What the GPU has is near what the CPU has.
#define EXPECT_SAME(array, relative, absolute) EXPECT_CLOSE((array).values(1), (array).values(0), relative, absolute)
#define EXPECT_EQUAL(array) EXPECT_SAME_BITS((array).values(1), (array).values(0))

#endif
