// What launchers share: typed addresses, the width of loads, and grids.
#ifndef JAUBERT_CUDA_LAUNCH_H
#define JAUBERT_CUDA_LAUNCH_H

#include <algorithm>
#include <initializer_list>
#include <type_traits>

#include "common/column_sums.cuh"
#include "common/philox.cuh"
#include "common/vector.cuh"
#include "context.h"
#include "support/arguments.h"

namespace jb::cuda {

template <typename T>
T* as(void* p) {
  return static_cast<T*>(p);
}
template <typename T>
const T* as(const void* p) {
  return static_cast<const T*>(p);
}

// body(a zero of the type of the activations), for float32 and bfloat16.
template <typename Body>
void with_type(const char* function, jb_dtype dtype, Body&& body) {
  switch (dtype) {
    case JB_F32:
      return body(float{});
    case JB_BF16:
      return body(bf16{});
    default:
      check_dtype(function, dtype);
      fail(JB_UNSUPPORTED, "{}: {} is not computed on a GPU; float32 and bfloat16 are", function, dtype_name(dtype));
  }
}

// The same, and float16.
template <typename Body>
void with_type_or_half(const char* function, jb_dtype dtype, Body&& body) {
  dtype == JB_F16 ? body(f16{}) : with_type(function, dtype, body);
}

// Whether all of these (null: none) begin at multiples of 16 bytes.
inline bool aligned(std::initializer_list<const void*> addresses) {
  for (const void* address : addresses) {
    if (reinterpret_cast<uintptr_t>(address) % 16 != 0) return false;
  }
  return true;
}

// body(width), a constant: how many elements a thread loads at once. That is kVector<T> where the addresses and rows of
// `row` elements allow it, and 1 where not.
template <typename T, typename Body>
void with_width(std::initializer_list<const void*> addresses, int64_t row, Body&& body) {
  if (aligned(addresses) && row % kVector<T> == 0) {
    body(std::integral_constant<int, kVector<T>>());
  } else {
    body(std::integral_constant<int, 1>());
  }
}
template <typename T, typename Body>
void with_width(std::initializer_list<const void*> addresses, Body&& body) {
  with_width<T>(addresses, 0, body);
}

// A grid of blocks of kThreads for n items, `each` a thread, of a kernel that takes any grid.
template <int kThreads>
Launch over(const Context& ctx, int64_t n, int64_t each = 1) {
  return {ctx.blocks_for(n, kThreads, each), kThreads};
}

// A grid of a block a row, of a kernel that takes any grid.
template <int kThreads>
Launch rows_by_blocks(const Context& ctx, int64_t rows) {
  return {ctx.blocks_for(rows * kThreads, kThreads), kThreads};
}

// A number that a kernel takes as int.
inline int checked_int(const char* function, const char* name, int64_t value) {
  JB_CHECK(value >= 0 && value <= INT32_MAX, "{}: {} is {}; on a GPU 0 to {} are possible", function, name, value,
           INT32_MAX);
  return static_cast<int>(value);
}

inline unsigned blocks(int64_t n, int64_t each) { return static_cast<unsigned>((n + each - 1) / each); }

// x blocks, times those for all columns, for kernels that begin at first_column().
inline dim3 grid_of_columns(int64_t x, int64_t columns, int64_t each) {
  constexpr int64_t kMostInY = 65535;
  const unsigned all = blocks(columns, each);
  return {static_cast<unsigned>(x), static_cast<unsigned>(std::min<int64_t>(all, kMostInY)), blocks(all, kMostInY)};
}

// What gives sums their order is the same on every GPU: where it wants to know how large a GPU is, that of an H100.
inline constexpr int kMultiprocessors = 132;

// Each block of the first stage of sums over rows leaves a line of them. Few blocks, as many as multiprocessors hold at
// once, keep the second stage short; kMostLines is for kernels of which a multiprocessor holds four.
inline constexpr unsigned kMostLines = 4 * kMultiprocessors;

// The second stage of sums over rows, from parts [lines, sums.outputs, width].
inline void add_up(const Context& ctx, const ColumnSums& sums, const float* parts, int lines, int width) {
  const dim3 grid(blocks(width, kColumnSumColumns), static_cast<unsigned>(sums.outputs));
  JB_LAUNCH(ctx, column_sums<kColumnSumLines>, {grid, dim3(kColumnSumColumns, kColumnSumLines)}, sums, parts, lines,
            width);
}

// The numbers of (seed, offset); a graph's replays draw others.
inline RandomSource source_of(Context& ctx, int64_t seed, int64_t offset) {
  return {static_cast<uint64_t>(seed), static_cast<uint64_t>(offset), ctx.replayed_offset(seed)};
}

// The mask of (seed, offset) with probability p. Without any dropout nothing is drawn, and the seed counts for nothing.
inline Dropout dropout_of(Context& ctx, float p, int64_t seed, int64_t offset) {
  return {p == 0 ? RandomSource{} : source_of(ctx, seed, offset), mask_threshold(p) * 0x10001u,
          static_cast<float>(1.0 / (1.0 - static_cast<double>(p)))};
}

}  // namespace jb::cuda

#endif
