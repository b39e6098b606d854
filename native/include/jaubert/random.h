// Random numbers that are a function of (seed, offset, index): Philox4x32 (Salmon, Moraes, Dror and Shaw 2011). The key
// is the seed's two halves; the counter is (g low, g high, offset low, offset high) with g the number of a group. So
// any element can be drawn again, in any order, on any device.
//
// Numbers of 32 bits are the four words after 10 rounds: g = index / 4, word index % 4.
//
// Dropout masks have numbers of 16 bits, the halves of the words after 7 rounds, which is the least that passes
// BigCrush in that paper: g = index / 8, half index % 2 (0 is the lower) of word index % 8 / 2. Element i is kept if
// number i is at least p * 65536, rounded to the nearest integer (and at most 65535). A mask of attention, which has to
// be drawn anew by each of three passes over the scores, so costs a third of what one by numbers of 32 bits does.
#ifndef JAUBERT_RANDOM_H
#define JAUBERT_RANDOM_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

// y[i] = uniform on [low, high) from the upper 24 bits of number i.
JB_API jb_status jb_random_uniform(jb_ctx ctx, jb_out y, int64_t n, float low, float high, int64_t seed,
                                   int64_t offset);
// y[i] = normal, by Box and Muller from the numbers of its group of four.
JB_API jb_status jb_random_normal(jb_ctx ctx, jb_out y, int64_t n, float mean, float deviation, int64_t seed,
                                  int64_t offset);

// y[i] = keep(i) ? x[i] / (1 - p) : 0 for 0 <= p < 1, with the mask of above. Its own gradient. x and y are of dtype, y
// may be x.
JB_API jb_status jb_dropout(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, float p, int64_t seed,
                            int64_t offset);

#ifdef __cplusplus
}
#endif

#endif
