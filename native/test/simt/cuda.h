// CUDA's language and the part of its library that kernels/ uses, for a C++ compiler: what kernels/common/device.cuh
// includes where the compiler is not nvcc. Names and meanings are those of the CUDA C++ Programming Guide.
#ifndef JAUBERT_TEST_SIMT_CUDA_H
#define JAUBERT_TEST_SIMT_CUDA_H

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "simt/machine.h"
#include "simt/memory.h"
#include "simt/types.h"

#define __global__
#define __device__
#define __host__
#define __constant__
#define __forceinline__ inline __attribute__((always_inline))
#define __launch_bounds__(...)
#define __grid_constant__
#define __align__(n) alignas(n)
// Thread-local storage of the program holds nothing else, so memory.cpp knows where these lie.
#define __shared__ static thread_local

#define threadIdx (::simt::thread_index())
#define blockIdx (::simt::block_index())
#define blockDim (::simt::block_dim())
#define gridDim (::simt::grid_dim())
inline constexpr int warpSize = 32;

// --- Barriers, and what the lanes of a warp do together ---

inline void __syncthreads(SIMT_SITE) { simt::block_barrier({file, line}); }
inline int __syncthreads_count(int value, SIMT_SITE) { return simt::block_barrier_count(value != 0, {file, line}); }
inline int __syncthreads_or(int value, SIMT_SITE) { return simt::block_barrier_count(value != 0, {file, line}) > 0; }
inline int __syncthreads_and(int value, SIMT_SITE) { return simt::block_barrier_count(value == 0, {file, line}) == 0; }

namespace simt {

void warp_barrier(uint32_t mask, Site site);
enum class Shuffle { kIndex, kUp, kDown, kXor };
uint64_t shuffle(Shuffle kind, uint32_t mask, uint64_t value, int32_t argument, int32_t width, Site site);
uint32_t ballot(uint32_t mask, bool value, Site site);
uint32_t match_any(uint32_t mask, uint64_t value, Site site);

template <typename T>
T shuffle_value(Shuffle kind, uint32_t mask, T value, int32_t argument, int32_t width, Site site) {
  static_assert(sizeof(T) <= 8 && std::is_trivially_copyable_v<T>);
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  bits = shuffle(kind, mask, bits, argument, width, site);
  std::memcpy(&value, &bits, sizeof(T));
  return value;
}

}  // namespace simt

inline void __syncwarp(uint32_t mask = 0xffffffffu, SIMT_SITE) { simt::warp_barrier(mask, {file, line}); }
template <typename T>
T __shfl_sync(uint32_t mask, T value, int lane, int width = 32, SIMT_SITE) {
  return simt::shuffle_value(simt::Shuffle::kIndex, mask, value, lane, width, {file, line});
}
template <typename T>
T __shfl_up_sync(uint32_t mask, T value, unsigned delta, int width = 32, SIMT_SITE) {
  return simt::shuffle_value(simt::Shuffle::kUp, mask, value, static_cast<int>(delta), width, {file, line});
}
template <typename T>
T __shfl_down_sync(uint32_t mask, T value, unsigned delta, int width = 32, SIMT_SITE) {
  return simt::shuffle_value(simt::Shuffle::kDown, mask, value, static_cast<int>(delta), width, {file, line});
}
template <typename T>
T __shfl_xor_sync(uint32_t mask, T value, int lanes, int width = 32, SIMT_SITE) {
  return simt::shuffle_value(simt::Shuffle::kXor, mask, value, lanes, width, {file, line});
}
inline uint32_t __ballot_sync(uint32_t mask, int value, SIMT_SITE) {
  return simt::ballot(mask, value != 0, {file, line});
}
inline int __any_sync(uint32_t mask, int value, SIMT_SITE) { return simt::ballot(mask, value != 0, {file, line}) != 0; }
inline int __all_sync(uint32_t mask, int value, SIMT_SITE) { return simt::ballot(mask, value == 0, {file, line}) == 0; }
template <typename T>
uint32_t __match_any_sync(uint32_t mask, T value, SIMT_SITE) {
  uint64_t bits = 0;
  std::memcpy(&bits, &value, sizeof(T));
  return simt::match_any(mask, bits, {file, line});
}

// --- Memory ---

inline void __threadfence() {}
inline void __threadfence_block() {}

// A load or store of one instruction, whose address has to be a multiple of its size.
template <typename T>
T __ldg(const T* p) {
  T value;
  simt::load(&value, p, sizeof(T));
  return value;
}
template <typename T>
T __ldcs(const T* p) {
  return __ldg(p);
}
template <typename T>
T __ldcg(const T* p) {
  return __ldg(p);
}
template <typename T>
void __stcs(T* p, T value) {
  simt::store(p, &value, sizeof(T));
}
template <typename T>
void __stcg(T* p, T value) {
  simt::store(p, &value, sizeof(T));
}

namespace simt {

template <typename T, typename Change>
T atomic(T* p, Change&& change) {
  access_aligned(p, sizeof(T), Access::kAtomic);
  T old;
  load_unchecked(&old, p, sizeof(T));
  const T next = change(old);
  store_unchecked(p, &next, sizeof(T));
  return old;
}

}  // namespace simt

template <typename T>
T atomicAdd(T* p, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T old) { return static_cast<T>(old + value); });
}
template <typename T>
T atomicMax(T* p, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T old) { return old < value ? value : old; });
}
template <typename T>
T atomicMin(T* p, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T old) { return value < old ? value : old; });
}
template <typename T>
T atomicOr(T* p, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T old) { return old | value; });
}
template <typename T>
T atomicExch(T* p, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T) { return value; });
}
template <typename T>
T atomicCAS(T* p, std::type_identity_t<T> compare, std::type_identity_t<T> value) {
  return simt::atomic(p, [&](T old) { return old == compare ? value : old; });
}

// --- Arithmetic ---

inline float __uint_as_float(uint32_t x) { return std::bit_cast<float>(x); }
inline float __int_as_float(int32_t x) { return std::bit_cast<float>(x); }
inline uint32_t __float_as_uint(float x) { return std::bit_cast<uint32_t>(x); }
inline int32_t __float_as_int(float x) { return std::bit_cast<int32_t>(x); }
inline uint32_t __umulhi(uint32_t a, uint32_t b) { return static_cast<uint32_t>(uint64_t{a} * b >> 32); }
inline int __popc(uint32_t x) { return std::popcount(x); }
inline int __clz(int32_t x) { return std::countl_zero(static_cast<uint32_t>(x)); }
inline int __ffs(int32_t x) { return x == 0 ? 0 : std::countr_zero(static_cast<uint32_t>(x)) + 1; }
inline float rsqrtf(float x) { return 1 / std::sqrt(x); }
inline void sincospif(float x, float* sine, float* cosine) {
  constexpr double kPi = 3.14159265358979323846;
  *sine = static_cast<float>(std::sin(static_cast<double>(x) * kPi));
  *cosine = static_cast<float>(std::cos(static_cast<double>(x) * kPi));
}
inline float __expf(float x) { return std::exp(x); }
inline float __logf(float x) { return std::log(x); }
inline float __fdividef(float a, float b) { return a / b; }
inline float __frcp_rn(float x) { return 1 / x; }
inline float __fmaf_rn(float a, float b, float c) { return std::fma(a, b, c); }
inline float __fadd_rn(float a, float b) { return a + b; }
inline float __fmul_rn(float a, float b) { return a * b; }
template <typename T>
T min(T a, std::type_identity_t<T> b) {
  return b < a ? b : a;
}
template <typename T>
T max(T a, std::type_identity_t<T> b) {
  return a < b ? b : a;
}

#endif
