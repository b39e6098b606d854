// The instances of activation.cuh that no launcher has yet.
#include "activation/activation.cuh"

namespace jb {

#define JB_ACTIVATION(T, width)                                                                                        \
  template __global__ void bias_activation_forward<T, width>(jb_activation, T*, T*, const T*, const T*, int64_t, int); \
  template __global__ void bias_activation_backward<T, width>(jb_activation, T*, float*, const T*, const T*, int64_t,  \
                                                              int);                                                    \
  template __global__ void geglu_forward<T, width>(T*, const T*, int64_t, int);                                        \
  template __global__ void geglu_backward<T, width>(T*, const T*, const T*, int64_t, int);

JB_ACTIVATION(bf16, 1)
JB_ACTIVATION(bf16, 8)

}  // namespace jb
