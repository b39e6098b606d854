// The instances of unary.cuh and strided.cuh that no launcher has yet.
#include "elementwise/strided.cuh"

namespace jb {

#define JB_FLOATS(T)                                                                                                \
  template __global__ void unary_forward<T>(jb_unary_op, T*, const T*, int64_t, float, float);                      \
  template __global__ void unary_backward<T>(jb_unary_op, T*, const T*, const T*, const T*, int64_t, float, float); \
  template __global__ void strided_add<T>(T*, const T*, StridedAxes<2>);
#define JB_COMPARED(T) \
  template __global__ void binary_comparison<T>(jb_binary_op, uint8_t*, const T*, const T*, StridedAxes<2>);
#define JB_ARITHMETIC(T) \
  template __global__ void binary_arithmetic<T>(jb_binary_op, T*, const T*, const T*, StridedAxes<2>);

JB_FLOATS(bf16)
JB_ARITHMETIC(bf16)
JB_COMPARED(bf16)

}  // namespace jb
