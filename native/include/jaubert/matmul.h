// Products of matrices.
#ifndef JAUBERT_MATMUL_H
#define JAUBERT_MATMUL_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef struct jb_matmul_args {
  int64_t transpose_a, transpose_b;  // 1: A is stored as [k, m], B as [n, k]
  int64_t m, n, k;
  double alpha, beta;
  int64_t batch;                         // products in this call
  int64_t stride_a, stride_b, stride_c;  // matrix i of A begins i * stride_a elements after the first; 0: one for all
} jb_matmul_args;

// C = alpha * op(A) op(B) + beta * C for each of `batch` matrices, float32. op(A) is [m, k] and op(B) is [k, n].
JB_API jb_status jb_matmul(jb_ctx ctx, jb_inout c, jb_in a, jb_in b, const jb_matmul_args* args);

#ifdef __cplusplus
}
#endif

#endif
