// The instances of reduce.cuh.
#include "reduce/reduce.cuh"

namespace jb {

#define JB_REDUCE(T, Y)                                                                                 \
  template __global__ void reduce_axis<T, Y, 1>(jb_reduce_op, Y*, const T*, int64_t, int64_t, int64_t); \
  template __global__ void reduce_axis<T, Y, 32>(jb_reduce_op, Y*, const T*, int64_t, int64_t, int64_t);

JB_REDUCE(float, float)
JB_REDUCE(float, int64_t)
JB_REDUCE(bf16, bf16)
JB_REDUCE(bf16, int64_t)
JB_REDUCE(int32_t, int32_t)
JB_REDUCE(int32_t, int64_t)
JB_REDUCE(int64_t, int64_t)
JB_REDUCE(uint8_t, uint8_t)

}  // namespace jb
