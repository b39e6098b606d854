// Softmax and its logarithm over the last axis.
#ifndef JAUBERT_SOFTMAX_H
#define JAUBERT_SOFTMAX_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y = softmax(x) or log_softmax(x) over each row of [rows, columns], float32. A row of -inf, or without columns, gives
// 0.
JB_API jb_status jb_softmax_forward(jb_ctx ctx, jb_out y, jb_in x, int64_t rows, int64_t columns, int32_t log);
// dx from dy and y = the result of forward.
JB_API jb_status jb_softmax_backward(jb_ctx ctx, jb_out dx, jb_in dy, jb_in y, int64_t rows, int64_t columns,
                                     int32_t log);

#ifdef __cplusplus
}
#endif

#endif
