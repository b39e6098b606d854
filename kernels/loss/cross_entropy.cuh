// Softmax cross-entropy with ignored labels, label smoothing and class weights; the contract is that of
// native/include/jaubert/loss.h, in three kernels: the rows' losses, their sum, and backward.
//
// logits [rows, classes] are T and begin `stride` elements apart (a vocabulary padded for the matrix product); all else
// is float32, sums over rows double. A kernel cannot refuse a label: one outside [0, classes) that is not ignored makes
// the loss NaN and the row's gradient too, which the optimizer then skips, and forward notes it
// (common/index_error.cuh). Bytes moved per logit: forward T, backward 2 T; so forward is one pass, with a running
// largest logit (Milakov and Gimelshein 2018).
#ifndef JAUBERT_KERNELS_LOSS_CROSS_ENTROPY_CUH
#define JAUBERT_KERNELS_LOSS_CROSS_ENTROPY_CUH

#include "common/index_error.cuh"
#include "common/reduce.cuh"
#include "common/vector.cuh"

namespace jb {

inline constexpr int kCrossEntropyThreads = 256, kLossSumThreads = 512;

// What a row's label says: whether it counts, and with which weight.
struct Labels {
  const int32_t* labels;
  const float* class_weights;  // [classes], or null: all 1
  int32_t ignore_index;
  int classes;

  __device__ __forceinline__ bool counts(int64_t row) const { return labels[row] != ignore_index; }
  // NaN for a label that is no class.
  __device__ __forceinline__ float weight(int64_t row) const {
    const int32_t label = labels[row];
    if (label < 0 || label >= classes) return __uint_as_float(0x7fc00000u);
    return of_class(label);
  }
  __device__ __forceinline__ float of_class(int c) const { return class_weights == nullptr ? 1.0f : class_weights[c]; }
};

// losses [rows], weighted and 0 where ignored, and lse [rows]. A block of kCrossEntropyThreads a row, any grid; kWidth
// is kVector<T> where every row begins at a multiple of 16 bytes (the end of a row need not), and 1 else.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kCrossEntropyThreads)
    cross_entropy_rows(float* losses, float* lse, const T* logits, Labels labels, int64_t rows, int64_t stride,
                       float label_smoothing, IndexErrors errors) {
  constexpr int kThreads = kCrossEntropyThreads;
  __shared__ float scratch[kThreads / kWarp];
  const int classes = labels.classes;
  const float lowest = Largest::neutral<float>();
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const T* const x = logits + row * stride;
    float largest = lowest, exponentials = 0, sum = 0, weights = 0;  // of smoothing, over the classes
    for (int c = static_cast<int>(threadIdx.x) * kWidth; c < classes; c += kThreads * kWidth) {
      float v[kWidth];
      const int count = min(classes - c, kWidth);
      if (count == kWidth) {
        load<kWidth>(v, x + c);
      } else {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) v[i] = i < count ? to_float(x[c + i]) : lowest;
      }
      float next = largest;
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        next = fmaxf(next, v[i]);
        if (label_smoothing > 0 && i < count) {
          sum += labels.of_class(c + i) * v[i];
          weights += labels.of_class(c + i);
        }
      }
      if (next != lowest) {
        exponentials *= expf(largest - next);
#pragma unroll
        for (int i = 0; i < kWidth; ++i) exponentials += expf(v[i] - next);
      } else {  // all are -inf so far, or NaN, which no maximum shows
#pragma unroll
        for (int i = 0; i < kWidth; ++i) exponentials += v[i] == lowest ? 0.0f : v[i];
      }
      largest = next;
    }
    const float row_largest = reduce_block<Largest, kThreads>(largest, scratch);
    const float shift = row_largest == lowest ? 0.0f : row_largest;
    exponentials = reduce_block<Sum, kThreads>(exponentials * expf(largest - shift), scratch);
    const float row_lse = shift + logf(exponentials);
    if (label_smoothing > 0) {
      sum = reduce_block<Sum, kThreads>(sum, scratch);
      weights = reduce_block<Sum, kThreads>(weights, scratch);
    }
    if (threadIdx.x == 0) {
      lse[row] = row_lse;
      float loss = 0;
      if (labels.counts(row)) {
        const float weight = labels.weight(row);
        const int32_t label = labels.labels[row];
        const bool is_class = label >= 0 && label < classes;
        const float own = is_class ? to_float(x[label]) : weight;
        if (!is_class) note(errors, IndexKind::kLabel, row, label, classes, labels.ignore_index);
        // -(1 - e) weight(label) log p(label) - e / classes * sum of weight(c) log p(c)
        loss = (1 - label_smoothing) * weight * (row_lse - own);
        if (label_smoothing > 0) loss += label_smoothing / static_cast<float>(classes) * (weights * row_lse - sum);
      }
      losses[row] = loss;
    }
  }
}

// loss [1] = sum of losses / total [1], where total is the normalizer if that is positive, else the sum of the weights
// of the rows that count, else 1. One block of kLossSumThreads.
template <int kThreads>
__global__ void __launch_bounds__(kThreads)
    cross_entropy_sum(float* loss, float* total, const float* losses, Labels labels, int64_t rows, float normalizer) {
  __shared__ double scratch[kThreads / kWarp];
  __shared__ int counts[kThreads / kWarp];
  double sum = 0, weights = 0;
  int count = 0;
  for (int64_t row = threadIdx.x; row < rows; row += kThreads) {
    if (!labels.counts(row)) continue;
    sum += static_cast<double>(losses[row]);
    weights += static_cast<double>(labels.weight(row));
    count = 1;
  }
  sum = reduce_block<Sum, kThreads>(sum, scratch);
  weights = reduce_block<Sum, kThreads>(weights, scratch);
  count = reduce_block<Sum, kThreads>(count, counts);
  if (threadIdx.x != 0) return;
  const double divisor = normalizer > 0 ? static_cast<double>(normalizer) : count > 0 ? weights : 1.0;
  loss[0] = count > 0 ? static_cast<float>(sum / divisor) : 0.0f;
  total[0] = static_cast<float>(divisor);
}

// dlogits [rows, classes], stride elements apart, times dloss [1]; may be the memory of logits. Columns from classes to
// padded are written as 0, for the matrix product that reads them. Grid, block and kWidth as for cross_entropy_rows;
// padded is at most stride. The 4 is for ptxas, as in elementwise/unary.cuh.
template <typename T, int kWidth>
__global__ void __launch_bounds__(kCrossEntropyThreads, 4)
    cross_entropy_backward(T* dlogits, const float* dloss, const T* logits, const float* lse, const float* total,
                           Labels labels, int64_t rows, int64_t stride, int padded, float label_smoothing) {
  __shared__ float scratch[kCrossEntropyThreads / kWarp];
  const int classes = labels.classes;
  const float per_weight = dloss[0] / total[0];
  const float spread = per_weight * label_smoothing / static_cast<float>(classes);
  float weights = static_cast<float>(classes);  // of all classes
  if (label_smoothing > 0 && labels.class_weights != nullptr) {
    weights = 0;
    for (int c = static_cast<int>(threadIdx.x); c < classes; c += kCrossEntropyThreads) weights += labels.of_class(c);
    weights = reduce_block<Sum, kCrossEntropyThreads>(weights, scratch);
  }
  for (int64_t row = blockIdx.x; row < rows; row += gridDim.x) {
    const bool counts = labels.counts(row);
    const int label = labels.labels[row];
    const float of_label = counts ? per_weight * labels.weight(row) * (1.0f - label_smoothing) : 0.0f;
    const float of_all = of_label + spread * weights, row_lse = lse[row];
    const T* const x = logits + row * stride;
    T* const to = dlogits + row * stride;
    for (int c = static_cast<int>(threadIdx.x) * kWidth; c < padded; c += kCrossEntropyThreads * kWidth) {
      float v[kWidth];
      const bool whole = c + kWidth <= classes;
      if (whole) {
        load<kWidth>(v, x + c);
      } else {
#pragma unroll
        for (int i = 0; i < kWidth; ++i) v[i] = c + i < classes ? to_float(x[c + i]) : 0.0f;
      }
#pragma unroll
      for (int i = 0; i < kWidth; ++i) {
        if (counts && c + i < classes) {
          float target = label_smoothing > 0 ? spread * labels.of_class(c + i) : 0.0f;
          if (c + i == label) target += of_label;
          v[i] = expf(v[i] - row_lse) * of_all - target;
        } else {
          v[i] = 0.0f;
        }
      }
      if (c + kWidth <= padded) {
        store<kWidth>(to + c, v);
      } else {
        for (int i = 0; i < kWidth; ++i) {
          if (c + i < padded) to[c + i] = from_float<T>(v[i]);
        }
      }
    }
  }
}

}  // namespace jb

#endif
