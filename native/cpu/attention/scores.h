// Products of a block of query rows with a tile of keys, kept in registers from the first multiply-add to the last
// use: Q K^T up to the exponentials in both directions, and dO V^T up to the gradient of the scores.
//
// A block is M rows by N vectors of keys, with M chosen so that its M N sums fill the registers. Sequences of up to
// kKeyTile keys, that is almost all sentences, have all their scores of a row in one block: softmax then is one pass
// and nothing is rescaled.
#ifndef JAUBERT_CPU_ATTENTION_SCORES_H
#define JAUBERT_CPU_ATTENTION_SCORES_H

#include <iterator>

#include "attention/tile.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {

namespace detail {

// The most rows of a block of N vectors: M N sums and the smaller of M and N operands, one more beside them, fit in 32
// registers, or 16 with AVX2. One lane a row must hold all rows.
inline constexpr int kScoreRows[] =
#if defined(JB_SIMD_AVX512)
    {16, 12, 8, 6, 5, 4, 3, 3};
#elif defined(JB_SIMD_AVX2)
    {8, 6, 4, 3};
#else
    {4, 4, 4, 4, 4, 4, 3, 3};
#endif

// Keeps the compiler from reading a vector of memory again for each of its uses: two loads a cycle are all there are.
JB_INLINE vf in_register(vf x) {
#if defined(__x86_64__)
  asm("" : "+v"(x));
#elif defined(__aarch64__)
  asm("" : "+w"(x));
#endif
  return x;
}

template <typename Words, int M, int N>
JB_INLINE void multiply_block(vf (&sums)[M][N], const float* a, const float* b, int64_t depth) {
#pragma GCC unroll 16
  for (int i = 0; i < M; ++i) {
#pragma GCC unroll 8
    for (int n = 0; n < N; ++n) sums[i][n] = vf{};
  }
  for (int64_t k = 0; k < depth; ++k, ++a, b += kTileStride) {
    if constexpr (M > N) {
      vf row[N];
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) row[n] = load(b + n * kLanes);
#pragma GCC unroll 16
      for (int i = 0; i < M; ++i) {
        const vf element = splat(a[i * kTileStride]);
#pragma GCC unroll 8
        for (int n = 0; n < N; ++n) sums[i][n] = Words::multiply_add(element, row[n], sums[i][n]);
      }
    } else {
      vf element[M];
#pragma GCC unroll 16
      for (int i = 0; i < M; ++i) element[i] = splat(a[i * kTileStride]);
#pragma GCC unroll 8
      for (int n = 0; n < N; ++n) {
        const vf row = in_register(load(b + n * kLanes));
#pragma GCC unroll 16
        for (int i = 0; i < M; ++i) sums[i][n] = Words::multiply_add(element[i], row, sums[i][n]);
      }
    }
  }
}

template <typename Words, int M, int N, typename Finish>
void score_block(const float* a, const float* b, int64_t depth, int64_t row, const Finish& finish) {
  vf sums[M][N];
  multiply_block<Words>(sums, a, b, depth);
  finish(sums, row);
}

template <typename Words, int N, typename Finish, int... M>
void score_rows(const float* a, const float* b, int64_t depth, int64_t rows, const Finish& finish,
                std::integer_sequence<int, M...>) {
  using Block = void (*)(const float*, const float*, int64_t, int64_t, const Finish&);
  static constexpr Block kBlocks[] = {&score_block<Words, M + 1, N, Finish>...};
  constexpr int64_t kMost = sizeof...(M);
  // Blocks of nearly equal height: one of a single row would wait for the latency of each multiply-add.
  int64_t blocks = (rows + kMost - 1) / kMost;
  for (int64_t row = 0; row < rows; --blocks) {
    const int64_t height = (rows - row + blocks - 1) / blocks;
    kBlocks[height - 1](a + row * kTileStride, b, depth, row, finish);
    row += height;
  }
}

template <typename Words, typename Finish, int... N>
void score_tile(const float* a, const float* b, int64_t depth, int64_t rows, int64_t vectors, const Finish& finish,
                std::integer_sequence<int, N...>) {
  using Rows = void (*)(const float*, const float*, int64_t, int64_t, const Finish&);
  static constexpr Rows kRows[] = {[](const float* x, const float* y, int64_t k, int64_t m, const Finish& f) {
    score_rows<Words, N + 1>(x, y, k, m, f, std::make_integer_sequence<int, kScoreRows[N]>());
  }...};
  kRows[vectors - 1](a, b, depth, rows, finish);
}

// Halves the number of vectors: afterwards lane l belongs to x[2 i] if bit H of l is 0, else to x[2 i + 1].
template <int H, int M, typename Combine, int... L>
JB_INLINE void fold_pairs(vf (&x)[M], int count, Combine combine, std::integer_sequence<int, L...>) {
#pragma GCC unroll 8
  for (int i = 0; i < count; i += 2) {
    const vf a = x[i], b = x[i + 1 < count ? i + 1 : i];
    x[i / 2] = combine(__builtin_shufflevector(a, b, ((L & H) == 0 ? L : kLanes + L - H)...),
                       __builtin_shufflevector(a, b, ((L & H) == 0 ? L + H : kLanes + L)...));
  }
}

}  // namespace detail

// The keys whose scores fit in the registers.
inline constexpr int64_t kKeyTile = static_cast<int64_t>(std::size(detail::kScoreRows)) * kLanes;

// finish(sums, row) for every block of A B, where sums is vf[M][N] and its first row is row `row` of A. A [rows, depth]
// and B [depth, vectors * kLanes], of words, have stride kTileStride; vectors * kLanes is at most kKeyTile.
template <typename Words, typename Finish>
void for_each_score_block(const float* a, const float* b, int64_t depth, int64_t rows, int64_t vectors,
                          const Finish& finish) {
  detail::score_tile<Words>(a, b, depth, rows, vectors, finish,
                            std::make_integer_sequence<int, static_cast<int>(kKeyTile / kLanes)>());
}

// Lane i is x[i] combined over its lanes; lanes from M on repeat others. M is at most kLanes.
template <int M, typename Combine>
JB_INLINE vf fold_rows(vf (&x)[M], Combine combine) {
  static_assert(M <= kLanes);
  constexpr auto kEach = std::make_integer_sequence<int, kLanes>();
  detail::fold_pairs<1>(x, M, combine, kEach);
  detail::fold_pairs<2>(x, (M + 1) / 2, combine, kEach);
  if constexpr (kLanes >= 8) detail::fold_pairs<4>(x, (M + 3) / 4, combine, kEach);
  if constexpr (kLanes >= 16) detail::fold_pairs<8>(x, (M + 7) / 8, combine, kEach);
  return x[0];
}

}  // namespace jb::JB_ISA

#endif
