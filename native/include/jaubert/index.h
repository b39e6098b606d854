// Rows and elements picked by index, and means over segments.
#ifndef JAUBERT_INDEX_H
#define JAUBERT_INDEX_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y [n, width] = x[index[i]], x is [rows, width] of dtype, index int32 or int64 [n] as index_dtype says. An index
// outside [0, rows) is refused before anything is written.
JB_API jb_status jb_index_rows(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype,
                               int64_t n, int64_t rows, int64_t width);
// y[index[i]] += dy[i], y is [rows, width] float32, the rows of dy [n, width] of dtype added in order of i. With
// accumulate = 0, y is cleared first. It is both the gradient of jb_index_rows and scatter-add.
JB_API jb_status jb_index_add_rows(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in dy, jb_in index, jb_dtype index_dtype,
                                   int64_t n, int64_t rows, int64_t width, int32_t accumulate);

// y [rows, n] = x[r, index[r, j]], x is [rows, columns] of dtype, index [rows, n] (take_along_axis on the last axis).
JB_API jb_status jb_take_along_rows(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype,
                                    int64_t rows, int64_t columns, int64_t n);
// dx [rows, columns] = 0, then dx[r, index[r, j]] += dy[r, j], float32.
JB_API jb_status jb_take_along_rows_backward(jb_ctx ctx, jb_out dx, jb_in dy, jb_in index, jb_dtype index_dtype,
                                             int64_t rows, int64_t columns, int64_t n);

// y [sequences, width] = the mean of the rows cu_seqlens[s] .. cu_seqlens[s + 1] of x [tokens, width], float32; a
// sequence without rows gives 0. cu_seqlens is int32 [sequences + 1] in host memory.
JB_API jb_status jb_segment_mean_forward(jb_ctx ctx, jb_out y, jb_in x, const int32_t* cu_seqlens, int64_t sequences,
                                         int64_t width);
JB_API jb_status jb_segment_mean_backward(jb_ctx ctx, jb_out dx, jb_in dy, const int32_t* cu_seqlens, int64_t sequences,
                                          int64_t width);

#ifdef __cplusplus
}
#endif

#endif
