// Philox4x32: J. K. Salmon, M. A. Moraes, R. O. Dror, D. E. Shaw, "Parallel random numbers: as easy as 1, 2, 3",
// SC 2011. Rounds over a 128-bit counter, keyed by 64 bits. How seed, offset and index become key and counter, and how
// many rounds there are, is said in jaubert/random.h and jaubert/dropout.h.
#ifndef JAUBERT_CPU_SUPPORT_PHILOX_H
#define JAUBERT_CPU_SUPPORT_PHILOX_H

#include <array>

#include "support/arguments.h"
#include "support/simd.h"

namespace jb::JB_ISA {

inline constexpr uint32_t kPhiloxM0 = 0xD2511F53u;
inline constexpr uint32_t kPhiloxM1 = 0xCD9E8D57u;
inline constexpr uint32_t kPhiloxW0 = 0x9E3779B9u;  // golden ratio
inline constexpr uint32_t kPhiloxW1 = 0xBB67AE85u;  // sqrt(3) - 1

// One counter at a time: the reference that the vectors are tested against.
template <int kRounds>
inline std::array<uint32_t, 4> philox_scalar(std::array<uint32_t, 4> c, std::array<uint32_t, 2> k) {
  for (int i = 0; i < kRounds; ++i) {
    const uint64_t p0 = uint64_t{kPhiloxM0} * c[0];
    const uint64_t p1 = uint64_t{kPhiloxM1} * c[2];
    c = {static_cast<uint32_t>(p1 >> 32) ^ c[1] ^ k[0], static_cast<uint32_t>(p1),
         static_cast<uint32_t>(p0 >> 32) ^ c[3] ^ k[1], static_cast<uint32_t>(p0)};
    k = {k[0] + kPhiloxW0, k[1] + kPhiloxW1};
  }
  return c;
}

namespace detail {

typedef uint64_t vq __attribute__((vector_size(JB_VECTOR_BYTES)));

// The products of the lower halves of the lanes and m.
JB_INLINE vq multiply_low(vq a, uint32_t m) {
#if defined(JB_SIMD_AVX512)
  return (vq)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi32(static_cast<int32_t>(m)));
#elif defined(JB_SIMD_AVX2)
  return (vq)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi32(static_cast<int32_t>(m)));
#elif defined(JB_SIMD_NEON)
  return (vq)vmull_n_u32(vmovn_u64((uint64x2_t)a), m);
#else
  return (a & 0xffffffffu) * m;
#endif
}

// A round for counters in the lower halves of 64-bit lanes. The upper halves may hold anything: no product reads them,
// and what the others write there stays there. So neither half of a product has to be moved but by one shift.
JB_INLINE void philox_round(vq (&c)[4], uint32_t k0, uint32_t k1) {
  const vq p0 = multiply_low(c[0], kPhiloxM0);
  const vq p1 = multiply_low(c[2], kPhiloxM1);
  c[0] = (p1 >> 32) ^ c[1] ^ (vq)splat_uint(k0);
  c[1] = p1;
  c[2] = (p0 >> 32) ^ c[3] ^ (vq)splat_uint(k1);
  c[3] = p0;
}

}  // namespace detail

// kLanes counters at once; word w of the result of lane l's counter is lane l of words[w].
struct PhiloxWords {
  vu words[4];
};

// y[n] are the words of the counters (c0[n], c1[n], c2, c3), for N vectors of counters side by side: a round is a chain
// of operations that wait for each other, and two vectors, four such chains, take a quarter less time than one by one.
template <int kRounds, int N>
JB_INLINE void philox_vectors(PhiloxWords (&y)[N], const vu (&c0)[N], const vu (&c1)[N], vu c2, vu c3,
                              const uint32_t (&round_keys)[2 * kRounds]) {
  using detail::vq;
  vq even[N][4], odd[N][4];
#pragma GCC unroll 2
  for (int n = 0; n < N; ++n) {
    const vu counter[4] = {c0[n], c1[n], c2, c3};
#pragma GCC unroll 4
    for (int w = 0; w < 4; ++w) {
      even[n][w] = (vq)counter[w];
      odd[n][w] = (vq)counter[w] >> 32;
    }
  }
#pragma GCC unroll 10
  for (int i = 0; i < kRounds; ++i) {
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) {
      detail::philox_round(even[n], round_keys[2 * i], round_keys[2 * i + 1]);
      detail::philox_round(odd[n], round_keys[2 * i], round_keys[2 * i + 1]);
    }
  }
#pragma GCC unroll 2
  for (int n = 0; n < N; ++n) {
#pragma GCC unroll 4
    for (int w = 0; w < 4; ++w) y[n].words[w] = (vu)((even[n][w] & 0xffffffffu) | (odd[n][w] << 32));
  }
}

// The words of one (seed, offset).
//
// A group is the four words of one counter. The results of kLanes counters come word by word; transposing each 4 x 4
// square inside the 128-bit parts of the vectors puts the four words of a group side by side. With b = l / 4 and
// w = l % 4, the lane 4 b + w of counters becomes the four lanes from 4 b of result w.
template <int kRounds>
class Philox {
 public:
  Philox(int64_t seed, int64_t offset)
      : c2_(splat_uint(static_cast<uint32_t>(offset))),
        c3_(splat_uint(static_cast<uint32_t>(static_cast<uint64_t>(offset) >> 32))) {
    const uint32_t low = static_cast<uint32_t>(seed);
    const uint32_t high = static_cast<uint32_t>(static_cast<uint64_t>(seed) >> 32);
    for (uint32_t i = 0; i < kRounds; ++i) {
      round_keys_[2 * i] = low + i * kPhiloxW0;
      round_keys_[2 * i + 1] = high + i * kPhiloxW1;
    }
    for (int i = 0; i < kLanes; ++i) {
      consecutive_[i] = static_cast<uint32_t>(kLanes / 4 * (i % 4) + i / 4);
      by_row_[i] = static_cast<uint32_t>(i / 4);
    }
  }

  // Of the groups from `group` on, kLanes many, in the order that transpose() turns into one word after the other.
  JB_INLINE PhiloxWords consecutive_by_word(uint64_t group) const {
    PhiloxWords y[1];
    consecutive_by_word(y, group);
    return y[0];
  }

  // The same for N vectors of groups, one after the other.
  template <int N>
  JB_INLINE void consecutive_by_word(PhiloxWords (&y)[N], uint64_t group) const {
    vu low[N], high[N];
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) {
      const uint64_t own = group + static_cast<uint64_t>(n * kLanes);
      const uint32_t first = static_cast<uint32_t>(own);
      low[n] = splat_uint(first) + consecutive_;
      // A counter's lower half may pass 2^32 within a vector; then the upper half of those lanes is one more.
      high[n] = splat_uint(static_cast<uint32_t>(own >> 32)) - (vu)(low[n] < splat_uint(first));
    }
    philox_vectors<kRounds>(y, low, high, c2_, c3_, round_keys_);
  }

  // The 4 * kLanes words from `group` on: word j of them is lane j % kLanes of words[j / kLanes].
  JB_INLINE PhiloxWords consecutive(uint64_t group) const { return transpose(consecutive_by_word(group)); }

  // The 8 * kLanes words from `group` on, faster than half of them twice.
  JB_INLINE void consecutive_pair(PhiloxWords (&y)[2], uint64_t group) const {
    consecutive_by_word(y, group);
    y[0] = transpose(y[0]);
    y[1] = transpose(y[1]);
  }

  // Four places in the sequence of words, spread over the lanes.
  struct Rows {
    vu low;
    vu high;

    explicit Rows(const uint64_t (&groups)[4]) {
      for (int i = 0; i < kLanes; ++i) {
        low[i] = static_cast<uint32_t>(groups[i % 4]);
        high[i] = static_cast<uint32_t>(groups[i % 4] >> 32);
      }
    }
  };

  // The N * kLanes words that begin `ahead` groups after each of the four: those of place r are words[r] of y[0],
  // then of y[1].
  template <int N>
  JB_INLINE void four_rows(PhiloxWords (&y)[N], const Rows& rows, uint32_t ahead) const {
    vu low[N], high[N];
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) {
      low[n] = rows.low + (by_row_ + (ahead + static_cast<uint32_t>(n * kLanes / 4)));
      high[n] = rows.high - (vu)(low[n] < rows.low);
    }
    philox_vectors<kRounds>(y, low, high, c2_, c3_, round_keys_);
#pragma GCC unroll 2
    for (int n = 0; n < N; ++n) y[n] = transpose(y[n]);
  }

  // The four words of a group by themselves.
  std::array<uint32_t, 4> group(uint64_t g) const {
    return philox_scalar<kRounds>({static_cast<uint32_t>(g), static_cast<uint32_t>(g >> 32), c2_[0], c3_[0]},
                                  {round_keys_[0], round_keys_[1]});
  }

  JB_INLINE static PhiloxWords transpose(const PhiloxWords& x) {
    const vu* w = x.words;
#if JB_VECTOR_BYTES == 64
#define JB_PAIRS(a, b, i, j)                                                                                      \
  __builtin_shufflevector(a, b, i, 16 + i, j, 16 + j, 4 + i, 20 + i, 4 + j, 20 + j, 8 + i, 24 + i, 8 + j, 24 + j, \
                          12 + i, 28 + i, 12 + j, 28 + j)
#define JB_HALVES(a, b, i)                                                                                            \
  __builtin_shufflevector(a, b, i, i + 1, 16 + i, 17 + i, 4 + i, 5 + i, 20 + i, 21 + i, 8 + i, 9 + i, 24 + i, 25 + i, \
                          12 + i, 13 + i, 28 + i, 29 + i)
#elif JB_VECTOR_BYTES == 32
#define JB_PAIRS(a, b, i, j) __builtin_shufflevector(a, b, i, 8 + i, j, 8 + j, 4 + i, 12 + i, 4 + j, 12 + j)
#define JB_HALVES(a, b, i) __builtin_shufflevector(a, b, i, i + 1, 8 + i, 9 + i, 4 + i, 5 + i, 12 + i, 13 + i)
#else
#define JB_PAIRS(a, b, i, j) __builtin_shufflevector(a, b, i, 4 + i, j, 4 + j)
#define JB_HALVES(a, b, i) __builtin_shufflevector(a, b, i, i + 1, 4 + i, 5 + i)
#endif
    const vu t0 = JB_PAIRS(w[0], w[1], 0, 1);
    const vu t1 = JB_PAIRS(w[2], w[3], 0, 1);
    const vu t2 = JB_PAIRS(w[0], w[1], 2, 3);
    const vu t3 = JB_PAIRS(w[2], w[3], 2, 3);
    return {{JB_HALVES(t0, t1, 0), JB_HALVES(t0, t1, 2), JB_HALVES(t2, t3, 0), JB_HALVES(t2, t3, 2)}};
#undef JB_PAIRS
#undef JB_HALVES
  }

 private:
  uint32_t round_keys_[2 * kRounds];
  vu c2_, c3_;
  vu consecutive_, by_row_;
};

// Numbers of the length of a mask's, for 2 * kLanes elements.
typedef uint16_t vu_short __attribute__((vector_size(JB_VECTOR_BYTES)));
typedef int16_t vi_short __attribute__((vector_size(JB_VECTOR_BYTES)));
typedef int16_t vi_short_any __attribute__((vector_size(JB_VECTOR_BYTES), aligned(2), may_alias));
typedef int16_t vi_short_half_any __attribute__((vector_size(JB_VECTOR_BYTES / 2), aligned(2), may_alias));

// kLanes masks, widened to those of floats.
JB_INLINE vi load_mask(const int16_t* p) {
  return __builtin_convertvector(*reinterpret_cast<const vi_short_half_any*>(p), vi);
}

// The same of one half of a vector.
JB_INLINE vi half_of(vi_short masks, int half) {
  return load_mask(reinterpret_cast<const int16_t*>(&masks) + half * kLanes);
}

// A dropout mask.
struct Dropout {
  Philox<7> numbers;
  uint16_t threshold;
  float scale;  // 1 / (1 - p)

  Dropout(float p, int64_t seed, int64_t offset)
      : numbers(seed, offset),
        threshold(static_cast<uint16_t>(mask_threshold(p))),
        scale(static_cast<float>(1.0 / (1.0 - static_cast<double>(p)))) {}

  // Of the 2 * kLanes numbers in a vector of words: -1 where they are kept, else 0.
  JB_INLINE vi_short keep(vu words) const {
    return (vi_short)((vu_short)words >= static_cast<uint16_t>(threshold) - vu_short{});
  }

  // How many elements keep_range() needs for n masks.
  static constexpr int64_t room(int64_t n) { return n + 16 * kLanes + 8; }

  // The masks of indices [index, index + n). They begin at the address returned, which lies in `memory`, room(n)
  // elements: whole blocks of numbers are written, and index need not begin one.
  JB_INLINE const int16_t* keep_range(int16_t* memory, uint64_t index, int64_t n) const {
    const int64_t before = static_cast<int64_t>(index % 8);
    const auto write = [&](int64_t i, const PhiloxWords& x) {
      for (int w = 0; w < 4; ++w) {
        *reinterpret_cast<vi_short_any*>(memory + i + w * 2 * kLanes) = keep(x.words[w]);
      }
    };
    uint64_t group = index / 8;
    int64_t i = 0;
    for (; i + 8 * kLanes < before + n; i += 16 * kLanes, group += 2 * kLanes) {
      PhiloxWords x[2];
      numbers.consecutive_pair(x, group);
      write(i, x[0]);
      write(i + 8 * kLanes, x[1]);
    }
    if (i < before + n) write(i, numbers.consecutive(group));
    return memory + before;
  }
};

// x * scale where the mask says so, else 0 (also if x is not finite).
JB_INLINE vf drop(vf x, vi mask, float scale) { return bits_to_float(float_to_bits(x * scale) & mask); }

}  // namespace jb::JB_ISA

#endif
