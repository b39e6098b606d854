// The small matrix products of attention, and how their operands lie in scratch memory.
//
// All five products of attention (Q K^T and P V; dO V^T, P^T dO, dS^T Q and dS K) have one form: C = C + A B, where
// single elements of A are spread over a vector and rows of B are read by vectors. So K and V are transposed where they
// stand on the right of Q and dO; everything else is copied row by row. Elements are words (gemm/words.h): float32, or
// pairs of bfloat16 along the summed index. Copies are padded with zeros to whole vectors,
// which makes every head size one case, and freed of the strides of the packed batch, which fall on few cache sets.
#ifndef JAUBERT_CPU_ATTENTION_TILE_H
#define JAUBERT_CPU_ATTENTION_TILE_H

#include <algorithm>
#include <utility>

#include "gemm/words.h"
#include "support/parallel.h"
#include "support/row.h"

namespace jb::JB_ISA {

// Distance of the rows of A: the larger of head size and key tile, and an odd number of cache lines.
inline constexpr int64_t kTileStride = 144;

// n rounded up to whole vectors.
JB_INLINE int64_t padded(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

namespace detail {

// Accumulators, N vectors of B and one of A must fit in the registers: 32, but 16 with AVX2.
#if defined(JB_SIMD_AVX2)
inline constexpr int kMaxVectors = 2;
inline constexpr int kMaxRows[] = {8, 6};
#else
inline constexpr int kMaxVectors = 4;
inline constexpr int kMaxRows[] = {16, 12, 8, 6};
#endif

template <typename Words, int M, int N, bool kTransposed, typename Target>
void product_block(const float* a, const float* b, int64_t ldb, int64_t depth, int64_t row, int64_t column,
                   const Target& target) {
  vf sums[M][N];
  target.begin(sums, row, column);
  for (int64_t k = 0; k < depth; ++k) {
    vf vectors[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) vectors[n] = load(b + n * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
      const vf element = splat(a[i * (kTransposed ? 1 : kTileStride)]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) sums[i][n] = Words::multiply_add(element, vectors[n], sums[i][n]);
    }
    a += kTransposed ? kTileStride : 1;
    b += ldb;
  }
  target.end(sums, row, column);
}

template <typename Words, int N, bool kTransposed, typename Target, int... M>
void product_panel(const float* a, const float* b, int64_t ldb, int64_t depth, int64_t rows, int64_t column,
                   const Target& target, std::integer_sequence<int, M...>) {
  using Block = void (*)(const float*, const float*, int64_t, int64_t, int64_t, int64_t, const Target&);
  static constexpr Block kBlocks[] = {&product_block<Words, M + 1, N, kTransposed, Target>...};
  constexpr int64_t kMost = sizeof...(M);
  // Blocks of nearly equal height: one of a single row would wait for the latency of each multiply-add.
  int64_t blocks = (rows + kMost - 1) / kMost;
  for (int64_t row = 0; row < rows; --blocks) {
    const int64_t height = (rows - row + blocks - 1) / blocks;
    kBlocks[height - 1](a + row * (kTransposed ? 1 : kTileStride), b + column, ldb, depth, row, column, target);
    row += height;
  }
}

}  // namespace detail

// A B for A [rows, depth], or [depth, rows] if it is used transposed, with stride kTileStride, and B [depth, vectors *
// kLanes] with stride ldb. The product is made in blocks vf[M][N] of registers, for each of which target.begin(sums,
// row, column) says what to add to and target.end(sums, row, column) takes the result.
template <typename Words, bool kTransposed, typename Target>
void multiply(const float* a, const float* b, int64_t ldb, int64_t depth, int64_t rows, int64_t vectors,
              const Target& target) {
  int64_t panels = (vectors + detail::kMaxVectors - 1) / detail::kMaxVectors;
  for (int64_t at = 0; at < vectors; --panels) {
    const int64_t width = (vectors - at + panels - 1) / panels;
    const auto panel = [&]<int N>() {
      detail::product_panel<Words, N, kTransposed>(a, b, ldb, depth, rows, at * kLanes, target,
                                                   std::make_integer_sequence<int, detail::kMaxRows[N - 1]>());
    };
    switch (width) {
      case 1:
        panel.template operator()<1>();
        break;
      case 2:
        panel.template operator()<2>();
        break;
#if !defined(JB_SIMD_AVX2)
      case 3:
        panel.template operator()<3>();
        break;
      default:
        panel.template operator()<4>();
#endif
    }
    at += width;
  }
}

// Writes a block of a product whose rows have n elements to `to` [.., n] with row stride `stride`.
template <typename T, int M, int N>
JB_INLINE void store_block(T* to, int64_t stride, int64_t n, const vf (&x)[M][N], int64_t row, int64_t column) {
  const int64_t tail = n - column - (N - 1) * kLanes;  // elements of the last vector, if fewer than kLanes
  T* y = to + row * stride + column;
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i, y += stride) {
#pragma GCC unroll 4
    for (int v = 0; v < N - 1; ++v) store(y + v * kLanes, x[i][v]);
    if (tail >= kLanes) {
      store(y + (N - 1) * kLanes, x[i][N - 1]);
    } else {
      store_partial(y + (N - 1) * kLanes, x[i][N - 1], tail);
    }
  }
}

// Rows of a matrix in main memory that are needed soon. They are asked for row by row while something else is computed.
struct Coming {
  const char* from = nullptr;
  int64_t stride = 0;  // in bytes
  int64_t rows = 0;
  int64_t size = 0;  // of a row, in bytes

  Coming() = default;
  // n elements of each row.
  template <typename T>
  Coming(const T* first, int64_t row_stride, int64_t row_count, int64_t n)
      : from(reinterpret_cast<const char*>(first)),
        stride(row_stride * static_cast<int64_t>(sizeof(T))),
        rows(row_count),
        size(n * static_cast<int64_t>(sizeof(T))) {}

  JB_INLINE void fetch(int64_t begin, int64_t end) const {
    for (int64_t r = begin; r < std::min(end, rows); ++r) {
      for (int64_t c = 0; c < size; c += kCacheLine) __builtin_prefetch(from + r * stride + c, 0, 2);
    }
  }
};

// How activations of T are multiplied, and how many words are n of them along the summed index.
template <typename T>
inline constexpr bool kInPairs = std::is_same_v<T, BFloat16>;
template <typename T>
using WordsOf = std::conditional_t<kInPairs<T>, gemm::Pairs, gemm::Singles>;
template <typename T>
JB_INLINE int64_t words(int64_t n) {
  return kInPairs<T> ? (n + 1) / 2 : n;
}

// A: to [rows, words<T>(n)] with stride ld = from [rows, n] with stride `stride`, times `scale` where words are
// float32; zeros behind to a whole vector.
template <typename T>
void pack_rows(float* to, int64_t ld, const T* from, int64_t stride, int64_t rows, int64_t n, float scale) {
  for (int64_t r = 0; r < rows; ++r) {
    const T* x = from + r * stride;
    float* y = to + r * ld;
    if constexpr (kInPairs<T>) {
      for (int64_t c = 0; c < words<T>(n); c += kLanes) store(y + c, gemm::PairRow{x, n}.load(c));
    } else {
      for_row(n, [&](int64_t c, auto lanes) { store(y + c, lanes.load(x + c) * scale); });
    }
  }
}

namespace detail {

// Exchanges the off-diagonal blocks of H x H of every 2 H x 2 H: after H = 1, 2, 4, ... the square is transposed.
template <int H, int... L>
JB_INLINE void exchange_blocks(vf (&x)[kLanes], std::integer_sequence<int, L...>) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & H) != 0) continue;
    const vf a = x[i], b = x[i + H];
    x[i] = __builtin_shufflevector(a, b, ((L & H) == 0 ? L : kLanes + L - H)...);
    x[i + H] = __builtin_shufflevector(a, b, ((L & H) == 0 ? L + H : kLanes + L)...);
  }
}

JB_INLINE void transpose_square(vf (&x)[kLanes]) {
  constexpr auto kEach = std::make_integer_sequence<int, kLanes>();
  exchange_blocks<1>(x, kEach);
  exchange_blocks<2>(x, kEach);
  if constexpr (kLanes >= 8) exchange_blocks<4>(x, kEach);
  if constexpr (kLanes >= 16) exchange_blocks<8>(x, kEach);
}

}  // namespace detail

// B: to [words<T>(n), padded(rows)] with stride kTileStride = the transpose of from [rows, n]; zeros behind n to a
// whole vector, and the last row again behind `rows`, which costs no branch.
template <typename T>
void pack_transposed(float* to, const T* from, int64_t stride, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r += kLanes) {
    const T* row[kLanes];
#pragma GCC unroll 16
    for (int i = 0; i < kLanes; ++i) row[i] = from + std::min(r + i, rows - 1) * stride;
    for_row(words<T>(n), [&](int64_t c, auto lanes) {
      vf square[kLanes];
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) {
        if constexpr (kInPairs<T>) {
          square[i] = gemm::PairRow{row[i], n}.load(c);
        } else {
          square[i] = lanes.load(row[i] + c);
        }
      }
      detail::transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(to + (c + i) * kTileStride + r, square[i]);
    });
  }
}

// B: rows of words that vectors are read from, those of main memory if that is as good as a copy, else copied to
// `packed`.
struct Rows {
  const float* at;
  int64_t stride;
};

template <typename T>
Rows rows_of(float* packed, const T* from, int64_t stride, int64_t rows, int64_t n) {
  constexpr int64_t kFewSets = 32;  // so many rows stay in the L1 cache whatever their stride
  if constexpr (kInPairs<T>) {
    for (int64_t r = 0; r < rows; r += 2) {
      const T* x = from + r * stride;
      const gemm::PairedRows pairs{x, r + 1 < rows ? x + stride : nullptr};
      float* y = packed + r / 2 * padded(n);
      int64_t c = 0;
      for (; c + kLanes <= n; c += kLanes) store(y + c, pairs.load(c));
      if (c < n) store(y + c, pairs.load_partial(c, n - c));
    }
  } else {
    if (n % kLanes == 0 && rows <= kFewSets) return {from, stride};
    pack_rows(packed, padded(n), from, stride, rows, n, 1.0f);
  }
  return {packed, padded(n)};
}

}  // namespace jb::JB_ISA

#endif
