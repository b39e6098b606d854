// The instances of layernorm.cuh that no launcher has yet.
#include "layernorm/layernorm.cuh"

namespace jb {

#define JB_FORWARD(T) \
  (T*, T*, float*, float*, const T*, const T*, const T*, const T*, const T*, int64_t, int, float, Dropout)
#define JB_BACKWARD(T) (T*, T*, float*, const T*, const T*, const float*, const float*, const T*, int64_t, int, Dropout)

#define JB_WARP(T, vectors)                                                            \
  template __global__ void layernorm_forward<T, vectors, false> JB_FORWARD(T);         \
  template __global__ void layernorm_forward<T, vectors, true> JB_FORWARD(T);          \
  template __global__ void layernorm_backward<T, vectors, Mask::kNone> JB_BACKWARD(T); \
  template __global__ void layernorm_backward<T, vectors, Mask::kOfX> JB_BACKWARD(T);  \
  template __global__ void layernorm_backward<T, vectors, Mask::kOfY> JB_BACKWARD(T);
#define JB_BLOCK(T, width)                                                                \
  template __global__ void layernorm_forward_wide<T, width, false> JB_FORWARD(T);         \
  template __global__ void layernorm_forward_wide<T, width, true> JB_FORWARD(T);          \
  template __global__ void layernorm_backward_wide<T, width, Mask::kNone> JB_BACKWARD(T); \
  template __global__ void layernorm_backward_wide<T, width, Mask::kOfX> JB_BACKWARD(T);  \
  template __global__ void layernorm_backward_wide<T, width, Mask::kOfY> JB_BACKWARD(T);

JB_WARP(bf16, 1)
JB_WARP(bf16, 2)
JB_WARP(bf16, 3)
JB_WARP(bf16, 4)
JB_BLOCK(bf16, 1)
JB_BLOCK(bf16, 8)

}  // namespace jb
