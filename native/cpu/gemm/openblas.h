// Matrix products by OpenBLAS, the choice of JAUBERT_GEMM=openblas: cut into tiles by shape alone, each computed on one
// thread.
#ifndef JAUBERT_CPU_GEMM_OPENBLAS_H
#define JAUBERT_CPU_GEMM_OPENBLAS_H

#include <algorithm>
#include <bit>
#include <cmath>
#include <type_traits>

#include "gemm/product.h"
#include "support/blas.h"
#include "support/parallel.h"

namespace jb::JB_ISA::gemm {

// How a product is cut: tiles of rows x columns, and, where C is small and k is long, parts of k whose results are
// added afterwards, in order.
struct OpenBlasTiling {
  int64_t rows, columns, terms;            // of a tile
  int64_t row_count, column_count, parts;  // of tiles

  int64_t tiles() const { return row_count * column_count * parts; }
};

// `shares`: into how many products like this one the whole work is divided already.
inline OpenBlasTiling tile_for_openblas(int64_t m, int64_t n, int64_t k, bool may_split_k, int64_t shares = 1) {
  if (m == 0 || n == 0) return {1, 1, 1, 0, 0, 0};
  // The number of tiles grows with the root of the work: few for a product of microseconds, enough for many cores where
  // each has a tenth of a millisecond or more. A power of two, so that equal tiles meet equal threads.
  const double flops = 2.0 * static_cast<double>(m) * static_cast<double>(n) * static_cast<double>(k);
  const double root = std::sqrt(flops * static_cast<double>(shares) / 2e6) / static_cast<double>(shares);
  const int64_t wanted = static_cast<int64_t>(std::bit_floor(static_cast<uint64_t>(std::clamp(root, 1.0, 64.0))));
  // Of the grids with that many tiles, the one that loses least: packing op(B) anew costs a tile as much as 26 rows of
  // multiplying, packing op(A) as much as 15 columns, and adding a part as much as 50 terms (fitted to measurements of
  // OpenBLAS 0.3.31, AVX-512, tiles of 32 to 1024).
  OpenBlasTiling best{m, n, k, 1, 1, 1};
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

// Rows [i, i + rows) and columns [j, j + columns) of C from the terms [p, p + terms), into `to` of row stride n.
inline void compute_with_openblas(const Product& x, int64_t i, int64_t rows, int64_t j, int64_t columns, int64_t p,
                                  int64_t terms, float beta, float* to) {
  blas::sgemm(x.transpose_a, x.transpose_b, rows, columns, terms, x.alpha, x.a_at(i, p), x.lda, x.b_at(p, j), x.ldb,
              beta, to + i * x.n + j, x.n);
}

// All tiles in one parallel loop, so that threads wait only at its end.
template <typename Epilogue>
void multiply_with_openblas(jb_ctx ctx, const Product& x, const Epilogue& epilogue) {
  const blas::Serial serial;
  const OpenBlasTiling t = tile_for_openblas(x.m, x.n, x.k, std::is_same_v<Epilogue, NoEpilogue>);
  const int64_t area = x.m * x.n;
  Scratch scratch;
  float* const partials = t.parts > 1 ? scratch.take<float>((t.parts - 1) * area) : nullptr;  // of parts 1, 2, ...
  parallel_for(ctx, t.tiles(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t part = item % t.parts;
      const int64_t j = item / t.parts % t.column_count * t.columns;
      const int64_t i = item / t.parts / t.column_count * t.rows;
      const int64_t p = part * t.terms;
      const int64_t rows = std::min(t.rows, x.m - i), columns = std::min(t.columns, x.n - j);
      float* const to = part == 0 ? x.c : partials + (part - 1) * area;
      compute_with_openblas(x, i, rows, j, columns, p, std::min(t.terms, x.k - p), part == 0 ? x.beta : 0, to);
      epilogue(i, rows, j, columns);
    }
  });
  if (partials == nullptr) return;
  parallel_for(ctx, area, grain_for(area, t.parts), [&](int64_t begin, int64_t end) {
    for (int64_t part = 1; part < t.parts; ++part) {
      const float* const from = partials + (part - 1) * area;
      for (int64_t i = begin; i < end; ++i) x.c[i] += from[i];
    }
  });
}

// Many products of one shape: tiles only where a single product is large beside the whole.
inline void multiply_batch_with_openblas(jb_ctx ctx, const Product& first, int64_t batch, int64_t stride_a,
                                         int64_t stride_b, int64_t stride_c) {
  const OpenBlasTiling t = tile_for_openblas(first.m, first.n, first.k, false, batch);
  const int64_t tiles = t.tiles();
  if (tiles == 0) return;
  const blas::Serial serial;
  const int64_t cost = std::max<int64_t>(1, first.k / 8) * std::min(t.rows, first.m) * std::min(t.columns, first.n);
  parallel_for(ctx, batch * tiles, grain_for(batch * tiles, cost), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t index = item / tiles;
      const int64_t i = item % tiles / t.column_count * t.rows, j = item % t.column_count * t.columns;
      Product x = first;
      x.a += index * stride_a;
      x.b += index * stride_b;
      x.c += index * stride_c;
      compute_with_openblas(x, i, std::min(t.rows, x.m - i), j, std::min(t.columns, x.n - j), 0, x.k, x.beta, x.c);
    }
  });
}

}  // namespace jb::JB_ISA::gemm

#endif
