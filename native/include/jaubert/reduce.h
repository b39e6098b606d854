// Reductions along one axis of x seen as [outer, axis, inner].
#ifndef JAUBERT_REDUCE_H
#define JAUBERT_REDUCE_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

typedef int32_t jb_reduce_op;
enum {
  JB_SUM = 0,     // of JB_F32, JB_I32 or JB_I64; an empty axis gives 0
  JB_MEAN = 1,    // of JB_F32
  JB_MAX = 2,     // of JB_F32, JB_I32 or JB_I64; a NaN wins; an empty axis is refused
  JB_MIN = 3,     // likewise
  JB_ARGMAX = 4,  // the first index of the largest, as JB_I64
  JB_ARGMIN = 5,
  JB_ANY = 6,  // of JB_BOOL
  JB_ALL = 7
};

// y [outer, inner] = op over the middle axis of x [outer, axis, inner]. Float sums are added pairwise in blocks of
// fixed size.
JB_API jb_status jb_reduce_forward(jb_ctx ctx, jb_reduce_op op, jb_dtype dtype, jb_out y, jb_in x, int64_t outer,
                                   int64_t axis, int64_t inner);

#ifdef __cplusplus
}
#endif

#endif
