// Activations of the linear layer (linear.h), and gated ones. Those of one value by itself are in elementwise.h.
#ifndef JAUBERT_ACTIVATION_H
#define JAUBERT_ACTIVATION_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t jb_activation;
enum { JB_NO_ACTIVATION = 0, JB_ACT_GELU = 1, JB_ACT_GELU_TANH = 2, JB_ACT_RELU = 3, JB_ACT_TANH = 4 };

// GeGLU (Shazeer 2020): y [rows, width] = gelu(x[:, :width]) * x[:, width:], x is [rows, 2 * width], GELU by erf.
// All are of dtype.
JB_API jb_status jb_geglu_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t rows, int64_t width);
JB_API jb_status jb_geglu_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_in dy, jb_in x, int64_t rows,
                                   int64_t width);

#ifdef __cplusplus
}
#endif

#endif
