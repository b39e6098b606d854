// jb_layernorm_*, jb_add_dropout_layernorm_* and jb_rmsnorm_*.
#include "jaubert/norm.h"

#include "norm_rows.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/philox.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

template <typename T>
T* row_of(T* x, int64_t row, int64_t hidden) {
  return x == nullptr ? x : x + row * hidden;
}

// What forward and backward have in common, checked.
struct Layer {
  const float* gamma;
  const float* beta;
  float* mean;
  float* rstd;
  int64_t rows;
  int64_t hidden;
  float eps;
};

Layer checked(const char* name, const jb_layernorm_args* args) {
  const jb_layernorm_args& a = given(name, args);
  check_rows(name, a.rows, a.hidden);
  return {floats(a.gamma), floats(a.beta), floats(a.mean), floats(a.rstd), a.rows, a.hidden, float32(a.eps)};
}

// sum = residual + dropout(x + bias) in one pass; the sum of its elements. mask is null without dropout.
template <typename T>
JB_INLINE float add_dropout_row(float* to, const T* x, const T* residual, const float* bias, const int16_t* mask,
                                float scale, int64_t hidden) {
  return sum_row(hidden, [&](int64_t c, auto lanes) {
    vf s = lanes.load(x + c);
    if (bias != nullptr) s += lanes.load(bias + c);
    // A mask has room behind it, so all lanes may be read; in the last part of a row they are not used.
    if (mask != nullptr) s = drop(s, load_mask(mask + c), scale);
    if (residual != nullptr) s += lanes.load(residual + c);
    lanes.store(to + c, s);
    return s;
  });
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_layernorm_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, const jb_layernorm_args* args) {
  return guard([&] {
    with_cpu_type("layernorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      const Layer l = checked("layernorm", args);
      const int64_t rows = l.rows, hidden = l.hidden;
      with_row_stores<T>(rows * hidden, hidden, elements<T>(y), nullptr, [&](auto write) {
        parallel_for(ctx, rows, grain_for(rows, hidden * 4), [&](int64_t begin, int64_t end) {
          for (int64_t r = begin; r < end; ++r) {
            const T* row = elements<T>(x) + r * hidden;
            T* to = elements<T>(y) + r * hidden;
            const float total = sum_row(hidden, [&](int64_t c, auto lanes) { return lanes.load(row + c); });
            const RowStatistics s = row_statistics(row, total, hidden, l.eps);
            normalize_row(row, s, l.gamma, l.beta, hidden,
                          [&](int64_t c, auto lanes, vf, vf result) { write(lanes, to + c, result); });
            if (l.mean != nullptr) l.mean[r] = s.mean;
            if (l.rstd != nullptr) l.rstd[r] = s.rstd;
          }
          write.finish();
        });
      });
    });
  });
}

JB_KERNEL(jb_layernorm_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in x,
 const jb_layernorm_args* args) {
  return guard([&] {
    with_cpu_type("layernorm backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      const Layer l = checked("layernorm backward", args);
      const int64_t rows = l.rows, hidden = l.hidden;
      Scratch scratch;
      const LineSums sums(scratch, 2, rows, hidden);
      with_row_stores<T>(rows * hidden, hidden, elements<T>(dx), nullptr, [&](auto write) {
        parallel_for(ctx, rows, sums.grain(), [&](int64_t begin, int64_t end) {
          float* dgamma_line = dgamma == nullptr ? nullptr : sums.line(begin, 0);
          float* dbeta_line = dbeta == nullptr ? nullptr : sums.line(begin, 1);
          for (int64_t r = begin; r < end; ++r) {
            T* to = row_of(elements<T>(dx), r, hidden);
            layernorm_backward_row(elements<T>(dy) + r * hidden, elements<T>(x) + r * hidden, {l.mean[r], l.rstd[r]},
                                   l.gamma, dgamma_line, dbeta_line, hidden, [&](int64_t c, auto lanes, vf d) {
                                     if (to != nullptr) write(lanes, to + c, d);
                                   });
          }
          write.finish();
        });
      });
      if (dgamma != nullptr) sums.combine(floats(dgamma), 0, (args->accumulate & JB_ADD_TO_DGAMMA) != 0);
      if (dbeta != nullptr) sums.combine(floats(dbeta), 1, (args->accumulate & JB_ADD_TO_DBETA) != 0);
    });
  });
}

JB_KERNEL(jb_add_dropout_layernorm_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_in x, const jb_layernorm_args* args) {
  return guard([&] {
    with_cpu_type("add_dropout_layernorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      const Layer l = checked("add_dropout_layernorm", args);
      const int64_t rows = l.rows, hidden = l.hidden;
      const float p = float32(args->p);
      check_probability("add_dropout_layernorm", p);
      const Dropout dropout(p, args->seed, args->offset);
      const T* residual = elements<T>(args->residual);
      const float* bias = floats(args->bias);
      with_row_stores(rows * hidden, hidden, elements<T>(y), elements<T>(sum), [&](auto write) {
        parallel_for(ctx, rows, grain_for(rows, hidden * (p > 0 ? 12 : 5)), [&](int64_t begin, int64_t end) {
          Scratch scratch;
          int16_t* masks = scratch.take<int16_t>(Dropout::room(hidden) + kLanes);
          float* added = scratch.take<float>(hidden);  // read twice more: here it stays in the first level of cache
          for (int64_t r = begin; r < end; ++r) {
            const int64_t at = r * hidden;
            const int16_t* mask = p > 0 ? dropout.keep_range(masks, static_cast<uint64_t>(at), hidden) : nullptr;
            const float total = add_dropout_row(added, elements<T>(x) + at, row_of(residual, r, hidden), bias, mask,
                                                dropout.scale, hidden);
            const RowStatistics s = row_statistics(added, total, hidden, l.eps);
            T* to = elements<T>(y) + at;
            T* to_sum = row_of(elements<T>(sum), r, hidden);
            normalize_row(added, s, l.gamma, l.beta, hidden, [&](int64_t c, auto lanes, vf v, vf result) {
              if (to_sum != nullptr) write(lanes, to_sum + c, v);
              write(lanes, to + c, result);
            });
            if (l.mean != nullptr) l.mean[r] = s.mean;
            if (l.rstd != nullptr) l.rstd[r] = s.rstd;
          }
          write.finish();
        });
      });
    });
  });
}

JB_KERNEL(jb_add_dropout_layernorm_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_out dresidual, jb_inout dbias, jb_inout dgamma, jb_inout dbeta, jb_in dy,
 jb_in sum, const jb_layernorm_args* args) {
  return guard([&] {
    with_cpu_type("add_dropout_layernorm backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      const Layer l = checked("add_dropout_layernorm backward", args);
      const int64_t rows = l.rows, hidden = l.hidden;
      const float p = float32(args->p);
      check_probability("add_dropout_layernorm backward", p);
      JB_CHECK(dx == nullptr || dx != dresidual || p == 0,
               "add_dropout_layernorm backward: dx and dresidual are one memory, but differ by the dropout of p = {}",
               p);
      if (dx == dresidual) dx = nullptr;
      const Dropout dropout(p, args->seed, args->offset);
      const bool masked = p > 0 && (dx != nullptr || dbias != nullptr);
      Scratch scratch;
      const LineSums sums(scratch, 3, rows, hidden);
      with_row_stores(rows * hidden, hidden, elements<T>(dx), elements<T>(dresidual), [&](auto write) {
        parallel_for(ctx, rows, sums.grain(), [&](int64_t begin, int64_t end) {
          Scratch own;
          int16_t* masks = own.take<int16_t>(Dropout::room(hidden) + kLanes);
          float* dgamma_line = dgamma == nullptr ? nullptr : sums.line(begin, 0);
          float* dbeta_line = dbeta == nullptr ? nullptr : sums.line(begin, 1);
          float* dbias_line = dbias == nullptr ? nullptr : sums.line(begin, 2);
          for (int64_t r = begin; r < end; ++r) {
            const int64_t at = r * hidden;
            const int16_t* mask = masked ? dropout.keep_range(masks, static_cast<uint64_t>(at), hidden) : nullptr;
            T* to_residual = row_of(elements<T>(dresidual), r, hidden);
            T* to = row_of(elements<T>(dx), r, hidden);
            layernorm_backward_row(elements<T>(dy) + at, elements<T>(sum) + at, {l.mean[r], l.rstd[r]}, l.gamma,
                                   dgamma_line, dbeta_line, hidden, [&](int64_t c, auto lanes, vf d) {
                                     if (to_residual != nullptr) write(lanes, to_residual + c, d);
                                     if (mask != nullptr) d = drop(d, load_mask(mask + c), dropout.scale);
                                     if (to != nullptr) write(lanes, to + c, d);
                                     if (dbias_line != nullptr) {
                                       lanes.store(dbias_line + c, d + lanes.load(dbias_line + c));
                                     }
                                   });
          }
          write.finish();
        });
      });
      if (dgamma != nullptr) sums.combine(floats(dgamma), 0, (args->accumulate & JB_ADD_TO_DGAMMA) != 0);
      if (dbeta != nullptr) sums.combine(floats(dbeta), 1, (args->accumulate & JB_ADD_TO_DBETA) != 0);
      if (dbias != nullptr) sums.combine(floats(dbias), 2, (args->accumulate & JB_ADD_TO_DBIAS_LN) != 0);
    });
  });
}

JB_KERNEL(jb_rmsnorm_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out rstd, jb_in x, jb_in gamma, int64_t rows, int64_t hidden, float eps) {
  return guard([&] {
    with_cpu_type("rmsnorm", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rows("rmsnorm", rows, hidden);
      with_row_stores<T>(rows * hidden, hidden, elements<T>(y), nullptr, [&](auto write) {
        parallel_for(ctx, rows, grain_for(rows, hidden * 3), [&](int64_t begin, int64_t end) {
          for (int64_t r = begin; r < end; ++r) {
            const T* row = elements<T>(x) + r * hidden;
            T* to = elements<T>(y) + r * hidden;
            const float squares = sum_row(hidden, [&](int64_t c, auto lanes) {
              const vf v = lanes.load(row + c);
              return v * v;
            });
            const float scale = 1.0f / std::sqrt(squares / static_cast<float>(hidden) + eps);
            for_row(hidden, [&](int64_t c, auto lanes) {
              write(lanes, to + c, lanes.load(row + c) * scale * lanes.load(floats(gamma) + c));
            });
            if (rstd != nullptr) floats(rstd)[r] = scale;
          }
          write.finish();
        });
      });
    });
  });
}

// With g = dy * gamma and h = x * rstd: dx = rstd * (g - h * mean(g * h)) and dgamma += dy * h.
JB_KERNEL(jb_rmsnorm_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_inout dgamma, jb_in dy, jb_in x, jb_in rstd, jb_in gamma, int64_t rows,
 int64_t hidden, int32_t accumulate) {
  return guard([&] {
    with_cpu_type("rmsnorm backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rows("rmsnorm backward", rows, hidden);
      Scratch scratch;
      const LineSums sums(scratch, 1, rows, hidden);
      with_row_stores<T>(rows * hidden, hidden, elements<T>(dx), nullptr, [&](auto write) {
        parallel_for(ctx, rows, sums.grain(), [&](int64_t begin, int64_t end) {
          float* line = dgamma == nullptr ? nullptr : sums.line(begin, 0);
          for (int64_t r = begin; r < end; ++r) {
            const T* d = elements<T>(dy) + r * hidden;
            const T* row = elements<T>(x) + r * hidden;
            T* to = row_of(elements<T>(dx), r, hidden);
            const float scale = floats(rstd)[r];
            const float along = sum_row(hidden, [&](int64_t c, auto lanes) {
              const vf h = lanes.load(row + c) * scale, gradient = lanes.load(d + c);
              if (line != nullptr) lanes.store(line + c, fma(gradient, h, lanes.load(line + c)));
              return gradient * lanes.load(floats(gamma) + c) * h;
            });
            if (to == nullptr) continue;
            const vf mean = splat(along / static_cast<float>(hidden));
            for_row(hidden, [&](int64_t c, auto lanes) {
              const vf h = lanes.load(row + c) * scale, g = lanes.load(d + c) * lanes.load(floats(gamma) + c);
              write(lanes, to + c, fnma(h, mean, g) * scale);
            });
          }
          write.finish();
        });
      });
      if (dgamma != nullptr) sums.combine(floats(dgamma), 0, (accumulate & JB_ADD_TO_DGAMMA) != 0);
    });
  });
}
