// jb_unary_*, jb_accumulate, jb_cast, jb_fill and jb_arange.
#include "context.h"
#include "elementwise/convert.cuh"
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

}  // namespace jb::cuda
