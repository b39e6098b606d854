// Gated activations. Plain ones are in elementwise.h; the ones behind a matrix product in matmul.h.
#ifndef JAUBERT_ACTIVATION_H
#define JAUBERT_ACTIVATION_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// GeGLU (Shazeer 2020): y [rows, width] = gelu(x[:, :width]) * x[:, width:], x is [rows, 2 * width], GELU by erf.
// All are of dtype.
JB_API jb_status jb_geglu_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t rows, int64_t width);
JB_API jb_status jb_geglu_backward(jb_ctx ctx, jb_dtype dtype, jb_out dx, jb_in dy, jb_in x, int64_t rows,
                                   int64_t width);

#ifdef __cplusplus
}
#endif

#endif
