// jb_geglu_*.
#include "activation.h"
#include "context.h"
#include "functions.h"

namespace jb::cuda {

jb_status jb_geglu_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t rows, int64_t width) {
  return run(ctx, [&](Context& c) {
    with_type("geglu", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu: y is [{}, {}]", rows, width);
      const int columns = checked_int("geglu", "width", width);
      if (rows == 0 || width == 0) return;
      with_width<T>({y, x}, width, [&](auto vector) {
        JB_LAUNCH(c, (geglu_forward<T, vector>), by_columns(c, rows, width, vector), as<T>(y), as<T>(x), rows, columns);
      });
    });
  });
}

jb_status jb_geglu_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_in dy, jb_in x, int64_t rows, int64_t width) {
  return run(ctx, [&](Context& c) {
    with_type("geglu backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      JB_CHECK(rows >= 0 && width >= 0, "geglu backward: dy is [{}, {}]", rows, width);
      const int columns = checked_int("geglu backward", "width", width);
      if (rows == 0 || width == 0) return;
      with_width<T>({dx, dy, x}, width, [&](auto vector) {
        JB_LAUNCH(c, (geglu_backward<T, vector>), by_columns(c, rows, width, vector), as<T>(dx), as<T>(dy), as<T>(x),
                  rows, columns);
      });
    });
  });
}

}  // namespace jb::cuda
