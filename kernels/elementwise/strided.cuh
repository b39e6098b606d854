// Operations over tensors with strides, which broadcast where a stride is 0: jb_binary_forward, jb_where_forward and
// jb_strided_copy of native/include/jaubert/elementwise.h. y of the first two is contiguous.
//
// The launcher merges axes as native/cpu/support/strides.h does, so most calls arrive with one or two.
#ifndef JAUBERT_KERNELS_ELEMENTWISE_STRIDED_CUH
#define JAUBERT_KERNELS_ELEMENTWISE_STRIDED_CUH

#include <type_traits>

#include "elementwise/unary.cuh"

namespace jb {

// Axes of kOperands tensors that are walked together, the last the innermost; total elements, at least one axis.
template <int kOperands>
struct StridedAxes {
  int64_t total;
  int rank;
  int64_t shape[JB_MAX_RANK];
  int64_t strides[JB_MAX_RANK][kOperands];

  // Where element i of each operand lies.
  __device__ __forceinline__ void place(int64_t (&at)[kOperands], int64_t i) const {
#pragma unroll
    for (int k = 0; k < kOperands; ++k) at[k] = 0;
    if (total <= 0x7fffffff) {
      add_places<uint32_t>(at, static_cast<uint32_t>(i));
    } else {
      add_places<uint64_t>(at, static_cast<uint64_t>(i));
    }
  }

 private:
  // Division by 32 bits is several times as fast as by 64.
  template <typename U>
  __device__ __forceinline__ void add_places(int64_t (&at)[kOperands], U rest) const {
    for (int axis = rank - 1; axis > 0; --axis) {
      const U size = static_cast<U>(shape[axis]), quotient = rest / size;
      const int64_t index = static_cast<int64_t>(rest - quotient * size);
#pragma unroll
      for (int k = 0; k < kOperands; ++k) at[k] += index * strides[axis][k];
      rest = quotient;
    }
#pragma unroll
    for (int k = 0; k < kOperands; ++k) at[k] += static_cast<int64_t>(rest) * strides[0][k];
  }
};

// How values of a type are seen by an operation.
template <typename T>
struct Seen {
  using Type = T;
};
template <>
struct Seen<bf16> {
  using Type = float;
};

template <typename T>
__device__ __forceinline__ typename Seen<T>::Type see(T x) {
  return x;
}
template <>
__device__ __forceinline__ float see<bf16>(bf16 x) {
  return to_float(x);
}

template <typename V>
__device__ __forceinline__ bool compare(jb_binary_op op, V a, V b) {
  switch (op) {
    case JB_EQ:
      return a == b;
    case JB_NE:
      return a != b;
    case JB_LT:
      return a < b;
    case JB_LE:
      return a <= b;
    case JB_GT:
      return a > b;
    default:  // JB_GE
      return a >= b;
  }
}

// The larger, or with kSmaller the smaller; a NaN wins.
template <bool kSmaller, typename V>
__device__ __forceinline__ V extreme(V a, V b) {
  if (a != a) return a;
  if (b != b) return b;
  return (kSmaller ? b < a : a < b) ? b : a;
}

__device__ __forceinline__ float arithmetic(jb_binary_op op, float a, float b) {
  switch (op) {
    case JB_ADD:
      return a + b;
    case JB_SUB:
      return a - b;
    case JB_MUL:
      return a * b;
    case JB_DIV:
      return a / b;
    case JB_POWER:
      return powf(flush(a), flush(b));
    case JB_MAXIMUM:
      return flush(extreme<false>(a, b));
    default:  // JB_MINIMUM
      return flush(extreme<true>(a, b));
  }
}

// Integers wrap around, as in Java. Where the CPU refuses a call, a division by 0 and a negative exponent, gives 0.
template <typename I>
__device__ __forceinline__ I arithmetic(jb_binary_op op, I a, I b) {
  using U = std::make_unsigned_t<I>;
  const U ua = static_cast<U>(a), ub = static_cast<U>(b);
  switch (op) {
    case JB_ADD:
      return static_cast<I>(ua + ub);
    case JB_SUB:
      return static_cast<I>(ua - ub);
    case JB_MUL:
      return static_cast<I>(ua * ub);
    case JB_DIV:
      return b == 0 ? 0 : b == -1 ? static_cast<I>(U{0} - ua) : a / b;
    case JB_POWER: {
      U result = b < 0 ? 0 : 1, square = ua;
      for (U rest = ub; rest != 0; rest >>= 1) {
        if ((rest & 1) != 0) result *= square;
        square *= square;
      }
      return static_cast<I>(result);
    }
    case JB_MAXIMUM:
      return a < b ? b : a;
    default:  // JB_MINIMUM
      return b < a ? b : a;
  }
}

// Of JB_BOOL: JB_AND, JB_OR, JB_XOR.
__device__ __forceinline__ uint8_t arithmetic(jb_binary_op op, uint8_t a, uint8_t b) {
  const bool p = a != 0, q = b != 0;
  return (op == JB_AND ? p && q : op == JB_OR ? p || q : p != q) ? 1 : 0;
}

// y = op(a, b) for an operation whose result has the type of a and b; the strides are those of a and b.
template <typename T>
__global__ void __launch_bounds__(kElementwiseThreads)
    binary_arithmetic(jb_binary_op op, T* y, const T* a, const T* b, StridedAxes<2> axes) {
  for_vectors<1>(axes.total, [&](int64_t i, bool) {
    int64_t at[2];
    axes.place(at, i);
    if constexpr (std::is_same_v<T, bf16>) {
      y[i] = from_float<T>(arithmetic(op, to_float(a[at[0]]), to_float(b[at[1]])));
    } else {
      y[i] = arithmetic(op, a[at[0]], b[at[1]]);
    }
  });
}

// y = op(a, b) for JB_EQ to JB_GE.
template <typename T>
__global__ void __launch_bounds__(kElementwiseThreads)
    binary_comparison(jb_binary_op op, uint8_t* y, const T* a, const T* b, StridedAxes<2> axes) {
  for_vectors<1>(axes.total, [&](int64_t i, bool) {
    int64_t at[2];
    axes.place(at, i);
    y[i] = compare(op, see(a[at[0]]), see(b[at[1]])) ? 1 : 0;
  });
}

// y = condition ? a : b, for any type by the size of its elements; the strides are those of condition, a and b.
template <typename Bits>
__global__ void __launch_bounds__(kElementwiseThreads)
    where_forward(Bits* y, const uint8_t* condition, const Bits* a, const Bits* b, StridedAxes<3> axes) {
  for_vectors<1>(axes.total, [&](int64_t i, bool) {
    int64_t at[3];
    axes.place(at, i);
    y[i] = condition[at[0]] != 0 ? a[at[1]] : b[at[2]];
  });
}

// y[place] = x[place], for any type by the size of its elements; the strides are those of y and x. No two elements may
// meet in one place of y.
template <typename Bits>
__global__ void __launch_bounds__(kElementwiseThreads) strided_copy(Bits* y, const Bits* x, StridedAxes<2> axes) {
  for_vectors<1>(axes.total, [&](int64_t i, bool) {
    int64_t at[2];
    axes.place(at, i);
    y[at[0]] = x[at[1]];
  });
}

// y[place] += x[place].
template <typename T>
__global__ void __launch_bounds__(kElementwiseThreads) strided_add(T* y, const T* x, StridedAxes<2> axes) {
  for_vectors<1>(axes.total, [&](int64_t i, bool) {
    int64_t at[2];
    axes.place(at, i);
    y[at[0]] = from_float<T>(to_float(y[at[0]]) + to_float(x[at[1]]));
  });
}

}  // namespace jb

#endif
