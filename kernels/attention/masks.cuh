// The dropout masks of attention as tiles of scores need them: the mask's numbers come four at a time, for four keys of
// a query, while a lane's part of a tile has other shapes. So lanes draw different groups and tell each other which
// numbers are kept: every group is drawn once.
#ifndef JAUBERT_KERNELS_ATTENTION_MASKS_CUH
#define JAUBERT_KERNELS_ATTENTION_MASKS_CUH

#include "attention/sequences.cuh"
#include "common/philox.cuh"
#include "common/ptx.cuh"

namespace jb {

// The group of four numbers of the mask that holds those of keys 4 * quarter to 4 * quarter + 3 of the query in packed
// row `token`.
__device__ __forceinline__ uint64_t mask_group(const AttentionShape& shape, int64_t token, int head, int quarter) {
  return (static_cast<uint64_t>(token * shape.heads + head) << 16) + static_cast<uint64_t>(quarter);
}

// Bit i is set if number i of the group is kept.
__device__ __forceinline__ uint32_t kept(const Dropout& dropout, uint64_t seed, uint64_t offset, uint64_t group) {
  const uint4 n = philox(seed, offset, group);
  return (n.x >= dropout.threshold ? 1u : 0u) | (n.y >= dropout.threshold ? 2u : 0u) |
         (n.z >= dropout.threshold ? 4u : 0u) | (n.w >= dropout.threshold ? 8u : 0u);
}

// The numbers kept by the mask of a tile, for 16 rows of queries and columns of keys: bit 4 j + i of words[h] is for
// the row g + 8 h and key 8 j + 4 (t / 2) + i, with t = lane % 4. Lanes t and t ^ 1 need the same; each draws for one
// row.
template <int kTiles>
__device__ __forceinline__ void mask_of_queries(uint32_t (&words)[2], const Dropout& dropout, uint64_t offset,
                                                const AttentionShape& shape, const AttentionTask& task, int row,
                                                int key) {
  static_assert(kTiles <= 8, "4 bits a tile of 8 keys");
  const int g = lane_number() / 4, t = lane_number() % 4;
  const uint64_t group = mask_group(shape, task.token() + row + g + t % 2 * 8, task.head, key / 4 + t / 2);
  const uint64_t seed = ptx::made_here(dropout.seed);  // its 20 round keys would take registers from the sums
  uint32_t own = 0;
#pragma unroll 2
  for (int j = 0; j < kTiles; ++j) own |= kept(dropout, seed, offset, group + static_cast<uint64_t>(2 * j)) << 4 * j;
  const uint32_t other = shuffle_xor(own, 1);
  words[0] = t % 2 == 0 ? own : other;
  words[1] = t % 2 == 0 ? other : own;
}

// Whether element i of a column of 8 in a fragment, which is of row g + 8 (i / 2), is kept by such a mask.
__device__ __forceinline__ bool is_kept(const uint32_t (&words)[2], int j, int i) {
  return (words[i / 2] >> (4 * j + lane_number() % 2 * 2 + i % 2) & 1) != 0;
}

// The numbers kept by the mask of a tile that is turned over, for 16 rows of keys from `key` on and columns of queries
// from `query` on: bit 4 j + i of words[e][h] is for query 8 j + 2 t + e and key 8 h + 4 (g / 4) + i, with g = lane / 4
// and t = lane % 4. The four lanes of one t and g / 4 need the same; each draws for one e and h.
template <int kTiles>
__device__ __forceinline__ void mask_of_keys(uint32_t (&words)[2][2], const Dropout& dropout, uint64_t offset,
                                             const AttentionShape& shape, const AttentionTask& task, int key,
                                             int query) {
  static_assert(kTiles <= 8, "4 bits a tile of 8 queries");
  const int lane = lane_number(), t = lane % 4, own_e = lane / 4 % 2, own_h = lane / 8 % 2;
  const int64_t token = static_cast<int64_t>(task.begin) + query + 2 * t + own_e;
  const uint64_t group = mask_group(shape, token, task.head, key / 4 + 2 * own_h + lane / 16);
  const uint64_t next = static_cast<uint64_t>(shape.heads) << 19;  // of the query 8 further on
  const uint64_t seed = ptx::made_here(dropout.seed);
  uint32_t own = 0;
#pragma unroll 2
  for (int j = 0; j < kTiles; ++j) own |= kept(dropout, seed, offset, group + static_cast<uint64_t>(j) * next) << 4 * j;
#pragma unroll
  for (int e = 0; e < 2; ++e) {
#pragma unroll
    for (int h = 0; h < 2; ++h) words[e][h] = __shfl_sync(kAllLanes, own, (lane & ~12) | (e + 2 * h) << 2);
  }
}

// Whether element i of a column of 8 in a fragment, of key row g + 8 (i / 2) and query column i % 2, is kept.
__device__ __forceinline__ bool is_kept(const uint32_t (&words)[2][2], int j, int i) {
  return (words[i % 2][i / 2] >> (4 * j + lane_number() / 4 % 4) & 1) != 0;
}

// The numbers kept by the mask for this thread's scores. Of groups 0 to 7, group(i) being the i-th, a thread draws two;
// it shares them with the lanes that `near` and twice `near` lie between. Bit 4 i + n is number n of group i.
template <typename Group>
__device__ __forceinline__ uint32_t plain_mask(const Dropout& dropout, uint64_t offset, int near, Group&& group) {
  const int own = lane_number() / near % 4;
  uint32_t word = kept(dropout, dropout.seed, offset, group(own)) << 4 * own |
                  kept(dropout, dropout.seed, offset, group(own + 4)) << 4 * (own + 4);
  word |= shuffle_xor(word, near);
  return word | shuffle_xor(word, 2 * near);
}

// The same for a row of queries and keys from `key` on; this thread's bits are those of n = quad.
__device__ __forceinline__ uint32_t plain_mask_of_keys(const Dropout& dropout, uint64_t offset,
                                                       const AttentionShape& shape, int64_t token, int head, int key) {
  return plain_mask(dropout, offset, 1, [&](int i) { return mask_group(shape, token, head, key / 4 + i); });
}

}  // namespace jb

#endif
