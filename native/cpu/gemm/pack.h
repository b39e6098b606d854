// Copies of parts of A and B in the order in which the micro-kernel reads them: panels of kTileRows rows of op(A) or
// kTileColumns columns of op(B), of one part of the summed index. A product says how its rows are read as words.
#ifndef JAUBERT_CPU_GEMM_PACK_H
#define JAUBERT_CPU_GEMM_PACK_H

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "gemm/micro_kernel.h"
#include "gemm/parts.h"
#include "gemm/product.h"
#include "support/parallel.h"

namespace jb::JB_ISA::gemm {

// Floats from one panel of A to the next. Whole vectors are stored, the last beyond the panel's end.
inline constexpr int64_t kPanelA = kTileRows * kRowStride + kLanes;

// Words that a thread copies at a time: some ten microseconds.
inline constexpr int64_t kPackGrain = 65536;

// ---- A --------------------------------------------------------------------------------------------------------------

// Whether rows of a row-major A are multiples of 4 KiB apart. Then they fall into the same sets of L1, which has fewer
// ways than a panel has rows, and it is faster to read a copy of the panel, with rows kRowStride apart.
inline bool rows_collide(const Product& x) { return !x.transpose_a && kTileRows > 8 && x.lda % 1024 == 0; }

// `rows` rows of `depth` elements of a row-major A.
inline void pack_a_rows(float* panel, const float* a, int64_t lda, int64_t rows, int64_t depth) {
  for (int64_t i = 0; i < rows; ++i) {
    std::memcpy(panel + i * kRowStride, a + i * lda, static_cast<size_t>(depth) * sizeof(float));
  }
}

// Column p of op(A), which lies in one piece because A is stored transposed, to its place in each of the panels, as
// PanelA::kColumns. What is stored reaches into the next place; not so with `exact`, for the last column of a thread.
// Panels are `stride` words apart.
template <typename Row>
void pack_a_column(float* place, const Row& a, const Parts& panels, int64_t stride, bool exact) {
  constexpr int64_t kVectors = (kTileRows + kLanes - 1) / kLanes;
  for (int64_t i = 0; i < panels.count; ++i, place += stride) {
    const int64_t at = panels.begin(i);
    const bool whole = panels.total - at >= kVectors * kLanes;
    for (int64_t v = 0; v < kVectors; ++v) {
      const int64_t n = std::clamp<int64_t>(panels.length(i) - v * kLanes, 0, kLanes);
      const vf x = whole ? a.load(at + v * kLanes) : a.load_partial(at + v * kLanes, n);
      if (exact) {
        store_partial(place + v * kLanes, x, n);
      } else {
        store(place + v * kLanes, x);
      }
    }
  }
}

// Panels of rows from row0, of parts `depths` of the summed index from depth0, of an A stored transposed:
// packed[part][panel], with panels `stride` words apart.
template <typename P>
void pack_a(jb_ctx ctx, const P& x, int64_t row0, const Parts& panels, int64_t depth0, const Parts& depths,
            int64_t stride, float* packed) {
  parallel_for(ctx, depths.total, std::max<int64_t>(4, kPackGrain / panels.total), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t d = p / depths.size;
      float* const place = packed + d * panels.count * stride + (p - depths.begin(d)) * kTileRows;
      pack_a_column(place, x.stored_a(depth0 + p, row0), panels, stride, p + 1 == end);
    }
  });
}

// ---- B --------------------------------------------------------------------------------------------------------------

// Row p of a row-major B to its place in each of the panels, which are `stride` floats apart; the last is filled up
// with zeros.
template <typename Row>
void pack_b_row(float* place, const Row& b, int64_t columns, int64_t stride) {
  int64_t c = 0;
  for (; c + kTileColumns <= columns; c += kTileColumns, place += stride) {
    store(place, b.load(c));
    store(place + kLanes, b.load(c + kLanes));
  }
  if (c < columns) {
    const int64_t n = std::min<int64_t>(columns - c, kLanes);
    store(place, b.load_partial(c, n));
    store(place + kLanes, c + n < columns ? b.load_partial(c + kLanes, columns - c - n) : vf{});
  }
}

namespace detail {

// The two squares of Width x Width elements off the diagonal of each 2 Width x 2 Width change places.
template <int Width>
JB_INLINE void exchange(vf& a, vf& b) {
  vi low;
  vi high;
  for (int i = 0; i < kLanes; ++i) {
    const bool second = (i & Width) != 0;
    low[i] = second ? kLanes + i - Width : i;
    high[i] = second ? kLanes + i : i + Width;
  }
  const vf x = __builtin_shuffle(a, b, low);
  b = __builtin_shuffle(a, b, high);
  a = x;
}

// A square of kLanes x kLanes, in log2(kLanes) steps.
template <int Width = 1>
JB_INLINE void transpose(vf (&rows)[kLanes]) {
#pragma GCC unroll 16
  for (int i = 0; i < kLanes; ++i) {
    if ((i & Width) == 0) exchange<Width>(rows[i], rows[i + Width]);
  }
  if constexpr (2 * Width < kLanes) transpose<2 * Width>(rows);
}

}  // namespace detail

// A panel of a B stored transposed: row_of(j) is column j of op(B), from the panel's first word on. Columns that are
// missing to kTileColumns are filled up with zeros.
template <typename RowOf>
void pack_b_transposed(float* panel, const RowOf& row_of, int64_t columns, int64_t depth) {
  for (int64_t v = 0; v < 2; ++v, panel += kLanes) {
    const int64_t n = std::clamp<int64_t>(columns - v * kLanes, 0, kLanes);
    for (int64_t p = 0; p < depth; p += kLanes) {
      const int64_t count = std::min<int64_t>(kLanes, depth - p);
      vf rows[kLanes];
      if (n == kLanes && count == kLanes) {
#pragma GCC unroll 16
        for (int j = 0; j < kLanes; ++j) rows[j] = row_of(v * kLanes + j).load(p);
        detail::transpose(rows);
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) store(panel + (p + i) * kTileColumns, rows[i]);
      } else {
        for (int64_t j = 0; j < kLanes; ++j) rows[j] = j < n ? row_of(v * kLanes + j).load_partial(p, count) : vf{};
        detail::transpose(rows);
        for (int64_t i = 0; i < count; ++i) store(panel + (p + i) * kTileColumns, rows[i]);
      }
    }
  }
}

// Columns [column0, column0 + columns) of parts `depths` of the summed index from depth0. Panel j of part d begins at
// depths.begin(d) * round_up(columns, kTileColumns) + j * kTileColumns * depths.length(d).
template <typename P>
void pack_b(jb_ctx ctx, const P& x, int64_t column0, int64_t columns, int64_t depth0, const Parts& depths,
            float* packed) {
  const int64_t padded = round_up(columns, kTileColumns);
  if (!x.transpose_b) {
    parallel_for(ctx, depths.total, std::max<int64_t>(4, kPackGrain / columns), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const int64_t d = p / depths.size;
        float* const place = packed + depths.begin(d) * padded + (p - depths.begin(d)) * kTileColumns;
        pack_b_row(place, x.stored_b(depth0 + p, column0), columns, depths.length(d) * kTileColumns);
      }
    });
    return;
  }
  const int64_t panels = padded / kTileColumns;
  const int64_t grain = std::max<int64_t>(1, kPackGrain / (kTileColumns * depths.size));
  parallel_for(ctx, depths.count * panels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t d = unit / panels, j = unit % panels * kTileColumns;
      pack_b_transposed(
          packed + depths.begin(d) * padded + j * depths.length(d),
          [&](int64_t column) { return x.stored_b(column0 + j + column, depth0 + depths.begin(d)); },
          std::min<int64_t>(kTileColumns, columns - j), depths.length(d));
    }
  });
}

}  // namespace jb::JB_ISA::gemm

#endif
