// The instances of rotary.cuh that no launcher uses yet.
#include "attention/rotary.cuh"

namespace jb {

#define JB_ROTARY(T, width) \
  template __global__ void rotary<T, width>(T*, const int32_t*, int64_t, int, int, int64_t, double, bool);

JB_ROTARY(bf16, 1)
JB_ROTARY(bf16, 8)
JB_ROTARY(f16, 1)
JB_ROTARY(f16, 8)

}  // namespace jb
