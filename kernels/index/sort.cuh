// A stable sort of an index, for the gradient of a table (embedding/embedding.cuh): by digits of kSortBits bits from
// the lowest on (LSD radix sort), so equal keys keep their order and the result does not depend on the device.
//
// A pass is three kernels: each block counts the digits of its tile; one block turns the counts [digits, tiles] into
// the places where each tile's keys of a digit begin; each block puts its keys there. Within a tile a warp has
// consecutive keys, and within the warp lanes of one digit find their order by a vote.
#ifndef JAUBERT_KERNELS_INDEX_SORT_CUH
#define JAUBERT_KERNELS_INDEX_SORT_CUH

#include "index/index.cuh"

namespace jb {

inline constexpr int kSortBits = 8, kSortDigits = 1 << kSortBits;
inline constexpr int kSortThreads = 256, kSortScanThreads = 1024;
inline constexpr int kSortRounds = 8;  // of 32 keys a warp
inline constexpr int kSortTile = kSortThreads * kSortRounds;

// keys [n] = the index, and `rows` for one outside [0, rows), which so comes last and is noted; order [n] = 0, 1, ...
// Block kIndexThreads, any grid.
template <typename Index>
__global__ void __launch_bounds__(kIndexThreads)
    sort_keys(int32_t* keys, int32_t* order, const Index* index, int64_t n, int rows, IndexErrors errors) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kIndexThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kIndexThreads + static_cast<int>(threadIdx.x); i < n; i += step) {
    const Index x = index[i];
    const bool is_inside = x >= 0 && x < static_cast<Index>(rows);
    keys[i] = is_inside ? static_cast<int32_t>(x) : rows;
    if (!is_inside) note(errors, IndexKind::kIndexAddRows, i, x, rows);
    order[i] = static_cast<int32_t>(i);
  }
}

// For each 32 keys of the warp in turn, in all its lanes: body(i, digit, rank, count), where rank counts the lanes
// before this one with the same digit, and count all of them. A lane behind the last key has i >= n.
template <typename Body>
__device__ __forceinline__ void for_sorted_keys(const int32_t* keys, int64_t n, int shift, Body&& body) {
  const int lane = lane_number();
  const int64_t first = static_cast<int64_t>(blockIdx.x) * kSortTile + warp_number() * (kWarp * kSortRounds);
  for (int round = 0; round < kSortRounds; ++round) {
    const int64_t i = first + round * kWarp + lane;
    const int digit = i < n ? keys[i] >> shift & (kSortDigits - 1) : kSortDigits;
    const unsigned same = __match_any_sync(kAllLanes, digit);
    body(i, digit, __popc(same & ((1u << lane) - 1)), __popc(same));
    __syncwarp();
  }
}

// Counts of the tile's keys by digit, of each warp.
template <int kThreads>
__device__ __forceinline__ void count_digits(int32_t (&counts)[kThreads / kWarp][kSortDigits], const int32_t* keys,
                                             int64_t n, int shift) {
  for (int d = static_cast<int>(threadIdx.x); d < kSortDigits; d += kThreads) {
    for (int w = 0; w < kThreads / kWarp; ++w) counts[w][d] = 0;
  }
  __syncthreads();
  for_sorted_keys(keys, n, shift, [&](int64_t i, int digit, int rank, int count) {
    if (i < n && rank == 0) counts[warp_number()][digit] += count;
  });
  __syncthreads();
}

// counts [digits, gridDim.x]. A block a tile, of kThreads = kSortThreads.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) sort_count(int32_t* counts, const int32_t* keys, int64_t n, int shift) {
  __shared__ int32_t of_warps[kThreads / kWarp][kSortDigits];
  count_digits<kThreads>(of_warps, keys, n, shift);
  for (int d = static_cast<int>(threadIdx.x); d < kSortDigits; d += kThreads) {
    int32_t sum = 0;
    for (int w = 0; w < kThreads / kWarp; ++w) sum += of_warps[w][d];
    counts[static_cast<int64_t>(d) * gridDim.x + blockIdx.x] = sum;
  }
}

// counts [n] become the sums of all before each. One block of kThreads = kSortScanThreads.
template <int kThreads>
__global__ void __launch_bounds__(kThreads) sort_scan(int32_t* counts, int n) {
  __shared__ int32_t of_warps[kThreads / kWarp];
  int32_t before = 0;
  for (int begin = 0; begin < n; begin += kThreads) {
    const int i = begin + static_cast<int>(threadIdx.x);
    const int32_t own = i < n ? counts[i] : 0;
    int32_t sum = own;  // of this lane and those before it
    for (int lanes = 1; lanes < kWarp; lanes *= 2) {
      const int32_t other = __shfl_up_sync(kAllLanes, sum, lanes);
      if (lane_number() >= lanes) sum += other;
    }
    if (lane_number() == kWarp - 1) of_warps[warp_number()] = sum;
    __syncthreads();
    int32_t all = 0;
    for (int w = 0; w < kThreads / kWarp; ++w) {
      if (w == warp_number()) sum += all;
      all += of_warps[w];
    }
    if (i < n) counts[i] = before + sum - own;
    before += all;
    __syncthreads();
  }
}

// Keys and what belongs to them to their places, which counts [digits, gridDim.x] of sort_scan say. Grid and block as
// for sort_count.
template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    sort_scatter(int32_t* keys_out, int32_t* order_out, const int32_t* keys, const int32_t* order,
                 const int32_t* counts, int64_t n, int shift) {
  __shared__ int32_t places[kThreads / kWarp][kSortDigits];
  count_digits<kThreads>(places, keys, n, shift);
  for (int d = static_cast<int>(threadIdx.x); d < kSortDigits; d += kThreads) {
    int32_t place = counts[static_cast<int64_t>(d) * gridDim.x + blockIdx.x];
    for (int w = 0; w < kThreads / kWarp; ++w) {
      const int32_t count = places[w][d];
      places[w][d] = place;
      place += count;
    }
  }
  __syncthreads();
  for_sorted_keys(keys, n, shift, [&](int64_t i, int digit, int rank, int count) {
    const int32_t place = i < n ? places[warp_number()][digit] + rank : 0;
    __syncwarp();
    if (i >= n) return;
    keys_out[place] = keys[i];
    order_out[place] = order[i];
    if (rank == count - 1) places[warp_number()][digit] = place + 1;
  });
}

}  // namespace jb

#endif
