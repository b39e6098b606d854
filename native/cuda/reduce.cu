// jb_reduce_forward and jb_softmax_*.
#include <algorithm>

#include "context.h"
#include "functions.h"
#include "launch.h"
#include "reduce/reduce.cuh"
#include "softmax/softmax.cuh"

namespace jb::cuda {
namespace {

// How an axis of n elements is cut, each `unit` of which take a block's time, where `blocks` of them run already: into
// 1 where that is enough work for a GPU, or a part would have too little. It depends on shapes alone.
struct Parts {
  int64_t count = 1, size = 0;

  Parts(int64_t n, int64_t blocks, int64_t unit) : size(n) {
    constexpr int64_t kBlocks = 1024;  // all that an H100 or H200 runs at once, of 256 threads
    constexpr int64_t kLeast = 16;     // units of a part
    constexpr int64_t kFewest = 4;     // parts that are worth a second launch
    const int64_t most = std::min(kBlocks / std::max<int64_t>(blocks, 1), n / (kLeast * unit));
    if (most < kFewest) return;
    size = round_up((n + most - 1) / most, unit);
    count = (n + size - 1) / size;
  }

  // Of softmax: a block for each part of each row.
  Launch of_rows(int64_t rows) const {
    return {dim3(static_cast<unsigned>(count), static_cast<unsigned>(rows)), kSoftmaxThreads};
  }
};

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

jb_status jb_softmax_forward(jb_ctx ctx, jb_out y, jb_in x, int64_t rows, int64_t columns, int32_t log) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax: x is [{}, {}]", rows, columns);
    if (rows == 0 || columns == 0) return;
    const int width = checked_int("softmax", "columns", columns);
    const auto launch = [&](auto is_log) {
      const Parts parts(columns, rows, kSoftmaxThreads);
      if (parts.count == 1) {
        JB_LAUNCH(c, (softmax_forward<float, is_log>), rows_by_blocks<kSoftmaxThreads>(c, rows), as<float>(y),
                  as<float>(x), rows, width);
        return;
      }
      auto* sums = c.take<Exponentials>(rows * parts.count);
      const Launch shape = parts.of_rows(rows);
      const int size = static_cast<int>(parts.size);
      JB_LAUNCH(c, softmax_parts<float>, shape, sums, as<float>(x), width, size);
      JB_LAUNCH(c, (softmax_from_parts<float, is_log>), shape, as<float>(y), as<float>(x), sums, width, size);
    };
    log != 0 ? launch(std::true_type()) : launch(std::false_type());
  });
}

jb_status jb_softmax_backward(jb_ctx ctx, jb_out dx, jb_in dy, jb_in y, int64_t rows, int64_t columns, int32_t log) {
  return run(ctx, [&](Context& c) {
    JB_CHECK(rows >= 0 && columns >= 0, "softmax backward: y is [{}, {}]", rows, columns);
    if (rows == 0 || columns == 0) return;
    const int width = checked_int("softmax backward", "columns", columns);
    const auto launch = [&](auto is_log) {
      const Parts parts(columns, rows, kSoftmaxThreads);
      if (parts.count == 1) {
        JB_LAUNCH(c, (softmax_backward<float, is_log>), rows_by_blocks<kSoftmaxThreads>(c, rows), as<float>(dx),
                  as<float>(dy), as<float>(y), rows, width);
        return;
      }
      auto* sums = c.take<float>(rows * parts.count);
      const Launch shape = parts.of_rows(rows);
      const int size = static_cast<int>(parts.size);
      JB_LAUNCH(c, (softmax_backward_parts<float, is_log>), shape, sums, as<float>(dy), as<float>(y), width, size);
      JB_LAUNCH(c, (softmax_backward_from_parts<float, is_log>), shape, as<float>(dx), as<float>(dy), as<float>(y),
                sums, width, size);
    };
    log != 0 ? launch(std::true_type()) : launch(std::false_type());
  });
}

}  // namespace jb::cuda
