// The product of bfloat16 matrices with float32 sums: blocked like that of float32, but for two things. The whole
// summed index of a tile passes through the registers at once, for there is no float32 C to keep unfinished sums in.
// And what follows the product sees the sums before they are rounded.
#ifndef JAUBERT_CPU_GEMM_PAIRS_H
#define JAUBERT_CPU_GEMM_PAIRS_H

#include <algorithm>
#include <cstdint>

#include "gemm/blocked.h"
#include "gemm/unpacked.h"

namespace jb::JB_ISA::gemm {

// op(A) op(B), row-major; op(A) is [m, k], op(B) is [k, n].
struct PairProduct {
  bool transpose_a, transpose_b;
  int64_t m, n, k;
  const BFloat16* a;
  const BFloat16* b;
  int64_t lda = transpose_a ? m : k;
  int64_t ldb = transpose_b ? k : n;

  int64_t words() const { return ceil_div(k, 2); }  // of the summed index
  // What is stored, from element i of row r on; of a factor whose rows lie across the summed index r counts words.
  PairedRows stored_a(int64_t r, int64_t i) const { return across(a + i, lda, r); }
  auto stored_b(int64_t r, int64_t i) const { return Stored{*this, r, i}; }

  // Columns of op(B) are rows of what is stored, or words across them.
  struct Stored {
    const PairProduct& x;
    int64_t r, i;

    JB_INLINE vf load(int64_t at) const {
      return x.transpose_b ? along().load(at) : x.across(x.b + i, x.ldb, r).load(at);
    }
    JB_INLINE vf load_partial(int64_t at, int64_t n) const {
      return x.transpose_b ? along().load_partial(at, n) : x.across(x.b + i, x.ldb, r).load_partial(at, n);
    }

   private:
    JB_INLINE PairRow along() const { return {x.b + r * x.ldb + 2 * i, x.k - 2 * i}; }
  };

 private:
  JB_INLINE PairedRows across(const BFloat16* x, int64_t stride, int64_t word) const {
    const BFloat16* const even = x + 2 * word * stride;
    return {even, 2 * word + 1 < k ? even + stride : nullptr};
  }
};

// Whether rows of a row-major factor can be read as words where they lie.
inline bool has_words(const BFloat16* x, int64_t ld, int64_t k) {
  return ld % 2 == 0 && k % 2 == 0 && reinterpret_cast<uintptr_t>(x) % sizeof(float) == 0;
}

inline const float* words_of(const BFloat16* x) { return reinterpret_cast<const float*>(x); }

// Words from row to row of a copy of a panel of A: an odd number of cache lines, so that rows fall into different sets.
inline int64_t row_stride(int64_t words) { return (ceil_div(words, 16) | 1) * 16; }

// What takes the sums of each part of a product: a function of (first row, rows, first column, columns, sums, stride).
// One type for all of them: the product is compiled once, and calls it for some hundred sums at a time.
class Finish {
 public:
  template <typename Function>
  Finish(const Function& function)  // NOLINT: passed as one
      : object_(&function),
        call_([](const void* object, int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums,
                 int64_t stride) {
          (*static_cast<const Function*>(object))(row, rows, column, columns, sums, stride);
        }) {}

  void operator()(int64_t row, int64_t rows, int64_t column, int64_t columns, const float* sums, int64_t stride) const {
    call_(object_, row, rows, column, columns, sums, stride);
  }

 private:
  const void* object_;
  void (*call_)(const void*, int64_t, int64_t, int64_t, int64_t, const float*, int64_t);
};

inline void multiply_pairs_blocked(jb_ctx ctx, const PairProduct& x, const Finish& finish) {
  const int64_t words = x.words();
  const Parts panels(x.m, 1, kTileRows);
  const Parts depths(words, 1, words);
  const Parts wide(x.n, kTileColumns, std::max(kSlab / words, kWidestTile));
  const PanelA layout = x.transpose_a ? PanelA::kColumns : PanelA::kRows;
  const int64_t panel = kTileRows * words + kLanes;
  // As with float32, rows that are multiples of 4 KiB apart are copied.
  const bool in_place = !x.transpose_a && has_words(x.a, x.lda, x.k) && x.lda % 2048 != 0;
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
  if (x.transpose_a || !x.transpose_b || !has_words(x.a, x.lda, x.k) || !has_words(x.b, x.ldb, x.k)) return false;
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
    multiply_pairs_blocked(ctx, x, finish);
  }
}

}  // namespace jb::JB_ISA::gemm

#endif
