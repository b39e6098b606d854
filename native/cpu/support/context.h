// What a jb_ctx is on the CPU, and scratch memory.
#ifndef JAUBERT_CPU_SUPPORT_CONTEXT_H
#define JAUBERT_CPU_SUPPORT_CONTEXT_H

#include <atomic>
#include <cstddef>
#include <cstdint>

#include "jaubert/context.h"
#include "support/error.h"
#include "support/functions.h"

namespace jb {

struct CpuContext : jb_context {
  explicit CpuContext(int32_t count) : jb_context{nullptr}, threads(count) {}
  std::atomic<int32_t> threads;  // how many may compute for one call, the calling thread included
};

// The functions of context.h on the CPU. Behind the stubs of dispatch.h, or without those exported themselves.
namespace cpu {
#ifdef JB_SEVERAL_ISAS
#define JB_DECLARE(function) extern decltype(::function) function;
#else
#define JB_DECLARE(function) extern "C" JB_API decltype(::function) function;
#endif
JB_CONTEXT_FUNCTIONS(JB_DECLARE)
#undef JB_DECLARE
}  // namespace cpu

inline int32_t threads_of(jb_ctx ctx) {
  JB_CHECK(ctx != nullptr, "the context is null");
  return static_cast<CpuContext*>(ctx)->threads.load(std::memory_order_relaxed);
}

// How many threads the process may use: its CPU affinity and the CPU quota of its control group.
int32_t usable_threads();

constexpr int64_t kCacheLine = 64;

// Scratch memory of the calling thread, a stack that only grows and is used again by the next call:
//
//   Scratch scratch;
//   float* row = scratch.take<float>(columns);  // until `scratch` goes out of scope
//
// Memory is aligned to 64 bytes and not cleared. What the caller of parallel_for takes, all bodies may use; what a body
// takes is its own. A Scratch is destroyed by the thread that made it, in reverse order, as local variables are.
class Scratch {
 public:
  Scratch();
  ~Scratch();
  Scratch(const Scratch&) = delete;
  Scratch& operator=(const Scratch&) = delete;

  template <typename T>
  T* take(int64_t count) {
    return static_cast<T*>(take_bytes(count * static_cast<int64_t>(sizeof(T))));
  }

 private:
  void* take_bytes(int64_t bytes);

  size_t block_;
  int64_t used_;
};

}  // namespace jb

#endif
