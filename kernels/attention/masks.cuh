// The dropout masks of attention as tiles of scores need them: the mask's numbers come eight at a time, for eight keys
// of a query, while a lane's part of a tile has other shapes. So lanes draw different groups and tell each other which
// numbers are kept: every group is drawn once.
#ifndef JAUBERT_KERNELS_ATTENTION_MASKS_CUH
#define JAUBERT_KERNELS_ATTENTION_MASKS_CUH

#include "attention/sequences.cuh"
#include "common/philox.cuh"
#include "common/ptx.cuh"

namespace jb {

// The numbers kept by the mask of a tile [16, 8 * kTiles], where a lane finds those of its own elements i = 0 to 3 of
// tile j in a fragment: with g = lane / 4 and t = lane % 4, of row g + 8 (i / 2) and column 2 t + i % 2. The words hold
// other lanes' numbers too.
template <int kTiles>
struct TileMask {
  static constexpr int kWords = (kTiles + 3) / 4;  // a row
  uint32_t words[2][kWords];

  __device__ __forceinline__ bool keeps(int j, int i) const {
    return (words[i / 2][j / 4] & 8u << (4 * (j % 4) + i % 2 * 16)) != 0;
  }
  // Ones in the halves of what is kept of elements 2 h and 2 h + 1.
  __device__ __forceinline__ uint32_t pair(int j, int h) const {
    return ptx::spread_signs(words[h][j / 4] << 4 * (3 - j % 4));
  }
};

// For rows of queries and columns of keys, from `row` of the task and `key` on. The four lanes of a row draw a quarter
// of its groups and of those of the row 8 below each.
template <int kTiles>
__device__ __forceinline__ TileMask<kTiles> mask_of_queries(const Dropout& dropout, uint64_t offset,
                                                            const AttentionShape& shape, const AttentionTask& task,
                                                            int row, int key) {
  static_assert(kTiles == 4 || kTiles == 8);
  const int lane = lane_number(), g = lane / 4, t = lane % 4;
  const int first = t / 2 * (kTiles / 2);
  const uint64_t group = mask_group(shape, task.token() + row + g + t % 2 * 8, task.head, key / 8 + first);
  uint32_t own = 0;
#pragma unroll 2
  for (int j = 0; j < kTiles / 2; ++j) own |= dropout.kept(offset, group + static_cast<uint64_t>(j)) << 4 * j;
  if constexpr (kTiles == 4) {  // two lanes have half a word each
    own <<= 4 * first;
    own |= shuffle_xor(own, 2);
  }
  TileMask<kTiles> mask;
#pragma unroll
  for (int h = 0; h < 2; ++h) {
#pragma unroll
    for (int w = 0; w < mask.kWords; ++w) {
      mask.words[h][w] = __shfl_sync(kAllLanes, own, (lane & ~3) | (h + 2 * w)) << (3 - t);
    }
  }
  return mask;
}

// For rows of keys and columns of queries, from `key` and `query` of the sequence on. A row of eight keys is a group,
// which the eight lanes of one t need: they draw the groups of their columns.
template <int kTiles>
__device__ __forceinline__ TileMask<kTiles> mask_of_keys(const Dropout& dropout, uint64_t offset,
                                                         const AttentionShape& shape, const AttentionTask& task,
                                                         int key, int query) {
  static_assert(kTiles == 2 || kTiles == 4);
  const int lane = lane_number(), g = lane / 4, t = lane % 4, e = g % 2, h = g / 2 % 2, first = g / 4 * (kTiles / 2);
  const int64_t token = static_cast<int64_t>(task.begin) + query + 8 * first + 2 * t + e;
  const uint64_t group = mask_group(shape, token, task.head, key / 8 + h);
  const uint64_t next = static_cast<uint64_t>(shape.heads) << 18;  // of the query 8 further on
  uint32_t own = 0;
#pragma unroll
  for (int j = 0; j < kTiles / 2; ++j) own |= dropout.kept(offset, group + static_cast<uint64_t>(j) * next) << 4 * j;
  own <<= 4 * first;
  own |= shuffle_xor(own, 16);
  TileMask<kTiles> mask;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const auto column = [&](int c) {  // of this lane's row, from bit 0 on
      return __shfl_sync(kAllLanes, own, (lane & ~12) | (c + 2 * half) << 2) >> Dropout::mask_bit(g) & 0x1111u;
    };
    mask.words[half][0] = (column(0) | column(1) << 16) << 3;
  }
  return mask;
}

// The numbers kept by the mask for this thread's scores. Of groups 0 to 3, group(i) being the i-th, a thread draws one;
// it shares them with the lanes that `near` and twice `near` lie between. Bits of group i begin at bit 4 i.
template <typename Group>
__device__ __forceinline__ uint32_t plain_mask(const Dropout& dropout, uint64_t offset, int near, Group&& group) {
  const int own = lane_number() / near % 4;
  uint32_t word = dropout.kept(offset, group(own)) << 4 * own;
  word |= shuffle_xor(word, near);
  return word | shuffle_xor(word, 2 * near);
}

}  // namespace jb

#endif
