// The instances of embedding.cuh that no launcher has yet.
#include "embedding/embedding.cuh"

namespace jb {

#define JB_FORWARD(T) (LayernormOutputs<T>, Embeddings<T>, const T*, const T*, int64_t, int, float, Dropout)
#define JB_WARP(T, vectors)                                                    \
  template __global__ void embedding_forward<T, vectors, false> JB_FORWARD(T); \
  template __global__ void embedding_forward<T, vectors, true> JB_FORWARD(T);
#define JB_BLOCK(T, width)                                                                                             \
  template __global__ void embedding_forward_wide<T, width, false> JB_FORWARD(T);                                      \
  template __global__ void embedding_forward_wide<T, width, true> JB_FORWARD(T);                                       \
  template __global__ void table_gradient<T, width>(float*, float*, const T*, const int32_t*, const int32_t*, int64_t, \
                                                    int, int);

JB_WARP(bf16, 1)
JB_WARP(bf16, 2)
JB_WARP(bf16, 3)
JB_WARP(bf16, 4)
JB_BLOCK(bf16, 1)
JB_BLOCK(bf16, 8)

}  // namespace jb
