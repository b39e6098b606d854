// jb_linear_*: products, and what is fused around them by our kernels.
#include <algorithm>

#include "activation.h"
#include "context.h"
#include "functions.h"
#include "product.h"

namespace jb::cuda {
namespace {

// dz = dy * activation'(saved), and dbias its columns' sums; each may be null.
template <typename T>
void activation_backward(Context& c, jb_activation activation, T* dz, float* dbias, const T* dy, const T* saved,
                         int64_t rows, int width, bool add) {
  if (width == 0 || (dz == nullptr && dbias == nullptr)) return;
  int lines = 0;
  float* parts = nullptr;
  if (rows > 0) {
    with_width<T>({dz, dy, saved}, width, [&](auto vector) {
      Launch shape = by_columns(c, rows, width, vector);
      if (dbias != nullptr) {  // lines of 16 rows at least
        const unsigned needed = blocks(rows * width, int64_t{kActivationThreads} * vector);
        shape.grid.y = std::min(std::max(1u, std::min(needed, kMostLines) / shape.grid.x), blocks(rows, 16));
      }
      lines = static_cast<int>(shape.grid.y);
      if (dbias != nullptr) parts = c.take<float>(int64_t{lines} * width);
      JB_LAUNCH(c, (bias_activation_backward<T, vector>), shape, activation, dz, parts, dy, saved, rows, width);
    });
  }
  if (dbias != nullptr) add_up(c, ColumnSums{{dbias, nullptr, nullptr}, 1, add ? 1 : 0}, parts, lines, width);
}

}  // namespace

jb_status jb_linear_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, const jb_linear_args* args) {
  return run(ctx, [&](Context& c) {
    with_type("linear", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_linear_args& of = given("linear", args);
      const int64_t rows = of.rows, out = of.out, in = of.in;
      const int64_t results = checked_area("linear", rows, out);
      check_array("linear", "y", y, results);
      check_array("linear", "x", x, checked_area("linear", rows, in));
      check_array("linear", "weight", of.weight, checked_area("linear", out, in));
      const jb_activation activation = checked_activation("linear", of.activation);
      auto* to = as<T>(y);
      auto* z = of.preactivation == nullptr ? to : as<T>(of.preactivation);
      multiply("linear", c, Product<T, T>{false, true, rows, out, in, 1, as<T>(x), as<T>(of.weight), 0, z});
      if (results == 0 || (activation == JB_NO_ACTIVATION && of.bias == nullptr && z == to)) return;
      with_width<T>({to, z, of.bias}, out, [&](auto vector) {
        JB_LAUNCH(c, (bias_activation_forward<T, vector>), by_columns(c, rows, out, vector), activation, to,
                  z == to ? nullptr : z, z, as<float>(of.bias), rows, static_cast<int>(out));
      });
    });
  });
}

jb_status jb_linear_backward(jb_ctx ctx, jb_dtype dtype, jb_inout dx, jb_inout dweight, jb_inout dbias, jb_out scratch,
                             jb_in dy, jb_in x, const jb_linear_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "linear_backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_linear_args& of = given(name, args);
      check_linear_backward(dx, dweight, scratch, dy, x, of);
      const jb_activation activation = checked_activation(name, of.activation);
      const jb_activation x_activation = checked_activation(name, of.x_activation);
      const int64_t rows = of.rows, out = of.out, in = of.in, accumulate = of.accumulate;
      const int width = checked_int(name, "out", out), inputs = checked_int(name, "in", in);
      const T* dz = as<T>(dy);
      T* gradient = activation == JB_NO_ACTIVATION ? nullptr : as<T>(scratch);
      activation_backward<T>(c, activation, gradient, as<float>(dbias), dz,
                             activation == JB_NO_ACTIVATION ? nullptr : as<T>(of.preactivation), rows, width,
                             (accumulate & JB_ADD_TO_DBIAS) != 0);
      if (gradient != nullptr) dz = gradient;
      if (dx != nullptr) {
        const float keep = (accumulate & JB_ADD_TO_DX) != 0 ? 1 : 0;
        multiply(name, c, Product<T, T>{false, false, rows, in, out, 1, dz, as<T>(of.weight), keep, as<T>(dx)});
        if (x_activation != JB_NO_ACTIVATION) {
          activation_backward<T>(c, x_activation, as<T>(dx), nullptr, as<T>(dx), as<T>(of.x_preactivation), rows,
                                 inputs, false);
        }
      }
      if (dweight != nullptr) {
        const float keep = (accumulate & JB_ADD_TO_DWEIGHT) != 0 ? 1 : 0;
        const T* values = as<T>(x);
        if (x == nullptr && x_activation != JB_NO_ACTIVATION) {  // computed again, in the place of what it came from
          T* again = as<T>(of.x_preactivation);
          values = again;
          if (x_activation != JB_ACT_TANH && rows > 0 && in > 0) {  // of tanh that is the value
            with_width<T>({again}, in, [&](auto vector) {
              JB_LAUNCH(c, (bias_activation_forward<T, vector>), by_columns(c, rows, in, vector), x_activation, again,
                        static_cast<T*>(nullptr), again, static_cast<const float*>(nullptr), rows, inputs);
            });
          }
        }
        multiply(name, c, Product<T, float>{true, false, out, in, rows, 1, dz, values, keep, as<float>(dweight)});
      }
    });
  });
}

}  // namespace jb::cuda
