// The innermost loop of a matrix product: a tile of C stays in registers while, for each p, column p of a panel of A is
// multiplied by row p of a panel of B.
//
// C is row-major, so vectors lie along its rows: two vectors of B times kTileRows broadcast elements of A. This is the
// kernel of K. Goto and R. van de Geijn, "Anatomy of High-Performance Matrix Multiplication", ACM TOMS 34(3), 2008, and
// F. Van Zee and R. van de Geijn, "BLIS: A Framework for Rapidly Instantiating BLAS Functionality", ACM TOMS 41(3),
// 2015, with A and B in each other's place. Elements are words (gemm/words.h).
#ifndef JAUBERT_CPU_GEMM_MICRO_KERNEL_H
#define JAUBERT_CPU_GEMM_MICRO_KERNEL_H

#include <array>
#include <cstdint>
#include <utility>

#include "gemm/words.h"

namespace jb::JB_ISA::gemm {

// As many accumulators as leave registers for two vectors of B and one element of A.
#if defined(JB_SIMD_AVX512)
inline constexpr int kTileRows = 14;  // 28 of 32 registers
#elif defined(JB_SIMD_AVX2)
inline constexpr int kTileRows = 6;  // 12 of 16
#else
inline constexpr int kTileRows = 12;  // NEON: 24 of 32
#endif
inline constexpr int kTileColumns = 2 * kLanes;

// The longest panel: with AVX-512 one of A takes 21 KiB, so it stays in L1 while panels of B pass by.
inline constexpr int64_t kDepth = 384;
// From row to row of a copy of a row-major panel of A; no power of two, or all would meet in a few sets of L1.
inline constexpr int64_t kRowStride = kDepth + 16;

// Where a panel of A lies: in rows, element (i, p) at i * lda + p, so a row-major A is read where it is; or in columns,
// at p * kTileRows + i, which is how an A stored transposed is packed.
enum class PanelA { kRows, kColumns };

// What becomes of a product: c = alpha * product + beta * c on the first `columns` columns.
struct Update {
  float* c;
  int64_t ldc;
  int64_t columns;
  float alpha;
  float beta;  // 0: c is not read
};

namespace detail {

JB_INLINE void update_full(float* c, vf product, const Update& update) {
  vf y = product * update.alpha;
  if (update.beta != 0) y = fma(splat(update.beta), load(c), y);
  store(c, y);
}

JB_INLINE void update_partial(float* c, vf product, int64_t n, const Update& update) {
  vf y = product * update.alpha;
  if (update.beta != 0) y = fma(splat(update.beta), load_partial(c, n), y);
  store_partial(c, y, n);
}

}  // namespace detail

// `rows` rows of a tile. Row p of the panel of B, kTileColumns elements, is at b + p * ldb.
template <typename Words, PanelA layout, int rows>
void micro_kernel(int64_t depth, const float* a, int64_t lda, const float* b, int64_t ldb, const Update& update) {
  constexpr int64_t kStep = layout == PanelA::kRows ? 1 : kTileRows;
  const int64_t row = layout == PanelA::kRows ? lda : 1;
  // Rows 0 to 4, 5 to 9 and 10 to 13: that x86 can address 0, 1, 2, 3 or 4 strides from three pointers takes the fewest
  // registers. Left to itself, the compiler keeps 14 pointers, some of them on the stack.
  const float* a5 = a + (rows > 5 ? 5 * row : 0);
  const float* a10 = a + (rows > 10 ? 10 * row : 0);
  vf left[rows];
  vf right[rows];
  // C is fetched while the product is computed.
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
    left[i] = right[i] = vf{};
    __builtin_prefetch(update.c + i * update.ldc, 1);
    __builtin_prefetch(update.c + i * update.ldc + update.columns - 1, 1);
  }
  for (int64_t p = 0; p < depth; ++p, a += kStep, a5 += kStep, a10 += kStep, b += ldb) {
    const vf b0 = load(b);
    const vf b1 = load(b + kLanes);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const vf x = splat((i < 5 ? a : i < 10 ? a5 : a10)[i % 5 * row]);
      left[i] = Words::multiply_add(x, b0, left[i]);
      right[i] = Words::multiply_add(x, b1, right[i]);
    }
  }
  float* c = update.c;
  if (update.columns == kTileColumns) {
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i, c += update.ldc) {
      detail::update_full(c, left[i], update);
      detail::update_full(c + kLanes, right[i], update);
    }
    return;
  }
  const int64_t columns_left = std::min<int64_t>(kLanes, update.columns);
  const int64_t columns_right = update.columns - columns_left;
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i, c += update.ldc) {
    detail::update_partial(c, left[i], columns_left, update);
    if (columns_right > 0) detail::update_partial(c + kLanes, right[i], columns_right, update);
  }
}

using MicroKernel = void (*)(int64_t depth, const float* a, int64_t lda, const float* b, int64_t ldb,
                             const Update& update);

namespace detail {

template <typename Words, PanelA layout, int... below>
constexpr std::array<MicroKernel, sizeof...(below)> micro_kernels(std::integer_sequence<int, below...>) {
  return {&micro_kernel<Words, layout, below + 1>...};
}

template <typename Words, PanelA layout>
inline constexpr auto kMicroKernels = micro_kernels<Words, layout>(std::make_integer_sequence<int, kTileRows>());

}  // namespace detail

// The kernel for 1 to kTileRows rows.
template <typename Words = Singles>
MicroKernel micro_kernel_for(PanelA layout, int64_t rows) {
  return layout == PanelA::kRows ? detail::kMicroKernels<Words, PanelA::kRows>[static_cast<size_t>(rows - 1)]
                                 : detail::kMicroKernels<Words, PanelA::kColumns>[static_cast<size_t>(rows - 1)];
}

}  // namespace jb::JB_ISA::gemm

#endif
