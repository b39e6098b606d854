// Cutting a size into parts, by the size alone.
#ifndef JAUBERT_CPU_GEMM_PARTS_H
#define JAUBERT_CPU_GEMM_PARTS_H

#include <algorithm>
#include <cstdint>

#include "support/simd.h"

namespace jb::JB_ISA::gemm {

inline int64_t ceil_div(int64_t a, int64_t b) { return (a + b - 1) / b; }
inline int64_t round_up(int64_t a, int64_t b) { return ceil_div(a, b) * b; }

// [0, total) in parts of one size, of which the last may be shorter: as few as parts of about `most` allow, and then as
// equal as multiples of `unit` can be.
struct Parts {
  int64_t total;
  int64_t size;
  int64_t count;

  Parts(int64_t whole, int64_t unit, int64_t most) : total(whole) {
    const int64_t fewest = std::max<int64_t>(1, ceil_div(whole, std::max<int64_t>(1, most)));
    size = std::max(unit, round_up(ceil_div(whole, fewest), unit));
    count = ceil_div(whole, size);
  }

  int64_t begin(int64_t i) const { return i * size; }
  int64_t end(int64_t i) const { return std::min(total, begin(i) + size); }
  int64_t length(int64_t i) const { return end(i) - begin(i); }

  // Parts first, first + 1, ... (n of them), counted from where they begin.
  Parts slice(int64_t first, int64_t n) const {
    Parts y = *this;
    y.total = end(first + n - 1) - begin(first);
    y.count = n;
    return y;
  }
};

}  // namespace jb::JB_ISA::gemm

#endif
