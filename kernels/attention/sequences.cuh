// What all kernels of attention share: the packed sequences, and which block does what.
//
// cu_seqlens is only known on the device, and a captured graph is replayed with other lengths. So a grid depends on no
// length but on `tokens` and `sequences` alone, which may be upper bounds (a bucket): for tiles of R rows there are
// tokens / R + sequences + 1 slots for each head (attention_blocks), and sequence s owns the slots from cu_seqlens[s] /
// R + s on. That increases with s, and leaves every sequence at least as many slots as it has tiles: no table has to be
// made, and a block finds its sequence by two or three reads that a warp's lanes share. A block whose slot holds no
// tile, which are at most one for a sequence, returns at once.
//
// Rows from cu_seqlens[sequences] to `tokens` belong to no sequence: the padding of a bucket. Their results and
// gradients are 0. Sequences beyond those of the batch, of no tokens, repeat the last number of cu_seqlens. Numbers in
// cu_seqlens that fall or lie outside of [0, tokens] make wrong results, but no access outside of the tensors.
#ifndef JAUBERT_KERNELS_ATTENTION_SEQUENCES_CUH
#define JAUBERT_KERNELS_ATTENTION_SEQUENCES_CUH

#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

struct AttentionShape {
  const int32_t* cu_seqlens;  // [sequences + 1], in device memory
  int sequences;
  int tokens;  // rows of all tensors: [tokens, heads, head_dim], and lse is [heads, tokens]
  int heads, head_dim;
  int window;  // i attends to j if |i - j| <= window; < 0: to all. A launcher makes -1 of tokens and more
  float scale;
};

// Row t of [tokens, heads, head_dim] begins t * stride elements after data.
template <typename T>
struct PackedRows {
  T* data;
  int64_t stride;

  __device__ __forceinline__ T* row(int64_t t, int head, int head_dim) const {
    return data + t * stride + head * head_dim;
  }
};

// The grid of a kernel whose blocks do tiles of `rows` rows, each for one head.
constexpr int64_t attention_blocks(int64_t tokens, int64_t sequences, int64_t heads, int rows) {
  return (tokens / rows + sequences + 1) * heads;
}

inline constexpr float kLog2E = 1.44269504f, kLn2 = 0.693147181f;
__device__ __forceinline__ float infinity() { return __uint_as_float(0x7f800000u); }

// Rows [first, first + rows) of the `length` of a sequence, whose row 0 is row `begin` of the batch.
struct AttentionTask {
  int head, begin, length, first, rows;
  bool is_padding;

  __device__ __forceinline__ int64_t token() const { return static_cast<int64_t>(begin) + first; }
};

// The task of this block; rows is 0 if it has none. All threads call it and get the same.
__device__ __forceinline__ AttentionTask find_attention_task(const AttentionShape& shape, int tile) {
  const auto begin_of = [&](int s) { return min(max(__ldg(shape.cu_seqlens + s), 0), shape.tokens); };
  const int block = static_cast<int>(blockIdx.x), slot = block / shape.heads;
  // The last s in [0, sequences] whose first slot is at most this one; lane l looks at s = low + l * step.
  int low = 0, count = shape.sequences + 1;
  while (count > 1) {
    const int step = (count + kWarp - 1) / kWarp, probe = lane_number() * step;
    const bool reached = probe < count && begin_of(low + probe) / tile + low + probe <= slot;
    const int last = max(__popc(__ballot_sync(kAllLanes, reached)) - 1, 0) * step;
    low += last;
    count = min(step, count - last);
  }
  AttentionTask task;
  task.head = block % shape.heads;
  task.begin = begin_of(low);
  task.is_padding = low == shape.sequences;
  task.length = (task.is_padding ? shape.tokens : begin_of(low + 1)) - task.begin;
  const int number = slot - (task.begin / tile + low);
  task.first = number * tile;
  task.rows = number < 0 ? 0 : max(min(tile, task.length - task.first), 0);
  return task;
}

// Positions [begin, end), of the other side, that rows of a task attend to (or are attended to by); begin is a multiple
// of 16.
struct AttentionRange {
  int begin, end;
};
__device__ __forceinline__ AttentionRange attended(const AttentionTask& task, int window) {
  if (window < 0) return {0, task.length};
  return {max(task.first - window, 0) / 16 * 16, min(task.first + task.rows + window, task.length)};
}

__device__ __forceinline__ bool is_inside(int position, int length) { return position < length; }
// Whether query and key, so far apart, are within the window of each other.
__device__ __forceinline__ bool is_near(int apart, int window) {
  return static_cast<unsigned>(apart + window) <= 2u * static_cast<unsigned>(window);
}
__device__ __forceinline__ bool is_attended(int query, int key, int length, int window) {
  return is_inside(key, length) && (window < 0 || is_near(query - key, window));
}

// The group of eight numbers of the mask that holds those of keys 8 * eighth to 8 * eighth + 7 of the query in packed
// row `token`.
__device__ __forceinline__ uint64_t mask_group(const AttentionShape& shape, int64_t token, int head, int eighth) {
  return (static_cast<uint64_t>(token * shape.heads + head) << 15) + static_cast<uint64_t>(eighth);
}

// The exponent of a row's softmax in units of log 2. A row whose scores are all -inf has lse -inf and weights 0.
__device__ __forceinline__ float shift_of(float lse) { return lse == -infinity() ? infinity() : lse * kLog2E; }

// Zeros in `rows` rows of head_dim elements, by all threads of the block.
template <typename T>
__device__ __forceinline__ void clear_rows(T* to, int64_t stride, int rows, int head_dim) {
  for (int i = static_cast<int>(threadIdx.x); i < rows * head_dim; i += static_cast<int>(blockDim.x)) {
    to[i / head_dim * stride + i % head_dim] = from_float<T>(0.0f);
  }
}

}  // namespace jb

#endif
