// Loops over threads whose results do not depend on how many there are.
#ifndef JAUBERT_CPU_SUPPORT_PARALLEL_H
#define JAUBERT_CPU_SUPPORT_PARALLEL_H

#include <algorithm>
#include <cstdint>
#include <type_traits>

#include "support/context.h"

namespace jb {

namespace detail {

using ChunkBody = void (*)(void* body, int64_t begin, int64_t end);

// Runs all chunks with the help of the pool's threads. n > grain > 0, threads > 1.
void run_on_pool(int32_t threads, int64_t n, int64_t grain, ChunkBody call, void* body);

// Whether this thread is inside a body of parallel_for; a loop inside a loop runs on the thread it is on.
bool inside_parallel();

}  // namespace detail

// The chunks that parallel_for cuts n into.
inline int64_t chunk_count(int64_t n, int64_t grain) { return (n + grain - 1) / grain; }

// Calls body(begin, end) for [0, grain), [grain, 2 * grain), ... up to n, on the calling thread and those of the pool.
// Boundaries depend on n and grain alone: with one thread the same chunks run one after the other. So a body may
// reduce its chunk to a partial result of number begin / grain, and summing those in order gives the same bits for any
// number of threads. The first exception (by place, not by time) of those thrown is thrown again.
template <typename Body>
void parallel_for(jb_ctx ctx, int64_t n, int64_t grain, Body&& body) {
  if (n <= 0) return;
  grain = std::max<int64_t>(grain, 1);
  const int32_t threads = threads_of(ctx);
  if (n <= grain) {
    body(int64_t{0}, n);
  } else if (threads == 1 || detail::inside_parallel()) {
    for (int64_t begin = 0; begin < n; begin += grain) body(begin, std::min(n, begin + grain));
  } else {
    using Plain = std::remove_reference_t<Body>;
    detail::run_on_pool(
        threads, n, grain, [](void* opaque, int64_t begin, int64_t end) { (*static_cast<Plain*>(opaque))(begin, end); },
        const_cast<std::remove_const_t<Plain>*>(&body));
  }
}

// A grain for n items of `cost` each (in element-operations of a SIMD loop, about 0.1 ns): chunks of at least some ten
// microseconds, which pay for waking a thread, and at most 64 of them. Depends on sizes only.
inline int64_t grain_for(int64_t n, int64_t cost) {
  constexpr int64_t kWorthAThread = 65536;
  const int64_t enough = std::max<int64_t>(1, kWorthAThread / std::max<int64_t>(cost, 1));
  return std::max(enough, (n + 63) / 64);
}

}  // namespace jb

#endif
