// The product of bfloat16 matrices with float32 sums: blocked like that of float32, but for two things. The whole
// summed index of a tile passes through the registers at once, for there is no float32 C to keep unfinished sums in.
// And what follows the product sees the sums before they are rounded.
#ifndef JAUBERT_CPU_GEMM_PAIRS_H
#define JAUBERT_CPU_GEMM_PAIRS_H

#include <algorithm>
#include <cstdint>

#include "gemm/blocked.h"
#include "gemm/pair_product.h"
#include "gemm/tiles.h"
#include "gemm/unpacked.h"

namespace jb::JB_ISA::gemm {

inline void multiply_pairs_blocked(jb_ctx ctx, const PairProduct& x, const Finish& finish) {
  const int64_t words = x.words();
  const Parts panels(x.m, 1, kTileRows);
  const Parts depths(words, 1, words);
  const Parts wide(x.n, kTileColumns, std::max(kSlab / words, kWidestTile));
  const PanelA layout = x.transpose_a ? PanelA::kColumns : PanelA::kRows;
  const int64_t panel = kTileRows * words + kLanes;
  // As with float32, rows that are multiples of 4 KiB apart are copied.
  const bool in_place = x.has_words_of_a() && x.lda % 2048 != 0;
  Scratch scratch;
  float* const packed_b = scratch.take<float>(wide.size * words);
  float* const packed_a = x.transpose_a ? scratch.take<float>(panels.count * panel) : nullptr;
  if (x.transpose_a) pack_a(ctx, x, 0, panels, 0, depths, panel, packed_a);
  for (int64_t w = 0; w < wide.count; ++w) {
    const int64_t column0 = wide.begin(w), columns = wide.length(w);
    pack_b(ctx, x, column0, columns, 0, depths, packed_b);
    const Tiling tiling(panels.count, columns, words);
    const Parts &down = tiling.down, &across = tiling.across;
    parallel_for(ctx, down.count * across.count, 1, [&](int64_t begin, int64_t end) {
      Scratch own;
      float* const copy = x.transpose_a || in_place ? nullptr : own.take<float>(kTileRows * row_stride(words));
      const int64_t lda = copy != nullptr ? row_stride(words) : x.lda / 2;
      alignas(64) float sums[kTileRows * kTileColumns];
      for (int64_t tile = begin; tile < end; ++tile) {
        const int64_t i0 = tile % down.count, j0 = tile / down.count;
        for (int64_t i = down.begin(i0); i < down.end(i0); ++i) {
          const int64_t row = panels.begin(i), rows = panels.length(i);
          const float* a = x.transpose_a ? packed_a + i * panel : copy;
          if (in_place) a = words_of(x.a + row * x.lda);
          for (int64_t r = 0; copy != nullptr && r < rows; ++r) {
            copy[r * lda + words - 1] = 0;
            std::memcpy(copy + r * lda, x.a + (row + r) * x.lda, static_cast<size_t>(x.k) * sizeof(BFloat16));
          }
          const MicroKernel kernel = micro_kernel_for<Pairs>(layout, rows);
          for (int64_t j = across.begin(j0); j < across.end(j0); j += kTileColumns) {
            const int64_t width = std::min<int64_t>(kTileColumns, columns - j);
            kernel(words, a, lda, packed_b + j * words, kTileColumns, {sums, kTileColumns, kTileColumns, 1, 0});
            finish(row, rows, column0 + j, width, sums, kTileColumns);
          }
        }
      }
    });
  }
}

// By dot products, where A is small or op(B) has few columns: see multiply_dot.
inline bool dot_products_pay(const PairProduct& x) {
  if (!x.has_words_of_a() || !x.has_words_of_b()) return false;
  return x.m <= kDotRows || x.n <= kFewColumns || (x.words() >= 8 * kLanes && x.m * x.words() <= kDotFloats);
}

inline void multiply_pairs_dot(jb_ctx ctx, const PairProduct& x, const Finish& finish) {
  const int64_t words = x.words();
  const DotTasks tasks(x.m, x.n, words);
  parallel_for(ctx, tasks.count(), 1, [&](int64_t begin, int64_t end) {
    Scratch own;
    const int64_t stride = round_up(tasks.across.size, kLanes);
    float* const sums = own.take<float>(tasks.down.size * stride);
    for (int64_t task = begin; task < end; ++task) {
      tasks.compute<Pairs>(task, words_of(x.a), x.lda / 2, words_of(x.b), x.ldb / 2, {sums, stride, 0, 1, 0});
      finish(tasks.row(task), tasks.rows(task), tasks.column(task), tasks.columns(task), sums, stride);
    }
  });
}

inline void multiply(jb_ctx ctx, const PairProduct& x, const Finish& finish) {
  if (x.m == 0 || x.n == 0) return;
  if (x.k == 0) {
    alignas(64) const float zeros[kTileColumns] = {};
    for (int64_t i = 0; i < x.m; ++i) {
      for (int64_t j = 0; j < x.n; j += kTileColumns) {
        finish(i, int64_t{1}, j, std::min<int64_t>(kTileColumns, x.n - j), zeros, int64_t{kTileColumns});
      }
    }
  } else if (dot_products_pay(x)) {
    multiply_pairs_dot(ctx, x, finish);
  } else {
#if defined(JB_SIMD_AVX512)
    if (amx::tiles() != amx::Tiles::kNone) return multiply_tiles(ctx, x, amx::tiles(), finish);
#endif
    multiply_pairs_blocked(ctx, x, finish);
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
