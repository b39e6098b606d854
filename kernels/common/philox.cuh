// Philox4x32 (Salmon, Moraes, Dror and Shaw 2011) and the dropout masks drawn from it, the same numbers bit for bit as
// native/cpu/support/philox.h; jaubert/random.h and jaubert/dropout.h say how seed, offset and index become key and
// counter.
#ifndef JAUBERT_KERNELS_COMMON_PHILOX_CUH
#define JAUBERT_KERNELS_COMMON_PHILOX_CUH

#include "common/device.cuh"

namespace jb {

inline constexpr int kMostRounds = 10;

// What numbers are drawn from, as a launcher fills it in. Kernels find the keys of all rounds in constant memory, as
// operands: made from the seed they would take an instruction and a register each. If base is not null the offset
// counts from *base, which lies in device memory: so a captured graph draws other numbers at every replay.
struct RandomSource {
  uint32_t keys[kMostRounds][2];
  uint64_t offset;
  const int64_t* base;

  RandomSource() = default;
  RandomSource(uint64_t seed, uint64_t from, const int64_t* counted_from) : offset(from), base(counted_from) {
    for (uint32_t round = 0; round < kMostRounds; ++round) {
      keys[round][0] = static_cast<uint32_t>(seed) + round * 0x9E3779B9u;
      keys[round][1] = static_cast<uint32_t>(seed >> 32) + round * 0xBB67AE85u;
    }
  }

  __device__ __forceinline__ uint64_t first_offset() const {
    return base == nullptr ? offset : offset + static_cast<uint64_t>(*base);
  }

  // The four words of counter (group, first).
  template <int kRounds>
  __device__ __forceinline__ uint4 words(uint64_t first, uint64_t group) const {
    static_assert(kRounds <= kMostRounds);
    uint32_t c0 = static_cast<uint32_t>(group), c1 = static_cast<uint32_t>(group >> 32);
    uint32_t c2 = static_cast<uint32_t>(first), c3 = static_cast<uint32_t>(first >> 32);
#pragma unroll
    for (int round = 0; round < kRounds; ++round) {
      const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
      c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ keys[round][0];
      c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ keys[round][1];
      c1 = static_cast<uint32_t>(p1);
      c3 = static_cast<uint32_t>(p0);
    }
    return make_uint4(c0, c1, c2, c3);
  }
};

// A mask: number i is kept if it is at least the threshold, and then scaled by 1 / (1 - p).
struct Dropout : RandomSource {
  uint32_t threshold;  // that of 16 bits in both halves; 0: nothing is dropped
  float scale;

  // Which of the eight numbers of group g are kept, as bits: mask_bit says where.
  __device__ __forceinline__ uint32_t kept(uint64_t first, uint64_t group) const {
    const uint4 n = words<7>(first, group);
    return (halves_kept(n.x) >> 15 & 0x00010001u) | (halves_kept(n.y) >> 14 & 0x00020002u) |
           (halves_kept(n.z) >> 13 & 0x00040004u) | (halves_kept(n.w) >> 12 & 0x00080008u);
  }
  // The place of number i of a group: those of the lower halves of the four words, and 16 further on the upper ones.
  __host__ __device__ static constexpr int mask_bit(int i) { return i / 2 + i % 2 * 16; }

  // x[i] = keep(index + i) ? x[i] * scale : 0, also where x is not finite. index is a multiple of kWidth, which is 1, 4
  // or 8.
  template <int kWidth>
  __device__ __forceinline__ void apply(float (&x)[kWidth], uint64_t index, uint64_t first) const {
    static_assert(kWidth == 1 || kWidth == 4 || kWidth == 8);
    const uint32_t mask = kept(first, index / 8) >> mask_bit(static_cast<int>(index % 8));
#pragma unroll
    for (int i = 0; i < kWidth; ++i) x[i] = (mask >> mask_bit(i) & 1) != 0 ? x[i] * scale : 0.0f;
  }

 private:
  // In bits 15 and 31, whether that half of x is at least the threshold: where their upper bits are the same, the lower
  // fifteen decide, and else the upper.
  __device__ __forceinline__ uint32_t halves_kept(uint32_t x) const {
    const uint32_t lower = (x | 0x80008000u) - (threshold & 0x7fff7fffu);
    return (x & lower) | ((x | lower) & ~threshold);
  }
};

inline constexpr int kRandomThreads = 256;

// Of kernels that draw numbers: body(i, group) for each group of kElements that begins at i. Block kRandomThreads, any
// grid.
template <int kElements, typename Body>
__device__ __forceinline__ void for_groups(int64_t n, Body&& body) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kRandomThreads;
  for (int64_t g = static_cast<int64_t>(blockIdx.x) * kRandomThreads + static_cast<int>(threadIdx.x); kElements * g < n;
       g += step) {
    body(kElements * g, static_cast<uint64_t>(g));
  }
}

}  // namespace jb

#endif
