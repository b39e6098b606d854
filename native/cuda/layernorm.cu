// jb_layernorm_*, jb_add_dropout_layernorm_* and jb_embedding_layernorm_*.
#include <algorithm>

#include "context.h"
#include "embedding/embedding.cuh"
#include "functions.h"
#include "launch.h"
#include "layernorm/layernorm.cuh"

namespace jb::cuda {
namespace {

void check_shape(const char* name, int64_t rows, int64_t hidden) {
  JB_CHECK(rows >= 0 && hidden >= 1, "{}: x is [{}, {}]; a row needs an element", name, rows, hidden);
  checked_int(name, "hidden", hidden);
}

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
Launch by_warps(const Context& c, int64_t rows) {
  return {c.blocks_for(rows * kWarp, kLayernormThreads), kLayernormThreads};
}
Launch by_blocks(const Context& c, int64_t rows) { return rows_by_blocks<kLayernormWideThreads>(c, rows); }

template <typename T>
struct Forward {
  T *y, *sum = nullptr;
  float *mean, *rstd;
  const T *x, *residual = nullptr;
  const float *bias = nullptr, *gamma, *beta;
  int64_t rows, hidden;
  float eps;

  template <bool kDropout>
  void launch(Context& c, const Dropout& dropout) const {
    const int columns = static_cast<int>(hidden);
    with_shape<T>({y, sum, x, residual, bias, gamma, beta}, hidden, [&](auto vectors, auto width) {
      if constexpr (vectors > 0) {
        JB_LAUNCH(c, (layernorm_forward<T, vectors, kDropout>), by_warps(c, rows), y, sum, mean, rstd, x, residual,
                  bias, gamma, beta, rows, columns, eps, dropout);
      } else {
        JB_LAUNCH(c, (layernorm_forward_wide<T, width, kDropout>), by_blocks(c, rows), y, sum, mean, rstd, x, residual,
                  bias, gamma, beta, rows, columns, eps, dropout);
      }
    });
  }
};

template <typename T>
struct Backward {
  T *dx = nullptr, *dresidual;
  float* sums[3];  // dgamma, dbeta, dbias
  const T *dy, *sum;
  const float *mean, *rstd, *gamma;
  int64_t rows, hidden;
  int accumulate;  // a bit for each of sums

  template <Mask kMask>
  void launch(Context& c, const Dropout& dropout) const {
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
    if (has_sums) add_up(c, ColumnSums{{sums[0], sums[1], sums[2]}, 3, accumulate}, parts, lines, columns);
  }
};

template <typename T>
struct Embedding {
  LayernormOutputs<T> to;
  Embeddings from;
  const float *gamma, *beta;
  int64_t tokens, hidden;
  float eps;

  template <bool kDropout>
  void launch(Context& c, const Dropout& dropout) const {
    const int columns = static_cast<int>(hidden);
    const IndexErrors errors = c.index_checks().next();
    with_shape<T>({to.y, to.sum, from.word.table, from.position.table, from.type.table, gamma, beta}, hidden,
                  [&](auto vectors, auto width) {
                    if constexpr (vectors > 0) {
                      JB_LAUNCH(c, (embedding_forward<T, vectors, kDropout>), by_warps(c, tokens), to, from, gamma,
                                beta, tokens, columns, eps, dropout, errors);
                    } else {
                      JB_LAUNCH(c, (embedding_forward_wide<T, width, kDropout>), by_blocks(c, tokens), to, from, gamma,
                                beta, tokens, columns, eps, dropout, errors);
                    }
                  });
  }
};

int bits(int32_t accumulate) {
  static_assert(JB_ADD_TO_DGAMMA == 1 && JB_ADD_TO_DBETA == 2 && JB_ADD_TO_DBIAS_LN == 4,
                "the order of Backward::sums");
  return accumulate;
}

}  // namespace

jb_status jb_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out mean, jb_out rstd, jb_in x, jb_in gamma,
                               jb_in beta, int64_t rows, int64_t hidden, float eps) {
  return run(ctx, [&](Context& c) {
    with_type("layernorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_shape("layernorm", rows, hidden);
      if (rows == 0) return;
      const Forward<T> forward{.y = as<T>(y),
                               .mean = as<float>(mean),
                               .rstd = as<float>(rstd),
                               .x = as<T>(x),
                               .gamma = as<float>(gamma),
                               .beta = as<float>(beta),
                               .rows = rows,
                               .hidden = hidden,
                               .eps = eps};
      forward.template launch<false>(c, {});
    });
  });
}

jb_status jb_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_inout dbeta, jb_in dy,
                                jb_in x, jb_in mean, jb_in rstd, jb_in gamma, int64_t rows, int64_t hidden,
                                int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    with_type("layernorm backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_shape("layernorm backward", rows, hidden);
      const Backward<T> backward{.dresidual = as<T>(dx),
                                 .sums = {as<float>(dgamma), as<float>(dbeta)},
                                 .dy = as<T>(dy),
                                 .sum = as<T>(x),
                                 .mean = as<float>(mean),
                                 .rstd = as<float>(rstd),
                                 .gamma = as<float>(gamma),
                                 .rows = rows,
                                 .hidden = hidden,
                                 .accumulate = bits(accumulate)};
      backward.template launch<Mask::kNone>(c, {});
    });
  });
}

jb_status jb_add_dropout_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_out mean, jb_out rstd,
                                           jb_in x, jb_in residual, jb_in bias, jb_in gamma, jb_in beta, int64_t rows,
                                           int64_t hidden, float eps, float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    const char* name = "add_dropout_layernorm";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_shape(name, rows, hidden);
      check_probability(name, p);
      if (rows == 0) return;
      const Forward<T> forward{.y = as<T>(y),
                               .sum = as<T>(sum),
                               .mean = as<float>(mean),
                               .rstd = as<float>(rstd),
                               .x = as<T>(x),
                               .residual = as<T>(residual),
                               .bias = as<float>(bias),
                               .gamma = as<float>(gamma),
                               .beta = as<float>(beta),
                               .rows = rows,
                               .hidden = hidden,
                               .eps = eps};
      const Dropout dropout = dropout_of(c, p, seed, offset);
      p > 0 ? forward.template launch<true>(c, dropout) : forward.template launch<false>(c, dropout);
    });
  });
}

jb_status jb_add_dropout_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_out dresidual, jb_inout dbias,
                                            jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum, jb_in mean,
                                            jb_in rstd, jb_in gamma, int64_t rows, int64_t hidden, float p,
                                            int64_t seed, int64_t offset, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    const char* name = "add_dropout_layernorm backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_shape(name, rows, hidden);
      check_probability(name, p);
      JB_CHECK(dx == nullptr || dx != dresidual || p == 0,
               "{}: dx and dresidual are one memory, but differ by the dropout of p = {}", name, p);
      const Backward<T> backward{.dx = dx == dresidual ? nullptr : as<T>(dx),
                                 .dresidual = as<T>(dresidual),
                                 .sums = {as<float>(dgamma), as<float>(dbeta), as<float>(dbias)},
                                 .dy = as<T>(dy),
                                 .sum = as<T>(sum),
                                 .mean = as<float>(mean),
                                 .rstd = as<float>(rstd),
                                 .gamma = as<float>(gamma),
                                 .rows = rows,
                                 .hidden = hidden,
                                 .accumulate = bits(accumulate)};
      const Dropout dropout = dropout_of(c, p, seed, offset);
      p > 0 ? backward.template launch<Mask::kOfX>(c, dropout) : backward.template launch<Mask::kNone>(c, dropout);
    });
  });
}

jb_status jb_embedding_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_out mean, jb_out rstd,
                                         jb_in word, jb_in position, jb_in type, jb_in gamma, jb_in beta,
                                         jb_in word_ids, jb_in position_ids, jb_in type_ids, int64_t tokens,
                                         int64_t hidden, int64_t word_rows, int64_t position_rows, int64_t type_rows,
                                         float eps, float p, int64_t seed, int64_t offset) {
  return run(ctx, [&](Context& c) {
    with_type("embedding", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(tokens >= 0 && hidden >= 1, "embedding: {} tokens of {} elements", tokens, hidden);
      check_probability("embedding", p);
      JB_CHECK((type == nullptr) == (type_ids == nullptr), "embedding: type and type_ids have to be null together");
      checked_int("embedding", "hidden", hidden);
      const auto table = [](const char* name, jb_in rows, jb_in ids, int64_t count) {
        return EmbeddingTable{as<float>(rows), as<int32_t>(ids), checked_int("embedding", name, count)};
      };
      const Embedding<T> forward{
          .to = {as<T>(y), as<T>(sum), as<float>(mean), as<float>(rstd)},
          .from = {table("word_rows", word, word_ids, word_rows),
                   table("position_rows", position, position_ids, position_rows),
                   table("type_rows", type, type_ids, type == nullptr ? 0 : type_rows)},
          .gamma = as<float>(gamma),
          .beta = as<float>(beta),
          .tokens = tokens,
          .hidden = hidden,
          .eps = eps,
      };
      if (tokens == 0) return;
      const Dropout dropout = dropout_of(c, p, seed, offset);
      p > 0 ? forward.template launch<true>(c, dropout) : forward.template launch<false>(c, dropout);
    });
  });
}

jb_status jb_embedding_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma, jb_inout dbeta,
                                          jb_in dy, jb_in sum, jb_in mean, jb_in rstd, jb_in gamma, int64_t tokens,
                                          int64_t hidden, float p, int64_t seed, int64_t offset, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    const char* name = "embedding backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(tokens >= 0 && hidden >= 1, "{}: {} tokens of {} elements", name, tokens, hidden);
      check_probability(name, p);
      checked_int(name, "hidden", hidden);
      const Backward<T> backward{.dresidual = as<T>(dsum),
                                 .sums = {as<float>(dgamma), as<float>(dbeta)},
                                 .dy = as<T>(dy),
                                 .sum = as<T>(sum),
                                 .mean = as<float>(mean),
                                 .rstd = as<float>(rstd),
                                 .gamma = as<float>(gamma),
                                 .rows = tokens,
                                 .hidden = hidden,
                                 .accumulate = bits(accumulate)};
      const Dropout dropout = dropout_of(c, p, seed, offset);
      p > 0 ? backward.template launch<Mask::kOfY>(c, dropout) : backward.template launch<Mask::kNone>(c, dropout);
    });
  });
}

}  // namespace jb::cuda
