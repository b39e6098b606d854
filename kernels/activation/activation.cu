// The instances of activation.cuh.
#include "activation/activation.cuh"

namespace jb {

#define JB_GELU(T, width, kind)                                                                     \
  template __global__ void bias_gelu_forward<T, width, kind>(T*, const T*, const T*, int64_t, int); \
  template __global__ void bias_gelu_backward<T, width, kind>(T*, float*, const T*, const T*, const T*, int64_t, int);
#define JB_ACTIVATION(T, width)                                                 \
  JB_GELU(T, width, Gelu::kErf)                                                 \
  JB_GELU(T, width, Gelu::kTanh)                                                \
  template __global__ void geglu_forward<T, width>(T*, const T*, int64_t, int); \
  template __global__ void geglu_backward<T, width>(T*, const T*, const T*, int64_t, int);

JB_ACTIVATION(float, 1)
JB_ACTIVATION(float, 4)
JB_ACTIVATION(bf16, 1)
JB_ACTIVATION(bf16, 8)

}  // namespace jb
