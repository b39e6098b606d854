// The instances of forward.cuh and backward.cuh, which no launcher uses yet.
#include "attention/backward.cuh"

namespace jb {

#define JB_FORWARD(T, width, is_short)                                                                                 \
  template __global__ void attention_forward<T, width, is_short>(T*, float*, PackedRows<const T>, PackedRows<const T>, \
                                                                 PackedRows<const T>, AttentionShape, Dropout);
#define JB_BACKWARD(T, width, warps)                                                                      \
  template __global__ void attention_backward<T, width, warps>(AttentionGradients<T>, AttentionInputs<T>, \
                                                               const float*, AttentionShape, Dropout);
#define JB_BOTH(T, width)                                                                                  \
  JB_FORWARD(T, width, false)                                                                              \
  JB_FORWARD(T, width, true)                                                                               \
  JB_BACKWARD(T, width, 4)                                                                                 \
  template __global__ void attention_backward_dq<T, width>(PackedRows<T>, float*, AttentionInputs<T>, int, \
                                                           AttentionShape, Dropout);
#define JB_TYPE(T)      \
  JB_BOTH(T, 32)        \
  JB_BOTH(T, 64)        \
  JB_BOTH(T, 96)        \
  JB_BOTH(T, 128)       \
  JB_BACKWARD(T, 32, 8) \
  JB_BACKWARD(T, 64, 8)

JB_TYPE(bf16)
JB_TYPE(f16)

}  // namespace jb
