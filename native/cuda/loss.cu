// jb_cross_entropy_*.
#include <cmath>

#include "context.h"
#include "functions.h"
#include "launch.h"
#include "loss/cross_entropy.cuh"

namespace jb::cuda {
namespace {

Labels labels_of(const char* function, jb_in labels, jb_in class_weights, int64_t classes, int32_t ignore_index) {
  return {as<int32_t>(labels), as<float>(class_weights), ignore_index, checked_int(function, "classes", classes)};
}

}  // namespace

jb_status jb_cross_entropy_forward(jb_ctx ctx, jb_dtype dtype, jb_out loss, jb_out lse, jb_out total, jb_in logits,
                                   jb_in labels, jb_in class_weights, int64_t rows, int64_t classes,
                                   int32_t ignore_index, float label_smoothing, float normalizer) {
  return run(ctx, [&](Context& c) {
    const char* name = "cross_entropy";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_cross_entropy(name, rows, classes, label_smoothing);
      JB_CHECK(normalizer >= 0 && std::isfinite(normalizer), "{}: the normalizer is {}", name, normalizer);
      const Labels of_rows = labels_of(name, labels, class_weights, classes, ignore_index);
      float* losses = c.take<float>(rows);
      float* to_lse = lse != nullptr ? as<float>(lse) : c.take<float>(rows);
      float* to_total = total != nullptr ? as<float>(total) : c.take<float>(1);
      if (rows > 0) {
        with_width<T>({logits}, classes, [&](auto width) {
          JB_LAUNCH(c, (cross_entropy_rows<T, width>), rows_by_blocks<kCrossEntropyThreads>(c, rows), losses, to_lse,
                    as<T>(logits), of_rows, rows, classes, label_smoothing, c.index_checks().next());
        });
      }
      JB_LAUNCH(c, cross_entropy_sum<kLossSumThreads>, {1, kLossSumThreads}, as<float>(loss), to_total, losses, of_rows,
                rows, normalizer);
    });
  });
}

jb_status jb_cross_entropy_backward(jb_ctx ctx, jb_dtype dtype, jb_out dlogits, jb_in dloss, jb_in logits, jb_in lse,
                                    jb_in total, jb_in labels, jb_in class_weights, int64_t rows, int64_t classes,
                                    int32_t ignore_index, float label_smoothing) {
  return run(ctx, [&](Context& c) {
    const char* name = "cross_entropy backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      check_cross_entropy(name, rows, classes, label_smoothing);
      const Labels of_rows = labels_of(name, labels, class_weights, classes, ignore_index);
      if (rows == 0) return;
      with_width<T>({dlogits, logits}, classes, [&](auto width) {
        JB_LAUNCH(c, (cross_entropy_backward<T, width>), rows_by_blocks<kCrossEntropyThreads>(c, rows), as<T>(dlogits),
                  as<float>(dloss), as<T>(logits), as<float>(lse), as<float>(total), of_rows, rows, classes,
                  of_rows.classes, label_smoothing);
      });
    });
  });
}

}  // namespace jb::cuda
