// What the innermost loops multiply: words of 32 bits, each a float32, or a pair of bfloat16 that are neighbours along
// the summed index, the first in the lower half. Rows of memory are read as such words by vectors.
#ifndef JAUBERT_CPU_GEMM_WORDS_H
#define JAUBERT_CPU_GEMM_WORDS_H

#include <algorithm>
#include <cstdint>
#include <cstring>

#include "support/bfloat16.h"
#include "support/simd.h"

namespace jb::JB_ISA::gemm {

struct Singles {
  JB_INLINE static vf multiply_add(vf a, vf b, vf c) { return fma(a, b, c); }
};

// Both products of a pair are added to the float32 c, the odd one first, each rounded once and flushed: what the
// instruction vdpbf16ps does (found on a Zen 4, 20 million random cases), so that every CPU computes the same.
struct Pairs {
  JB_INLINE static vf multiply_add(vf a, vf b, vf c) {
#if defined(__AVX512BF16__)
    return (vf)_mm512_dpbf16_ps((__m512)c, (__m512bh)a, (__m512bh)b);
#else
    return fma(even(a), even(b), fma(odd(a), odd(b), c));
#endif
  }

  JB_INLINE static vf even(vf x) { return bits_to_float(float_to_bits(x) << 16); }
  JB_INLINE static vf odd(vf x) {
    return bits_to_float(float_to_bits(x) & splat_int(static_cast<int32_t>(0xffff0000)));
  }
};

// A row of float32.
struct FloatRow {
  const float* x;

  JB_INLINE vf load(int64_t i) const { return jb::JB_ISA::load(x + i); }
  JB_INLINE vf load_partial(int64_t i, int64_t n) const { return jb::JB_ISA::load_partial(x + i, n); }
};

// A row of bfloat16 along the summed index, `left` elements to its end: word i is elements 2 i and 2 i + 1, and 0
// behind the end.
struct PairRow {
  const BFloat16* x;
  int64_t left;

  JB_INLINE vf load(int64_t i) const {
    if (2 * (i + kLanes) > left) return load_partial(i, kLanes);
    return jb::JB_ISA::load(reinterpret_cast<const float*>(x + 2 * i));
  }
  vf load_partial(int64_t i, int64_t n) const {
    vf y{};
    std::memcpy(&y, x + 2 * i, static_cast<size_t>(std::clamp<int64_t>(left - 2 * i, 0, 2 * n)) * sizeof(BFloat16));
    return y;
  }
};

// Two rows of bfloat16 that follow each other along the summed index: word i is the pair of their elements i. A row
// that is null has zeros.
struct PairedRows {
  const BFloat16* even;
  const BFloat16* odd;

  JB_INLINE vf load(int64_t i) const { return paired(all(even, i), all(odd, i)); }
  JB_INLINE vf load_partial(int64_t i, int64_t n) const {
    return paired(even == nullptr ? vbf{} : load_bits_partial(even + i, n),
                  odd == nullptr ? vbf{} : load_bits_partial(odd + i, n));
  }
  // The pairs of two rows' vectors.
  JB_INLINE static vf paired(vbf low, vbf high) {
    return (vf)(__builtin_convertvector(low, vu) | (__builtin_convertvector(high, vu) << 16));
  }

 private:
  JB_INLINE static vbf all(const BFloat16* row, int64_t i) {
    return row == nullptr ? vbf{} : *reinterpret_cast<const vbf_any*>(row + i);
  }
};

}  // namespace jb::JB_ISA::gemm

#endif
