// The instances of random.cuh that no launcher has yet.
#include "random/random.cuh"

namespace jb {

#define JB_RANDOM(T)                                                                   \
  template __global__ void random_uniform<T>(T*, int64_t, float, float, RandomSource); \
  template __global__ void random_normal<T>(T*, int64_t, float, float, RandomSource);

JB_RANDOM(bf16)

}  // namespace jb
