// Sums and maxima over a warp and over a block, in an order that depends on nothing but their size.
#ifndef JAUBERT_KERNELS_COMMON_REDUCE_CUH
#define JAUBERT_KERNELS_COMMON_REDUCE_CUH

#include "common/device.cuh"

namespace jb {

struct Sum {
  template <typename T>
  __device__ __forceinline__ T operator()(T a, T b) const {
    return a + b;
  }
  __device__ __forceinline__ float2 operator()(float2 a, float2 b) const { return make_float2(a.x + b.x, a.y + b.y); }
  template <typename T>
  __device__ __forceinline__ static T neutral() {
    return T{};
  }
};

struct Largest {
  __device__ __forceinline__ float operator()(float a, float b) const { return fmaxf(a, b); }
  template <typename T>
  __device__ __forceinline__ static T neutral() {
    return __uint_as_float(0xff800000u);  // -inf
  }
};

template <typename T>
__device__ __forceinline__ T shuffle_xor(T x, int lanes) {
  return __shfl_xor_sync(kAllLanes, x, lanes);
}
__device__ __forceinline__ float2 shuffle_xor(float2 x, int lanes) {
  return make_float2(__shfl_xor_sync(kAllLanes, x.x, lanes), __shfl_xor_sync(kAllLanes, x.y, lanes));
}

// The result in every lane. All 32 take part.
template <typename Combine, typename T>
__device__ __forceinline__ T reduce_warp(T x) {
#pragma unroll
  for (int lanes = kWarp / 2; lanes > 0; lanes /= 2) x = Combine()(x, shuffle_xor(x, lanes));
  return x;
}

// The result in every thread of a one-dimensional block of kThreads. scratch is __shared__ [kThreads / 32], and free
// for another use at once: there is a barrier before it is written and one before it is read.
template <typename Combine, int kThreads, typename T>
__device__ __forceinline__ T reduce_block(T x, T* scratch) {
  constexpr int kWarps = kThreads / kWarp;
  static_assert(kThreads % kWarp == 0 && kWarps <= kWarp, "a block of whole warps, at most 32");
  x = reduce_warp<Combine>(x);
  __syncthreads();
  if (lane_number() == 0) scratch[warp_number()] = x;
  __syncthreads();
  x = lane_number() < kWarps ? scratch[lane_number()] : Combine::template neutral<T>();
  return reduce_warp<Combine>(x);
}

}  // namespace jb

#endif
