// Tiles of 16-bit elements in shared memory, and the fragments that the matrix units take of them.
#ifndef JAUBERT_KERNELS_ATTENTION_TILE_CUH
#define JAUBERT_KERNELS_ATTENTION_TILE_CUH

#include "common/ptx.cuh"
#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

__device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, bf16) {
  ptx::mma_m16n8k16_bf16(d, a, b0, b1);
}
__device__ __forceinline__ void multiply(float (&d)[4], const uint32_t (&a)[4], uint32_t b0, uint32_t b1, f16) {
  ptx::mma_m16n8k16_f16(d, a, b0, b1);
}

// Rows of kColumns elements at a shared address. The 16-byte chunks of a row change places with the row's number, so
// that neither the 8 rows that ldmatrix reads at a time nor the 4-byte stores of fragments meet in a bank.
template <int kColumns>
struct SharedTile {
  static constexpr int kChunks = kColumns / 8, kRowBytes = 2 * kColumns;
  static constexpr int kTurns = kChunks % 8 == 0 ? 8 : 4;  // chunks change places within so many
  uint32_t base;

  // By what the numbers of a row's chunks are changed; the same for row + 8.
  __device__ __forceinline__ static int turn(int row) { return kTurns == 8 ? row & 7 : row >> 1 & 3; }
  // Of bytes from the begin of the tile.
  __device__ __forceinline__ static uint32_t offset(int row, int chunk) {
    return static_cast<uint32_t>(row * kRowBytes + ((chunk ^ turn(row)) << 4));
  }

  // The tile without its first `rows` rows, a multiple of 8.
  __device__ __forceinline__ SharedTile from(int rows) const {
    return {base + static_cast<uint32_t>(rows * kRowBytes)};
  }

  // In all of these, row is a multiple of 8 and chunk is even.

  // As the operand a [16, 16], whose rows are rows `row` to row + 15 and columns those of chunk and the next.
  __device__ __forceinline__ void load_a(uint32_t (&a)[4], int row, int chunk) const {
    ptx::ldmatrix_x4(a, wide(row, chunk));
  }
  // The same of the transposed tile: rows are the columns of chunk and the next.
  __device__ __forceinline__ void load_a_transposed(uint32_t (&a)[4], int row, int chunk) const {
    ptx::ldmatrix_x4_trans(a, tall(row, chunk));
  }
  // As two operands b [16, 8], (b[0], b[1]) and (b[2], b[3]), of the transposed tile: rows `row` to row + 15 are
  // columns of b.
  __device__ __forceinline__ void load_b_transposed(uint32_t (&b)[4], int row, int chunk) const {
    ptx::ldmatrix_x4(b, tall(row, chunk));
  }
  // As two operands b [16, 8], whose rows are rows `row` to row + 15.
  __device__ __forceinline__ void load_b(uint32_t (&b)[4], int row, int chunk) const {
    ptx::ldmatrix_x4_trans(b, wide(row, chunk));
  }

 private:
  // Where a lane's row of ldmatrix lies: matrices 0 and 1 above each other, or beside each other. What depends on the
  // lane is worked out once for all rows and chunks.
  __device__ __forceinline__ uint32_t wide(int row, int chunk) const {
    const int lane = lane_number();
    return place(lane % 16, lane / 16, row, chunk);
  }
  __device__ __forceinline__ uint32_t tall(int row, int chunk) const {
    const int lane = lane_number();
    return place(lane / 16 * 8 + lane % 8, lane / 8 % 2, row, chunk);
  }
  __device__ __forceinline__ uint32_t place(int lane_row, int lane_chunk, int row, int chunk) const {
    const int own = (lane_chunk ^ turn(lane_row)) << 4;
    return base + static_cast<uint32_t>(lane_row * kRowBytes) + static_cast<uint32_t>(row * kRowBytes) +
           static_cast<uint32_t>((chunk % kTurns << 4 ^ own) + (chunk / kTurns * kTurns << 4));
  }
};

// Begins to copy kRows rows of head_dim (a multiple of 8) elements; rows from `rows` on and columns from head_dim on
// become 0. For all kThreads threads of the block; the caller commits and waits.
template <int kThreads, int kRows, int kColumns, typename T>
__device__ __forceinline__ void fetch_rows(SharedTile<kColumns> to, const T* from, int64_t stride, int rows,
                                           int head_dim) {
  constexpr int kChunks = SharedTile<kColumns>::kChunks, kLanes = kChunks % 8 == 0 ? 8 : 4, kStep = kThreads / kLanes;
  static_assert(kStep % 8 == 0 && kRows % kStep == 0, "every thread copies as many chunks, at the same turn");
  const int row = static_cast<int>(threadIdx.x) / kLanes, chunk = static_cast<int>(threadIdx.x) % kLanes;
  const T* next = from + row * stride + chunk * 8;
#pragma unroll
  for (int r = 0; r < kRows; r += kStep, next += kStep * stride) {
#pragma unroll
    for (int c = 0; c < kChunks; c += kLanes) {
      const bool exists = row + r < rows && (chunk + c) * 8 < head_dim;
      ptx::cp_async_16(to.base + to.offset(row, chunk + c) + r * SharedTile<kColumns>::kRowBytes,
                       exists ? next + c * 8 : from, exists ? 16 : 0);
    }
  }
}

// Two columns of 8 of a product [16, 16], rounded, as the operand a of the next one.
template <typename T>
__device__ __forceinline__ void as_operand(uint32_t (&a)[4], const float (&left)[4], const float (&right)[4]) {
  a[0] = pack(make_float2(left[0], left[1]), T());
  a[1] = pack(make_float2(left[2], left[3]), T());
  a[2] = pack(make_float2(right[0], right[1]), T());
  a[3] = pack(make_float2(right[2], right[3]), T());
}

// d [16, 8 * kTiles] += a [16, 16] of fragment a times rows `row` to row + 15 of b from chunk on.
template <typename T, int kTiles, int kColumns>
__device__ __forceinline__ void multiply_rows(float (&d)[kTiles][4], const uint32_t (&a)[4], SharedTile<kColumns> b,
                                              int row, int chunk) {
#pragma unroll
  for (int j = 0; j < kTiles; j += 2) {
    uint32_t x[4];
    b.load_b(x, row, chunk + j);
    multiply(d[j], a, x[0], x[1], T());
    multiply(d[j + 1], a, x[2], x[3], T());
  }
}

// d [16, 8 * kTiles] += a times the transpose of rows 0 to 8 * kTiles - 1 of b, columns of chunk and the next.
template <typename T, int kTiles, int kColumns>
__device__ __forceinline__ void multiply_transposed(float (&d)[kTiles][4], const uint32_t (&a)[4],
                                                    SharedTile<kColumns> b, int chunk) {
#pragma unroll
  for (int j = 0; j < kTiles; j += 2) {
    uint32_t x[4];
    b.load_b_transposed(x, 8 * j, chunk);
    multiply(d[j], a, x[0], x[1], T());
    multiply(d[j + 1], a, x[2], x[3], T());
  }
}

template <int kTiles>
__device__ __forceinline__ void clear(float (&d)[kTiles][4]) {
#pragma unroll
  for (int j = 0; j < kTiles; ++j) fill(d[j], 0.0f);
}

// Stores x [16, 8 * kTiles], times factor.x in its upper 8 rows and factor.y in the lower, as far as `rows` and
// `columns` (a multiple of 4) go. Neighbouring lanes exchange halves, so that four of them store 32 bytes of a row.
template <typename T, int kTiles>
__device__ __forceinline__ void store_product(T* to, int64_t stride, const float (&x)[kTiles][4], float2 factor,
                                              int rows, int columns) {
  const int g = lane_number() / 4, t = lane_number() % 4, odd = t % 2;
#pragma unroll
  for (int half = 0; half < 2; ++half) {
    const int row = g + 8 * half;
    const float f = half == 0 ? factor.x : factor.y;
#pragma unroll
    for (int j = 0; j < kTiles; j += 2) {
      const uint32_t left = pack(make_float2(x[j][2 * half] * f, x[j][2 * half + 1] * f), T());
      const uint32_t right = pack(make_float2(x[j + 1][2 * half] * f, x[j + 1][2 * half + 1] * f), T());
      const uint32_t other = shuffle_xor(odd != 0 ? left : right, 1);
      const int column = 8 * (j + odd) + 2 * (t - odd);
      if (row < rows && column < columns) {
        detail::store_as<Cache::kKeep>(to + row * stride + column,
                                       odd != 0 ? make_uint2(other, right) : make_uint2(left, other));
      }
    }
  }
}

}  // namespace jb

#endif
