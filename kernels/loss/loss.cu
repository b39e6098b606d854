// The instances of cross_entropy.cuh that no launcher has yet.
#include "loss/cross_entropy.cuh"

namespace jb {

#define JB_CROSS_ENTROPY(T, width)                                                                                  \
  template __global__ void cross_entropy_rows<T, width>(float*, float*, const T*, Labels, int64_t, int64_t, float); \
  template __global__ void cross_entropy_backward<T, width>(T*, const float*, const T*, const float*, const float*, \
                                                            Labels, int64_t, int64_t, int, float);

JB_CROSS_ENTROPY(bf16, 1)
JB_CROSS_ENTROPY(bf16, 8)

}  // namespace jb
