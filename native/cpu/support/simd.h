// Vectors as wide as the instruction set this file is compiled for: 16 floats with AVX-512, 8 with AVX2, else 4.
//
// Built on GCC's vector extensions, so + - * / and comparisons are written as for scalars; intrinsics appear only where
// the extensions have no word for an instruction. A kernel source is compiled once per instruction set, and everything
// here lies in a namespace of that set's name (JB_ISA), so that no two versions of an inline function ever meet.
#ifndef JAUBERT_CPU_SUPPORT_SIMD_H
#define JAUBERT_CPU_SUPPORT_SIMD_H

#include <bit>
#include <cmath>
#include <cstdint>
#include <cstring>
#include <limits>

#if defined(__x86_64__)
// GCC 12 takes the deliberately undefined vectors of its own AVX-512 header for a mistake of ours (GCC bug 105593).
#pragma GCC diagnostic push
#pragma GCC diagnostic ignored "-Wuninitialized"
#pragma GCC diagnostic ignored "-Wmaybe-uninitialized"
#include <immintrin.h>
#pragma GCC diagnostic pop
#endif

#if defined(__AVX512F__) && defined(__AVX512DQ__) && defined(__AVX512BW__) && defined(__AVX512VL__)
#define JB_VECTOR_BYTES 64
#define JB_SIMD_AVX512 1
#elif defined(__AVX2__) && defined(__FMA__)
#define JB_VECTOR_BYTES 32
#define JB_SIMD_AVX2 1
#elif defined(__ARM_NEON)
#include <arm_neon.h>
#define JB_VECTOR_BYTES 16
#define JB_SIMD_NEON 1
#else
#define JB_VECTOR_BYTES 16
#endif

#ifndef JB_ISA
#if defined(__AVX512BF16__)
#define JB_ISA avx512bf16
#elif defined(JB_SIMD_AVX512)
#define JB_ISA avx512
#elif defined(JB_SIMD_AVX2)
#define JB_ISA avx2
#else
#define JB_ISA baseline
#endif
#endif

#define JB_INLINE inline __attribute__((always_inline))

namespace jb::JB_ISA {

inline constexpr int kLanes = JB_VECTOR_BYTES / 4;

typedef float vf __attribute__((vector_size(JB_VECTOR_BYTES)));
typedef int32_t vi __attribute__((vector_size(JB_VECTOR_BYTES)));
typedef uint32_t vu __attribute__((vector_size(JB_VECTOR_BYTES)));
typedef double vd __attribute__((vector_size(JB_VECTOR_BYTES)));          // kLanes / 2 lanes
typedef float vf_half __attribute__((vector_size(JB_VECTOR_BYTES / 2)));  // kLanes / 2 lanes
// The same without a claim about alignment, for memory.
typedef float vf_any __attribute__((vector_size(JB_VECTOR_BYTES), aligned(4), may_alias));
typedef int32_t vi_any __attribute__((vector_size(JB_VECTOR_BYTES), aligned(4), may_alias));

JB_INLINE vf splat(float x) { return x - vf{}; }
JB_INLINE vi splat_int(int32_t x) { return x - vi{}; }
JB_INLINE vu splat_uint(uint32_t x) { return x - vu{}; }
JB_INLINE vd splat_double(double x) { return x - vd{}; }

// {0, 1, 2, ...}
JB_INLINE vi lane_numbers() {
  vi y{};
  for (int i = 0; i < kLanes; ++i) y[i] = i;
  return y;
}

JB_INLINE vf bits_to_float(vi x) { return (vf)x; }
JB_INLINE vi float_to_bits(vf x) { return (vi)x; }

// mask is the result of a comparison: all ones or zero in each lane.
JB_INLINE vf select(vi mask, vf a, vf b) { return mask ? a : b; }

// ---- Memory -------------------------------------------------------------------------------------------------------

JB_INLINE vf load(const float* p) { return *reinterpret_cast<const vf_any*>(p); }
JB_INLINE void store(float* p, vf x) { *reinterpret_cast<vf_any*>(p) = x; }
JB_INLINE vi load_int(const int32_t* p) { return *reinterpret_cast<const vi_any*>(p); }
JB_INLINE void store_int(int32_t* p, vi x) { *reinterpret_cast<vi_any*>(p) = x; }

#if defined(JB_SIMD_AVX512)
JB_INLINE __mmask16 first_lanes(int64_t n) { return static_cast<__mmask16>((1u << n) - 1); }
#elif defined(JB_SIMD_AVX2)
JB_INLINE __m256i first_lanes(int64_t n) { return (__m256i)(lane_numbers() < splat_int(static_cast<int32_t>(n))); }
#endif

// The first n lanes (0 <= n <= kLanes) from memory, `rest` in the others; nothing beyond them is read.
JB_INLINE vf load_partial(const float* p, int64_t n, float rest = 0.0f) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_mask_loadu_ps((__m512)splat(rest), first_lanes(n), p);
#elif defined(JB_SIMD_AVX2)
  const __m256i mask = first_lanes(n);
  return (vf)_mm256_blendv_ps((__m256)splat(rest), _mm256_maskload_ps(p, mask), _mm256_castsi256_ps(mask));
#else
  vf y = splat(rest);
  for (int64_t i = 0; i < n; ++i) y[i] = p[i];
  return y;
#endif
}

// Stores the first n lanes; nothing beyond them is touched.
JB_INLINE void store_partial(float* p, vf x, int64_t n) {
#if defined(JB_SIMD_AVX512)
  _mm512_mask_storeu_ps(p, first_lanes(n), (__m512)x);
#elif defined(JB_SIMD_AVX2)
  _mm256_maskstore_ps(p, first_lanes(n), (__m256)x);
#else
  for (int64_t i = 0; i < n; ++i) p[i] = x[i];
#endif
}

// ---- Arithmetic ---------------------------------------------------------------------------------------------------

// a * b + c, rounded once.
JB_INLINE vf fma(vf a, vf b, vf c) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#elif defined(JB_SIMD_NEON)
  return (vf)vfmaq_f32((float32x4_t)c, (float32x4_t)a, (float32x4_t)b);
#else
  vf y{};
  for (int i = 0; i < kLanes; ++i) y[i] = std::fma(a[i], b[i], c[i]);
  return y;
#endif
}

// c - a * b, rounded once.
JB_INLINE vf fnma(vf a, vf b, vf c) { return fma(-a, b, c); }

// If b is NaN, so is the result; if only a is, the result may be either.
JB_INLINE vf max(vf a, vf b) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_max_ps((__m512)a, (__m512)b);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_max_ps((__m256)a, (__m256)b);
#elif defined(JB_SIMD_NEON)
  return (vf)vmaxq_f32((float32x4_t)a, (float32x4_t)b);
#else
  return a > b ? a : b;
#endif
}

JB_INLINE vf min(vf a, vf b) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_min_ps((__m512)a, (__m512)b);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_min_ps((__m256)a, (__m256)b);
#elif defined(JB_SIMD_NEON)
  return (vf)vminq_f32((float32x4_t)a, (float32x4_t)b);
#else
  return a < b ? a : b;
#endif
}

JB_INLINE vf abs(vf x) { return bits_to_float(float_to_bits(x) & splat_int(0x7fffffff)); }

// |x| with the sign bit of s.
JB_INLINE vf copysign(vf x, vf s) {
  return bits_to_float((float_to_bits(x) & splat_int(0x7fffffff)) |
                       (float_to_bits(s) & splat_int(std::numeric_limits<int32_t>::min())));
}

// x, and 0 of its sign for a denormal number: for what a kernel hands on without arithmetic (support/flush.h).
JB_INLINE vf flush(vf x) {
  const vi bits = float_to_bits(x);
  return bits_to_float((bits & splat_int(0x7f800000)) == vi{} ? bits & splat_int(std::numeric_limits<int32_t>::min())
                                                              : bits);
}
JB_INLINE float flush(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return std::bit_cast<float>((bits & 0x7f800000) == 0 ? bits & 0x80000000 : bits);
}

JB_INLINE vf sqrt(vf x) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(JB_SIMD_NEON)
  return (vf)vsqrtq_f32((float32x4_t)x);
#else
  vf y{};
  for (int i = 0; i < kLanes; ++i) y[i] = std::sqrt(x[i]);
  return y;
#endif
}

// To the nearest integer, ties to even; for any float.
JB_INLINE vf round(vf x) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEAREST_INT | _MM_FROUND_NO_EXC);
#elif defined(JB_SIMD_NEON)
  return (vf)vrndnq_f32((float32x4_t)x);
#else
  vf y{};
  for (int i = 0; i < kLanes; ++i) y[i] = std::nearbyint(x[i]);
  return y;
#endif
}

JB_INLINE vf floor(vf x) {
#if defined(JB_SIMD_AVX512)
  return (vf)_mm512_roundscale_ps((__m512)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif defined(JB_SIMD_AVX2)
  return (vf)_mm256_round_ps((__m256)x, _MM_FROUND_TO_NEG_INF | _MM_FROUND_NO_EXC);
#elif defined(JB_SIMD_NEON)
  return (vf)vrndmq_f32((float32x4_t)x);
#else
  vf y{};
  for (int i = 0; i < kLanes; ++i) y[i] = std::floor(x[i]);
  return y;
#endif
}

// Of values that an int32 holds.
JB_INLINE vi to_int(vf x) { return __builtin_convertvector(x, vi); }
JB_INLINE vf to_float(vi x) { return __builtin_convertvector(x, vf); }

// ---- Double precision, for sums that must not lose anything
// ----------------------------------------------------------

// The two halves of x.
JB_INLINE vd lower_as_double(vf x) {
  vf_half half;
  std::memcpy(&half, &x, sizeof(half));
  return __builtin_convertvector(half, vd);
}
JB_INLINE vd upper_as_double(vf x) {
  vf_half half;
  std::memcpy(&half, reinterpret_cast<const char*>(&x) + sizeof(half), sizeof(half));
  return __builtin_convertvector(half, vd);
}

// ---- Across lanes, in an order that depends on the width alone
// -------------------------------------------------------

namespace detail {

template <typename Combine>
JB_INLINE float fold(vf x, Combine combine) {
#if JB_VECTOR_BYTES == 64
  x = combine(x, __builtin_shufflevector(x, x, 8, 9, 10, 11, 12, 13, 14, 15, 0, 1, 2, 3, 4, 5, 6, 7));
  x = combine(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3, 12, 13, 14, 15, 8, 9, 10, 11));
  x = combine(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5, 10, 11, 8, 9, 14, 15, 12, 13));
  x = combine(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6, 9, 8, 11, 10, 13, 12, 15, 14));
#elif JB_VECTOR_BYTES == 32
  x = combine(x, __builtin_shufflevector(x, x, 4, 5, 6, 7, 0, 1, 2, 3));
  x = combine(x, __builtin_shufflevector(x, x, 2, 3, 0, 1, 6, 7, 4, 5));
  x = combine(x, __builtin_shufflevector(x, x, 1, 0, 3, 2, 5, 4, 7, 6));
#else
  x = combine(x, __builtin_shufflevector(x, x, 2, 3, 0, 1));
  x = combine(x, __builtin_shufflevector(x, x, 1, 0, 3, 2));
#endif
  return x[0];
}

}  // namespace detail

JB_INLINE float sum(vf x) {
  return detail::fold(x, [](vf a, vf b) { return a + b; });
}
JB_INLINE float largest(vf x) {
  return detail::fold(x, [](vf a, vf b) { return max(a, b); });
}
JB_INLINE double sum(vd x) {
  double y = 0;
  for (int i = 0; i < kLanes / 2; ++i) y += x[i];
  return y;
}

}  // namespace jb::JB_ISA

#endif
