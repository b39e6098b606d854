// Checks of arguments that every device makes, so that all refuse the same in the same words.
#ifndef JAUBERT_CPU_SUPPORT_ARGUMENTS_H
#define JAUBERT_CPU_SUPPORT_ARGUMENTS_H

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdint>

#include "jaubert/attention.h"
#include "jaubert/embedding.h"
#include "jaubert/linear.h"
#include "jaubert/loss.h"
#include "jaubert/matmul.h"
#include "jaubert/optimizer.h"
#include "jaubert/reduce.h"
#include "support/dtype.h"
#include "support/sequences.h"
#include "support/strides.h"

namespace jb {

// The arguments of a call that stand in a struct.
template <typename Args>
const Args& given(const char* function, const Args* args) {
  JB_CHECK(args != nullptr, "{}: args is null", function);
  return *args;
}

// A field of such a struct that holds a float32.
inline float float32(double field) { return static_cast<float>(field); }

// Sizes of a matrix, whose product must be one too.
inline int64_t checked_area(const char* function, int64_t rows, int64_t columns) {
  int64_t area = 0;
  JB_CHECK(rows >= 0 && columns >= 0, "{}: a matrix of [{}, {}]", function, rows, columns);
  JB_CHECK(!__builtin_mul_overflow(rows, columns, &area), "{}: [{}, {}] has too many elements", function, rows,
           columns);
  return area;
}

[[noreturn, gnu::cold, gnu::noinline]] inline void refuse_cpu_type(const char* function, jb_dtype dtype) {
  check_dtype(function, dtype);
  fail(JB_UNSUPPORTED, "{}: {} is not computed on the CPU; float32 and bfloat16 are", function, dtype_name(dtype));
}
// Calls body with a value of the C++ type of the activations, on the CPU: float or BFloat16.
template <typename Body>
void with_cpu_type(const char* function, jb_dtype dtype, Body&& body) {
  if (dtype == JB_F32) return body(float{});
  if (dtype == JB_BF16) return body(BFloat16{});
  refuse_cpu_type(function, dtype);
}

// Of dropout.
inline void check_probability(const char* function, float p) {
  JB_CHECK(p >= 0 && p < 1, "{}: p is {}, not in [0, 1)", function, p);
}

// The least of the 16-bit numbers that a dropout mask keeps: p in units of 2^-16, rounded. It never drops all.
inline uint32_t mask_threshold(float p) {
  return std::min(static_cast<uint32_t>(static_cast<double>(p) * 65536 + 0.5), 65535u);
}

inline const char* checked_binary_name(jb_binary_op op) {
  constexpr const char* kNames[] = {"add", "sub", "mul", "div", "power", "maximum", "minimum", "eq",
                                    "ne",  "lt",  "le",  "gt",  "ge",    "and",     "or",      "xor"};
  JB_CHECK(op >= JB_ADD && op <= JB_XOR, "binary: {} is not an operation", op);
  return kNames[op];
}

struct ReduceShape {
  const char* name;
  int64_t results;
};

// Of x [outer, axis, inner] along the axis.
inline ReduceShape checked_reduce(jb_reduce_op op, const void* y, const void* x, int64_t outer, int64_t axis,
                                  int64_t inner) {
  constexpr const char* kNames[] = {"sum", "mean", "max", "min", "argmax", "argmin", "any", "all"};
  JB_CHECK(op >= JB_SUM && op <= JB_ALL, "reduce: {} is not an operation", op);
  const char* name = kNames[op];
  JB_CHECK(outer >= 0 && axis >= 0 && inner >= 0, "{}: sizes [{}, {}, {}]", name, outer, axis, inner);
  int64_t results = 0, elements = 0;
  JB_CHECK(!__builtin_mul_overflow(outer, inner, &results) && !__builtin_mul_overflow(results, axis, &elements),
           "{}: [{}, {}, {}] has too many elements", name, outer, axis, inner);
  check_array(name, "y", y, results);
  check_array(name, "x", x, elements);
  const bool has_empty_result = op == JB_SUM || op == JB_MEAN || op == JB_ANY || op == JB_ALL;
  JB_CHECK(axis > 0 || results == 0 || has_empty_result, "{}: the axis is empty", name);
  return {name, results};
}

struct MatmulAreas {
  int64_t a, c;
};

inline MatmulAreas checked_matmul(const void* c, const void* a, const void* b, const jb_matmul_args& of) {
  const int64_t m = of.m, n = of.n, k = of.k, batch = of.batch;
  JB_CHECK(m >= 0 && n >= 0 && k >= 0, "matmul: sizes m = {}, n = {}, k = {}", m, n, k);
  JB_CHECK(batch >= 0, "matmul: {} matrices", batch);
  const int64_t area_a = checked_area("matmul", m, k), area_c = checked_area("matmul", m, n);
  const int64_t area_b = checked_area("matmul", k, n);
  check_array("matmul", "a", a, batch > 0 ? area_a : 0);
  check_array("matmul", "b", b, batch > 0 ? area_b : 0);
  check_array("matmul", "c", c, batch > 0 ? area_c : 0);
  JB_CHECK(batch <= 1 || area_c == 0 || of.stride_c >= area_c || of.stride_c <= -area_c,
           "matmul: stride_c is {}, but each of the {} results has {} elements", of.stride_c, batch, area_c);
  return {area_a, area_c};
}

inline jb_activation checked_activation(const char* function, int64_t activation) {
  JB_CHECK(activation >= JB_NO_ACTIVATION && activation <= JB_ACT_TANH, "{}: {} is not an activation", function,
           activation);
  return static_cast<jb_activation>(activation);
}

// All but that activations are ones.
inline void check_linear_backward(const void* dx, const void* dweight, const void* scratch, const void* dy,
                                  const void* x, const jb_linear_args& of) {
  const char* name = "linear_backward";
  const int64_t results = checked_area(name, of.rows, of.out), weights = checked_area(name, of.out, of.in);
  const int64_t inputs = checked_area(name, of.rows, of.in);
  check_array(name, "dy", dy, results);
  if (dx != nullptr) check_array(name, "weight", of.weight, weights);
  if (dweight != nullptr && of.x_activation == JB_NO_ACTIVATION) check_array(name, "x", x, inputs);
  JB_CHECK((of.accumulate & ~(JB_ADD_TO_DWEIGHT | JB_ADD_TO_DBIAS | JB_ADD_TO_DX)) == 0, "{}: accumulate is {}", name,
           of.accumulate);
  if (of.activation != JB_NO_ACTIVATION) {
    check_array(name, "preactivation", of.preactivation, results);
    check_array(name, "scratch", scratch, results);
  }
  if (of.x_activation != JB_NO_ACTIVATION) {
    check_array(name, "x_preactivation", of.x_preactivation, inputs);
    JB_CHECK((of.accumulate & JB_ADD_TO_DX) == 0, "{}: the gradient of x_preactivation cannot be added to", name);
  }
}

// Of a normalisation over rows.
inline void check_rows(const char* function, int64_t rows, int64_t hidden) {
  JB_CHECK(rows >= 0 && hidden >= 1, "{}: x is [{}, {}]; a row needs an element", function, rows, hidden);
}

inline void check_embedding(const char* function, const jb_embedding_args& of) {
  JB_CHECK(of.tokens >= 0 && of.hidden >= 1, "{}: {} tokens of {} elements", function, of.tokens, of.hidden);
  check_probability(function, float32(of.p));
}

inline void check_cross_entropy(const char* function, const jb_cross_entropy_args& of) {
  JB_CHECK(of.rows >= 0 && of.classes >= 1, "{}: logits are [{}, {}]", function, of.rows, of.classes);
  JB_CHECK(of.label_smoothing >= 0 && of.label_smoothing <= 1, "{}: label smoothing {} is outside [0, 1]", function,
           float32(of.label_smoothing));
  JB_CHECK(of.normalizer >= 0 && std::isfinite(float32(of.normalizer)), "{}: the normalizer is {}", function,
           float32(of.normalizer));
}

inline void check_uniform(int64_t n, float low, float high) {
  JB_CHECK(n >= 0, "random uniform: n is {}", n);
  JB_CHECK(std::isfinite(low) && std::isfinite(high) && low <= high, "random uniform: no interval [{}, {})", low, high);
}

inline void check_normal(int64_t n, float deviation) {
  JB_CHECK(n >= 0, "random normal: n is {}", n);
  JB_CHECK(deviation >= 0, "random normal: the deviation is {}", deviation);
}

inline void check_optimizer_size(const char* function, int64_t tensor, int64_t size) {
  JB_CHECK(size >= 0, "{}: tensor {} has size {}", function, tensor, size);
}

inline void check_optimizer_step(const char* function, const jb_adam_args& of) {
  JB_CHECK(of.step >= 1, "{}: step is {}; it counts from 1", function, of.step);
  const float beta1 = float32(of.beta1), beta2 = float32(of.beta2), max_norm = float32(of.max_norm);
  JB_CHECK(beta1 >= 0 && beta1 < 1 && beta2 >= 0 && beta2 < 1, "{}: beta1 is {} and beta2 {}, not in [0, 1)", function,
           beta1, beta2);
  JB_CHECK(max_norm >= 0, "{}: max_norm is {}", function, max_norm);
  JB_CHECK(max_norm == 0 || of.norm != nullptr, "{}: max_norm is {}, but norm is null", function, max_norm);
}

struct AttentionLengths {
  int64_t tokens, longest;
};

inline constexpr int64_t kMaxHeadDim = 128;
inline constexpr int64_t kMostMaskedKeys = 262144;  // of a query, which a mask has room for

inline AttentionLengths checked_attention(const char* function, const int32_t* cu_seqlens,
                                          const jb_attention_args& of) {
  const int64_t tokens = check_sequences(function, cu_seqlens, of.sequences);
  JB_CHECK(of.heads >= 1, "{}: {} heads", function, of.heads);
  JB_CHECK(of.head_dim >= 1 && of.head_dim <= kMaxHeadDim, "{}: head_dim {} is outside [1, {}]", function, of.head_dim,
           kMaxHeadDim);
  check_probability(function, float32(of.p));
  int64_t longest = 0;
  for (int64_t s = 0; s < of.sequences; ++s) {
    longest = std::max<int64_t>(longest, cu_seqlens[s + 1] - cu_seqlens[s]);
    JB_CHECK(of.p == 0 || longest <= kMostMaskedKeys, "{}: sequence {} has {} tokens; with dropout the most is {}",
             function, s, longest, kMostMaskedKeys);
  }
  return {tokens, longest};
}

inline void check_rotary(int64_t tokens, int64_t heads, int64_t head_dim, float base) {
  JB_CHECK(tokens >= 0 && heads >= 1, "rotary: {} tokens, {} heads", tokens, heads);
  JB_CHECK(head_dim >= 2 && head_dim % 2 == 0, "rotary: head_dim {} is not even", head_dim);
  JB_CHECK(base > 0, "rotary: base is {}", base);
}

// No two elements of y may meet.
template <int Operands>
void check_destination(const char* function, const Axes<Operands>& axes) {
  for (int32_t axis = 0; axis < axes.rank && axes.total > 0; ++axis) {
    JB_CHECK(axes.shape[axis] == 1 || axes.strides[axis][0] != 0,
             "{}: axis {} of size {} has stride 0 in y, so its elements would meet", function, axis, axes.shape[axis]);
  }
}

}  // namespace jb

#endif
