// Loops over the elements of a row by vectors, with its last part of a vector.
#ifndef JAUBERT_CPU_SUPPORT_ROW_H
#define JAUBERT_CPU_SUPPORT_ROW_H

#include "jaubert/common.h"
#include "support/bfloat16.h"
#include "support/simd.h"

namespace jb::JB_ISA {

// Memory of the ABI that holds float32.
JB_INLINE const float* floats(jb_in x) { return static_cast<const float*>(x); }
JB_INLINE float* floats(jb_out x) { return static_cast<float*>(x); }
// That holds T: float or BFloat16.
template <typename T>
JB_INLINE const T* elements(jb_in x) {
  return static_cast<const T*>(x);
}
template <typename T>
JB_INLINE T* elements(jb_out x) {
  return static_cast<T*>(x);
}

// How the body of a loop touches memory: all lanes, or the first n.
struct AllLanes {
  template <typename T>
  JB_INLINE vf load(const T* p, float /*rest*/ = 0.0f) const {
    return jb::JB_ISA::load(p);
  }
  template <typename T>
  JB_INLINE void store(T* p, vf x) const {
    jb::JB_ISA::store(p, x);
  }
  JB_INLINE vf or_zero(vf x) const { return x; }
};

struct FirstLanes {
  int64_t n;
  template <typename T>
  JB_INLINE vf load(const T* p, float rest = 0.0f) const {
    return load_partial(p, n, rest);
  }
  template <typename T>
  JB_INLINE void store(T* p, vf x) const {
    store_partial(p, x, n);
  }
  // x with 0 in the lanes that are not of the row.
  JB_INLINE vf or_zero(vf x) const { return select(lane_numbers() < splat_int(static_cast<int32_t>(n)), x, vf{}); }
};

// body(c, lanes) for c = 0, kLanes, 2 kLanes, ... below n.
template <typename Body>
JB_INLINE void for_row(int64_t n, Body&& body) {
  int64_t c = 0;
  for (; c + kLanes <= n; c += kLanes) body(c, AllLanes{});
  if (c < n) body(c, FirstLanes{n - c});
}

// The sum of term(c, lanes) over the row. Four running sums, added in a fixed order, hide the latency of an addition.
template <typename Term>
JB_INLINE float sum_row(int64_t n, Term&& term) {
  vf s0{}, s1{}, s2{}, s3{};
  int64_t c = 0;
  for (; c + 4 * kLanes <= n; c += 4 * kLanes) {
    s0 += term(c, AllLanes{});
    s1 += term(c + kLanes, AllLanes{});
    s2 += term(c + 2 * kLanes, AllLanes{});
    s3 += term(c + 3 * kLanes, AllLanes{});
  }
  for (; c + kLanes <= n; c += kLanes) s0 += term(c, AllLanes{});
  if (c < n) s1 += term(c, FirstLanes{n - c});
  return sum((s0 + s1) + (s2 + s3));
}

// The largest of n numbers, -inf if there are none.
template <typename T>
JB_INLINE float largest_of_row(const T* x, int64_t n) {
  constexpr float kLowest = -std::numeric_limits<float>::infinity();
  vf m0 = splat(kLowest), m1 = m0, m2 = m0, m3 = m0;
  int64_t c = 0;
  for (; c + 4 * kLanes <= n; c += 4 * kLanes) {
    m0 = max(m0, load(x + c));
    m1 = max(m1, load(x + c + kLanes));
    m2 = max(m2, load(x + c + 2 * kLanes));
    m3 = max(m3, load(x + c + 3 * kLanes));
  }
  for (; c + kLanes <= n; c += kLanes) m0 = max(m0, load(x + c));
  if (c < n) m1 = max(m1, load_partial(x + c, n - c, kLowest));
  return largest(max(max(m0, m1), max(m2, m3)));
}

}  // namespace jb::JB_ISA

#endif
