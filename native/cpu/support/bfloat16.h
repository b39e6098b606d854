// Vectors of bfloat16 in memory: widened to float32 where they are read, rounded to nearest even where they are
// written. Arithmetic is float32 throughout.
//
// As in all kernels a denormal number is 0 of its sign: of what is read the arithmetic sees to that, what is written is
// flushed here.
#ifndef JAUBERT_CPU_SUPPORT_BFLOAT16_H
#define JAUBERT_CPU_SUPPORT_BFLOAT16_H

#include <type_traits>

#include "support/dtype.h"
#include "support/simd.h"

namespace jb::JB_ISA {

typedef uint16_t vbf __attribute__((vector_size(JB_VECTOR_BYTES / 2)));  // kLanes numbers, by their bits
typedef uint16_t vbf_any __attribute__((vector_size(JB_VECTOR_BYTES / 2), aligned(2), may_alias));

// The upper half of a float32 is a bfloat16.
JB_INLINE vf widen(vbf x) { return (vf)(__builtin_convertvector(x, vu) << 16); }

JB_INLINE vbf narrow(vf x) {
#if defined(__AVX512BF16__)
  return (vbf)_mm512_cvtneps_pbh((__m512)x);
#else
  const vu bits = (vu)flush(x);
  // Half of the last kept place, less one if that is even: ties go to even. A NaN keeps its sign and stays one.
  const vu rounded = (bits + 0x7fff + ((bits >> 16) & 1)) >> 16;
  const vu quiet = (bits >> 16) | 0x40;
  return __builtin_convertvector(x == x ? rounded : quiet, vbf);
#endif
}

JB_INLINE vf load(const BFloat16* p) { return widen(*reinterpret_cast<const vbf_any*>(p)); }
JB_INLINE void store_bits(BFloat16* p, vbf x) { *reinterpret_cast<vbf_any*>(p) = x; }
JB_INLINE void store(BFloat16* p, vf x) { store_bits(p, narrow(x)); }

// The first n lanes (0 <= n <= kLanes), as load_partial and store_partial of float32.
JB_INLINE vbf load_bits_partial(const BFloat16* p, int64_t n) {
#if defined(JB_SIMD_AVX512)
  return (vbf)_mm256_maskz_loadu_epi16(first_lanes(n), p);
#else
  vbf y{};
  std::memcpy(&y, p, static_cast<size_t>(n) * sizeof(BFloat16));
  return y;
#endif
}
JB_INLINE vf load_partial(const BFloat16* p, int64_t n, float rest = 0.0f) {
  const vf y = widen(load_bits_partial(p, n));
  return select(lane_numbers() < splat_int(static_cast<int32_t>(n)), y, splat(rest));
}
JB_INLINE void store_partial(BFloat16* p, vf x, int64_t n) {
#if defined(JB_SIMD_AVX512)
  _mm256_mask_storeu_epi16(p, first_lanes(n), (__m256i)narrow(x));
#else
  const vbf y = narrow(x);
  std::memcpy(p, &y, static_cast<size_t>(n) * sizeof(BFloat16));
#endif
}

// One number, of either type.
JB_INLINE float widen(float x) { return x; }
JB_INLINE float widen(BFloat16 x) { return flush(std::bit_cast<float>(static_cast<uint32_t>(x) << 16)); }
template <typename T>
JB_INLINE T narrow_to(float x) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return static_cast<BFloat16>(narrow(splat(x))[0]);
  } else {
    return x;
  }
}

// x as memory of T would give it back.
template <typename T>
JB_INLINE vf rounded_to(vf x) {
  if constexpr (std::is_same_v<T, BFloat16>) {
    return widen(narrow(x));
  } else {
    return x;
  }
}

}  // namespace jb::JB_ISA

#endif
