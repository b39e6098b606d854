// Copies between tensors with strides: permute, expand, slice, concat and their gradients.
#include <algorithm>
#include <cstdlib>
#include <cstring>

#include "jaubert/elementwise.h"
#include "support/arguments.h"
#include "support/kernel.h"
#include "support/parallel.h"

namespace jb::JB_ISA {
namespace {

constexpr int64_t kTile = 16;  // of a transposition: a cache line of floats each way

struct Assign {
  template <typename T>
  void operator()(T& y, T x) const {
    y = x;
  }
};

struct Add {
  void operator()(float& y, float x) const { y += x; }
};

template <typename T, typename Store>
void copy_row(T* y, int64_t y_stride, const T* x, int64_t x_stride, int64_t n, Store store) {
  if (y_stride == 1 && x_stride == 1) {
    if constexpr (std::is_same_v<Store, Assign>) {
      std::memcpy(y, x, static_cast<size_t>(n) * sizeof(T));
    } else {
      for (int64_t i = 0; i < n; ++i) store(y[i], x[i]);
    }
  } else if (y_stride == 1) {
    for (int64_t i = 0; i < n; ++i) store(y[i], x[i * x_stride]);
  } else {
    for (int64_t i = 0; i < n; ++i) store(y[i * y_stride], x[i * x_stride]);
  }
}

// The axis along which x is contiguous, if it is not the innermost one and both are long enough for tiles to pay; or
// -1.
int32_t transposed_axis(const Axes<2>& axes) {
  if (axes.inner_stride(1) == 1 || axes.inner_size() < kTile) return -1;
  for (int32_t axis = 0; axis < axes.rank - 1; ++axis) {
    if (axes.strides[axis][1] == 1 && axes.shape[axis] >= kTile) return axis;
  }
  return -1;
}

// Walks the two axes in square tiles (x has step 1 along `turned`), so that the cache lines of both sides are used up
// while they are there.
template <typename T, typename Store>
void copy_transposed(jb_ctx ctx, T* y, const T* x, const Axes<2>& axes, int32_t turned, Store store) {
  const int32_t inner = axes.rank - 1;
  const int64_t rows = axes.shape[turned];
  const int64_t columns = axes.shape[inner];
  const int64_t y_row = axes.strides[turned][0];
  const auto [y_column, x_column] = axes.strides[inner];
  Axes<2> outer = axes;
  outer.shape[turned] = chunk_count(rows, kTile);
  outer.strides[turned] = {y_row * kTile, kTile};
  // The inner axis is walked whole by the body.
  outer.shape[inner] = 1;
  outer.total = axes.total / rows / columns * outer.shape[turned];
  parallel_for(ctx, outer.total, grain_for(outer.total, 4 * kTile * columns), [&](int64_t begin, int64_t end) {
    for (int64_t item = begin; item < end; ++item) {
      int64_t rest = item, y_at = 0, x_at = 0, tile = 0;
      for (int32_t axis = inner - 1; axis >= 0; --axis) {
        const int64_t index = rest % outer.shape[axis];
        rest /= outer.shape[axis];
        if (axis == turned) tile = index;
        y_at += index * outer.strides[axis][0];
        x_at += index * outer.strides[axis][1];
      }
      const int64_t height = std::min(kTile, rows - tile * kTile);
      for (int64_t first = 0; first < columns; first += kTile) {
        const int64_t width = std::min(kTile, columns - first);
        // By way of a tile of our own: where the step of x is a power of two, its lines would push each other out.
        T lines[kTile][kTile];
        const T* from = x + x_at + first * x_column;
        for (int64_t c = 0; c < width; ++c) std::memcpy(lines[c], from + c * x_column, sizeof(T) * height);
        for (int64_t r = 0; r < height; ++r) {
          T* to = y + y_at + r * y_row + first * y_column;
          for (int64_t c = 0; c < width; ++c) store(to[c * y_column], lines[c][r]);
        }
      }
    }
  });
}

template <typename T, typename Store>
void copy_strided(jb_ctx ctx, T* y, const T* x, Axes<2> axes, Store store) {
  if (axes.total == 0) return;
  axes.merge();
  axes.order_by(0);
  const int32_t turned = transposed_axis(axes);
  if (turned >= 0) return copy_transposed(ctx, y, x, axes, turned, store);
  parallel_for(ctx, axes.total, grain_for(axes.total, 1), [&](int64_t begin, int64_t end) {
    axes.for_rows(begin, end, [&](const std::array<int64_t, 2>& at, int64_t n) {
      copy_row(y + at[0], axes.inner_stride(0), x + at[1], axes.inner_stride(1), n, store);
    });
  });
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_strided_copy)
(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in x, int32_t rank, const int64_t* shape, const int64_t* y_strides,
 const int64_t* x_strides, int32_t accumulate) {
  return guard([&] {
    const Axes<2> axes = make_axes<2>("strided_copy", rank, shape, {y_strides, x_strides});
    check_array("strided_copy", "y", y, axes.total);
    check_array("strided_copy", "x", x, axes.total);
    check_destination("strided_copy", axes);
    if (accumulate != 0) {
      JB_CHECK(dtype == JB_F32, "strided_copy: accumulate is for float32, not {}", dtype_name(dtype));
      return copy_strided(ctx, static_cast<float*>(y), static_cast<const float*>(x), axes, Add{});
    }
    with_size_of("strided_copy", dtype, [&](auto zero) {
      using T = decltype(zero);
      copy_strided(ctx, static_cast<T*>(y), static_cast<const T*>(x), axes, Assign{});
    });
  });
}
