// Conversion between element types, and tensors made from a value or a range: jb_cast, jb_fill and jb_arange of
// native/include/jaubert/elementwise.h. Values are converted as native/cpu/elementwise/cast.cpp does.
#ifndef JAUBERT_KERNELS_ELEMENTWISE_CONVERT_CUH
#define JAUBERT_KERNELS_ELEMENTWISE_CONVERT_CUH

#include <limits>
#include <type_traits>

#include "elementwise/unary.cuh"

namespace jb {

// JB_BOOL, apart from a number of 8 bits.
struct Flag {
  uint8_t value;
};

// As C does where C defines it. Beyond the range of an integer the nearest one, and 0 for NaN, as in Java.
template <typename To, typename From>
__device__ __forceinline__ To truncate(From x) {
  constexpr From kBeyond = static_cast<From>(std::numeric_limits<To>::max()) + From{1};  // exact: a power of two
  constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
  if (!(x < kBeyond)) return x >= kBeyond ? std::numeric_limits<To>::max() : To{0};
  return x > kLow ? static_cast<To>(x) : std::numeric_limits<To>::min();
}

template <typename To, typename From>
__device__ __forceinline__ To convert(From x) {
  if constexpr (std::is_same_v<From, bf16> || std::is_same_v<From, f16>) {
    return convert<To>(flush(to_float(x)));
  } else if constexpr (std::is_same_v<From, Flag>) {
    return convert<To>(static_cast<int32_t>(x.value != 0));
  } else if constexpr (std::is_same_v<To, bf16> || std::is_same_v<To, f16>) {
    return from_float<To>(flush(static_cast<float>(x)));
  } else if constexpr (std::is_same_v<To, Flag>) {
    return Flag{static_cast<uint8_t>(x != From{0} ? 1 : 0)};
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate<To>(x);
  } else if constexpr (std::is_same_v<To, float>) {
    return flush(static_cast<float>(x));
  } else {
    return static_cast<To>(x);
  }
}

// y[i] = x[i]. Block kElementwiseThreads, any grid, for all here.
template <typename To, typename From>
__global__ void __launch_bounds__(kElementwiseThreads) cast(To* y, const From* x, int64_t n) {
  for_vectors<1>(n, [&](int64_t i, bool) { y[i] = convert<To>(x[i]); });
}

// The same between float32 and 16 bits, 8 elements a thread: mixed precision does it with every weight. y and x begin
// at multiples of 16 bytes.
template <typename To, typename From>
__global__ void __launch_bounds__(kElementwiseThreads) cast_vectors(To* y, const From* x, int64_t n) {
  for_vectors<8>(n, [&](int64_t i, bool whole) {
    float v[8];
    load_some(v, x, i, n, whole);
#pragma unroll
    for (int k = 0; k < 8; ++k) v[k] = flush(v[k]);
    store_some(y, v, i, n, whole);
  });
}

// y[i] = value.
template <typename T>
__global__ void __launch_bounds__(kElementwiseThreads) fill_value(T* y, int64_t n, double value) {
  const T converted = convert<T>(value);
  for_vectors<1>(n, [&](int64_t i, bool) { y[i] = converted; });
}

// y[i] = start + i * step.
template <typename T>
__global__ void __launch_bounds__(kElementwiseThreads) arange(T* y, int64_t n, double start, double step) {
  for_vectors<1>(n, [&](int64_t i, bool) { y[i] = convert<T>(start + static_cast<double>(i) * step); });
}

}  // namespace jb

#endif
