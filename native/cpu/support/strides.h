// Loops over tensors with strides: the axes of several operands are merged where memory allows, so that what is left is
// a few outer axes around one inner loop, as long as can be.
#ifndef JAUBERT_CPU_SUPPORT_STRIDES_H
#define JAUBERT_CPU_SUPPORT_STRIDES_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstdlib>

#include "jaubert/elementwise.h"
#include "support/error.h"

namespace jb {

// Axes of `Operands` tensors that are walked together; axis 0 is the outermost. There is always at least one axis.
template <int Operands>
struct Axes {
  int32_t rank = 0;
  int64_t total = 1;  // elements
  std::array<int64_t, JB_MAX_RANK> shape{};
  std::array<std::array<int64_t, Operands>, JB_MAX_RANK> strides{};

  int64_t inner_size() const { return shape[rank - 1]; }
  int64_t inner_stride(int operand) const { return strides[rank - 1][operand]; }

  bool merges_with_next(int32_t axis) const {
    for (int k = 0; k < Operands; ++k) {
      if (strides[axis][k] != strides[axis + 1][k] * shape[axis + 1]) return false;
    }
    return true;
  }

  // Drops axes of size 1 and merges neighbours that are one run of memory in every operand.
  void merge() {
    int32_t kept = 0;
    for (int32_t axis = 0; axis < rank; ++axis) {
      if (shape[axis] == 1) continue;
      shape[kept] = shape[axis];
      strides[kept] = strides[axis];
      if (kept > 0 && merges_with_next(kept - 1)) {
        shape[kept - 1] *= shape[kept];
        strides[kept - 1] = strides[kept];
      } else {
        ++kept;
      }
    }
    if (kept == 0) {
      shape[0] = 1;
      strides[0].fill(1);
      kept = 1;
    }
    rank = kept;
  }

  // Outermost the axis with the longest step of an operand, so that a walk goes forward through its memory whatever
  // order the axes came in; then merges what has become one run.
  void order_by(int operand) {
    const auto step = [&](int32_t axis) { return std::abs(strides[axis][operand]); };
    for (int32_t i = 1; i < rank; ++i) {
      for (int32_t j = i; j > 0 && step(j - 1) < step(j); --j) {
        std::swap(strides[j - 1], strides[j]);
        std::swap(shape[j - 1], shape[j]);
      }
    }
    merge();
  }

  // Calls body(offsets, count) for each part of an inner row within elements [begin, end) in row-major order; offsets
  // are those of its first element.
  template <typename Body>
  void for_rows(int64_t begin, int64_t end, Body&& body) const {
    if (begin >= end) return;
    std::array<int64_t, JB_MAX_RANK> index{};
    std::array<int64_t, Operands> offsets{};
    int64_t rest = begin;
    for (int32_t axis = rank - 1; axis >= 0; --axis) {
      index[axis] = rest % shape[axis];
      rest /= shape[axis];
      for (int k = 0; k < Operands; ++k) offsets[k] += index[axis] * strides[axis][k];
    }
    const int32_t inner = rank - 1;
    for (int64_t at = begin; at < end;) {
      const int64_t count = std::min(shape[inner] - index[inner], end - at);
      body(offsets, count);
      at += count;
      for (int k = 0; k < Operands; ++k) offsets[k] -= index[inner] * strides[inner][k];
      index[inner] = 0;
      for (int32_t axis = inner - 1; axis >= 0; --axis) {
        for (int k = 0; k < Operands; ++k) offsets[k] += strides[axis][k];
        if (++index[axis] < shape[axis]) break;
        for (int k = 0; k < Operands; ++k) offsets[k] -= shape[axis] * strides[axis][k];
        index[axis] = 0;
      }
    }
  }
};

// Elements of `shape`, having checked rank and sizes.
inline int64_t checked_total(const char* function, int32_t rank, const int64_t* shape) {
  JB_CHECK(rank >= 0 && rank <= JB_MAX_RANK, "{}: rank {}; 0 to {} are possible", function, rank, JB_MAX_RANK);
  JB_CHECK(rank == 0 || shape != nullptr, "{}: the shape is null", function);
  int64_t total = 1;
  for (int32_t axis = 0; axis < rank; ++axis) {
    JB_CHECK(shape[axis] >= 0, "{}: axis {} has size {}", function, axis, shape[axis]);
    JB_CHECK(!__builtin_mul_overflow(total, shape[axis], &total), "{}: the shape has too many elements", function);
  }
  return total;
}

// strides[k] may be null: row-major and contiguous.
template <int Operands>
Axes<Operands> make_axes(const char* function, int32_t rank, const int64_t* shape,
                         const std::array<const int64_t*, Operands>& strides) {
  Axes<Operands> axes;
  axes.total = checked_total(function, rank, shape);
  axes.rank = rank;
  if (axes.total == 0) return axes;
  int64_t contiguous = 1;
  for (int32_t axis = rank - 1; axis >= 0; --axis) {
    axes.shape[axis] = shape[axis];
    for (int k = 0; k < Operands; ++k) axes.strides[axis][k] = strides[k] != nullptr ? strides[k][axis] : contiguous;
    contiguous *= shape[axis];
  }
  return axes;
}

}  // namespace jb

#endif
