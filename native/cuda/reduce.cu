// jb_reduce_forward and jb_softmax_*.
#include <algorithm>

#include "context.h"
#include "functions.h"
#include "launch.h"
#include "reduce/reduce.cuh"
#include "softmax/softmax.cuh"

namespace jb::cuda {
namespace {

struct Reduction {
  Context& ctx;
  jb_reduce_op op;
  void* y;
  const void* x;
  int64_t outer, axis, inner;

  template <typename T, typename Y, int kColumns>
  void launch_columns() const {
    const dim3 grid(blocks(inner, kColumns), static_cast<unsigned>(std::min<int64_t>(outer, 65535)));
    JB_LAUNCH(ctx, (reduce_axis<T, Y, kColumns>), {grid, dim3(kColumns, kReduceThreads / kColumns)}, op, as<Y>(y),
              as<T>(x), outer, axis, inner);
  }
  template <typename T, typename Y>
  void launch() const {
    inner == 1 ? launch_columns<T, Y, 1>() : launch_columns<T, Y, 32>();
  }
  // y is of T, or of places.
  template <typename T>
  void number() const {
    op == JB_ARGMAX || op == JB_ARGMIN ? launch<T, int64_t>() : launch<T, T>();
  }
};

bool is_defined(jb_reduce_op op, jb_dtype dtype) {
  if (op == JB_ANY || op == JB_ALL) return dtype == JB_BOOL;
  return dtype == JB_F32 || (op != JB_MEAN && (dtype == JB_I32 || dtype == JB_I64));
}

}  // namespace

jb_status jb_reduce_forward(jb_ctx ctx, jb_reduce_op op, jb_dtype dtype, jb_out y, jb_in x, int64_t outer, int64_t axis,
                            int64_t inner) {
  return run(ctx, [&](Context& c) {
    const ReduceShape shape = checked_reduce(op, y, x, outer, axis, inner);
    JB_CHECK(is_defined(op, dtype), "{}: not defined for {}", shape.name, dtype_name(dtype));
    if (shape.results == 0) return;
    const Reduction reduction{c, op, y, x, outer, axis, inner};
    if (dtype == JB_F32) return reduction.number<float>();
    if (dtype == JB_I32) return reduction.number<int32_t>();
    if (dtype == JB_I64) return reduction.number<int64_t>();
    reduction.launch<uint8_t, uint8_t>();
  });
}

jb_status jb_softmax_forward(jb_ctx ctx, jb_out y, jb_in x, int64_t rows, int64_t columns, int32_t log) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax: x is [{}, {}]", rows, columns);
    if (rows == 0 || columns == 0) return;
    const int width = checked_int("softmax", "columns", columns);
    const Launch shape = rows_by_blocks<kSoftmaxThreads>(c, rows);
    if (log != 0) {
      JB_LAUNCH(c, (softmax_forward<float, true>), shape, as<float>(y), as<float>(x), rows, width);
    } else {
      JB_LAUNCH(c, (softmax_forward<float, false>), shape, as<float>(y), as<float>(x), rows, width);
    }
  });
}

jb_status jb_softmax_backward(jb_ctx ctx, jb_out dx, jb_in dy, jb_in y, int64_t rows, int64_t columns, int32_t log) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax backward: y is [{}, {}]", rows, columns);
    if (rows == 0 || columns == 0) return;
    const int width = checked_int("softmax backward", "columns", columns);
    const Launch shape = rows_by_blocks<kSoftmaxThreads>(c, rows);
    if (log != 0) {
      JB_LAUNCH(c, (softmax_backward<float, true>), shape, as<float>(dx), as<float>(dy), as<float>(y), rows, width);
    } else {
      JB_LAUNCH(c, (softmax_backward<float, false>), shape, as<float>(dx), as<float>(dy), as<float>(y), rows, width);
    }
  });
}

}  // namespace jb::cuda
