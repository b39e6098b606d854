// Dropout; the contract is that of native/include/jaubert/dropout.h, and masks are the CPU's bit for bit. A thread has
// the mask of a counter: eight elements.
#ifndef JAUBERT_KERNELS_DROPOUT_DROPOUT_CUH
#define JAUBERT_KERNELS_DROPOUT_DROPOUT_CUH

#include "common/philox.cuh"
#include "common/vector.cuh"

namespace jb {

// y[i] = keep(i) ? x[i] / (1 - p) : 0; y may be x. Its own gradient.
template <typename T>
__global__ void __launch_bounds__(kRandomThreads) dropout_forward(T* y, const T* x, int64_t n, Dropout dropout) {
  const uint64_t first = dropout.first_offset();
  for_groups<8>(n, [&](int64_t i, uint64_t group) {
    const uint32_t mask = dropout.kept(first, group);
#pragma unroll
    for (int k = 0; k < 8; ++k) {
      const bool keep = (mask >> Dropout::mask_bit(k) & 1) != 0;
      if (i + k < n) y[i + k] = from_float<T>(keep ? to_float(x[i + k]) * dropout.scale : 0.0f);
    }
  });
}

}  // namespace jb

#endif
