// Losses over a batch, each a single float32 on the device.
#ifndef JAUBERT_LOSS_H
#define JAUBERT_LOSS_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_cross_entropy_args {
  jb_in labels;         // int32 [rows]
  jb_in class_weights;  // [classes] float32, or null: 1 each
  jb_inout lse, total;  // [rows] and [1] float32: forward leaves them for backward, or null; total is the divisor used
  int64_t rows, classes;
  int64_t ignore_index;    // a row with this label counts nothing; any other label must lie in [0, classes)
  double label_smoothing;  // e below, in [0, 1]
  double normalizer;       // of forward
} jb_cross_entropy_args;

// Softmax cross-entropy of logits [rows, classes] of dtype. A row's loss is -(1 - e) weight(label) log p(label) - e /
// classes * sum over c of weight(c) log p(c), as in PyTorch. loss [1] = sum of the rows' losses / normalizer, where
// normalizer > 0 is the caller's (gradient accumulation), and 0 means the sum of the weights of the rows that count (1
// if there are none).
JB_API jb_status jb_cross_entropy_forward(jb_ctx ctx, jb_dtype dtype, jb_out loss, jb_in logits,
                                          const jb_cross_entropy_args* args);
// dlogits [rows, classes] of dtype, times dloss [1] on the device. dlogits may be the memory of logits.
JB_API jb_status jb_cross_entropy_backward(jb_ctx ctx, jb_dtype dtype, jb_out dlogits, jb_in dloss, jb_in logits,
                                           const jb_cross_entropy_args* args);

#ifdef __cplusplus
}
#endif

#endif
