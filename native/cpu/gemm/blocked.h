// The product of large matrices: B is packed once and shared by all threads, which then take tiles of C.
//
// Blocking is that of Goto and van de Geijn (see micro_kernel.h): a panel of A in L1, panels of B passing by from L2 or
// L3. Threads meet as in T. Smith et al., "Anatomy of High-Performance Many-Threaded Matrix Multiplication", IPDPS
// 2014: all pack B, then they divide the loops over rows and columns of C.
#ifndef JAUBERT_CPU_GEMM_BLOCKED_H
#define JAUBERT_CPU_GEMM_BLOCKED_H

#include <algorithm>
#include <cstdint>

#include "gemm/pack.h"

namespace jb::JB_ISA::gemm {

// A tile of C at its largest.
inline constexpr int64_t kTallestTile = 224 / kTileRows;  // in panels of A
inline constexpr int64_t kWidestTile = 768;               // columns
// Floats of a factor that are packed at a time (unless one tile needs more).
inline constexpr int64_t kSlab = int64_t{512} << 10;

// How C is cut. Large tiles read what is packed less often; but there shall be a dozen, so that threads share them
// evenly, as long as each is worth waking a thread: a tile of 4 MFLOP takes some 20 microseconds.
struct Tiling {
  Parts down;  // in panels
  Parts across;

  Tiling(int64_t panels, int64_t columns, int64_t depth)
      : down(panels, 1, kTallestTile), across(columns, kTileColumns, kWidestTile) {
    const auto too_few = [&] {
      return down.count * across.count < 12 && down.size * kTileRows * across.size * depth >= int64_t{2} << 20;
    };
    const auto lower = [&](int64_t least) {
      while (down.size > least && too_few()) down = Parts(panels, 1, std::max(least, down.size / 2));
    };
    const auto narrow = [&](int64_t least) {
      while (across.size > least && too_few()) {
        across = Parts(columns, kTileColumns, std::max(least, round_up(across.size / 2, kTileColumns)));
      }
    };
    lower(kTallestTile / 2);
    narrow(std::max(kWidestTile / 2, int64_t{kTileColumns}));
    narrow(std::max(kWidestTile / 6, int64_t{kTileColumns}));
    lower(1);
  }
};

// What is computed between two packings.
struct Slab {
  int64_t row0;
  Parts panels;  // of rows
  int64_t column0;
  int64_t columns;
  int64_t depth0;
  Parts depths;
  float* packed_a;  // null: A is row-major and is read where it is
  float* packed_b;
  bool first, last;  // along the summed index

  float* a_panel(int64_t d, int64_t i) const { return packed_a + (d * panels.count + i) * kPanelA; }
  float* b_panel(int64_t d, int64_t column) const {
    return packed_b + depths.begin(d) * round_up(columns, kTileColumns) + column * depths.length(d);
  }
};

// Panels [first_panel, last_panel) by columns [first_column, last_column) of the slab.
template <typename Epilogue>
void compute_tile(const Product& x, const Slab& s, int64_t first_panel, int64_t last_panel, int64_t first_column,
                  int64_t last_column, const Epilogue& epilogue) {
  const PanelA layout = x.transpose_a ? PanelA::kColumns : PanelA::kRows;
  Scratch scratch;
  float* const copy = rows_collide(x) ? scratch.take<float>(kPanelA) : nullptr;
  const int64_t lda = copy != nullptr ? kRowStride : x.lda;
  for (int64_t d = 0; d < s.depths.count; ++d) {
    const int64_t depth = s.depths.length(d);
    const float beta = s.first && d == 0 ? x.beta : 1.0F;
    for (int64_t i = first_panel; i < last_panel; ++i) {
      const int64_t row = s.row0 + s.panels.begin(i), rows = s.panels.length(i);
      const float* panel = x.transpose_a ? s.a_panel(d, i) : x.a_at(row, s.depth0 + s.depths.begin(d));
      if (copy != nullptr) {
        pack_a_rows(copy, panel, x.lda, rows, depth);
        panel = copy;
      }
      const MicroKernel kernel = micro_kernel_for(layout, rows);
      for (int64_t j = first_column; j < last_column; j += kTileColumns) {
        kernel(depth, panel, lda, s.b_panel(d, j), kTileColumns,
               {x.c_at(row, s.column0 + j), x.ldc, std::min<int64_t>(kTileColumns, last_column - j), x.alpha, beta});
      }
      if (s.last && d + 1 == s.depths.count) epilogue(row, rows, s.column0 + first_column, last_column - first_column);
    }
  }
}

template <typename Epilogue>
void multiply_blocked(jb_ctx ctx, const Product& x, const Epilogue& epilogue) {
  const Parts panels(x.m, 1, kTileRows);
  const Parts depths(x.k, 16, kDepth);
  // Slabs: `wide` columns, `deep` parts of the summed index and, of an A stored transposed, `tall` panels. That one is
  // packed for all tiles at once, because what is stored should be read in whole rows.
  const Parts wide(x.n, kTileColumns, std::max(kSlab / depths.size, kWidestTile));
  const Parts tall(panels.count, 1, x.transpose_a ? kSlab / kPanelA : panels.count);
  const int64_t floats_a = x.transpose_a ? tall.size * kPanelA : 0;
  const int64_t floats_b = wide.size * depths.size;
  const Parts deep(depths.count, 1, kSlab / std::max(floats_a, floats_b));
  Scratch scratch;
  float* const packed_b = scratch.take<float>(floats_b * deep.size);
  float* const packed_a = x.transpose_a ? scratch.take<float>(floats_a * deep.size) : nullptr;
  for (int64_t w = 0; w < wide.count; ++w) {
    for (int64_t d = 0; d < deep.count; ++d) {
      for (int64_t t = 0; t < tall.count; ++t) {
        const Slab s{.row0 = panels.begin(tall.begin(t)),
                     .panels = panels.slice(tall.begin(t), tall.length(t)),
                     .column0 = wide.begin(w),
                     .columns = wide.length(w),
                     .depth0 = depths.begin(deep.begin(d)),
                     .depths = depths.slice(deep.begin(d), deep.length(d)),
                     .packed_a = packed_a,
                     .packed_b = packed_b,
                     .first = d == 0,
                     .last = d + 1 == deep.count};
        if (t == 0) pack_b(ctx, x, s.column0, s.columns, s.depth0, s.depths, packed_b);
        if (packed_a != nullptr) pack_a(ctx, x, s.row0, s.panels, s.depth0, s.depths, kPanelA, packed_a);
        const Tiling tiling(s.panels.count, s.columns, s.depths.total);
        const Parts& down = tiling.down;
        const Parts& across = tiling.across;
        parallel_for(ctx, down.count * across.count, 1, [&](int64_t begin, int64_t end) {
          for (int64_t tile = begin; tile < end; ++tile) {
            const int64_t i = tile % down.count, j = tile / down.count;
            compute_tile(x, s, down.begin(i), down.end(i), across.begin(j), across.end(j), epilogue);
          }
        });
      }
    }
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
