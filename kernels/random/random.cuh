// Random numbers; the contract is that of native/include/jaubert/random.h. Uniform numbers are the CPU's bit for bit,
// normal numbers as near as the logarithms and cosines of both are. A thread has the numbers of a counter: four
// elements.
#ifndef JAUBERT_KERNELS_RANDOM_RANDOM_CUH
#define JAUBERT_KERNELS_RANDOM_RANDOM_CUH

#include "common/philox.cuh"
#include "common/vector.cuh"

namespace jb {

// The upper 24 bits of a number as a uniform one on [0, 1).
__device__ __forceinline__ float unit_uniform(uint32_t number) {
  return static_cast<float>(number >> 8) * 5.9604644775390625e-8f;
}

// y[i] = uniform on [low, high).
template <typename T>
__global__ void __launch_bounds__(kRandomThreads)
    random_uniform(T* y, int64_t n, float low, float high, RandomSource source) {
  // The sum may round to high, which is not in the interval.
  const float top = flush(low < high ? nextafterf(high, low) : low);
  const uint64_t offset = source.first_offset();
  for_groups<4>(n, [&](int64_t i, uint64_t group) {
    const uint4 x = source.words<10>(offset, group);
    const uint32_t numbers[4] = {x.x, x.y, x.z, x.w};
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (i + k < n) y[i + k] = from_float<T>(fminf(top, fmaf(unit_uniform(numbers[k]), high - low, low)));
    }
  });
}

// Two normal numbers by Box and Muller: sqrt(-2 ln u) * (cos, sin)(2 pi v), u = (a + 1/2) / 2^32 in (0, 1], v = b /
// 2^32 as signed.
__device__ __forceinline__ float2 normal_pair(uint32_t a, uint32_t b) {
  const float radius = sqrtf(-2.0f * logf(fmaf(static_cast<float>(a), 0x1p-32f, 0x1p-33f)));
  const float angle = static_cast<float>(static_cast<int32_t>(b)) * 1.46291807926715968e-9f;  // 2 pi / 2^32
  return make_float2(radius * cosf(angle), radius * sinf(angle));
}

// y[i] = mean + deviation * a normal number.
template <typename T>
__global__ void __launch_bounds__(kRandomThreads)
    random_normal(T* y, int64_t n, float mean, float deviation, RandomSource source) {
  const uint64_t offset = source.first_offset();
  for_groups<4>(n, [&](int64_t i, uint64_t group) {
    const uint4 x = source.words<10>(offset, group);
    const float2 low = normal_pair(x.x, x.y), high = normal_pair(x.z, x.w);
    const float z[4] = {low.x, low.y, high.x, high.y};
#pragma unroll
    for (int k = 0; k < 4; ++k) {
      if (i + k < n) y[i + k] = from_float<T>(fmaf(z[k], deviation, mean));
    }
  });
}

}  // namespace jb

#endif
