// The instances of reduce.cuh that no launcher has yet.
#include "reduce/reduce.cuh"

namespace jb {

#define JB_REDUCE(T, Y)                                                                                 \
  template __global__ void reduce_axis<T, Y, 1>(jb_reduce_op, Y*, const T*, int64_t, int64_t, int64_t); \
  template __global__ void reduce_axis<T, Y, 32>(jb_reduce_op, Y*, const T*, int64_t, int64_t, int64_t);

JB_REDUCE(bf16, bf16)
JB_REDUCE(bf16, int64_t)

}  // namespace jb
