// Philox4x32-10 (Salmon, Moraes, Dror and Shaw 2011) and the dropout masks drawn from it, the same numbers bit for bit
// as native/cpu/support/philox.h; jaubert/random.h says how seed, offset and index become key and counter.
#ifndef JAUBERT_KERNELS_COMMON_PHILOX_CUH
#define JAUBERT_KERNELS_COMMON_PHILOX_CUH

#include "common/device.cuh"

namespace jb {

// The four numbers of counter (group, offset).
__device__ __forceinline__ uint4 philox(uint64_t seed, uint64_t offset, uint64_t group) {
  uint32_t c0 = static_cast<uint32_t>(group), c1 = static_cast<uint32_t>(group >> 32);
  uint32_t c2 = static_cast<uint32_t>(offset), c3 = static_cast<uint32_t>(offset >> 32);
  uint32_t k0 = static_cast<uint32_t>(seed), k1 = static_cast<uint32_t>(seed >> 32);
#pragma unroll
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * c0, p1 = uint64_t{0xCD9E8D57u} * c2;
    c0 = static_cast<uint32_t>(p1 >> 32) ^ c1 ^ k0;
    c2 = static_cast<uint32_t>(p0 >> 32) ^ c3 ^ k1;
    c1 = static_cast<uint32_t>(p1);
    c3 = static_cast<uint32_t>(p0);
    k0 += 0x9E3779B9u;
    k1 += 0xBB67AE85u;
  }
  return make_uint4(c0, c1, c2, c3);
}

// What numbers are drawn from, as a launcher fills it in. If base is not null the offset counts from *base, which lies
// in device memory: so a captured graph draws other numbers at every replay.
struct RandomSource {
  uint64_t seed, offset;
  const int64_t* base;

  __device__ __forceinline__ uint64_t first_offset() const {
    return base == nullptr ? offset : offset + static_cast<uint64_t>(*base);
  }
};

// A mask: number i is kept if it is at least threshold = floor(p * 2^32), and then scaled by 1 / (1 - p).
struct Dropout : RandomSource {
  uint32_t threshold;
  float scale;

  // The numbers of group g as factors: scale where kept, 0 where dropped.
  __device__ __forceinline__ void factors(float (&f)[4], uint64_t group, uint64_t first) const {
    const uint4 n = philox(seed, first, group);
    f[0] = n.x >= threshold ? scale : 0.0f;
    f[1] = n.y >= threshold ? scale : 0.0f;
    f[2] = n.z >= threshold ? scale : 0.0f;
    f[3] = n.w >= threshold ? scale : 0.0f;
  }

  // x[i] = keep(index + i) ? x[i] * scale : 0, also where x is not finite. kWidth is 1, or index a multiple of 4.
  template <int kWidth>
  __device__ __forceinline__ void apply(float (&x)[kWidth], uint64_t index, uint64_t first) const {
    if constexpr (kWidth == 1) {
      const uint4 n = philox(seed, first, index / 4);
      const uint32_t low = (index & 1) != 0 ? n.y : n.x, high = (index & 1) != 0 ? n.w : n.z;
      x[0] = ((index & 2) != 0 ? high : low) >= threshold ? x[0] * scale : 0.0f;
    } else {
#pragma unroll
      for (int g = 0; g < kWidth / 4; ++g) {
        float f[4];
        factors(f, index / 4 + g, first);
#pragma unroll
        for (int i = 0; i < 4; ++i) x[4 * g + i] = f[i] != 0.0f ? x[4 * g + i] * f[i] : 0.0f;
      }
    }
  }
};

}  // namespace jb

#endif
