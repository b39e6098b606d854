// The linear layer: a product, and bias and activation on the tiles of it that are in the cache.
#include "jaubert/linear.h"

#include "gemm/multiply.h"
#include "gemm/pairs.h"
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

// What follows the product in forward, on one tile: z = sums + bias, then y = activation(z). With float32 the sums lie
// in z, which may be y. y comes from what is kept of z, so that backward can compute it again.
template <typename Activation, typename T>
struct BiasActivation {
  T* y;
  T* z;               // or null, with bfloat16
  const float* bias;  // or null
  int64_t stride;

  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns) const {
    if constexpr (std::is_same_v<Activation, Identity>) {
      if (bias == nullptr && y == z) return;
    }
    (*this)(first_row, rows, first_column, columns, z + first_row * stride + first_column, stride);
  }

  template <typename Sum>
  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns, const Sum* sums,
                  int64_t sum_stride) const {
    const float* b = bias == nullptr ? nullptr : bias + first_column;
    for (int64_t r = 0; r < rows; ++r) {
      const int64_t at = (first_row + r) * stride + first_column;
      const Sum* from = sums + r * sum_stride;
      for_row(columns, [&](int64_t i, auto lanes) {
        const vf sum = b == nullptr ? lanes.load(from + i) : lanes.load(from + i) + lanes.load(b + i);
        if (z != y && z != nullptr) lanes.store(z + at + i, sum);
        if constexpr (std::is_same_v<Activation, Identity>) {
          lanes.store(y + at + i, sum);
        } else {
          lanes.store(y + at + i, Activation::value(rounded_to<T>(sum)));
        }
      });
    }
  }
};

// dz = dy * activation'(saved), written on the way to the sum of its columns.
template <typename Activation, typename T>
struct ActivationGradient {
  T* dz;
  const T* dy;
  const T* saved;
  int64_t stride;

  struct Row {
    T* dz;
    const T* dy;
    const T* saved;
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
template <typename Activation, bool kRecompute, typename T>
struct TimesDerivative {
  T* dx;  // with float32 the sums lie here
  T* saved;
  int64_t stride;

  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns) const {
    (*this)(first_row, rows, first_column, columns, dx + first_row * stride + first_column, stride);
  }

  template <typename Sum>
  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns, const Sum* sums,
                  int64_t sum_stride) const {
    for (int64_t r = 0; r < rows; ++r) {
      T* d = dx + (first_row + r) * stride + first_column;
      T* s = saved + (first_row + r) * stride + first_column;
      const Sum* from = sums + r * sum_stride;
      for_row(columns, [&](int64_t i, auto lanes) {
        const vf before = lanes.load(s + i);
        lanes.store(d + i, lanes.load(from + i) * Activation::derivative(before));
        if constexpr (kRecompute) lanes.store(s + i, Activation::value(before));
      });
    }
  }
};

// The sums of a product of bfloat16 matrices to c, added to what is there if `add`.
template <typename T>
struct Result {
  T* c;
  int64_t stride;
  bool add;

  void operator()(int64_t first_row, int64_t rows, int64_t first_column, int64_t columns, const float* sums,
                  int64_t sum_stride) const {
    for (int64_t r = 0; r < rows; ++r) {
      T* to = c + (first_row + r) * stride + first_column;
      const float* from = sums + r * sum_stride;
      for_row(columns, [&](int64_t i, auto lanes) {
        lanes.store(to + i, add ? lanes.load(to + i) + lanes.load(from + i) : lanes.load(from + i));
      });
    }
  }
};

// The activation's value in the place of what went into it.
template <typename Activation, typename T>
void activate_in_place(jb_ctx ctx, T* x, int64_t n) {
  parallel_for(ctx, n, grain_for(n, 8), [&](int64_t begin, int64_t end) {
    for_row(end - begin,
            [&](int64_t i, auto lanes) { lanes.store(x + begin + i, Activation::value(lanes.load(x + begin + i))); });
  });
}

// ---- The three products of each type --------------------------------------------------------------------------------

template <typename Finish>
void multiply_forward(jb_ctx ctx, const float* x, const jb_linear_args& of, const Finish& finish) {
  const gemm::Product product{false, true, of.rows, of.out, of.in, 1, x, floats(of.weight), 0, finish.z};
  gemm::multiply(ctx, product, finish);
}

template <typename Finish>
void multiply_forward(jb_ctx ctx, const BFloat16* x, const jb_linear_args& of, const Finish& finish) {
  const auto* weight = elements<BFloat16>(of.weight);
  gemm::multiply(ctx, gemm::PairProduct{false, true, of.rows, of.out, of.in, x, weight}, finish);
}

// dx without an activation.
void input_gradient(jb_ctx ctx, float* dx, bool add, const float* dz, const jb_linear_args& of) {
  const gemm::Product product{false, false, of.rows, of.in, of.out, 1, dz, floats(of.weight), add ? 1.0F : 0.0F, dx};
  gemm::multiply(ctx, product);
}

void input_gradient(jb_ctx ctx, BFloat16* dx, bool add, const BFloat16* dz, const jb_linear_args& of) {
  const auto* weight = elements<BFloat16>(of.weight);
  gemm::multiply(ctx, gemm::PairProduct{false, false, of.rows, of.in, of.out, dz, weight},
                 Result<BFloat16>{dx, of.in, add});
}

template <typename Finish>
void input_gradient(jb_ctx ctx, const float* dz, const jb_linear_args& of, const Finish& finish) {
  const gemm::Product product{false, false, of.rows, of.in, of.out, 1, dz, floats(of.weight), 0, finish.dx};
  gemm::multiply(ctx, product, finish);
}

template <typename Finish>
void input_gradient(jb_ctx ctx, const BFloat16* dz, const jb_linear_args& of, const Finish& finish) {
  const auto* weight = elements<BFloat16>(of.weight);
  gemm::multiply(ctx, gemm::PairProduct{false, false, of.rows, of.in, of.out, dz, weight}, finish);
}

void weight_gradient(jb_ctx ctx, float* dweight, bool add, const float* dz, const float* x, const jb_linear_args& of) {
  gemm::multiply(ctx, gemm::Product{true, false, of.out, of.in, of.rows, 1, dz, x, add ? 1.0F : 0.0F, dweight});
}

void weight_gradient(jb_ctx ctx, float* dweight, bool add, const BFloat16* dz, const BFloat16* x,
                     const jb_linear_args& of) {
  // Of a long batch so many rows at a time that their packed copies stay in the caches.
  constexpr int64_t kRows = 4096;
  int64_t first = 0;
  do {
    const int64_t rows = std::min(kRows, of.rows - first);
    const gemm::PairProduct product{true, false, of.out, of.in, rows, dz + first * of.out, x + first * of.in};
    gemm::multiply(ctx, product, Result<float>{dweight, of.in, add || first > 0});
    first += kRows;
  } while (first < of.rows);
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_linear_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y_out, jb_in x, const jb_linear_args* args) {
  return guard([&] {
    with_cpu_type("linear", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_linear_args& of = given("linear", args);
      const int64_t rows = of.rows, out = of.out, in = of.in;
      const int64_t results = checked_area("linear", rows, out);
      check_array("linear", "y", y_out, results);
      check_array("linear", "x", x, checked_area("linear", rows, in));
      check_array("linear", "weight", of.weight, checked_area("linear", out, in));
      auto* y = elements<T>(y_out);
      auto* z = elements<T>(of.preactivation);
      if (std::is_same_v<T, float> && z == nullptr) z = y;
      with_activation(checked_activation("linear", of.activation), [&](auto chosen) {
        multiply_forward(ctx, elements<T>(x), of, BiasActivation<decltype(chosen), T>{y, z, floats(of.bias), out});
      });
    });
  });
}

JB_KERNEL(jb_linear_backward)
(jb_ctx ctx, jb_dtype dtype, jb_inout dx_inout, jb_inout dweight, jb_inout dbias, jb_out scratch, jb_in dy_in,
 jb_in x_in, const jb_linear_args* args) {
  return guard([&] {
    const char* name = "linear_backward";
    with_cpu_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_linear_args& of = given(name, args);
      check_linear_backward(dx_inout, dweight, scratch, dy_in, x_in, of);
      const jb_activation activation = checked_activation(name, of.activation);
      const jb_activation x_activation = checked_activation(name, of.x_activation);
      const int64_t rows = of.rows, out = of.out, in = of.in, accumulate = of.accumulate;
      // Of tanh, x_preactivation is the value itself.
      const bool kept = x_activation == JB_NO_ACTIVATION || x_in != nullptr;
      const auto* x = elements<T>(kept ? x_in : of.x_preactivation);
      const bool recompute = dweight != nullptr && !kept && x_activation != JB_ACT_TANH;
      const auto* dz = elements<T>(dy_in);
      with_activation(activation, [&](auto chosen) {
        using Activation = decltype(chosen);
        const bool add = (accumulate & JB_ADD_TO_DBIAS) != 0;
        if constexpr (!std::is_same_v<Activation, Identity>) {
          auto* to = elements<T>(scratch);
          const ActivationGradient<Activation, T> gradient{to, dz, elements<T>(of.preactivation), out};
          pairwise_column_sums(ctx, floats(dbias), gradient, rows, out, 1, add, 8);
          dz = to;
        } else if (dbias != nullptr) {
          pairwise_column_sums(ctx, floats(dbias), MatrixRows<T>{dz, out}, rows, out, 1, add, 1);
        }
      });
      auto* before_x = elements<T>(of.x_preactivation);
      if (dx_inout != nullptr) {
        auto* dx = elements<T>(dx_inout);
        with_activation(x_activation, [&](auto chosen) {
          using Activation = decltype(chosen);
          if constexpr (std::is_same_v<Activation, Identity>) {
            input_gradient(ctx, dx, (accumulate & JB_ADD_TO_DX) != 0, dz, of);
          } else if (recompute) {
            input_gradient(ctx, dz, of, TimesDerivative<Activation, true, T>{dx, before_x, in});
          } else {
            input_gradient(ctx, dz, of, TimesDerivative<Activation, false, T>{dx, before_x, in});
          }
        });
      } else if (recompute) {
        with_activation(x_activation,
                        [&](auto chosen) { activate_in_place<decltype(chosen)>(ctx, before_x, rows * in); });
      }
      if (dweight != nullptr) {
        weight_gradient(ctx, floats(dweight), (accumulate & JB_ADD_TO_DWEIGHT) != 0, dz, x, of);
      }
    });
  });
}
