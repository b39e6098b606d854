// Losses over a batch, each a single float32 on the device.
#ifndef JAUBERT_LOSS_H
#define JAUBERT_LOSS_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// Softmax cross-entropy. logits [rows, classes] of dtype, labels int32 [rows]; a row labelled ignore_index counts
// nothing; any other label must lie in [0, classes). class_weights [classes] may be null: 1 each. With label smoothing
// e a row's loss is -(1 - e) weight(label) log p(label) - e / classes * sum over c of weight(c) log p(c), as in
// PyTorch. loss [1] = sum of the rows' losses / normalizer, where normalizer > 0 is the caller's (gradient
// accumulation), and 0 means the sum of the weights of the rows that count (1 if there are none). lse [rows] and total
// [1], the normalizer used, are kept for backward.
JB_API jb_status jb_cross_entropy_forward(jb_ctx ctx, jb_dtype dtype, jb_out loss, jb_out lse, jb_out total,
                                          jb_in logits, jb_in labels, jb_in class_weights, int64_t rows,
                                          int64_t classes, int32_t ignore_index, float label_smoothing,
                                          float normalizer);
// dlogits [rows, classes] of dtype, times dloss [1] on the device. dlogits may be the memory of logits.
JB_API jb_status jb_cross_entropy_backward(jb_ctx ctx, jb_dtype dtype, jb_out dlogits, jb_in dloss, jb_in logits,
                                           jb_in lse, jb_in total, jb_in labels, jb_in class_weights, int64_t rows,
                                           int64_t classes, int32_t ignore_index, float label_smoothing);

#ifdef __cplusplus
}
#endif

#endif
