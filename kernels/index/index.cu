// The instances of index.cuh that no launcher has yet.
#include "index/index.cuh"

namespace jb {

#define JB_INDEX(Index)                                                                                              \
  template __global__ void take_along_rows_backward<bf16, Index>(bf16*, const bf16*, const Index*, int64_t, int64_t, \
                                                                 int64_t, IndexErrors);
#define JB_SEGMENT(T, width)                                                                  \
  template __global__ void segment_mean_forward<T, width>(T*, const T*, const int32_t*, int); \
  template __global__ void segment_mean_backward<T, width>(T*, const T*, const int32_t*, int);

JB_INDEX(int32_t)
JB_INDEX(int64_t)
JB_SEGMENT(bf16, 1)
JB_SEGMENT(bf16, 8)

}  // namespace jb
