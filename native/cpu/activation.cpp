// jb_geglu_*.
#include "jaubert/activation.h"

#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/simd_math.h"

JB_KERNEL(jb_geglu_forward)(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t rows, int64_t width) {
  return guard([&] {
    with_cpu_type("geglu", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu: y is [{}, {}]", rows, width);
      parallel_for(ctx, rows, grain_for(rows, width * 8), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const T* gate = elements<T>(x) + r * 2 * width;
          const T* value = gate + width;
          T* to = elements<T>(y) + r * width;
          for_row(width, [&](int64_t c, auto lanes) {
            lanes.store(to + c, gelu(lanes.load(gate + c)) * lanes.load(value + c));
          });
        }
      });
    });
  });
}

JB_KERNEL(jb_geglu_backward)(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_in dy, jb_in x, int64_t rows, int64_t width) {
  return guard([&] {
    with_cpu_type("geglu backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu backward: dy is [{}, {}]", rows, width);
      parallel_for(ctx, rows, grain_for(rows, width * 16), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          const T* gate = elements<T>(x) + r * 2 * width;
          const T* value = gate + width;
          const T* gradient = elements<T>(dy) + r * width;
          T* dgate = elements<T>(dx) + r * 2 * width;
          T* dvalue = dgate + width;
          for_row(width, [&](int64_t c, auto lanes) {
            const vf g = lanes.load(gate + c), v = lanes.load(value + c), d = lanes.load(gradient + c);
            lanes.store(dgate + c, d * v * gelu_derivative(g));
            lanes.store(dvalue + c, d * gelu(g));
          });
        }
      });
    });
  });
}
