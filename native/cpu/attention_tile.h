// The small matrix products of attention, and how their operands lie in scratch memory.
//
// All five products of attention (Q K^T and P V; dO V^T, P^T dO, dS^T Q and dS K) have one form: C = C + A B, where
// single elements of A are spread over a vector and rows of B are read by vectors. So K and V are transposed where they
// stand on the right of Q and dO; everything else is copied row by row. Copies are padded with zeros to whole vectors,
// which makes every head size one case, and freed of the strides of the packed batch, which fall on few cache sets.
#ifndef JAUBERT_CPU_ATTENTION_TILE_H
#define JAUBERT_CPU_ATTENTION_TILE_H

#include <algorithm>
#include <utility>

#include "support/row.h"

namespace jb::JB_ISA {

inline constexpr int64_t kMaxHeadDim = 128;
inline constexpr int64_t kQueryTile = 64;  // rows of a tile of scores
inline constexpr int64_t kKeyTile = 128;   // its columns
// Distance of the rows of A: the larger of head size and key tile, and an odd number of cache lines.
inline constexpr int64_t kTileStride = 144;

// n rounded up to whole vectors.
JB_INLINE int64_t padded(int64_t n) { return (n + kLanes - 1) / kLanes * kLanes; }

// The operands of a product. C [rows, vectors * kLanes] with stride ldc; B [depth, vectors * kLanes] with stride ldb;
// A is [rows, depth], or [depth, rows] if it is used transposed, with stride kTileStride.
struct Product {
  float* c;
  int64_t ldc;
  const float* a;
  const float* b;
  int64_t ldb;
  int64_t depth;
  bool add;  // to what C holds
};

namespace detail {

// Accumulators, N vectors of B and one of A must fit in the registers: 32, but 16 with AVX2.
#if defined(JB_SIMD_AVX2)
inline constexpr int kMaxVectors = 2;
inline constexpr int kMaxRows[] = {8, 6};
#else
inline constexpr int kMaxVectors = 4;
inline constexpr int kMaxRows[] = {16, 12, 8, 6};
#endif

template <int M, int N, bool kTransposed>
void product_block(const Product& p) {
  vf sums[M][N];
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) sums[i][n] = p.add ? load(p.c + i * p.ldc + n * kLanes) : vf{};
  }
  const float* a = p.a;
  const float* b = p.b;
  for (int64_t k = 0; k < p.depth; ++k) {
    vf row[N];
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) row[n] = load(b + n * kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < M; ++i) {
      const vf element = splat(a[i * (kTransposed ? 1 : kTileStride)]);
#pragma GCC unroll 4
      for (int n = 0; n < N; ++n) sums[i][n] = fma(element, row[n], sums[i][n]);
    }
    a += kTransposed ? kTileStride : 1;
    b += p.ldb;
  }
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 4
    for (int n = 0; n < N; ++n) store(p.c + i * p.ldc + n * kLanes, sums[i][n]);
  }
}

using ProductBlock = void (*)(const Product&);

template <int N, bool kTransposed, int... M>
constexpr ProductBlock choose_rows(int64_t rows, std::integer_sequence<int, M...>) {
  constexpr ProductBlock blocks[] = {&product_block<M + 1, N, kTransposed>...};
  return blocks[rows - 1];
}

template <int N, bool kTransposed>
void product_panel(Product p, int64_t rows) {
  constexpr int64_t kMost = kMaxRows[N - 1];
  // Blocks of nearly equal height: one of a single row would wait for the latency of each multiply-add.
  int64_t blocks = (rows + kMost - 1) / kMost;
  while (rows > 0) {
    const int64_t height = (rows + blocks - 1) / blocks;
    choose_rows<N, kTransposed>(height, std::make_integer_sequence<int, kMost>())(p);
    p.c += height * p.ldc;
    p.a += height * (kTransposed ? 1 : kTileStride);
    rows -= height;
    --blocks;
  }
}

}  // namespace detail

template <bool kTransposed>
void multiply(Product p, int64_t rows, int64_t vectors) {
  int64_t panels = (vectors + detail::kMaxVectors - 1) / detail::kMaxVectors;
  while (vectors > 0) {
    const int64_t width = (vectors + panels - 1) / panels;
    switch (width) {
      case 1:
        detail::product_panel<1, kTransposed>(p, rows);
        break;
      case 2:
        detail::product_panel<2, kTransposed>(p, rows);
        break;
#if !defined(JB_SIMD_AVX2)
      case 3:
        detail::product_panel<3, kTransposed>(p, rows);
        break;
      default:
        detail::product_panel<4, kTransposed>(p, rows);
#endif
    }
    p.c += width * kLanes;
    p.b += width * kLanes;
    vectors -= width;
    --panels;
  }
}

// to [rows, padded(n)] with stride ld = scale * from [rows, n] with stride `stride`; zeros behind.
inline void pack_rows(float* to, int64_t ld, const float* from, int64_t stride, int64_t rows, int64_t n, float scale) {
  for (int64_t r = 0; r < rows; ++r) {
    const float* x = from + r * stride;
    float* y = to + r * ld;
    for_row(n, [&](int64_t c, auto lanes) { store(y + c, lanes.load(x + c) * scale); });
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

// to [padded(n), padded(rows)] with stride kTileStride = the transpose of from [rows, n]; zeros in the padding.
inline void pack_transposed(float* to, const float* from, int64_t stride, int64_t rows, int64_t n) {
  for (int64_t r = 0; r < rows; r += kLanes) {
    const int64_t height = std::min<int64_t>(kLanes, rows - r);
    for_row(n, [&](int64_t c, auto lanes) {
      vf square[kLanes];
      const float* x = from + r * stride + c;
      if (height == kLanes) {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[i] = lanes.load(x + i * stride);
      } else {
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) square[i] = i < height ? lanes.load(x + i * stride) : vf{};
      }
      detail::transpose_square(square);
#pragma GCC unroll 16
      for (int i = 0; i < kLanes; ++i) store(to + (c + i) * kTileStride + r, square[i]);
    });
  }
}

}  // namespace jb::JB_ISA

#endif
