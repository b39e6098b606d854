// What the launchers of LayerNorm and of embeddings with one behind them share.
#ifndef JAUBERT_CUDA_NORM_H
#define JAUBERT_CUDA_NORM_H

#include <algorithm>

#include "launch.h"
#include "norm/layernorm.cuh"

namespace jb::cuda {

// body(how many vectors of a row a lane holds; or 0, for a block a row, and the width of its loads).
template <typename T, typename Body>
void with_shape(std::initializer_list<const void*> addresses, int64_t hidden, Body&& body) {
  using One = std::integral_constant<int, 1>;
  const int vectors = aligned(addresses) ? layernorm_vectors<T>(hidden) : 0;
  if (vectors == 0) {
    with_width<T>(addresses, hidden, [&](auto width) { body(std::integral_constant<int, 0>(), width); });
  } else if constexpr (sizeof(T) == 4) {
    vectors == 2   ? body(std::integral_constant<int, 2>(), One())
    : vectors == 4 ? body(std::integral_constant<int, 4>(), One())
    : vectors == 6 ? body(std::integral_constant<int, 6>(), One())
                   : body(std::integral_constant<int, 8>(), One());
  } else {
    vectors == 1   ? body(std::integral_constant<int, 1>(), One())
    : vectors == 2 ? body(std::integral_constant<int, 2>(), One())
    : vectors == 3 ? body(std::integral_constant<int, 3>(), One())
                   : body(std::integral_constant<int, 4>(), One());
  }
}

// Grids of the kernels with a warp a row, and a block a row.
inline Launch by_warps(const Context& c, int64_t rows) {
  return {c.blocks_for(rows * kWarp, kLayernormThreads), kLayernormThreads};
}
inline Launch by_blocks(const Context& c, int64_t rows) { return rows_by_blocks<kLayernormWideThreads>(c, rows); }

template <typename T>
struct LayernormBackward {
  T *dx = nullptr, *dresidual;
  float* sums[3];  // dgamma, dbeta, dbias
  const T *dy, *sum;
  const float *mean, *rstd, *gamma;
  int64_t rows, hidden;
  int64_t accumulate;  // JB_ADD_TO_...

  template <Mask kMask>
  void launch(Context& c, const Dropout& dropout) const {
    static_assert(JB_ADD_TO_DGAMMA == 1 && JB_ADD_TO_DBETA == 2 && JB_ADD_TO_DBIAS_LN == 4, "a bit for each of sums");
    const int columns = static_cast<int>(hidden);
    const bool has_sums = sums[0] != nullptr || sums[1] != nullptr || sums[2] != nullptr;
    int lines = 0;
    float* parts = nullptr;
    // A grid for rows of which a block does so many at once, and of blocks of which a multiprocessor holds so many: one
    // more each would leave most of them idle while it runs.
    const auto with_parts = [&](int64_t at_once, unsigned threads, int held) {
      lines = static_cast<int>(std::min<int64_t>((rows + at_once - 1) / at_once, kMultiprocessors * held));
      if (has_sums) parts = c.take<float>(int64_t{lines} * 3 * hidden);
      return Launch{static_cast<unsigned>(lines), threads};
    };
    if (rows > 0) {
      with_shape<T>({dx, dresidual, dy, sum, gamma}, hidden, [&](auto vectors, auto width) {
        if constexpr (vectors > 0) {
          Launch shape =
              with_parts(kLayernormThreads / kWarp, kLayernormThreads, layernorm_backward_blocks(vectors * kVector<T>));
          shape.shared = 3 * hidden * static_cast<int64_t>(sizeof(float));
          JB_LAUNCH(c, (layernorm_backward<T, vectors, kMask>), shape, dx, dresidual, parts, dy, sum, mean, rstd, gamma,
                    rows, columns, dropout);
        } else {
          const Launch shape = with_parts(1, kLayernormWideThreads, 4);
          JB_LAUNCH(c, (layernorm_backward_wide<T, width, kMask>), shape, dx, dresidual, parts, dy, sum, mean, rstd,
                    gamma, rows, columns, dropout);
        }
      });
    }
    if (has_sums)
      add_up(c, ColumnSums{{sums[0], sums[1], sums[2]}, 3, static_cast<int>(accumulate)}, parts, lines, columns);
  }
};

}  // namespace jb::cuda

#endif
