// Random numbers that are a function of (seed, offset, index): Philox4x32 (Salmon, Moraes, Dror and Shaw 2011). The key
// is the seed's two halves; the counter is (g low, g high, offset low, offset high) with g the number of a group. So
// any element can be drawn again, in any order, on any device.
//
// Numbers of 32 bits are the four words after 10 rounds: g = index / 4, word index % 4.
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

#ifdef __cplusplus
}
#endif

#endif
