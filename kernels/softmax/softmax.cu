// The instances of softmax.cuh that no launcher has yet.
#include "softmax/softmax.cuh"

namespace jb {

#define JB_SOFTMAX(T, log)                                                      \
  template __global__ void softmax_forward<T, log>(T*, const T*, int64_t, int); \
  template __global__ void softmax_backward<T, log>(T*, const T*, const T*, int64_t, int);

JB_SOFTMAX(bf16, false)
JB_SOFTMAX(bf16, true)

}  // namespace jb
