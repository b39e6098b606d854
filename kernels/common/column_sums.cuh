// The second stage of gradients that are sums over rows (of gamma, beta, a bias).
//
// In the first, each block adds up its share of the rows, in an order of its own, into a line of parts [lines, outputs,
// width]; here the lines are added up in order. So no atomics are needed, and the bits depend on the shape and the
// number of blocks alone.
#ifndef JAUBERT_KERNELS_COMMON_COLUMN_SUMS_CUH
#define JAUBERT_KERNELS_COMMON_COLUMN_SUMS_CUH

#include "common/device.cuh"

namespace jb {

inline constexpr int kColumnSumColumns = 32, kColumnSumLines = 16;  // the block's threads

// Up to three sums at once, each [width] or null; those whose bit is set in accumulate are added to what is there.
struct ColumnSums {
  float* out[3];
  int outputs, accumulate;
};

// Grid (width / kColumnSumColumns rounded up, outputs), block (kColumnSumColumns, kLines). lines may be 0.
template <int kLines>
__global__ void __launch_bounds__(kColumnSumColumns* kLines)
    column_sums(ColumnSums sums, const float* __restrict__ parts, int lines, int width) {
  __shared__ float partial[kLines][kColumnSumColumns];
  const int which = static_cast<int>(blockIdx.y), row = static_cast<int>(threadIdx.y);
  const int column = static_cast<int>(blockIdx.x) * kColumnSumColumns + static_cast<int>(threadIdx.x);
  float* const out = sums.out[which];
  if (out == nullptr) return;  // of all threads at once
  float sum = 0;
  if (column < width) {
    for (int line = row; line < lines; line += kLines) {
      sum += parts[(static_cast<int64_t>(line) * sums.outputs + which) * width + column];
    }
  }
  partial[row][threadIdx.x] = sum;
  __syncthreads();
  if (row != 0 || column >= width) return;
  for (int r = 1; r < kLines; ++r) sum += partial[r][threadIdx.x];
  out[column] = (sums.accumulate >> which & 1) != 0 ? out[column] + sum : sum;
}

}  // namespace jb

#endif
