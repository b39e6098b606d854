// Reductions over the middle axis of x [outer, axis, inner] to y [outer, inner]: jb_reduce_forward of
// native/include/jaubert/reduce.h, for float, bf16, int32_t, int64_t and, of JB_ANY and JB_ALL, JB_BOOL.
//
// A block of 32 columns of `inner` by 8 lines walks down the axis, each line every 8th element, and the lines' results
// are combined in order. Where inner is 1 the launcher takes the whole block for the axis (kColumns = 1). Few results
// of a long axis would leave most of the GPU idle: the launcher then cuts the axis into parts, each of them a block's,
// and a second kernel combines the parts' results in order. Where it is cut depends on shapes alone, so that the order
// of a sum, and its bits, are the same on every GPU.
#ifndef JAUBERT_KERNELS_REDUCE_REDUCE_CUH
#define JAUBERT_KERNELS_REDUCE_REDUCE_CUH

#include <type_traits>

#include "common/vector.cuh"
#include "jaubert/reduce.h"

namespace jb {

inline constexpr int kReduceThreads = 256;

// What values of a type are reduced as. Integers of 32 bits are added as such, and wrap around.
template <typename T>
struct Reduced {
  using Type = T;
};
template <>
struct Reduced<bf16> {
  using Type = float;
};

template <typename T>
__device__ __forceinline__ typename Reduced<T>::Type reduced(T x) {
  if constexpr (std::is_same_v<T, bf16>) {
    return to_float(x);
  } else {
    return x;
  }
}

// A value and, of JB_ARGMAX and JB_ARGMIN, its place on the axis; place -1: none yet.
template <typename V>
struct Candidate {
  V value;
  int64_t place;
};

template <typename V>
__device__ __forceinline__ V wrapping_sum(V a, V b) {
  if constexpr (std::is_integral_v<V>) {
    using U = std::make_unsigned_t<V>;
    return static_cast<V>(static_cast<U>(a) + static_cast<U>(b));
  } else {
    return a + b;
  }
}

// a and b in the order of their places, where it matters: of equal ones the first stays, and the first NaN wins.
template <typename V>
__device__ __forceinline__ Candidate<V> combine(jb_reduce_op op, Candidate<V> a, Candidate<V> b) {
  if (a.place < 0) return b;
  if (b.place < 0) return a;
  switch (op) {
    case JB_SUM:
    case JB_MEAN:
      return {wrapping_sum(a.value, b.value), a.place};
    case JB_ANY:
      return {static_cast<V>(a.value != V{} || b.value != V{} ? 1 : 0), a.place};
    case JB_ALL:
      return {static_cast<V>(a.value != V{} && b.value != V{} ? 1 : 0), a.place};
    default: {
      const bool a_nan = a.value != a.value, b_nan = b.value != b.value;
      const bool equal = (a_nan && b_nan) || a.value == b.value;
      const bool larger = op == JB_MAX || op == JB_ARGMAX;
      const bool b_wins =
          equal ? b.place < a.place : !a_nan && (b_nan || (larger ? b.value > a.value : b.value < a.value));
      return b_wins ? b : a;
    }
  }
}

// What source(k) gives for k in [begin, end), combined by the block's threads of this column; for line 0 of them. All
// threads take part, those without a column as well.
template <int kColumns, typename V, typename Source>
__device__ __forceinline__ Candidate<V> reduce_lines(jb_reduce_op op, int64_t begin, int64_t end, bool has_column,
                                                     Source&& source) {
  constexpr int kLines = kReduceThreads / kColumns;
  __shared__ V values[kLines][kColumns];
  __shared__ int64_t places[kLines][kColumns];
  const int column = static_cast<int>(threadIdx.x), line = static_cast<int>(threadIdx.y);
  Candidate<V> best = {V{}, -1};
  if (has_column) {
#pragma unroll 2  // more in flight would be spilled
    for (int64_t k = begin + line; k < end; k += kLines) best = combine(op, best, source(k));
  }
  values[line][column] = best.value;
  places[line][column] = best.place;
  __syncthreads();
  for (int lines = kLines / 2; lines > 0; lines /= 2) {
    if (line < lines) {
      best = combine(op, best, Candidate<V>{values[line + lines][column], places[line + lines][column]});
      values[line][column] = best.value;
      places[line][column] = best.place;
    }
    __syncthreads();
  }
  return best;
}

// Element k of the axis that begins at x.
template <typename V, typename T>
__device__ __forceinline__ Candidate<V> candidate(jb_reduce_op op, const T* x, int64_t k, int64_t inner) {
  V value = reduced(x[k * inner]);
  if (op == JB_ANY || op == JB_ALL) value = value != V{} ? V(1) : V{};
  return {value, k};
}

template <typename Y, typename T, typename V>
__device__ __forceinline__ Y reduced_result(jb_reduce_op op, Candidate<V> best, int64_t axis) {
  if constexpr (std::is_same_v<Y, int64_t> && !std::is_same_v<T, int64_t>) {
    return best.place;
  } else if constexpr (std::is_same_v<Y, int64_t>) {
    return op == JB_ARGMAX || op == JB_ARGMIN ? best.place : best.value;
  } else if constexpr (std::is_integral_v<V>) {
    return op == JB_ALL && axis == 0 ? static_cast<Y>(1) : best.value;
  } else {
    const float value = static_cast<float>(best.value);
    return from_float<Y>(op == JB_MEAN ? value / static_cast<float>(axis) : flush(value));
  }
}

// y is int64_t of JB_ARGMAX and JB_ARGMIN, and else T. An empty axis gives 0 of a sum, NaN of a mean, 0 of JB_ANY and 1
// of JB_ALL; of the others the launcher refuses it. Grid (columns of inner / kColumns rounded up, any), block
// (kColumns, kReduceThreads / kColumns).
template <typename T, typename Y, int kColumns>
__global__ void __launch_bounds__(kReduceThreads)
    reduce_axis(jb_reduce_op op, Y* y, const T* x, int64_t outer, int64_t axis, int64_t inner) {
  using V = typename Reduced<T>::Type;
  const int64_t c = static_cast<int64_t>(blockIdx.x) * kColumns + static_cast<int>(threadIdx.x);
  for (int64_t o = blockIdx.y; o < outer; o += gridDim.y) {
    const T* const from = x + o * axis * inner + c;
    const Candidate<V> best =
        reduce_lines<kColumns, V>(op, 0, axis, c < inner, [&](int64_t k) { return candidate<V>(op, from, k, inner); });
    if (threadIdx.y == 0 && c < inner) y[o * inner + c] = reduced_result<Y, T>(op, best, axis);
  }
}

// The first of two stages: values and places [outer, parts, inner] of each `part` elements of the axis. Grid (columns
// of inner / kColumns rounded up, parts, outer), block as above.
template <typename T, int kColumns>
__global__ void __launch_bounds__(kReduceThreads)
    reduce_parts(jb_reduce_op op, typename Reduced<T>::Type* values, int64_t* places, const T* x, int64_t axis,
                 int64_t inner, int64_t part) {
  using V = typename Reduced<T>::Type;
  const int64_t c = static_cast<int64_t>(blockIdx.x) * kColumns + static_cast<int>(threadIdx.x);
  const int64_t begin = static_cast<int64_t>(blockIdx.y) * part, end = min(begin + part, axis);
  const T* const from = x + static_cast<int64_t>(blockIdx.z) * axis * inner + c;
  const Candidate<V> best =
      reduce_lines<kColumns, V>(op, begin, end, c < inner, [&](int64_t k) { return candidate<V>(op, from, k, inner); });
  if (threadIdx.y != 0 || c >= inner) return;
  const int64_t to = (static_cast<int64_t>(blockIdx.z) * gridDim.y + blockIdx.y) * inner + c;
  values[to] = best.value;
  places[to] = best.place;
}

// The second: y from those. Grid (inner, outer), block (1, kReduceThreads).
template <typename T, typename Y>
__global__ void __launch_bounds__(kReduceThreads)
    reduce_combine(jb_reduce_op op, Y* y, const typename Reduced<T>::Type* values, const int64_t* places, int parts,
                   int64_t axis) {
  using V = typename Reduced<T>::Type;
  const int64_t inner = gridDim.x, c = blockIdx.x, o = blockIdx.y;
  const Candidate<V> best = reduce_lines<1, V>(op, 0, parts, true, [&](int64_t k) {
    const int64_t from = (o * parts + k) * inner + c;
    return Candidate<V>{values[from], places[from]};
  });
  if (threadIdx.y == 0) y[o * inner + c] = reduced_result<Y, T>(op, best, axis);
}

}  // namespace jb

#endif
