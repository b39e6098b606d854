// The instances of plain.cuh that no launcher uses yet.
#include "attention/plain.cuh"

namespace jb {

#define JB_PLAIN(T)                                                                                                   \
  template __global__ void attention_plain_forward<T>(T*, float*, PackedRows<const T>, PackedRows<const T>,           \
                                                      PackedRows<const T>, AttentionShape, Dropout);                  \
  template __global__ void attention_plain_dq<T>(PackedRows<T>, float*, AttentionInputs<T>, AttentionShape, Dropout); \
  template __global__ void attention_plain_backward<T>(AttentionGradients<T>, AttentionInputs<T>, const float*,       \
                                                       AttentionShape, Dropout);

JB_PLAIN(bf16)
JB_PLAIN(f16)

}  // namespace jb
