// Rows and elements picked by index, and means over segments; the contract is that of native/include/jaubert/index.h.
// Index is int32_t or int64_t. A kernel cannot refuse an index: of one outside, index_rows and take_along_rows make
// zeros, backward leaves it out, and all note it (common/index_error.cuh).
//
// jb_index_add_rows is the gradient of an embedding table: table_gradient of embedding/embedding.cuh, on sorted
// indices.
#ifndef JAUBERT_KERNELS_INDEX_INDEX_CUH
#define JAUBERT_KERNELS_INDEX_INDEX_CUH

#include "common/index_error.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kIndexThreads = 256, kSegmentThreads = 64;

// y [n, width] = x[index[i]], x [rows, width], of elements that are Bits: the launcher takes uint4 where rows are whole
// multiples of 16 bytes and sees `width` in those. Block kIndexThreads, any grid.
template <typename Bits, typename Index>
__global__ void __launch_bounds__(kIndexThreads)
    index_rows(Bits* y, const Bits* x, const Index* index, int64_t n, int64_t rows, int width, IndexErrors errors) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kIndexThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kIndexThreads + static_cast<int>(threadIdx.x); i < n * width;
       i += step) {
    const int64_t row = i / width, column = i - row * width, from = static_cast<int64_t>(index[row]);
    const bool is_inside = from >= 0 && from < rows;
    y[i] = is_inside ? x[from * width + column] : Bits{};
    if (!is_inside && column == 0) note(errors, IndexKind::kIndexRows, row, from, rows);
  }
}

// y [rows, n] = x[r, index[r, j]], x [rows, columns]. Block kIndexThreads, any grid.
template <typename Bits, typename Index>
__global__ void __launch_bounds__(kIndexThreads)
    take_along_rows(Bits* y, const Bits* x, const Index* index, int64_t rows, int64_t columns, int64_t n,
                    IndexErrors errors) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kIndexThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kIndexThreads + static_cast<int>(threadIdx.x); i < rows * n;
       i += step) {
    const int64_t from = static_cast<int64_t>(index[i]);
    const bool is_inside = from >= 0 && from < columns;
    y[i] = is_inside ? x[i / n * columns + from] : Bits{};
    if (!is_inside) note(errors, IndexKind::kTakeAlongRows, i, from, columns);
  }
}

// dx [rows, columns]: the sum over j with index[r, j] = c of dy[r, j], in order of j. A thread has a place of dx and
// looks at all indices of its row: n is small where this is used. Block kIndexThreads, any grid.
template <typename T, typename Index>
__global__ void __launch_bounds__(kIndexThreads)
    take_along_rows_backward(T* dx, const T* dy, const Index* index, int64_t rows, int64_t columns, int64_t n,
                             IndexErrors errors) {
  const int64_t step = static_cast<int64_t>(gridDim.x) * kIndexThreads;
  for (int64_t i = static_cast<int64_t>(blockIdx.x) * kIndexThreads + static_cast<int>(threadIdx.x); i < rows * columns;
       i += step) {
    const int64_t row = i / columns, column = i - row * columns;
    float sum = 0;
    for (int64_t j = row * n; j < (row + 1) * n; ++j) {
      const int64_t to = static_cast<int64_t>(index[j]);
      if (to == column) sum += to_float(dy[j]);
      if (column == 0 && (to < 0 || to >= columns)) note(errors, IndexKind::kTakeAlongRowsBackward, j, to, columns);
    }
    dx[i] = from_float<T>(sum);
  }
}

// y [sequences, width] = the mean of rows cu_seqlens[s] to cu_seqlens[s + 1] of x [tokens, width], 0 of none;
// cu_seqlens lies in device memory. Grid (sequences, width / (kSegmentThreads * kWidth) rounded up),
// also in z: first_column(). Block kSegmentThreads.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kSegmentThreads)
    segment_mean_forward(T* y, const T* x, const int32_t* cu_seqlens, int width) {
  const uint32_t c = first_column<kSegmentThreads, kWidth>();
  if (c >= static_cast<uint32_t>(width)) return;
  const int begin = cu_seqlens[blockIdx.x], end = cu_seqlens[blockIdx.x + 1];
  float sum[kWidth];
  fill(sum, 0.0f);
#pragma unroll 4
  for (int row = begin; row < end; ++row) {
    float v[kWidth];
    load<kWidth>(v, x + static_cast<int64_t>(row) * width + c);
#pragma unroll
    for (int i = 0; i < kWidth; ++i) sum[i] += v[i];
  }
  const float scale = end > begin ? 1.0f / static_cast<float>(end - begin) : 0.0f;
#pragma unroll
  for (int i = 0; i < kWidth; ++i) sum[i] *= scale;
  store<kWidth>(y + static_cast<int64_t>(blockIdx.x) * width + c, sum);
}

// dx [tokens, width] from dy [sequences, width]. Grid and block as in forward.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kSegmentThreads)
    segment_mean_backward(T* dx, const T* dy, const int32_t* cu_seqlens, int width) {
  const uint32_t c = first_column<kSegmentThreads, kWidth>();
  if (c >= static_cast<uint32_t>(width)) return;
  const int begin = cu_seqlens[blockIdx.x], end = cu_seqlens[blockIdx.x + 1];
  const float scale = end > begin ? 1.0f / static_cast<float>(end - begin) : 0.0f;
  float d[kWidth];
  load<kWidth>(d, dy + static_cast<int64_t>(blockIdx.x) * width + c);
#pragma unroll
  for (int i = 0; i < kWidth; ++i) d[i] *= scale;
  for (int row = begin; row < end; ++row) store<kWidth>(dx + static_cast<int64_t>(row) * width + c, d);
}

}  // namespace jb

#endif
