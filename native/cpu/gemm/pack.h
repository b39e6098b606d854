// Copies of parts of A and B in the order in which the micro-kernel reads them: panels of kTileRows rows of op(A) or
// kTileColumns columns of op(B), of one part of the summed index.
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

// Floats that a thread copies at a time: some ten microseconds.
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
inline void pack_a_column(float* place, const float* a, const Parts& panels, bool exact) {
  constexpr int64_t kVectors = (kTileRows + kLanes - 1) / kLanes;
  for (int64_t i = 0; i < panels.count; ++i, a += panels.size, place += kPanelA) {
    if (exact) {
      std::memcpy(place, a, static_cast<size_t>(panels.length(i)) * sizeof(float));
    } else if (panels.total - panels.begin(i) >= kVectors * kLanes) {
      for (int64_t v = 0; v < kVectors; ++v) store(place + v * kLanes, load(a + v * kLanes));
    } else {
      for (int64_t v = 0; v < kVectors; ++v) {
        const int64_t n = std::clamp<int64_t>(panels.length(i) - v * kLanes, 0, kLanes);
        store(place + v * kLanes, load_partial(a + v * kLanes, n));
      }
    }
  }
}

// Panels of rows from row0, of parts `depths` of the summed index from depth0, of an A stored transposed:
// packed[part][panel].
inline void pack_a(jb_ctx ctx, const Product& x, int64_t row0, const Parts& panels, int64_t depth0, const Parts& depths,
                   float* packed) {
  parallel_for(ctx, depths.total, std::max<int64_t>(4, kPackGrain / panels.total), [&](int64_t begin, int64_t end) {
    for (int64_t p = begin; p < end; ++p) {
      const int64_t d = p / depths.size;
      float* const place = packed + d * panels.count * kPanelA + (p - depths.begin(d)) * kTileRows;
      pack_a_column(place, x.a_at(row0, depth0 + p), panels, p + 1 == end);
    }
  });
}

// ---- B --------------------------------------------------------------------------------------------------------------

// Row p of a row-major B to its place in each of the panels, which are `stride` floats apart; the last is filled up
// with zeros.
inline void pack_b_row(float* place, const float* b, int64_t columns, int64_t stride) {
  for (; columns >= kTileColumns; columns -= kTileColumns, b += kTileColumns, place += stride) {
    store(place, load(b));
    store(place + kLanes, load(b + kLanes));
  }
  if (columns > 0) {
    const int64_t n = std::min<int64_t>(columns, kLanes);
    store(place, load_partial(b, n));
    store(place + kLanes, n < columns ? load_partial(b + kLanes, columns - n) : vf{});
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

// A panel of a B stored transposed: element (p, j) of op(B) is b[j * ldb + p]. Columns that are missing to kTileColumns
// are filled up with zeros.
inline void pack_b_transposed(float* panel, const float* b, int64_t ldb, int64_t columns, int64_t depth) {
  for (int64_t v = 0; v < 2; ++v, panel += kLanes) {
    const int64_t n = std::clamp<int64_t>(columns - v * kLanes, 0, kLanes);
    const float* const from = b + std::min<int64_t>(v * kLanes, columns) * ldb;
    for (int64_t p = 0; p < depth; p += kLanes) {
      const int64_t count = std::min<int64_t>(kLanes, depth - p);
      vf rows[kLanes];
      if (n == kLanes && count == kLanes) {
#pragma GCC unroll 16
        for (int j = 0; j < kLanes; ++j) rows[j] = load(from + j * ldb + p);
        detail::transpose(rows);
#pragma GCC unroll 16
        for (int i = 0; i < kLanes; ++i) store(panel + (p + i) * kTileColumns, rows[i]);
      } else {
        for (int64_t j = 0; j < kLanes; ++j) rows[j] = j < n ? load_partial(from + j * ldb + p, count) : vf{};
        detail::transpose(rows);
        for (int64_t i = 0; i < count; ++i) store(panel + (p + i) * kTileColumns, rows[i]);
      }
    }
  }
}

// Columns [column0, column0 + columns) of parts `depths` of the summed index from depth0. Panel j of part d begins at
// depths.begin(d) * round_up(columns, kTileColumns) + j * kTileColumns * depths.length(d).
inline void pack_b(jb_ctx ctx, const Product& x, int64_t column0, int64_t columns, int64_t depth0, const Parts& depths,
                   float* packed) {
  const int64_t padded = round_up(columns, kTileColumns);
  if (!x.transpose_b) {
    parallel_for(ctx, depths.total, std::max<int64_t>(4, kPackGrain / columns), [&](int64_t begin, int64_t end) {
      for (int64_t p = begin; p < end; ++p) {
        const int64_t d = p / depths.size;
        float* const place = packed + depths.begin(d) * padded + (p - depths.begin(d)) * kTileColumns;
        pack_b_row(place, x.b_at(depth0 + p, column0), columns, depths.length(d) * kTileColumns);
      }
    });
    return;
  }
  const int64_t panels = padded / kTileColumns;
  const int64_t grain = std::max<int64_t>(1, kPackGrain / (kTileColumns * depths.size));
  parallel_for(ctx, depths.count * panels, grain, [&](int64_t begin, int64_t end) {
    for (int64_t unit = begin; unit < end; ++unit) {
      const int64_t d = unit / panels, j = unit % panels * kTileColumns;
      pack_b_transposed(packed + depths.begin(d) * padded + j * depths.length(d),
                        x.b_at(depth0 + depths.begin(d), column0 + j), x.ldb,
                        std::min<int64_t>(kTileColumns, columns - j), depths.length(d));
    }
  });
}

}  // namespace jb::JB_ISA::gemm

#endif
