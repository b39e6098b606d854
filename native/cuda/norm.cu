// jb_layernorm_*, jb_add_dropout_layernorm_* and jb_rmsnorm_*.
#include "context.h"
#include "functions.h"
#include "norm.h"
#include "norm/rmsnorm.cuh"

namespace jb::cuda {
namespace {

const jb_layernorm_args& checked(const char* name, const jb_layernorm_args* args) {
  const jb_layernorm_args& a = given(name, args);
  check_rows(name, a.rows, a.hidden);
  checked_int(name, "hidden", a.hidden);
  return a;
}

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

}  // namespace

jb_status jb_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, const jb_layernorm_args* args) {
  return run(ctx, [&](Context& c) {
    with_type("layernorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_layernorm_args& a = checked("layernorm", args);
      if (a.rows == 0) return;
      const Forward<T> forward{.y = as<T>(y),
                               .mean = as<float>(a.mean),
                               .rstd = as<float>(a.rstd),
                               .x = as<T>(x),
                               .gamma = as<float>(a.gamma),
                               .beta = as<float>(a.beta),
                               .rows = a.rows,
                               .hidden = a.hidden,
                               .eps = float32(a.eps)};
      forward.template launch<false>(c, {});
    });
  });
}

jb_status jb_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_inout dbeta, jb_in dy,
                                jb_in x, const jb_layernorm_args* args) {
  return run(ctx, [&](Context& c) {
    with_type("layernorm backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_layernorm_args& a = checked("layernorm backward", args);
      const LayernormBackward<T> backward{.dresidual = as<T>(dx),
                                          .sums = {as<float>(dgamma), as<float>(dbeta)},
                                          .dy = as<T>(dy),
                                          .sum = as<T>(x),
                                          .mean = as<float>(a.mean),
                                          .rstd = as<float>(a.rstd),
                                          .gamma = as<float>(a.gamma),
                                          .rows = a.rows,
                                          .hidden = a.hidden,
                                          .accumulate = a.accumulate};
      backward.template launch<Mask::kNone>(c, {});
    });
  });
}

jb_status jb_add_dropout_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_in x,
                                           const jb_layernorm_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "add_dropout_layernorm";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_layernorm_args& a = checked(name, args);
      const float p = float32(a.p);
      check_probability(name, p);
      if (a.rows == 0) return;
      const Forward<T> forward{.y = as<T>(y),
                               .sum = as<T>(sum),
                               .mean = as<float>(a.mean),
                               .rstd = as<float>(a.rstd),
                               .x = as<T>(x),
                               .residual = as<T>(a.residual),
                               .bias = as<float>(a.bias),
                               .gamma = as<float>(a.gamma),
                               .beta = as<float>(a.beta),
                               .rows = a.rows,
                               .hidden = a.hidden,
                               .eps = float32(a.eps)};
      const Dropout dropout = dropout_of(c, p, a.seed, a.offset);
      p > 0 ? forward.template launch<true>(c, dropout) : forward.template launch<false>(c, dropout);
    });
  });
}

jb_status jb_add_dropout_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_out dresidual, jb_inout dbias,
                                            jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum,
                                            const jb_layernorm_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "add_dropout_layernorm backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_layernorm_args& a = checked(name, args);
      const float p = float32(a.p);
      check_probability(name, p);
      JB_CHECK(dx == nullptr || dx != dresidual || p == 0,
               "{}: dx and dresidual are one memory, but differ by the dropout of p = {}", name, p);
      const LayernormBackward<T> backward{.dx = dx == dresidual ? nullptr : as<T>(dx),
                                          .dresidual = as<T>(dresidual),
                                          .sums = {as<float>(dgamma), as<float>(dbeta), as<float>(dbias)},
                                          .dy = as<T>(dy),
                                          .sum = as<T>(sum),
                                          .mean = as<float>(a.mean),
                                          .rstd = as<float>(a.rstd),
                                          .gamma = as<float>(a.gamma),
                                          .rows = a.rows,
                                          .hidden = a.hidden,
                                          .accumulate = a.accumulate};
      const Dropout dropout = dropout_of(c, p, a.seed, a.offset);
      p > 0 ? backward.template launch<Mask::kOfX>(c, dropout) : backward.template launch<Mask::kNone>(c, dropout);
    });
  });
}

jb_status jb_rmsnorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out rstd, jb_in x, jb_in gamma, int64_t rows,
                             int64_t hidden, float eps) {
  return run(ctx, [&](Context& c) {
    with_type("rmsnorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rows("rmsnorm", rows, hidden);
      const int columns = checked_int("rmsnorm", "hidden", hidden);
      if (rows == 0) return;
      with_width<T>({y, x, gamma}, hidden, [&](auto width) {
        JB_LAUNCH(c, (rmsnorm_forward<T, width>), rows_by_blocks<kRmsnormThreads>(c, rows), as<T>(y), as<float>(rstd),
                  as<T>(x), as<float>(gamma), rows, columns, eps);
      });
    });
  });
}

jb_status jb_rmsnorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_in dy, jb_in x, jb_in rstd,
                              jb_in gamma, int64_t rows, int64_t hidden, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    const char* name = "rmsnorm backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rows(name, rows, hidden);
      const int columns = checked_int(name, "hidden", hidden);
      const int lines = static_cast<int>(std::min<int64_t>(rows, kMostLines));
      float* parts = dgamma == nullptr ? nullptr : c.take<float>(int64_t{lines} * hidden);
      if (rows > 0) {
        with_width<T>({dx, dy, x, gamma}, hidden, [&](auto width) {
          JB_LAUNCH(c, (rmsnorm_backward<T, width>), {static_cast<unsigned>(lines), kRmsnormThreads}, as<T>(dx), parts,
                    as<T>(dy), as<T>(x), as<float>(rstd), as<float>(gamma), rows, columns);
        });
      }
      if (dgamma != nullptr) {
        const ColumnSums sums{{as<float>(dgamma), nullptr, nullptr}, 1, accumulate & JB_ADD_TO_DGAMMA};
        add_up(c, sums, parts, lines, columns);
      }
    });
  });
}

}  // namespace jb::cuda
