// The instances of unary.cuh and strided.cuh.
#include "elementwise/strided.cuh"

namespace jb {

#define JB_FLOATS(T)                                                                                                \
  template __global__ void unary_forward<T>(jb_unary_op, T*, const T*, int64_t, float, float);                      \
  template __global__ void unary_backward<T>(jb_unary_op, T*, const T*, const T*, const T*, int64_t, float, float); \
  template __global__ void accumulate<T>(T*, const T*, int64_t, float);                                             \
  template __global__ void strided_add<T>(T*, const T*, StridedAxes<2>);
#define JB_COMPARED(T) \
  template __global__ void binary_comparison<T>(jb_binary_op, uint8_t*, const T*, const T*, StridedAxes<2>);
#define JB_ARITHMETIC(T) \
  template __global__ void binary_arithmetic<T>(jb_binary_op, T*, const T*, const T*, StridedAxes<2>);
#define JB_BITS(Bits)                                                                                            \
  template __global__ void where_forward<Bits>(Bits*, const uint8_t*, const Bits*, const Bits*, StridedAxes<3>); \
  template __global__ void strided_copy<Bits>(Bits*, const Bits*, StridedAxes<2>);

JB_FLOATS(float)
JB_FLOATS(bf16)
JB_ARITHMETIC(float)
JB_ARITHMETIC(bf16)
JB_ARITHMETIC(int32_t)
JB_ARITHMETIC(int64_t)
JB_ARITHMETIC(uint8_t)
JB_COMPARED(float)
JB_COMPARED(bf16)
JB_COMPARED(int32_t)
JB_COMPARED(int64_t)
JB_COMPARED(uint8_t)
JB_BITS(uint8_t)
JB_BITS(uint16_t)
JB_BITS(uint32_t)
JB_BITS(uint64_t)

}  // namespace jb
