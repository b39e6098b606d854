// The linear layer: a product, and bias and activation on the tiles of it that are in the cache.
#include "jaubert/linear.h"

#include "gemm/multiply.h"
#include "pairwise_sums.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/simd_math.h"

namespace jb::JB_ISA {
namespace {

struct Identity {
  static vf value(vf x) { return x; }
  static vf derivative(vf) { return splat(1.0F); }
};

struct Gelu {
  static vf value(vf x) { return gelu(x); }
  static vf derivative(vf x) { return gelu_derivative(x); }
};

struct GeluTanh {
  static vf value(vf x) { return gelu_tanh(x); }
  static vf derivative(vf x) { return gelu_tanh_derivative(x); }
};

struct Relu {
  static vf value(vf x) { return max(vf{}, x); }
  static vf derivative(vf x) { return select(x > vf{}, splat(1.0F), vf{}); }
};

// Its derivative is that at y = tanh(x).
struct Tanh {
  static vf value(vf x) { return tanh(x); }
  static vf derivative(vf y) { return fnma(y, y, splat(1.0F)); }
};

template <typename Body>
void with_activation(jb_activation activation, Body&& body) {
  switch (activation) {
    case JB_ACT_GELU:
      return body(Gelu{});
    case JB_ACT_GELU_TANH:
      return body(GeluTanh{});
    case JB_ACT_RELU:
      return body(Relu{});
    case JB_ACT_TANH:
      return body(Tanh{});
    default:
      return body(Identity{});
  }
}

// What follows the product in forward, on one tile: z += bias, then y = activation(z). z may be y.
template <typename Activation>
struct BiasActivation {
  float* y;
  float* z;
  const float* bias;  // or null
  int64_t stride;

  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns) const {
    if constexpr (std::is_same_v<Activation, Identity>) {
      if (bias == nullptr && y == z) return;
    }
    for (int64_t r = first_row; r < first_row + rows; ++r) {
      float* z_row = z + r * stride + first_column;
      float* y_row = y + r * stride + first_column;
      const float* b = bias == nullptr ? nullptr : bias + first_column;
      int64_t i = 0;
      for (; i + kLanes <= columns; i += kLanes) {
        const vf sum = b == nullptr ? load(z_row + i) : load(z_row + i) + load(b + i);
        if (z != y) store(z_row + i, sum);
        store(y_row + i, Activation::value(sum));
      }
      if (i < columns) {
        const int64_t n = columns - i;
        const vf sum = b == nullptr ? load_partial(z_row + i, n) : load_partial(z_row + i, n) + load_partial(b + i, n);
        if (z != y) store_partial(z_row + i, sum, n);
        store_partial(y_row + i, Activation::value(sum), n);
      }
    }
  }
};

// dz = dy * activation'(saved), written on the way to the sum of its columns.
template <typename Activation>
struct ActivationGradient {
  float* dz;
  const float* dy;
  const float* saved;
  int64_t stride;

  struct Row {
    float* dz;
    const float* dy;
    const float* saved;
    vf full(int64_t i) const {
      const vf d = load(dy + i) * Activation::derivative(load(saved + i));
      store(dz + i, d);
      return d;
    }
    vf partial(int64_t i, int64_t n) const {
      const vf d = load_partial(dy + i, n) * Activation::derivative(load_partial(saved + i, n));
      store_partial(dz + i, d, n);
      return d;
    }
  };
  Row row(int64_t r, int64_t c) const {
    const int64_t at = r * stride + c;
    return {dz + at, dy + at, saved + at};
  }
};

// What follows the product in backward, on one tile of dx: the derivative of the activation that x came from. Where x
// was not kept, the activation's value too, in the place of what went into it: of GELU the two share nearly all work.
template <typename Activation, bool kRecompute>
struct TimesDerivative {
  float* dx;
  float* saved;
  int64_t stride;

  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns) const {
    for (int64_t r = first_row; r < first_row + rows; ++r) {
      float* d = dx + r * stride + first_column;
      float* s = saved + r * stride + first_column;
      for_row(columns, [&](int64_t i, auto lanes) {
        const vf before = lanes.load(s + i);
        lanes.store(d + i, lanes.load(d + i) * Activation::derivative(before));
        if constexpr (kRecompute) lanes.store(s + i, Activation::value(before));
      });
    }
  }
};

// The activation's value in the place of what went into it.
template <typename Activation>
void activate_in_place(jb_ctx ctx, float* x, int64_t n) {
  parallel_for(ctx, n, grain_for(n, 8), [&](int64_t begin, int64_t end) {
    for_row(end - begin,
            [&](int64_t i, auto lanes) { lanes.store(x + begin + i, Activation::value(lanes.load(x + begin + i))); });
  });
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_linear_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y_out, jb_in x, const jb_linear_args* args) {
  return guard([&] {
    check_cpu_type("linear", dtype);
    const jb_linear_args& of = given("linear", args);
    const int64_t rows = of.rows, out = of.out, in = of.in;
    const int64_t results = checked_area("linear", rows, out);
    check_array("linear", "y", y_out, results);
    check_array("linear", "x", x, checked_area("linear", rows, in));
    check_array("linear", "weight", of.weight, checked_area("linear", out, in));
    auto* y = static_cast<float*>(y_out);
    auto* z = of.preactivation == nullptr ? y : static_cast<float*>(of.preactivation);
    const gemm::Product product{
        false, true, rows, out, in, 1, static_cast<const float*>(x), static_cast<const float*>(of.weight), 0, z};
    with_activation(checked_activation("linear", of.activation), [&](auto chosen) {
      gemm::multiply(ctx, product, BiasActivation<decltype(chosen)>{y, z, static_cast<const float*>(of.bias), out});
    });
  });
}

JB_KERNEL(jb_linear_backward)
(jb_ctx ctx, jb_dtype dtype, jb_inout dx_inout, jb_inout dweight_inout, jb_inout dbias_inout, jb_out scratch,
 jb_in dy_in, jb_in x_in, const jb_linear_args* args) {
  return guard([&] {
    const char* name = "linear_backward";
    check_cpu_type(name, dtype);
    const jb_linear_args& of = given(name, args);
    check_linear_backward(dx_inout, dweight_inout, scratch, dy_in, x_in, of);
    const jb_activation activation = checked_activation(name, of.activation);
    const jb_activation x_activation = checked_activation(name, of.x_activation);
    const int64_t rows = of.rows, out = of.out, in = of.in, accumulate = of.accumulate;
    const int64_t inputs = rows * in;
    // Of tanh, x_preactivation is the value itself.
    const bool kept = x_activation == JB_NO_ACTIVATION || x_in != nullptr;
    const auto* x = static_cast<const float*>(kept ? x_in : of.x_preactivation);
    const bool recompute = dweight_inout != nullptr && !kept && x_activation != JB_ACT_TANH;
    const bool add_to_dx = (accumulate & JB_ADD_TO_DX) != 0;
    auto* dbias = static_cast<float*>(dbias_inout);
    const auto* dz = static_cast<const float*>(dy_in);
    with_activation(activation, [&](auto chosen) {
      using Activation = decltype(chosen);
      const bool add = (accumulate & JB_ADD_TO_DBIAS) != 0;
      if constexpr (!std::is_same_v<Activation, Identity>) {
        auto* to = static_cast<float*>(scratch);
        const ActivationGradient<Activation> gradient{to, dz, static_cast<const float*>(of.preactivation), out};
        pairwise_column_sums(ctx, dbias, gradient, rows, out, 1, add, 8);
        dz = to;
      } else if (dbias != nullptr) {
        pairwise_column_sums(ctx, dbias, MatrixRows{dz, out}, rows, out, 1, add, 1);
      }
    });
    auto* before_x = static_cast<float*>(of.x_preactivation);
    if (dx_inout != nullptr) {
      auto* dx = static_cast<float*>(dx_inout);
      const gemm::Product product{
          false, false, rows, in, out, 1, dz, static_cast<const float*>(of.weight), add_to_dx ? 1.0F : 0.0F, dx};
      with_activation(x_activation, [&](auto chosen) {
        using Activation = decltype(chosen);
        if constexpr (std::is_same_v<Activation, Identity>) {
          gemm::multiply(ctx, product);
        } else if (recompute) {
          gemm::multiply(ctx, product, TimesDerivative<Activation, true>{dx, before_x, in});
        } else {
          gemm::multiply(ctx, product, TimesDerivative<Activation, false>{dx, before_x, in});
        }
      });
    } else if (recompute) {
      with_activation(x_activation, [&](auto chosen) { activate_in_place<decltype(chosen)>(ctx, before_x, inputs); });
    }
    if (dweight_inout != nullptr) {
      const float keep = (accumulate & JB_ADD_TO_DWEIGHT) != 0 ? 1 : 0;
      gemm::multiply(ctx,
                     gemm::Product{true, false, out, in, rows, 1, dz, x, keep, static_cast<float*>(dweight_inout)});
    }
  });
}
