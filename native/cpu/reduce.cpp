// Reductions along the middle axis of [outer, axis, inner].
#include "jaubert/reduce.h"

#include <limits>
#include <type_traits>

#include "pairwise_sums.h"
#include "support/arguments.h"
#include "support/kernel.h"

namespace jb::JB_ISA {
namespace {

struct Shape {
  int64_t outer, axis, inner;
  int64_t results() const { return outer * inner; }
};

// ---- Sums -----------------------------------------------------------------------------------------------------------

constexpr int64_t kPart = 128 * kSumBlock;  // of a long row, for one body of parallel_for

void sum_float(jb_ctx ctx, float* y, const float* x, Shape s, float scale) {
  if (s.inner == 1) {
    const int64_t parts = std::max<int64_t>(1, chunk_count(s.axis, kPart));
    Scratch scratch;
    float* partial = scratch.take<float>(s.outer * parts);
    const int64_t grain = grain_for(s.outer * parts, std::min(s.axis, kPart) / 2 + 8);
    parallel_for(ctx, s.outer * parts, grain, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t start = item % parts * kPart;
        partial[item] = pairwise_sum(x + item / parts * s.axis + start, std::min(kPart, s.axis - start));
      }
    });
    for (int64_t o = 0; o < s.outer; ++o) y[o] = scale * pairwise_sum(partial + o * parts, parts);
  } else if (s.outer == 1) {
    pairwise_column_sums(ctx, y, MatrixRows{x, s.inner}, s.axis, s.inner, scale, false, 1);
  } else {
    const int64_t blocks = chunk_count(s.inner, kPartColumns);
    const int64_t grain = grain_for(s.outer * blocks, s.axis * std::min(s.inner, kPartColumns));
    parallel_for(ctx, s.outer * blocks, grain, [&](int64_t begin, int64_t end) {
      for (int64_t item = begin; item < end; ++item) {
        const int64_t o = item / blocks, column = item % blocks * kPartColumns;
        const int64_t n = std::min(kPartColumns, s.inner - column);
        float* to = y + o * s.inner + column;
        pairwise_row_sum(MatrixRows{x + o * s.axis * s.inner, s.inner}, 0, s.axis, column, n, to);
        for (int64_t i = 0; i < n; ++i) to[i] *= scale;
      }
    });
  }
}

// ---- Everything else: a fold from the first element to the last
// -------------------------------------------------------

// y[o, i] = the fold of x[o, :, i]: `first` of an element and its position, then `next` of result, element and
// position.
template <typename R, typename T, typename First, typename Next>
void fold(jb_ctx ctx, R* y, const T* x, Shape s, First first, Next next) {
  if (s.inner == 1) {
    parallel_for(ctx, s.outer, grain_for(s.outer, s.axis), [&](int64_t begin, int64_t end) {
      for (int64_t o = begin; o < end; ++o) {
        const T* row = x + o * s.axis;
        auto result = first(row[0], 0);
        for (int64_t a = 1; a < s.axis; ++a) result = next(result, row[a], a);
        y[o] = static_cast<R>(result.value());
      }
    });
    return;
  }
  // Neighbouring results side by side, so that memory is read in order.
  constexpr int64_t kColumns = 64;
  using State = decltype(first(T{}, 0));
  const int64_t blocks = chunk_count(s.inner, kColumns);
  const int64_t grain = grain_for(s.outer * blocks, s.axis * std::min(s.inner, kColumns));
  parallel_for(ctx, s.outer * blocks, grain, [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      const int64_t o = item / blocks, column = item % blocks * kColumns;
      const int64_t n = std::min(kColumns, s.inner - column);
      const T* from = x + o * s.axis * s.inner + column;
      State states[kColumns];
      for (int64_t i = 0; i < n; ++i) states[i] = first(from[i], 0);
      for (int64_t a = 1; a < s.axis; ++a) {
        for (int64_t i = 0; i < n; ++i) states[i] = next(states[i], from[a * s.inner + i], a);
      }
      for (int64_t i = 0; i < n; ++i) y[o * s.inner + column + i] = static_cast<R>(states[i].value());
    }
  });
}

template <typename T>
struct Value {
  T x;
  T value() const {
    if constexpr (std::is_same_v<T, float>) return flush(x);
    return x;
  }
};

template <typename T>
struct Place {
  T x;
  int64_t index;
  int64_t value() const { return index; }
};

// Whether a takes the place of b, the best before it. A NaN beats every number, and the first one stays.
template <bool kLargest, typename T>
JB_INLINE bool beats(T a, T b) {
  const bool better = kLargest ? a > b : a < b;
  if constexpr (std::is_floating_point_v<T>) return (better | (a != a)) & (b == b);
  return better;
}

template <bool kLargest, typename T>
void extreme(jb_ctx ctx, void* y, const T* x, Shape s) {
  fold(
      ctx, static_cast<T*>(y), x, s, [](T v, int64_t) { return Value<T>{v}; },
      [](Value<T> best, T v, int64_t) { return Value<T>{beats<kLargest>(v, best.x) ? v : best.x}; });
}

template <bool kLargest, typename T>
void extreme_place(jb_ctx ctx, void* y, const T* x, Shape s) {
  fold(
      ctx, static_cast<int64_t*>(y), x, s,
      [](T v, int64_t at) {
        return Place<T>{v, at};
      },
      [](Place<T> best, T v, int64_t at) {
        return beats<kLargest>(v, best.x) ? Place<T>{v, at} : best;
      });
}

// Rows of floats by vectors: order does not matter to a maximum, but a NaN has to be looked for.
template <bool kLargest>
void extreme_of_rows(jb_ctx ctx, float* y, const float* x, Shape s) {
  const auto better = [](vf a, vf b) { return kLargest ? max(a, b) : min(a, b); };
  parallel_for(ctx, s.outer, grain_for(s.outer, s.axis / 2 + 8), [&](int64_t begin, int64_t end) {
    for (int64_t o = begin; o < end; ++o) {
      const float* row = x + o * s.axis;
      vf best = splat(row[0]), nan{};
      int64_t i = 0;
      for (; i + kLanes <= s.axis; i += kLanes) {
        const vf v = load(row + i);
        best = better(best, v);
        nan += v * 0.0F;  // NaN for NaN, and for infinity, which is looked at again
      }
      if (i < s.axis) {
        const vf v = load_partial(row + i, s.axis - i, row[0]);
        best = better(best, v);
        nan += v * 0.0F;
      }
      float result = best[0];
      for (int lane = 1; lane < kLanes; ++lane) result = beats<kLargest>(best[lane], result) ? best[lane] : result;
      if (const float any = sum(nan); any != any) [[unlikely]] {
        result = row[0];
        for (int64_t a = 1; a < s.axis; ++a) result = beats<kLargest>(row[a], result) ? row[a] : result;
      }
      y[o] = flush(result);
    }
  });
}

// ---- By element type ------------------------------------------------------------------------------------------------

bool reduce_float(jb_ctx ctx, jb_reduce_op op, void* y, const float* x, Shape s) {
  auto* to = static_cast<float*>(y);
  switch (op) {
    case JB_SUM:
      return sum_float(ctx, to, x, s, 1), true;
    case JB_MEAN:
      // The mean of nothing is NaN, 0 / 0.
      return sum_float(ctx, to, x, s,
                       s.axis > 0 ? 1 / static_cast<float>(s.axis) : std::numeric_limits<float>::quiet_NaN()),
             true;
    case JB_MAX:
      return s.inner == 1 ? extreme_of_rows<true>(ctx, to, x, s) : extreme<true>(ctx, y, x, s), true;
    case JB_MIN:
      return s.inner == 1 ? extreme_of_rows<false>(ctx, to, x, s) : extreme<false>(ctx, y, x, s), true;
    case JB_ARGMAX:
      return extreme_place<true>(ctx, y, x, s), true;
    case JB_ARGMIN:
      return extreme_place<false>(ctx, y, x, s), true;
    default:
      return false;
  }
}

template <typename T>
bool reduce_integer(jb_ctx ctx, jb_reduce_op op, void* y, const T* x, Shape s) {
  using U = std::make_unsigned_t<T>;
  switch (op) {
    case JB_SUM:
      if (s.axis == 0) return std::fill_n(static_cast<T*>(y), s.results(), T{0}), true;
      return fold(
                 ctx, static_cast<U*>(y), reinterpret_cast<const U*>(x), s, [](U v, int64_t) { return Value<U>{v}; },
                 [](Value<U> total, U v, int64_t) { return Value<U>{total.x + v}; }),
             true;
    case JB_MAX:
      return extreme<true>(ctx, y, x, s), true;
    case JB_MIN:
      return extreme<false>(ctx, y, x, s), true;
    case JB_ARGMAX:
      return extreme_place<true>(ctx, y, x, s), true;
    case JB_ARGMIN:
      return extreme_place<false>(ctx, y, x, s), true;
    default:
      return false;
  }
}

bool reduce_bool(jb_ctx ctx, jb_reduce_op op, void* y, const uint8_t* x, Shape s) {
  using B = uint8_t;
  if (op != JB_ANY && op != JB_ALL) return false;
  auto* to = static_cast<B*>(y);
  if (s.axis == 0) return std::fill_n(to, s.results(), static_cast<B>(op == JB_ALL)), true;
  const auto first = [](B v, int64_t) { return Value<B>{static_cast<B>(v != 0)}; };
  if (op == JB_ANY) {
    fold(ctx, to, x, s, first, [](Value<B> any, B v, int64_t) { return Value<B>{static_cast<B>(any.x | (v != 0))}; });
  } else {
    fold(ctx, to, x, s, first, [](Value<B> all, B v, int64_t) { return Value<B>{static_cast<B>(all.x & (v != 0))}; });
  }
  return true;
}

bool reduce(jb_ctx ctx, jb_reduce_op op, jb_dtype dtype, void* y, const void* x, Shape s) {
  switch (dtype) {
    case JB_F32:
      return reduce_float(ctx, op, y, static_cast<const float*>(x), s);
    case JB_I32:
      return reduce_integer(ctx, op, y, static_cast<const int32_t*>(x), s);
    case JB_I64:
      return reduce_integer(ctx, op, y, static_cast<const int64_t*>(x), s);
    case JB_BOOL:
      return reduce_bool(ctx, op, y, static_cast<const uint8_t*>(x), s);
    default:
      return false;
  }
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_reduce_forward)
(jb_ctx ctx, jb_reduce_op op, jb_dtype dtype, jb_out y, jb_in x, int64_t outer, int64_t axis, int64_t inner) {
  return guard([&] {
    const auto [name, results] = checked_reduce(op, y, x, outer, axis, inner);
    if (results == 0) outer = 0;  // nothing to do, but an unknown element type is refused all the same
    if (!reduce(ctx, op, dtype, y, x, {outer, axis, inner})) {
      fail(JB_INVALID_ARGUMENT, "{}: not defined for {}", name, dtype_name(dtype));
    }
  });
}
