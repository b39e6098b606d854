// jb_softmax_*.
#include "context.h"
#include "functions.h"
#include "launch.h"
#include "parts.h"
#include "softmax/softmax.cuh"

namespace jb::cuda {
namespace {

// A block for each part of each row.
Launch by_parts(const Parts& parts, int64_t rows) {
  return {dim3(static_cast<unsigned>(parts.count), static_cast<unsigned>(rows)), kSoftmaxThreads};
}

}  // namespace

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
      const Launch shape = by_parts(parts, rows);
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
      const Launch shape = by_parts(parts, rows);
      const int size = static_cast<int>(parts.size);
      JB_LAUNCH(c, (softmax_backward_parts<float, is_log>), shape, sums, as<float>(dy), as<float>(y), width, size);
      JB_LAUNCH(c, (softmax_backward_from_parts<float, is_log>), shape, as<float>(dx), as<float>(dy), as<float>(y),
                sums, width, size);
    };
    log != 0 ? launch(std::true_type()) : launch(std::false_type());
  });
}

}  // namespace jb::cuda
