// The product of bfloat16 matrices with float32 sums: blocked like that of float32, but for two things. The whole
// summed index of a tile passes through the registers at once, for there is no float32 C to keep unfinished sums in.
// And what follows the product sees the sums before they are rounded.
#ifndef JAUBERT_CPU_GEMM_PAIRS_H
#define JAUBERT_CPU_GEMM_PAIRS_H

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gemm/blocked.h"
#include "gemm/pair_product.h"
#include "gemm/tiles.h"
#include "gemm/unpacked.h"

namespace jb::JB_ISA::gemm {

// How vectors multiply: panels of kTileRows rows, read where they lie, or copied as PanelA says.
struct VectorPanels {
  const PairProduct& x;
  int64_t words = x.words();
  Parts panels = Parts(x.m, 1, kTileRows);
  int64_t packed_size = kTileRows * words + kLanes;  // of a panel of an A stored transposed, in words

  struct Session {
    explicit Session(const VectorPanels&) {}
  };

  bool can_read_in_place(int64_t) const { return true; }
  int64_t copied_rows() const { return kTileRows; }
  int64_t packed_stride() const { return 0; }  // PanelA::kColumns has none

  void pack(jb_ctx ctx, float* packed) const {
    pack_a(ctx, x, 0, panels, 0, Parts(words, 1, words), packed_size, packed);
  }
  void multiply(int64_t rows, const float* a, int64_t lda, const float* b, float* sums) const {
    const MicroKernel kernel = micro_kernel_for<Pairs>(x.transpose_a ? PanelA::kColumns : PanelA::kRows, rows);
    kernel(words, a, lda, b, kTileColumns, {sums, kTileColumns, kTileColumns, 1, 0});
  }
};

// B is packed once and shared by all threads, which take panels of A by kTileColumns columns. Panels says how high a
// panel is, how one of an A stored transposed is packed, and how one is multiplied.
template <typename Panels>
void multiply_in_panels(jb_ctx ctx, const PairProduct& x, const Panels& how, const Finish& finish) {
  const int64_t words = how.words;
  const Parts& panels = how.panels;
  const Parts wide(x.n, kTileColumns, std::max(kSlab / words, kWidestTile));
  // As with float32, rows that are multiples of 4 KiB apart are copied.
  const bool in_place = x.has_words_of_a() && x.lda % 2048 != 0;
  Scratch scratch;
  float* const packed_b = scratch.take<float>(wide.size * words);
  float* const packed_a = x.transpose_a ? scratch.take<float>(panels.count * how.packed_size) : nullptr;
  if (packed_a != nullptr) how.pack(ctx, packed_a);
  for (int64_t w = 0; w < wide.count; ++w) {
    const int64_t column0 = wide.begin(w), columns = wide.length(w);
    pack_b(ctx, x, column0, columns, 0, Parts(words, 1, words), packed_b);
    const Tiling tiling(panels.count, columns, words);
    const Parts &down = tiling.down, &across = tiling.across;
    parallel_for(ctx, down.count * across.count, 1, [&](int64_t begin, int64_t end) {
      const typename Panels::Session session(how);
      Scratch own;
      const int64_t copied_stride = row_stride(words);
      float* const copy = packed_a != nullptr ? nullptr : own.take<float>(how.copied_rows() * copied_stride);
      alignas(64) float sums[amx::kBlock * kTileColumns];  // of the higher panel
      for (int64_t task = begin; task < end; ++task) {
        const int64_t i0 = task % down.count, j0 = task / down.count;
        for (int64_t i = down.begin(i0); i < down.end(i0); ++i) {
          const int64_t row = panels.begin(i), rows = panels.length(i);
          const float* a = copy;
          int64_t lda = copied_stride;
          if (packed_a != nullptr) {
            a = packed_a + i * how.packed_size;
            lda = how.packed_stride();
          } else if (in_place && how.can_read_in_place(rows)) {
            a = words_of(x.a + row * x.lda);
            lda = x.lda / 2;
          } else {
            for (int64_t r = 0; r < rows; ++r) {
              float* const to = copy + r * copied_stride;
              std::fill(to + x.k / 2, to + words, 0.0F);
              std::memcpy(to, x.a + (row + r) * x.lda, static_cast<size_t>(x.k) * sizeof(BFloat16));
            }
          }
          for (int64_t j = across.begin(j0); j < across.end(j0); j += kTileColumns) {
            how.multiply(rows, a, lda, packed_b + j * words, sums);
            finish(row, rows, column0 + j, std::min<int64_t>(kTileColumns, columns - j), sums, kTileColumns);
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
    if (amx::tiles() != amx::Tiles::kNone) return multiply_in_panels(ctx, x, TilePanels{x, amx::tiles()}, finish);
#endif
    multiply_in_panels(ctx, x, VectorPanels{x}, finish);
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
