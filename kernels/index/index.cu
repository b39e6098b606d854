// The instances of index.cuh.
#include "index/index.cuh"

namespace jb {

#define JB_PICK(Bits, Index)                                                                                 \
  template __global__ void index_rows<Bits, Index>(Bits*, const Bits*, const Index*, int64_t, int64_t, int); \
  template __global__ void take_along_rows<Bits, Index>(Bits*, const Bits*, const Index*, int64_t, int64_t, int64_t);
#define JB_INDEX(Index)                                                                                              \
  JB_PICK(uint8_t, Index)                                                                                            \
  JB_PICK(uint16_t, Index)                                                                                           \
  JB_PICK(uint32_t, Index)                                                                                           \
  JB_PICK(uint64_t, Index)                                                                                           \
  template __global__ void index_rows<uint4, Index>(uint4*, const uint4*, const Index*, int64_t, int64_t, int);      \
  template __global__ void take_along_rows_backward<float, Index>(float*, const float*, const Index*, int64_t,       \
                                                                  int64_t, int64_t);                                 \
  template __global__ void take_along_rows_backward<bf16, Index>(bf16*, const bf16*, const Index*, int64_t, int64_t, \
                                                                 int64_t);
#define JB_SEGMENT(T, width)                                                                  \
  template __global__ void segment_mean_forward<T, width>(T*, const T*, const int32_t*, int); \
  template __global__ void segment_mean_backward<T, width>(T*, const T*, const int32_t*, int);

JB_INDEX(int32_t)
JB_INDEX(int64_t)
JB_SEGMENT(float, 1)
JB_SEGMENT(float, 4)
JB_SEGMENT(bf16, 1)
JB_SEGMENT(bf16, 8)

}  // namespace jb
