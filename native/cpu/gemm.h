// Matrix products cut into tiles by shape alone; OpenBLAS computes each tile on one thread.
#ifndef JAUBERT_CPU_GEMM_H
#define JAUBERT_CPU_GEMM_H

#include <algorithm>
#include <array>
#include <bit>
#include <cmath>

#include "support/blas.h"
#include "support/parallel.h"

namespace jb::JB_ISA {

// C [m, n] = alpha * op(A) op(B) + beta * C, all row-major and contiguous; op(A) is [m, k], op(B) is [k, n].
struct Product {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  float alpha;
  const float* a;
  const float* b;
  float beta;
  float* c;

  // Rows [i, i + rows) and columns [j, j + columns) of C from the terms [l, l + terms), into `to` of row stride n.
  void compute(int64_t i, int64_t rows, int64_t j, int64_t columns, int64_t l, int64_t terms, float factor,
               float* to) const {
    const int64_t lda = transpose_a ? m : k, ldb = transpose_b ? k : n;
    blas::sgemm(transpose_a, transpose_b, rows, columns, terms, alpha, a + (transpose_a ? l * lda + i : i * lda + l),
                lda, b + (transpose_b ? j * ldb + l : l * ldb + j), ldb, factor, to + i * n + j, n);
  }
};

// How a product is cut: tiles of rows x columns, and, where C is small and k is long, parts of k whose results are
// added afterwards, in order.
struct Tiling {
  int64_t rows, columns, terms;            // of a tile
  int64_t row_count, column_count, parts;  // of tiles

  int64_t tiles() const { return row_count * column_count * parts; }
};

// `shares`: into how many products like this one the whole work is divided already.
inline Tiling tile(int64_t m, int64_t n, int64_t k, bool may_split_k, int64_t shares = 1) {
  if (m == 0 || n == 0) return {1, 1, 1, 0, 0, 0};
  // The number of tiles grows with the root of the work: few for a product of microseconds, enough for many cores where
  // each has a tenth of a millisecond or more. A power of two, so that equal tiles meet equal threads.
  const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const double root = std::sqrt(flops * static_cast<double>(shares) / 2e6) / static_cast<double>(shares);
  const int64_t wanted = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(std::clamp(root, 1.0, 64.0))));
  // Of the grids with that many tiles, the one that loses least: packing op(B) anew costs a tile as much as 26 rows of
  // multiplying, packing op(A) as much as 15 columns, and adding a part as much as 50 terms (fitted to measurements of
  // OpenBLAS 0.3.31, AVX-512, tiles of 32 to 1024).
  Tiling best{m, n, k, 1, 1, 1};
  double least = INFINITY;
  for (int64_t parts = 1; parts <= wanted && (parts == 1 || (may_split_k && k / parts >= 256)); parts *= 2) {
    for (int64_t across = 1; across * parts <= wanted; across *= 2) {
      const int64_t down = wanted / parts / across;
      // Whole cache lines of C, so that no two threads write to one, and whole steps of OpenBLAS's inner loops.
      const int64_t rows = chunk_count(chunk_count(m, down), 4) * 4;
      const int64_t columns = chunk_count(chunk_count(n, across), 16) * 16;
      const int64_t terms = chunk_count(chunk_count(k, parts), 16) * 16;
      const double loss = 26.0 / static_cast<double>(std::min(m, rows)) +
                          15.0 / static_cast<double>(std::min(n, columns)) +
                          50.0 * static_cast<double>(parts - 1) / static_cast<double>(std::max<int64_t>(k, 1));
      if (loss < least) {
        least = loss;
        best = {rows,
                columns,
                terms,
                chunk_count(m, rows),
                chunk_count(n, columns),
                parts == 1 ? 1 : chunk_count(k, terms)};
      }
    }
  }
  if (best.parts == 1) best.terms = k;
  return best;
}

struct NoEpilogue {
  void operator()(int64_t, int64_t, int64_t, int64_t) const {}
};

// All tiles of all products in one parallel loop, so that threads wait only at its end. After a tile, while it is in
// the cache, epilogue(first row, rows, first column, columns).
template <size_t Count, typename Epilogue = NoEpilogue>
void multiply(jb_ctx ctx, const std::array<Product, Count>& products, const Epilogue& epilogue = {}) {
  constexpr bool kMaySplit = std::is_same_v<Epilogue, NoEpilogue>;
  const blas::Serial serial;
  Scratch scratch;
  std::array<Tiling, Count> tilings;
  std::array<float*, Count> partials{};  // of each product: parts 1, 2, ... [parts - 1, m, n]
  int64_t total = 0;
  for (size_t p = 0; p < Count; ++p) {
    const Product& product = products[p];
    tilings[p] = tile(product.m, product.n, product.k, kMaySplit);
    total += tilings[p].tiles();
    const int64_t further = tilings[p].parts - 1;
    if (further > 0) partials[p] = scratch.take<float>(further * product.m * product.n);
  }
  parallel_for(ctx, total, 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      size_t p = 0;
      int64_t at = item;
      while (at >= tilings[p].tiles()) at -= tilings[p++].tiles();
      const Product& product = products[p];
      const Tiling& t = tilings[p];
      const int64_t part = at % t.parts;
      const int64_t j = at / t.parts % t.column_count * t.columns;
      const int64_t i = at / t.parts / t.column_count * t.rows;
      const int64_t l = part * t.terms;
      const int64_t rows = std::min(t.rows, product.m - i), columns = std::min(t.columns, product.n - j);
      float* to = part == 0 ? product.c : partials[p] + (part - 1) * product.m * product.n;
      product.compute(i, rows, j, columns, l, std::min(t.terms, product.k - l), part == 0 ? product.beta : 0, to);
      epilogue(i, rows, j, columns);
    }
  });
  for (size_t p = 0; p < Count; ++p) {
    if (partials[p] == nullptr) continue;
    const int64_t n = products[p].m * products[p].n;
    parallel_for(ctx, n, grain_for(n, tilings[p].parts), [&](int64_t begin, int64_t end) {
      for (int64_t part = 1; part < tilings[p].parts; ++part) {
        const float* from = partials[p] + (part - 1) * n;
        for (int64_t i = begin; i < end; ++i) products[p].c[i] += from[i];
      }
    });
  }
}

}  // namespace jb::JB_ISA

#endif
