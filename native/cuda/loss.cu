// jb_cross_entropy_*.
#include "context.h"
#include "functions.h"
#include "launch.h"
#include "loss/cross_entropy.cuh"

namespace jb::cuda {
namespace {

Labels labels_of(const char* function, const jb_cross_entropy_args& of) {
  return {as<int32_t>(of.labels), as<float>(of.class_weights), static_cast<int32_t>(of.ignore_index),
          checked_int(function, "classes", of.classes)};
}

}  // namespace

jb_status jb_cross_entropy_forward(jb_ctx ctx, jb_dtype dtype, jb_out loss, jb_in logits,
                                   const jb_cross_entropy_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "cross_entropy";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_cross_entropy_args& a = given(name, args);
      check_cross_entropy(name, a);
      const int64_t rows = a.rows, classes = a.classes;
      const Labels of_rows = labels_of(name, a);
      float* losses = c.take<float>(rows);
      float* to_lse = a.lse != nullptr ? as<float>(a.lse) : c.take<float>(rows);
      float* to_total = a.total != nullptr ? as<float>(a.total) : c.take<float>(1);
      if (rows > 0) {
        with_width<T>({logits}, classes, [&](auto width) {
          JB_LAUNCH(c, (cross_entropy_rows<T, width>), rows_by_blocks<kCrossEntropyThreads>(c, rows), losses, to_lse,
                    as<T>(logits), of_rows, rows, classes, float32(a.label_smoothing), c.index_checks().next());
        });
      }
      JB_LAUNCH(c, cross_entropy_sum<kLossSumThreads>, {1, kLossSumThreads}, as<float>(loss), to_total, losses, of_rows,
                rows, float32(a.normalizer));
    });
  });
}

jb_status jb_cross_entropy_backward(jb_ctx ctx, jb_dtype dtype, jb_out dlogits, jb_in dloss, jb_in logits,
                                    const jb_cross_entropy_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "cross_entropy backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_cross_entropy_args& a = given(name, args);
      check_cross_entropy(name, a);
      const int64_t rows = a.rows, classes = a.classes;
      const Labels of_rows = labels_of(name, a);
      if (rows == 0) return;
      with_width<T>({dlogits, logits}, classes, [&](auto width) {
        JB_LAUNCH(c, (cross_entropy_backward<T, width>), rows_by_blocks<kCrossEntropyThreads>(c, rows), as<T>(dlogits),
                  as<float>(dloss), as<T>(logits), as<float>(a.lse), as<float>(a.total), of_rows, rows, classes,
                  of_rows.classes, float32(a.label_smoothing));
      });
    });
  });
}

}  // namespace jb::cuda
