// Sums of floats in an order that depends on sizes alone: pairwise over blocks of fixed size, so that the error grows
// with the logarithm of their number (Higham 1993, "The accuracy of floating point summation").
#ifndef JAUBERT_CPU_PAIRWISE_SUMS_H
#define JAUBERT_CPU_PAIRWISE_SUMS_H

#include <algorithm>

#include "support/bfloat16.h"
#include "support/parallel.h"
#include "support/simd.h"

namespace jb::JB_ISA {

inline constexpr int64_t kSumBlock = 512;  // elements of a row that are added one after the other, in kLanes * 4 lanes
inline constexpr int64_t kSumRows = 64;    // rows that are added one after the other, column by column
inline constexpr int64_t kPartRows = 512;  // rows that one body of parallel_for adds up
inline constexpr int64_t kPartColumns = 256;

// Where half of n blocks end.
JB_INLINE int64_t half_of(int64_t n, int64_t block) { return (n / block + 1) / 2 * block; }

inline float pairwise_sum(const float* x, int64_t n) {
  if (n > kSumBlock) {
    const int64_t half = half_of(n, kSumBlock);
    return pairwise_sum(x, half) + pairwise_sum(x + half, n - half);
  }
  vf a{}, b{}, c{}, d{};
  int64_t i = 0;
  for (; i + 4 * kLanes <= n; i += 4 * kLanes) {
    a += load(x + i);
    b += load(x + i + kLanes);
    c += load(x + i + 2 * kLanes);
    d += load(x + i + 3 * kLanes);
  }
  for (; i + kLanes <= n; i += kLanes) a += load(x + i);
  if (i < n) b += load_partial(x + i, n - i);
  return sum((a + b) + (c + d));
}

// sums[0..columns) = the sum over rows [first, last) of the columns that start at `column`; columns <= kPartColumns.
// Source gives x: source.row(r, c).full(i) and .partial(i, n) are vectors at column c + i of row r.
template <typename Source>
void pairwise_row_sum(const Source& source, int64_t first, int64_t last, int64_t column, int64_t columns, float* sums) {
  if (last - first > kSumRows) {
    const int64_t middle = first + half_of(last - first, kSumRows);
    float right[kPartColumns];
    pairwise_row_sum(source, first, middle, column, columns, sums);
    pairwise_row_sum(source, middle, last, column, columns, right);
    for (int64_t i = 0; i < columns; ++i) sums[i] += right[i];
    return;
  }
  std::fill_n(sums, columns, 0.0F);
  for (int64_t r = first; r < last; ++r) {
    const auto row = source.row(r, column);
    int64_t i = 0;
    for (; i + kLanes <= columns; i += kLanes) store(sums + i, load(sums + i) + row.full(i));
    if (i < columns) {
      const int64_t n = columns - i;
      store_partial(sums + i, load_partial(sums + i, n) + row.partial(i, n), n);
    }
  }
}

// A matrix in memory as a Source.
template <typename T>
struct MatrixRows {
  const T* x;
  int64_t stride;

  struct Row {
    const T* x;
    vf full(int64_t i) const { return load(x + i); }
    vf partial(int64_t i, int64_t n) const { return load_partial(x + i, n); }
  };
  Row row(int64_t r, int64_t c) const { return {x + r * stride + c}; }
};

// y[c] = scale * sum over r of x[r, c] (+ y[c] if accumulate), x [rows, columns] given by a Source. A null y is not
// written, for a Source that is wanted for what it does on the way.
template <typename Source>
void pairwise_column_sums(jb_ctx ctx, float* y, const Source& source, int64_t rows, int64_t columns, float scale,
                          bool accumulate, int64_t cost) {
  const int64_t parts = std::max<int64_t>(1, chunk_count(rows, kPartRows));
  const int64_t column_blocks = chunk_count(columns, kPartColumns);
  Scratch scratch;
  float* partial = scratch.take<float>(parts * columns);
  const int64_t grain = grain_for(parts * column_blocks, cost * kPartRows * kPartColumns);
  parallel_for(ctx, parts * column_blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t part = item / column_blocks;
      const int64_t column = item % column_blocks * kPartColumns;
      pairwise_row_sum(source, part * kPartRows, std::min(rows, (part + 1) * kPartRows), column,
                       std::min(kPartColumns, columns - column), partial + part * columns + column);
    }
  });
  if (y == nullptr) return;
  for (int64_t column = 0; column < columns; column += kPartColumns) {
    const int64_t n = std::min(kPartColumns, columns - column);
    float total[kPartColumns];
    pairwise_row_sum(MatrixRows<float>{partial, columns}, 0, parts, column, n, total);
    for (int64_t i = 0; i < n; ++i) y[column + i] = accumulate ? y[column + i] + scale * total[i] : scale * total[i];
  }
}

}  // namespace jb::JB_ISA

#endif
