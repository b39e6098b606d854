// jb_binary_forward, jb_where_forward and jb_strided_copy.
#include "context.h"
#include "elementwise/strided.cuh"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {
namespace {

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
