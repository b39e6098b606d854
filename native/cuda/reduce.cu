// jb_reduce_forward.
#include <algorithm>

#include "context.h"
#include "functions.h"
#include "launch.h"
#include "parts.h"
#include "reduce/reduce.cuh"

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
    const unsigned columns = blocks(inner, kColumns);
    const dim3 block(kColumns, kReduceThreads / kColumns);
    const Parts parts(axis, outer * columns, kReduceThreads / kColumns);
    if (parts.count > 1) {
      auto* values = ctx.take<typename Reduced<T>::Type>(outer * parts.count * inner);
      auto* places = ctx.take<int64_t>(outer * parts.count * inner);
      const dim3 grid(columns, static_cast<unsigned>(parts.count), static_cast<unsigned>(outer));
      JB_LAUNCH(ctx, (reduce_parts<T, kColumns>), {grid, block}, op, values, places, as<T>(x), axis, inner, parts.size);
      JB_LAUNCH(ctx, (reduce_combine<T, Y>),
                {dim3(static_cast<unsigned>(inner), static_cast<unsigned>(outer)), dim3(1, kReduceThreads)}, op,
                as<Y>(y), values, places, static_cast<int>(parts.count), axis);
      return;
    }
    const dim3 grid(columns, static_cast<unsigned>(std::min<int64_t>(outer, 65535)));
    JB_LAUNCH(ctx, (reduce_axis<T, Y, kColumns>), {grid, block}, op, as<Y>(y), as<T>(x), outer, axis, inner);
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

}  // namespace jb::cuda
