// One value from two or three values, with broadcasting.
#include <cmath>
#include <limits>
#include <type_traits>

#include "jaubert/elementwise.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

// y[i] = op(a[i * a_stride], b[i * b_stride]). The cases that GCC turns into SIMD loops stand apart.
template <typename R, typename T, typename Op>
void binary_row(R* y, const T* a, int64_t a_stride, const T* b, int64_t b_stride, int64_t n, Op op) {
  if (a_stride == 1 && b_stride == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = op(a[i], b[i]);
  } else if (a_stride == 1 && b_stride == 0) {
    const T right = *b;
    for (int64_t i = 0; i < n; ++i) y[i] = op(a[i], right);
  } else if (a_stride == 0 && b_stride == 1) {
    const T left = *a;
    for (int64_t i = 0; i < n; ++i) y[i] = op(left, b[i]);
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = op(a[i * a_stride], b[i * b_stride]);
  }
}

// y = op(a, b) past the caches; op takes vectors.
template <typename Op>
void stream_row(float* y, const float* a, const float* b, int64_t n, Op op) {
  constexpr StreamedStores write;
  for_row_at(write, y, n,
             [&](int64_t c, auto lanes) { write(lanes, y + c, op(lanes.load(a + c), lanes.load(b + c))); });
  write.finish();
}

struct Operands {
  jb_ctx ctx;
  const Axes<3>& axes;  // of y, a and b
  void* y;
  const void* a;
  const void* b;
  int64_t cost = 1;

  template <typename R, typename T, typename Op>
  void run(Op op) const {
    auto* to = static_cast<R*>(y);
    const auto* left = static_cast<const T*>(a);
    const auto* right = static_cast<const T*>(b);
    if constexpr (std::is_same_v<T, float> && std::is_invocable_v<Op, vf, vf>) {
      const bool plain = axes.rank == 1 && axes.inner_stride(1) == 1 && axes.inner_stride(2) == 1;
      const bool in_place = to == left || to == right;
      if (plain && !in_place && axes.total >= kStreamedBytes / static_cast<int64_t>(sizeof(float))) {
        return parallel_for(ctx, axes.total, grain_for(axes.total, cost), [&](int64_t begin, int64_t end) {
          stream_row(to + begin, left + begin, right + begin, end - begin, op);
        });
      }
    }
    parallel_for(ctx, axes.total, grain_for(axes.total, cost), [&](int64_t begin, int64_t end) {
      axes.for_rows(begin, end, [&](const std::array<int64_t, 3>& at, int64_t n) {
        binary_row(to + at[0], left + at[1], axes.inner_stride(1), right + at[2], axes.inner_stride(2), n, op);
      });
    });
  }

  // Whether test holds for any element of b, seen before anything is written.
  template <typename T, typename Test>
  bool any_right(Test test) const {
    const auto* right = static_cast<const T*>(b);
    bool found = false;
    axes.for_rows(0, axes.total, [&](const std::array<int64_t, 3>& at, int64_t n) {
      for (int64_t i = 0; i < n; ++i) found |= test(right[at[2] + i * axes.inner_stride(2)]);
    });
    return found;
  }
};

template <typename T>
bool run_comparison(jb_binary_op op, const Operands& o) {
  const auto run = [&](auto compare) {
    o.run<uint8_t, T>([compare](T a, T b) { return static_cast<uint8_t>(compare(a, b)); });
    return true;
  };
  switch (op) {
    case JB_EQ:
      return run([](T a, T b) { return a == b; });
    case JB_NE:
      return run([](T a, T b) { return a != b; });
    case JB_LT:
      return run([](T a, T b) { return a < b; });
    case JB_LE:
      return run([](T a, T b) { return a <= b; });
    case JB_GT:
      return run([](T a, T b) { return a > b; });
    case JB_GE:
      return run([](T a, T b) { return a >= b; });
    default:
      return false;
  }
}

bool run_float(jb_binary_op op, Operands o) {
  switch (op) {
    case JB_ADD:
      return o.run<float, float>([](auto a, auto b) { return a + b; }), true;
    case JB_SUB:
      return o.run<float, float>([](auto a, auto b) { return a - b; }), true;
    case JB_MUL:
      return o.run<float, float>([](auto a, auto b) { return a * b; }), true;
    case JB_DIV:
      return o.run<float, float>([](auto a, auto b) { return a / b; }), true;
    case JB_POWER:
      o.cost = 64;
      return o.run<float, float>([](float a, float b) { return std::pow(flush(a), flush(b)); }), true;
    // A NaN wins, on either side.
    case JB_MAXIMUM:
      return o.run<float, float>([](float a, float b) { return flush((a > b) | (a != a) ? a : b); }), true;
    case JB_MINIMUM:
      return o.run<float, float>([](float a, float b) { return flush((a < b) | (a != a) ? a : b); }), true;
    default:
      return run_comparison<float>(op, o);
  }
}

template <typename T>
T integer_power(T base, T exponent) {
  using U = std::make_unsigned_t<T>;
  U result = 1, square = static_cast<U>(base);
  for (U rest = static_cast<U>(exponent); rest != 0; rest >>= 1) {
    if (rest & 1) result *= square;
    square *= square;
  }
  return static_cast<T>(result);
}

// Integers wrap around, as in Java.
template <typename T>
bool run_integer(jb_binary_op op, Operands o) {
  using U = std::make_unsigned_t<T>;
  const auto wrapping = [&](auto f) {
    o.run<T, T>([f](T a, T b) { return static_cast<T>(f(static_cast<U>(a), static_cast<U>(b))); });
    return true;
  };
  switch (op) {
    case JB_ADD:
      return wrapping([](U a, U b) { return a + b; });
    case JB_SUB:
      return wrapping([](U a, U b) { return a - b; });
    case JB_MUL:
      return wrapping([](U a, U b) { return a * b; });
    case JB_DIV:
      JB_CHECK(!o.any_right<T>([](T b) { return b == 0; }), "div: an integer is divided by 0");
      // The smallest integer over -1 does not fit and would trap.
      return o.run<T, T>([](T a, T b) { return b == -1 ? static_cast<T>(U{0} - static_cast<U>(a)) : a / b; }), true;
    case JB_POWER:
      JB_CHECK(!o.any_right<T>([](T b) { return b < 0; }), "power: an integer has a negative exponent");
      o.cost = 16;
      return o.run<T, T>(integer_power<T>), true;
    case JB_MAXIMUM:
      return o.run<T, T>([](T a, T b) { return a > b ? a : b; }), true;
    case JB_MINIMUM:
      return o.run<T, T>([](T a, T b) { return a < b ? a : b; }), true;
    default:
      return run_comparison<T>(op, o);
  }
}

bool run_bool(jb_binary_op op, const Operands& o) {
  using B = uint8_t;
  switch (op) {
    case JB_AND:
      return o.run<B, B>([](B a, B b) { return static_cast<B>((a != 0) & (b != 0)); }), true;
    case JB_OR:
      return o.run<B, B>([](B a, B b) { return static_cast<B>((a != 0) | (b != 0)); }), true;
    case JB_XOR:
      return o.run<B, B>([](B a, B b) { return static_cast<B>((a != 0) ^ (b != 0)); }), true;
    default:
      return run_comparison<B>(op, o);
  }
}

bool run_operation(jb_binary_op op, jb_dtype dtype, const Operands& o) {
  switch (dtype) {
    case JB_F32:
      return run_float(op, o);
    case JB_I32:
      return run_integer<int32_t>(op, o);
    case JB_I64:
      return run_integer<int64_t>(op, o);
    case JB_BOOL:
      return run_bool(op, o);
    default:
      return false;
  }
}

template <typename T>
void where_row(T* y, const uint8_t* condition, int64_t condition_stride, const T* a, int64_t a_stride, const T* b,
               int64_t b_stride, int64_t n) {
  if (condition_stride == 1 && a_stride == 1 && b_stride == 1) {
    for (int64_t i = 0; i < n; ++i) y[i] = condition[i] ? a[i] : b[i];
  } else {
    for (int64_t i = 0; i < n; ++i) y[i] = condition[i * condition_stride] ? a[i * a_stride] : b[i * b_stride];
  }
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_binary_forward)
(jb_ctx ctx, jb_binary_op op, jb_dtype dtype, jb_out y, jb_in a, jb_in b, int32_t rank, jb_axes shape,
 jb_axes a_strides, jb_axes b_strides) {
  return guard([&] {
    const char* name = checked_binary_name(op);
    Axes<3> axes = make_axes<3>(name, rank, shape, {nullptr, a_strides, b_strides});
    check_array(name, "y", y, axes.total);
    check_array(name, "a", a, axes.total);
    check_array(name, "b", b, axes.total);
    if (axes.total > 0) axes.merge();
    if (!run_operation(op, dtype, Operands{ctx, axes, y, a, b})) {
      fail(JB_INVALID_ARGUMENT, "{}: not defined for {}", name, dtype_name(dtype));
    }
  });
}

JB_KERNEL(jb_where_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in condition, jb_in a, jb_in b, int32_t rank, jb_axes shape,
 jb_axes condition_strides, jb_axes a_strides, jb_axes b_strides) {
  return guard([&] {
    Axes<4> axes = make_axes<4>("where", rank, shape, {nullptr, condition_strides, a_strides, b_strides});
    check_array("where", "y", y, axes.total);
    check_array("where", "condition", condition, axes.total);
    check_array("where", "a", a, axes.total);
    check_array("where", "b", b, axes.total);
    with_size_of("where", dtype, [&](auto zero) {
      using T = decltype(zero);
      if (axes.total == 0) return;
      axes.merge();
      auto* to = static_cast<T*>(y);
      const auto* test = static_cast<const uint8_t*>(condition);
      const auto* left = static_cast<const T*>(a);
      const auto* right = static_cast<const T*>(b);
      parallel_for(ctx, axes.total, grain_for(axes.total, 1), [&](int64_t begin, int64_t end) {
        axes.for_rows(begin, end, [&](const std::array<int64_t, 4>& at, int64_t n) {
          where_row(to + at[0], test + at[1], axes.inner_stride(1), left + at[2], axes.inner_stride(2), right + at[3],
                    axes.inner_stride(3), n);
        });
      });
    });
  });
}
