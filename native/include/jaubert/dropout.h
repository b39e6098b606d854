// Dropout (Srivastava et al. 2014), whose mask is a function of (seed, offset, index): drawn anew where it is needed,
// it is never stored. Numbers are those of Philox4x32 as in random.h, but of 16 bits: the halves of the words after 7
// rounds, which is the least that passes BigCrush in that paper. With g = index / 8 a number is half index % 2 (0 is
// the lower) of word index % 8 / 2. Element i is kept if number i is at least p * 65536, rounded to the nearest integer
// (and at most 65535). A mask of attention, which has to be drawn anew by each of three passes over the scores, so
// costs a third of what one by numbers of 32 bits does.
#ifndef JAUBERT_DROPOUT_H
#define JAUBERT_DROPOUT_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y[i] = keep(i) ? x[i] / (1 - p) : 0 for 0 <= p < 1, with that mask. Its own gradient. x and y are of dtype, y
// may be x.
JB_API jb_status jb_dropout(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed,
                            int64_t offset);

#ifdef __cplusplus
}
#endif

#endif
