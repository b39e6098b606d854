// Loads and stores of 16 bytes, which arithmetic sees as float32 whatever the element type is.
//
// Kernels take the number of elements that a thread loads at once as kWidth: kVector<T> where a row is a multiple of 16
// bytes and begins at one, and 1 where not (that is for the launcher to see).
#ifndef JAUBERT_KERNELS_COMMON_VECTOR_CUH
#define JAUBERT_KERNELS_COMMON_VECTOR_CUH

#include "common/device.cuh"

namespace jb {

template <typename T>
inline constexpr int kVector = 16 / static_cast<int>(sizeof(T));

__device__ __forceinline__ float to_float(float x) { return x; }
__device__ __forceinline__ float to_float(bf16 x) { return __bfloat162float(x); }
__device__ __forceinline__ float to_float(f16 x) { return __half2float(x); }

template <typename T>
__device__ __forceinline__ T from_float(float x);
template <>
__device__ __forceinline__ float from_float<float>(float x) {
  return x;
}
template <>
__device__ __forceinline__ bf16 from_float<bf16>(float x) {
  return __float2bfloat16_rn(x);
}
template <>
__device__ __forceinline__ f16 from_float<f16>(float x) {
  return __float2half_rn(x);
}

// x, and 0 of its sign for a denormal number: for what a kernel hands on without arithmetic, which flushes by itself
// (-ftz=true in cmake/Cuda.cmake).
__device__ __forceinline__ float flush(float x) { return fabsf(x) < 1.17549435e-38f ? copysignf(0.0f, x) : x; }

// Two elements of 16 bits in a register, the first in the lower half.
__device__ __forceinline__ uint32_t pack(float2 x, bf16) {
  const __nv_bfloat162 pair = __float22bfloat162_rn(x);
  uint32_t bits;
  memcpy(&bits, &pair, 4);
  return bits;
}
__device__ __forceinline__ uint32_t pack(float2 x, f16) {
  const __half2 pair = __float22half2_rn(x);
  uint32_t bits;
  memcpy(&bits, &pair, 4);
  return bits;
}
__device__ __forceinline__ float2 unpack(uint32_t bits, bf16) {
  return make_float2(__uint_as_float(bits << 16), __uint_as_float(bits & 0xffff0000u));
}
__device__ __forceinline__ float2 unpack(uint32_t bits, f16) {
  __half2 pair;
  memcpy(&pair, &bits, 4);
  return __half22float2(pair);
}

// x as it is after it was stored as T. By pairs, for which there is an instruction of full rate.
template <typename T, int kWidth>
__device__ __forceinline__ void round_to(float (&x)[kWidth]) {
  if constexpr (sizeof(T) == 2) {
#pragma unroll
    for (int i = 0; i < kWidth; i += 2) {
      const bool has_two = i + 1 < kWidth;
      const float2 pair = unpack(pack(make_float2(x[i], has_two ? x[i + 1] : 0.0f), T()), T());
      x[i] = pair.x;
      if (has_two) x[i + 1] = pair.y;
    }
  }
}

// How a load or store treats the caches. kStream says that nobody reads the data again soon, kConstant that nobody
// writes it while the kernel runs, so that the load may move ahead of stores.
enum class Cache { kKeep, kStream, kConstant };

namespace detail {

template <Cache kCache, typename V>
__device__ __forceinline__ V load_as(const void* p) {
  const V* typed = static_cast<const V*>(p);
  if (kCache == Cache::kStream) return __ldcs(typed);
  if (kCache == Cache::kConstant) return __ldg(typed);
  return *typed;
}

template <Cache kCache, typename V>
__device__ __forceinline__ void store_as(void* p, V value) {
  V* typed = static_cast<V*>(p);
  if (kCache == Cache::kStream) {
    __stcs(typed, value);
  } else {
    *typed = value;
  }
}

}  // namespace detail

// 16 bytes of elements as they are in memory: for loads that are to be under way before the first of them is looked at.
template <Cache kCache = Cache::kKeep, typename T>
__device__ __forceinline__ uint4 load_raw(const T* p) {
  return detail::load_as<kCache, uint4>(p);
}
template <typename T>
__device__ __forceinline__ void widen(float (&x)[kVector<T>], uint4 raw) {
  const uint32_t words[4] = {raw.x, raw.y, raw.z, raw.w};
#pragma unroll
  for (int i = 0; i < 4; ++i) {
    if constexpr (sizeof(T) == 4) {
      x[i] = __uint_as_float(words[i]);
    } else {
      const float2 pair = unpack(words[i], T());
      x[2 * i] = pair.x;
      x[2 * i + 1] = pair.y;
    }
  }
}

// x[0 .. kWidth) from p. Of float32 beside 16-bit elements, as parameters are, it is 16 bytes twice; so for store.
template <int kWidth, Cache kCache = Cache::kKeep, typename T>
__device__ __forceinline__ void load(float (&x)[kWidth], const T* p) {
  if constexpr (kWidth == 1) {
    x[0] = to_float(*p);
  } else if constexpr (kWidth == kVector<T>) {
    widen<T>(x, load_raw<kCache>(p));
  } else {
    static_assert(sizeof(T) == 4 && kWidth == 8, "a thread loads one element, or 16 bytes, or as many as of 16 bits");
#pragma unroll
    for (int i = 0; i < kWidth; i += 4) {
      const float4 v = detail::load_as<kCache, float4>(p + i);
      x[i] = v.x;
      x[i + 1] = v.y;
      x[i + 2] = v.z;
      x[i + 3] = v.w;
    }
  }
}

// p[0 .. kWidth) = x, rounded to T.
template <int kWidth, Cache kCache = Cache::kKeep, typename T>
__device__ __forceinline__ void store(T* p, const float (&x)[kWidth]) {
  if constexpr (kWidth == 1) {
    *p = from_float<T>(x[0]);
  } else if constexpr (sizeof(T) == 4) {
    static_assert(kWidth == 4 || kWidth == 8, "a thread stores one element, or 16 bytes, or as many as of 16 bits");
#pragma unroll
    for (int i = 0; i < kWidth; i += 4) {
      detail::store_as<kCache>(p + i, make_float4(x[i], x[i + 1], x[i + 2], x[i + 3]));
    }
  } else {
    static_assert(kWidth == kVector<T>, "a thread stores one element, or 16 bytes");
    uint32_t words[4];
#pragma unroll
    for (int i = 0; i < 4; ++i) words[i] = pack(make_float2(x[2 * i], x[2 * i + 1]), T());
    detail::store_as<kCache>(p, make_uint4(words[0], words[1], words[2], words[3]));
  }
}

template <int kWidth>
__device__ __forceinline__ void fill(float (&x)[kWidth], float value) {
#pragma unroll
  for (int i = 0; i < kWidth; ++i) x[i] = value;
}

// The first of a thread's kWidth columns, where blocks of kThreads threads stand beside each other in y, and in z where
// there are more than the 65,535 that a grid has in y. Threads behind the last column have to leave.
template <int kThreads, int kWidth>
__device__ __forceinline__ uint32_t first_column() {
  return ((blockIdx.z * gridDim.y + blockIdx.y) * kThreads + threadIdx.x) * kWidth;
}

}  // namespace jb

#endif
