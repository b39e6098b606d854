// How a kernel writes its result: through the caches, or past them.
//
// To write a line of memory the processor first reads it, unless it is told that the whole line will be overwritten
// and soon forgotten (a non-temporal store). For a result that is larger than the caches this saves a third of the
// traffic of a copy; a smaller one is better left where the next kernel finds it.
#ifndef JAUBERT_CPU_SUPPORT_STORES_H
#define JAUBERT_CPU_SUPPORT_STORES_H

#include <algorithm>
#include <type_traits>

#include "support/row.h"

namespace jb::JB_ISA {

// Results of this many bytes go past the caches. As much as the third level holds on common servers; what is measured
// changes little between half and twice as much.
inline constexpr int64_t kStreamedBytes = int64_t{32} << 20;

struct CachedStores {
  template <typename Lanes, typename T>
  JB_INLINE void operator()(Lanes lanes, T* p, vf x) const {
    lanes.store(p, x);
  }
  JB_INLINE void finish() const {}
};

// For addresses that are multiples of the size of kLanes elements wherever all lanes are stored. Such stores are not
// ordered with those of other threads until finish().
struct StreamedStores {
  JB_INLINE void operator()(AllLanes, float* p, vf x) const {
#if defined(JB_SIMD_AVX512)
    _mm512_stream_ps(p, (__m512)x);
#elif defined(JB_SIMD_AVX2)
    _mm256_stream_ps(p, (__m256)x);
#else
    store(p, x);
#endif
  }
  JB_INLINE void operator()(AllLanes, BFloat16* p, vf x) const {
#if defined(JB_SIMD_AVX512)
    _mm256_stream_si256(reinterpret_cast<__m256i*>(p), (__m256i)narrow(x));
#elif defined(JB_SIMD_AVX2)
    _mm_stream_si128(reinterpret_cast<__m128i*>(p), (__m128i)narrow(x));
#else
    store(p, x);
#endif
  }
  template <typename T>
  JB_INLINE void operator()(FirstLanes lanes, T* p, vf x) const {
    lanes.store(p, x);
  }
  JB_INLINE void finish() const {
#if defined(__x86_64__)
    _mm_sfence();
#endif
  }
};

// Elements from p to the first address that is a multiple of the size of kLanes of them.
template <typename T>
JB_INLINE int64_t elements_to_boundary(const T* p) {
  return static_cast<int64_t>(-reinterpret_cast<uintptr_t>(p) % (kLanes * sizeof(T)) / sizeof(T));
}

// body(stores) with the stores that suit a result of n elements of T.
template <typename T = float, typename Body>
JB_INLINE void with_stores(int64_t n, Body&& body) {
  if (n >= kStreamedBytes / static_cast<int64_t>(sizeof(T))) {
    body(StreamedStores{});
  } else {
    body(CachedStores{});
  }
}

// The same for results of n elements in rows of `columns` that are written row by row, at each of the addresses that is
// not null.
template <typename T, typename Body>
JB_INLINE void with_row_stores(int64_t n, int64_t columns, const T* y, const T* z, Body&& body) {
  const bool aligned = columns % kLanes == 0 && (y == nullptr || elements_to_boundary(y) == 0) &&
                       (z == nullptr || elements_to_boundary(z) == 0);
  with_stores<T>(aligned ? n : 0, body);
}

// for_row for a result y [n] that is written with `stores`: body(c, lanes), where y + c is aligned as they need it.
template <typename Stores, typename T, typename Body>
JB_INLINE void for_row_at(Stores, const T* y, int64_t n, Body&& body) {
  if constexpr (std::is_same_v<Stores, StreamedStores>) {
    const int64_t head = std::min(n, elements_to_boundary(y));
    if (head > 0) body(int64_t{0}, FirstLanes{head});
    for_row(n - head, [&](int64_t c, auto lanes) { body(head + c, lanes); });
  } else {
    for_row(n, body);
  }
}

}  // namespace jb::JB_ISA

#endif
