// A tile of C as dot products of rows of A and rows of B, where both have the summed index along their rows: vectors
// lie along that index, and nothing has to be packed or transposed.
#ifndef JAUBERT_CPU_GEMM_DOT_KERNEL_H
#define JAUBERT_CPU_GEMM_DOT_KERNEL_H

#include <algorithm>
#include <array>
#include <cstdint>
#include <cstring>
#include <utility>

#include "gemm/micro_kernel.h"

namespace jb::JB_ISA::gemm {

inline constexpr int kDotColumns = 4;
#if defined(JB_SIMD_AVX2)
inline constexpr int kDotRows = 3;  // 12 accumulators of 16 registers
#else
inline constexpr int kDotRows = 6;  // 24 of 32
#endif

namespace detail {

typedef float vf_four __attribute__((vector_size(16)));

// Lane i of the result is lane lane_of(i) of a followed by b.
template <typename LaneOf>
JB_INLINE vf shuffle(vf a, vf b, LaneOf lane_of) {
  vi lanes;
  for (int i = 0; i < kLanes; ++i) lanes[i] = lane_of(i);
  return __builtin_shuffle(a, b, lanes);
}

// The sums over the lanes of each of four vectors.
JB_INLINE vf_four four_sums(vf x0, vf x1, vf x2, vf x3) {
  // In each group g of four lanes: those of x0 and x1 side by side, likewise x2 and x3, then all four.
  const auto pairs = [](vf a, vf b) __attribute__((always_inline)) {
    return shuffle(a, b, [](int i) { return i / 4 * 4 + i % 4 / 2 + i % 2 * kLanes; }) +
           shuffle(a, b, [](int i) { return i / 4 * 4 + i % 4 / 2 + i % 2 * kLanes + 2; });
  };
  const vf x01 = pairs(x0, x1);
  const vf x23 = pairs(x2, x3);
  const vf y = shuffle(x01, x23, [](int i) { return i / 4 * 4 + i % 2 + i % 4 / 2 * kLanes; }) +
               shuffle(x01, x23, [](int i) { return i / 4 * 4 + i % 2 + i % 4 / 2 * kLanes + 2; });
#if JB_VECTOR_BYTES == 64
  return (__builtin_shufflevector(y, y, 0, 1, 2, 3) + __builtin_shufflevector(y, y, 8, 9, 10, 11)) +
         (__builtin_shufflevector(y, y, 4, 5, 6, 7) + __builtin_shufflevector(y, y, 12, 13, 14, 15));
#elif JB_VECTOR_BYTES == 32
  return __builtin_shufflevector(y, y, 0, 1, 2, 3) + __builtin_shufflevector(y, y, 4, 5, 6, 7);
#else
  return y;
#endif
}

JB_INLINE void update_four(float* c, vf_four product, size_t bytes, const Update& update) {
  vf_four y = product * update.alpha;
  if (update.beta != 0) {
    vf_four old{};
    std::memcpy(&old, c, bytes);
    y += old * update.beta;
  }
  std::memcpy(c, &y, bytes);
}

}  // namespace detail

// `rows` rows and 1 to kDotColumns columns of C: row i of A is at a + i * lda, row j of what B is stored as at
// b + j * ldb. Rows of B that lie `ahead` rows further are
// fetched meanwhile.
template <typename Words, int rows>
void dot_kernel(int64_t depth, const float* a, int64_t lda, const float* b, int64_t ldb, int64_t ahead,
                const Update& update) {
  vf sums[rows][kDotColumns];
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < kDotColumns; ++j) sums[i][j] = vf{};
  }
  // Columns that C does not have repeat its last one; what comes of them is dropped.
  const int64_t last = update.columns - 1;
  const float* const b1 = b + std::min<int64_t>(1, last) * ldb;
  const float* const b2 = b + std::min<int64_t>(2, last) * ldb;
  const float* const b3 = b + last * ldb;
  const auto step = [&](int64_t p, const auto& get) __attribute__((always_inline)) {
    for (int64_t j = 0; j < kDotColumns; ++j) __builtin_prefetch(b + (ahead + j) * ldb + p);
    const vf y0 = get(b + p);
    const vf y1 = get(b1 + p);
    const vf y2 = get(b2 + p);
    const vf y3 = get(b3 + p);
#pragma GCC unroll 16
    for (int i = 0; i < rows; ++i) {
      const vf x = get(a + i * lda + p);
      sums[i][0] = Words::multiply_add(x, y0, sums[i][0]);
      sums[i][1] = Words::multiply_add(x, y1, sums[i][1]);
      sums[i][2] = Words::multiply_add(x, y2, sums[i][2]);
      sums[i][3] = Words::multiply_add(x, y3, sums[i][3]);
    }
  };
  int64_t p = 0;
  for (; p + kLanes <= depth; p += kLanes) {
    step(
        p, [](const float* at) __attribute__((always_inline)) { return load(at); });
  }
  if (p < depth) {
    step(
        p, [n = depth - p](const float* at) __attribute__((always_inline)) { return load_partial(at, n); });
  }
#pragma GCC unroll 16
  for (int i = 0; i < rows; ++i) {
    const detail::vf_four y = detail::four_sums(sums[i][0], sums[i][1], sums[i][2], sums[i][3]);
    float* const c = update.c + i * update.ldc;
    if (update.columns == kDotColumns) {
      detail::update_four(c, y, sizeof(y), update);
    } else {
      detail::update_four(c, y, static_cast<size_t>(update.columns) * sizeof(float), update);
    }
  }
}

using DotKernel = void (*)(int64_t depth, const float* a, int64_t lda, const float* b, int64_t ldb, int64_t ahead,
                           const Update& update);

namespace detail {

template <typename Words, int... below>
constexpr std::array<DotKernel, sizeof...(below)> dot_kernels(std::integer_sequence<int, below...>) {
  return {&dot_kernel<Words, below + 1>...};
}

template <typename Words>
inline constexpr auto kDotKernels = dot_kernels<Words>(std::make_integer_sequence<int, kDotRows>());

}  // namespace detail

// The kernel for 1 to kDotRows rows.
template <typename Words>
DotKernel dot_kernel_for(int64_t rows) {
  return detail::kDotKernels<Words>[static_cast<size_t>(rows - 1)];
}

}  // namespace jb::JB_ISA::gemm

#endif
