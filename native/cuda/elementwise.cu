// jb_unary_*, jb_accumulate, jb_cast, jb_fill and jb_arange; with strides jb_binary_forward, jb_where_forward and
// jb_strided_copy.
#include "context.h"
#include "elementwise/convert.cuh"
#include "elementwise/strided.cuh"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {
namespace {

void check_unary(const char* name, jb_unary_op op) {
  JB_CHECK(op >= JB_AFFINE && op <= JB_DIVIDE, "{}: {} is not an operation", name, op);
}

// body(a value of the type of dtype), whichever it is.
template <typename Body>
void with_element_type(const char* function, jb_dtype dtype, Body&& body) {
  switch (dtype) {
    case JB_F32:
      return body(float{});
    case JB_BF16:
      return body(bf16{});
    case JB_F16:
      return body(f16{});
    case JB_I32:
      return body(int32_t{});
    case JB_I64:
      return body(int64_t{});
    case JB_BOOL:
      return body(Flag{});
    default:
      fail(JB_INVALID_ARGUMENT, "{}: {} is not an element type", function, dtype);
  }
}

template <typename T>
constexpr bool kIs16Bits = std::is_same_v<T, bf16> || std::is_same_v<T, f16>;
template <typename To, typename From>
constexpr bool kToOrFrom16Bits = (std::is_same_v<To, float> && kIs16Bits<From>) ||
                                 (kIs16Bits<To> && std::is_same_v<From, float>);

// Axes as kernels take them, merged where memory allows.
template <int kOperands>
StridedAxes<kOperands> merged(Axes<kOperands> axes) {
  axes.merge();
  StridedAxes<kOperands> result{};
  result.total = axes.total;
  result.rank = axes.rank;
  for (int32_t axis = 0; axis < axes.rank; ++axis) {
    result.shape[axis] = axes.shape[axis];
    for (int k = 0; k < kOperands; ++k) result.strides[axis][k] = axes.strides[axis][k];
  }
  return result;
}

struct Binary {
  Context& ctx;
  jb_binary_op op;
  void* y;
  const void *a, *b;
  const StridedAxes<2>& axes;

  template <typename T>
  void arithmetic() const {
    JB_LAUNCH(ctx, binary_arithmetic<T>, over<kElementwiseThreads>(ctx, axes.total), op, as<T>(y), as<T>(a), as<T>(b),
              axes);
  }
  template <typename T>
  void comparison() const {
    JB_LAUNCH(ctx, binary_comparison<T>, over<kElementwiseThreads>(ctx, axes.total), op, as<uint8_t>(y), as<T>(a),
              as<T>(b), axes);
  }
  template <typename T>
  void number() const {
    op >= JB_EQ ? comparison<T>() : arithmetic<T>();
  }
};

bool is_defined(jb_binary_op op, jb_dtype dtype) {
  const bool number = dtype == JB_F32 || dtype == JB_I32 || dtype == JB_I64;
  return number ? op <= JB_GE : dtype == JB_BOOL && op >= JB_EQ;
}

}  // namespace

jb_status jb_unary_forward(jb_ctx ctx, jb_unary_op op, jb_out y, jb_in x, int64_t n, float alpha, float beta) {
  return run(ctx, [&](Context& c) {
    check_unary("unary", op);
    check_array("unary", "y", y, n);
    check_array("unary", "x", x, n);
    if (n == 0) return;
    with_width<float>({y, x}, [&](auto width) {
      JB_LAUNCH(c, (unary_forward<float, width>), over<kElementwiseThreads>(c, n, width), op, as<float>(y),
                as<float>(x), n, alpha, beta);
    });
  });
}

jb_status jb_unary_backward(jb_ctx ctx, jb_unary_op op, jb_out dx, jb_in dy, jb_in x, jb_in y, int64_t n, float alpha,
                            float beta) {
  return run(ctx, [&](Context& c) {
    const char* name = "unary_backward";
    check_unary(name, op);
    check_array(name, "dx", dx, n);
    check_array(name, "dy", dy, n);
    if (unary_gradient_reads_x(op)) check_array(name, "x", x, n);
    if (unary_gradient_reads_y(op)) check_array(name, "y", y, n);
    if (n == 0) return;
    with_width<float>({dx, dy, unary_gradient_reads_x(op) ? x : nullptr, unary_gradient_reads_y(op) ? y : nullptr},
                      [&](auto width) {
                        JB_LAUNCH(c, (unary_backward<float, width>), over<kElementwiseThreads>(c, n, width), op,
                                  as<float>(dx), as<float>(dy), as<float>(x), as<float>(y), n, alpha, beta);
                      });
  });
}

jb_status jb_accumulate(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in x, int64_t n, float alpha) {
  return run(ctx, [&](Context& c) {
    with_type("accumulate", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_array("accumulate", "y", y, n);
      check_array("accumulate", "x", x, n);
      if (n == 0) return;
      with_width<T>({y, x}, [&](auto width) {
        JB_LAUNCH(c, (accumulate<T, width>), over<kElementwiseThreads>(c, n, width), as<T>(y), as<T>(x), n, alpha);
      });
    });
  });
}

jb_status jb_cast(jb_ctx ctx, jb_out y, jb_dtype y_dtype, jb_in x, jb_dtype x_dtype, int64_t n) {
  return run(ctx, [&](Context& c) {
    check_array("cast", "y", y, n);
    check_array("cast", "x", x, n);
    with_element_type("cast", y_dtype, [&](auto y_zero) {
      with_element_type("cast", x_dtype, [&](auto x_zero) {
        using To = decltype(y_zero);
        using From = decltype(x_zero);
        if (n == 0) return;
        if constexpr (kToOrFrom16Bits<To, From>) {
          if (aligned({y, x})) {
            JB_LAUNCH(c, (cast_vectors<To, From>), over<kElementwiseThreads>(c, n, 8), as<To>(y), as<From>(x), n);
            return;
          }
        }
        JB_LAUNCH(c, (cast<To, From>), over<kElementwiseThreads>(c, n), as<To>(y), as<From>(x), n);
      });
    });
  });
}

jb_status jb_fill(jb_ctx ctx, jb_dtype dtype, jb_out y, int64_t n, double value) {
  return run(ctx, [&](Context& c) {
    check_array("fill", "y", y, n);
    with_element_type("fill", dtype, [&](auto zero) {
      using T = decltype(zero);
      if (n == 0) return;
      JB_LAUNCH(c, (fill_value<T>), over<kElementwiseThreads>(c, n), as<T>(y), n, value);
    });
  });
}

jb_status jb_arange(jb_ctx ctx, jb_dtype dtype, jb_out y, int64_t n, double start, double step) {
  return run(ctx, [&](Context& c) {
    check_array("arange", "y", y, n);
    with_element_type("arange", dtype, [&](auto zero) {
      using T = decltype(zero);
      if (n == 0) return;
      JB_LAUNCH(c, (arange<T>), over<kElementwiseThreads>(c, n), as<T>(y), n, start, step);
    });
  });
}

jb_status jb_binary_forward(jb_ctx ctx, jb_binary_op op, jb_dtype dtype, jb_out y, jb_in a, jb_in b, int32_t rank,
                            jb_axes shape, jb_axes a_strides, jb_axes b_strides) {
  return run(ctx, [&](Context& c) {
    const char* name = checked_binary_name(op);
    const Axes<2> axes = make_axes<2>(name, rank, shape, {a_strides, b_strides});
    check_array(name, "y", y, axes.total);
    check_array(name, "a", a, axes.total);
    check_array(name, "b", b, axes.total);
    JB_CHECK(is_defined(op, dtype), "{}: not defined for {}", name, dtype_name(dtype));
    if (axes.total == 0) return;
    const StridedAxes<2> walked = merged(axes);
    const Binary binary{c, op, y, a, b, walked};
    if (dtype == JB_F32) return binary.number<float>();
    if (dtype == JB_I32) return binary.number<int32_t>();
    if (dtype == JB_I64) return binary.number<int64_t>();
    op >= JB_AND ? binary.arithmetic<uint8_t>() : binary.comparison<uint8_t>();
  });
}

jb_status jb_where_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in condition, jb_in a, jb_in b, int32_t rank,
                           jb_axes shape, jb_axes condition_strides, jb_axes a_strides, jb_axes b_strides) {
  return run(ctx, [&](Context& c) {
    const Axes<3> axes = make_axes<3>("where", rank, shape, {condition_strides, a_strides, b_strides});
    check_array("where", "y", y, axes.total);
    check_array("where", "condition", condition, axes.total);
    check_array("where", "a", a, axes.total);
    check_array("where", "b", b, axes.total);
    with_size_of("where", dtype, [&](auto zero) {
      using Bits = decltype(zero);
      if (axes.total == 0) return;
      JB_LAUNCH(c, where_forward<Bits>, over<kElementwiseThreads>(c, axes.total), as<Bits>(y), as<uint8_t>(condition),
                as<Bits>(a), as<Bits>(b), merged(axes));
    });
  });
}

jb_status jb_strided_copy(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in x, int32_t rank, jb_axes shape,
                          jb_axes y_strides, jb_axes x_strides, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    Axes<2> axes = make_axes<2>("strided_copy", rank, shape, {y_strides, x_strides});
    check_array("strided_copy", "y", y, axes.total);
    check_array("strided_copy", "x", x, axes.total);
    check_destination("strided_copy", axes);
    JB_CHECK(accumulate == 0 || dtype == JB_F32, "strided_copy: accumulate is for float32, not {}", dtype_name(dtype));
    with_size_of("strided_copy", dtype, [&](auto zero) {
      using Bits = decltype(zero);
      if (axes.total == 0) return;
      axes.merge();
      axes.order_by(0);
      const Launch shape_of_grid = over<kElementwiseThreads>(c, axes.total);
      if (accumulate != 0) {
        JB_LAUNCH(c, strided_add<float>, shape_of_grid, as<float>(y), as<float>(x), merged(axes));
      } else {
        JB_LAUNCH(c, strided_copy<Bits>, shape_of_grid, as<Bits>(y), as<Bits>(x), merged(axes));
      }
    });
  });
}

}  // namespace jb::cuda
