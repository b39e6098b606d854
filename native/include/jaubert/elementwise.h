// One value from one, two or three values, with broadcasting; conversion and strided copies.
// Floating-point operations take JB_F32. Strides count elements; a broadcast axis has stride 0.
#ifndef JAUBERT_ELEMENTWISE_H
#define JAUBERT_ELEMENTWISE_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

enum { JB_MAX_RANK = 8 };

// Sizes or strides, one an axis, in memory of the host.
typedef const int64_t* jb_axes;

typedef int32_t jb_unary_op;
enum {
  JB_AFFINE = 0,  // alpha * x + beta
  JB_POW = 1,     // x ^ alpha
  JB_CLAMP = 2,   // between alpha and beta; a NaN stays
  JB_ABS = 3,
  JB_SIGN = 4,
  JB_EXP = 5,
  JB_LOG = 6,
  JB_SQRT = 7,
  JB_RSQRT = 8,
  JB_SIN = 9,
  JB_COS = 10,
  JB_TANH = 11,
  JB_SIGMOID = 12,
  JB_ERF = 13,
  JB_RELU = 14,
  JB_GELU = 15,       // x * Phi(x), by erf (Hendrycks and Gimpel 2016)
  JB_GELU_TANH = 16,  // its tanh approximation, "gelu_new"
  JB_SILU = 17,
  JB_FLOOR = 18,
  JB_SOFTPLUS = 19,  // log(1 + e^x), without overflow
  JB_DIVIDE = 20     // x / alpha
};

// y[i] = op(x[i]), n elements of float32; y may be x.
JB_API jb_status jb_unary_forward(jb_ctx ctx, jb_unary_op op, jb_out y, jb_in x, int64_t n, float alpha, float beta);
// dx[i] = dy[i] * op'(x[i]), with y the result of forward (an operation uses x or y, whichever is exact); dx may be dy.
JB_API jb_status jb_unary_backward(jb_ctx ctx, jb_unary_op op, jb_out dx, jb_in dy, jb_in x, jb_in y, int64_t n,
                                   float alpha, float beta);

typedef int32_t jb_binary_op;
enum {
  JB_ADD = 0,
  JB_SUB = 1,
  JB_MUL = 2,
  JB_DIV = 3,
  JB_POWER = 4,
  JB_MAXIMUM = 5,
  JB_MINIMUM = 6,
  // From here on the result is JB_BOOL.
  JB_EQ = 7,
  JB_NE = 8,
  JB_LT = 9,
  JB_LE = 10,
  JB_GT = 11,
  JB_GE = 12,
  // On JB_BOOL only.
  JB_AND = 13,
  JB_OR = 14,
  JB_XOR = 15
};

// y = op(a, b) over `shape` of `rank` axes. dtype is that of a and b: JB_F32, JB_I32, JB_I64 or JB_BOOL (comparisons
// too).
JB_API jb_status jb_binary_forward(jb_ctx ctx, jb_binary_op op, jb_dtype dtype, jb_out y, jb_in a, jb_in b,
                                   int32_t rank, jb_axes shape, jb_axes a_strides, jb_axes b_strides);

// y = condition ? a : b over `shape`; condition is JB_BOOL, a and b are dtype.
JB_API jb_status jb_where_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in condition, jb_in a, jb_in b, int32_t rank,
                                  jb_axes shape, jb_axes condition_strides, jb_axes a_strides, jb_axes b_strides);

// Converts n elements as C does (a float is truncated to an integer; bfloat16 and float16 round to nearest even).
JB_API jb_status jb_cast(jb_ctx ctx, jb_out y, jb_dtype y_dtype, jb_in x, jb_dtype x_dtype, int64_t n);

// y[i . y_strides] = x[i . x_strides] for every index i of `shape`: permute, expand, slice, concat and their gradients.
// With accumulate (JB_F32 only) it adds to y; then no two indices may meet in one element of y.
JB_API jb_status jb_strided_copy(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in x, int32_t rank, jb_axes shape,
                                 jb_axes y_strides, jb_axes x_strides, int32_t accumulate);

// y[i] = value.
JB_API jb_status jb_fill(jb_ctx ctx, jb_dtype dtype, jb_out y, int64_t n, double value);
// y[i] = start + i * step.
JB_API jb_status jb_arange(jb_ctx ctx, jb_dtype dtype, jb_out y, int64_t n, double start, double step);
// y[i] += alpha * x[i], both of dtype: how gradients are summed.
JB_API jb_status jb_accumulate(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in x, int64_t n, float alpha);

#ifdef __cplusplus
}
#endif

#endif
