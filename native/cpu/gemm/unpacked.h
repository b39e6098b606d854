// Products with few rows of A or few columns of op(B), where packing B would cost more than it saves: B is read where
// it lies.
#ifndef JAUBERT_CPU_GEMM_UNPACKED_H
#define JAUBERT_CPU_GEMM_UNPACKED_H

#include <algorithm>
#include <cstdint>

#include "gemm/dot_kernel.h"
#include "gemm/pack.h"

namespace jb::JB_ISA::gemm {

// Up to here these are faster than multiply_blocked (measured on Zen 5). By dot products: while A, which passes by once
// for every few columns, comes fast enough from L2 for the width of the vectors.
#if defined(JB_SIMD_AVX512)
inline constexpr int64_t kDotFloats = int64_t{64} << 10;
#else
inline constexpr int64_t kDotFloats = int64_t{160} << 10;
#endif
inline constexpr int64_t kFewColumns = 8;
inline constexpr int64_t kFewRows = 128;

inline bool dot_products_pay(const Product& x) {
  if (x.transpose_a || !x.transpose_b) return false;
  // Adding up the lanes at the end must not weigh more than the products.
  return x.m <= kDotRows || x.n <= kFewColumns || (x.k >= 8 * kLanes && x.m * x.k <= kDotFloats);
}

// Rows or columns of C, each of `cost` multiplications, that are a task: some ten microseconds.
inline int64_t size_of_task(int64_t cost, int64_t unit) {
  return round_up(std::clamp<int64_t>((int64_t{1} << 20) / cost, 1, 1024), unit);
}

// To fetch a row of B takes as long as to multiply it by so many rows of A.
inline constexpr int64_t kFetchRows = 8;
// A larger A leaves no room in L1.
inline constexpr int64_t kL1Floats = 8192;

// How a product of an A as it is and a B stored transposed is divided into tasks, where A is small or there are few
// columns of op(B). k counts words.
struct DotTasks {
  int64_t k;
  Parts down;
  Parts across;
  int64_t ahead;

  DotTasks(int64_t m, int64_t n, int64_t words)
      : k(words),
        down(m, kDotRows, n <= kFewColumns ? size_of_task(n * k, kDotRows) : m),
        across(n, kDotColumns, n <= kFewColumns ? n : size_of_task(std::max(m, kFetchRows) * k, kDotColumns)),
        // A row of B, which mostly comes from memory, is too short for the processor to see a stream in it. It is
        // fetched to L1, the later if A fills that.
        ahead(m * k > kL1Floats ? kDotColumns : 2 * kDotColumns) {}

  int64_t count() const { return down.count * across.count; }
  int64_t row(int64_t task) const { return down.begin(task % down.count); }
  int64_t rows(int64_t task) const { return down.length(task % down.count); }
  int64_t column(int64_t task) const { return across.begin(task / down.count); }
  int64_t columns(int64_t task) const { return across.length(task / down.count); }

  // One task; `update` is for its first element.
  template <typename Words>
  void compute(int64_t task, const float* a, int64_t lda, const float* b, int64_t ldb, const Update& update) const {
    const Parts panels(rows(task), 1, kDotRows);
    for (int64_t j = 0; j < columns(task); j += kDotColumns) {
      for (int64_t i = 0; i < panels.count; ++i) {
        Update part = update;
        part.c += panels.begin(i) * update.ldc + j;
        part.columns = std::min<int64_t>(kDotColumns, columns(task) - j);
        dot_kernel_for<Words>(panels.length(i))(k, a + (row(task) + panels.begin(i)) * lda, lda,
                                                b + (column(task) + j) * ldb, ldb, ahead, part);
      }
    }
  }
};

template <typename Epilogue>
void multiply_dot(jb_ctx ctx, const Product& x, const Epilogue& epilogue) {
  const DotTasks tasks(x.m, x.n, x.k);
  parallel_for(ctx, tasks.count(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t row = tasks.row(task), column = tasks.column(task);
      tasks.compute<Singles>(task, x.a, x.lda, x.b, x.ldb, {x.c_at(row, column), x.ldc, 0, x.alpha, x.beta});
      epilogue(row, tasks.rows(task), column, tasks.columns(task));
    }
  });
}

// B as it is, and A too unless it is stored transposed: then some thousand of its columns are packed at a time.
template <typename Epilogue>
void multiply_few_rows(jb_ctx ctx, const Product& x, const Epilogue& epilogue) {
  const PanelA layout = x.transpose_a ? PanelA::kColumns : PanelA::kRows;
  const Parts panels(x.m, 1, kTileRows);
  const Parts all_depths(x.k, 16, kDepth);
  const Parts deep(all_depths.count, 1, 8);
  Scratch scratch;
  float* const packed = x.transpose_a ? scratch.take<float>(deep.size * panels.count * kPanelA) : nullptr;
  for (int64_t s = 0; s < deep.count; ++s) {
    const int64_t depth0 = all_depths.begin(deep.begin(s));
    const Parts depths = all_depths.slice(deep.begin(s), deep.length(s));
    if (packed != nullptr) pack_a(ctx, x, 0, panels, depth0, depths, kPanelA, packed);
    parallel_for(ctx, x.n, size_of_task(x.m * depths.total, kTileColumns), [&](int64_t begin, int64_t end) {
      Scratch own;
      float* const edge = own.take<float>(depths.size * kTileColumns);
      for (int64_t j = begin; j < end; j += kTileColumns) {
        const int64_t columns = std::min<int64_t>(kTileColumns, end - j);
        for (int64_t d = 0; d < depths.count; ++d) {
          const int64_t p = depth0 + depths.begin(d);
          const float* b = x.b_at(p, j);
          int64_t ldb = x.ldb;
          if (columns < kTileColumns) {
            // The kernel reads whole vectors.
            for (int64_t q = 0; q < depths.length(d); ++q)
              pack_b_row(edge + q * kTileColumns, FloatRow{b + q * ldb}, columns, 0);
            b = edge;
            ldb = kTileColumns;
          }
          const float beta = s == 0 && d == 0 ? x.beta : 1.0F;
          for (int64_t i = 0; i < panels.count; ++i) {
            const int64_t row = panels.begin(i);
            const float* const a = packed != nullptr ? packed + (d * panels.count + i) * kPanelA : x.a_at(row, p);
            micro_kernel_for(layout, panels.length(i))(depths.length(d), a, x.lda, b, ldb,
                                                       {x.c_at(row, j), x.ldc, columns, x.alpha, beta});
          }
        }
      }
      if (s + 1 == deep.count) epilogue(0, x.m, begin, end - begin);
    });
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
