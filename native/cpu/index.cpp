// Rows and elements picked by index, and means over segments. Every index is looked at before anything is written.
#include "jaubert/index.h"

#include <cstring>

#include "support/arguments.h"
#include "support/index_words.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/sequences.h"

namespace jb::JB_ISA {
namespace {

// Calls body with the indices as int32_t* or int64_t*, after checking that all n of them lie in [0, rows).
template <typename Body>
void with_index(const char* function, jb_in index, jb_dtype index_dtype, int64_t n, int64_t rows, Body&& body) {
  check_array(function, "index", index, n);
  JB_CHECK(index_dtype == JB_I32 || index_dtype == JB_I64, "{}: an index is int32 or int64, not {}", function,
           dtype_name(index_dtype));
  const auto run = [&](const auto* indices) {
    bool outside = false;
    for (int64_t i = 0; i < n; ++i) outside |= (indices[i] < 0) | (indices[i] >= rows);
    if (outside) [[unlikely]] {
      int64_t i = 0;
      while (indices[i] >= 0 && indices[i] < rows) ++i;
      fail(JB_INVALID_ARGUMENT, words_of_index(function, i, indices[i], rows));
    }
    body(indices);
  };
  if (index_dtype == JB_I32) {
    run(static_cast<const int32_t*>(index));
  } else {
    run(static_cast<const int64_t*>(index));
  }
}

void clear(jb_ctx ctx, float* y, int64_t n) {
  parallel_for(ctx, n, grain_for(n, 1),
               [&](int64_t begin, int64_t end) { std::memset(y + begin, 0, (end - begin) * sizeof(float)); });
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_index_rows)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype, int64_t n, int64_t rows,
 int64_t width) {
  return guard([&] {
    check_array("index_rows", "y", y, checked_area("index_rows", n, width));
    check_array("index_rows", "x", x, checked_area("index_rows", rows, width));
    with_size_of("index_rows", dtype, [&](auto zero) {
      const int64_t bytes = width * static_cast<int64_t>(sizeof(zero));
      with_index("index_rows", index, index_dtype, n, rows, [&](const auto* indices) {
        auto* to = static_cast<std::byte*>(y);
        const auto* from = static_cast<const std::byte*>(x);
        parallel_for(ctx, bytes > 0 ? n : 0, grain_for(n, bytes / 4 + 8), [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) {
            std::memcpy(to + i * bytes, from + indices[i] * bytes, static_cast<size_t>(bytes));
          }
        });
      });
    });
  });
}

JB_KERNEL(jb_index_add_rows)
(jb_ctx ctx, jb_dtype dtype, jb_inout y_inout, jb_in dy_in, jb_in index, jb_dtype index_dtype, int64_t n, int64_t rows,
 int64_t width, int32_t accumulate) {
  return guard([&] {
    with_cpu_type("index_add_rows", dtype, [&](auto zero) {
      using T = decltype(zero);
      const int64_t area = checked_area("index_add_rows", rows, width);
      check_array("index_add_rows", "y", y_inout, area);
      check_array("index_add_rows", "dy", dy_in, checked_area("index_add_rows", n, width));
      with_index("index_add_rows", index, index_dtype, n, rows, [&](const auto* indices) {
        auto* y = static_cast<float*>(y_inout);
        const auto* dy = elements<T>(dy_in);
        if (accumulate == 0) clear(ctx, y, area);
        // Two rows may go to the same place, so it is columns that are shared out: each sum keeps the order of i.
        constexpr int64_t kColumns = 64;
        const int64_t grain = std::max(kColumns, grain_for(width, n) / kColumns * kColumns);
        parallel_for(ctx, width, grain, [&](int64_t begin, int64_t end) {
          for (int64_t i = 0; i < n; ++i) {
            float* to = y + indices[i] * width + begin;
            const T* from = dy + i * width + begin;
            for_row(end - begin,
                    [&](int64_t j, auto lanes) { lanes.store(to + j, lanes.load(to + j) + lanes.load(from + j)); });
          }
        });
      });
    });
  });
}

JB_KERNEL(jb_take_along_rows)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype, int64_t rows, int64_t columns,
 int64_t n) {
  return guard([&] {
    const int64_t picked = checked_area("take_along_rows", rows, n);
    check_array("take_along_rows", "y", y, picked);
    check_array("take_along_rows", "x", x, checked_area("take_along_rows", rows, columns));
    with_size_of("take_along_rows", dtype, [&](auto zero) {
      with_index("take_along_rows", index, index_dtype, picked, columns, [&](const auto* indices) {
        auto* to = static_cast<decltype(zero)*>(y);
        const auto* from = static_cast<const decltype(zero)*>(x);
        parallel_for(ctx, rows, grain_for(rows, 4 * n), [&](int64_t begin, int64_t end) {
          for (int64_t r = begin; r < end; ++r) {
            for (int64_t j = 0; j < n; ++j) to[r * n + j] = from[r * columns + indices[r * n + j]];
          }
        });
      });
    });
  });
}

JB_KERNEL(jb_take_along_rows_backward)
(jb_ctx ctx, jb_out dx_out, jb_in dy_in, jb_in index, jb_dtype index_dtype, int64_t rows, int64_t columns, int64_t n) {
  return guard([&] {
    const int64_t picked = checked_area("take_along_rows_backward", rows, n);
    check_array("take_along_rows_backward", "dx", dx_out, checked_area("take_along_rows_backward", rows, columns));
    check_array("take_along_rows_backward", "dy", dy_in, picked);
    with_index("take_along_rows_backward", index, index_dtype, picked, columns, [&](const auto* indices) {
      auto* dx = static_cast<float*>(dx_out);
      const auto* dy = static_cast<const float*>(dy_in);
      parallel_for(ctx, rows, grain_for(rows, columns + 4 * n), [&](int64_t begin, int64_t end) {
        for (int64_t r = begin; r < end; ++r) {
          float* to = dx + r * columns;
          std::fill_n(to, columns, 0.0F);
          for (int64_t j = 0; j < n; ++j) to[indices[r * n + j]] += dy[r * n + j];
        }
      });
    });
  });
}

JB_KERNEL(jb_segment_mean_forward)
(jb_ctx ctx, jb_out y, jb_in x, const int32_t* cu_seqlens, int64_t sequences, int64_t width) {
  return guard([&] {
    const int64_t tokens = check_sequences("segment_mean", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean: width is {}", width);
    const int64_t rows = tokens / std::max<int64_t>(sequences, 1) + 1;
    parallel_for(ctx, sequences, grain_for(sequences, rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t first = cu_seqlens[s], last = cu_seqlens[s + 1];
        const float scale = last > first ? 1.0f / static_cast<float>(last - first) : 0.0f;
        for_row(width, [&](int64_t c, auto lanes) {
          vf total{};
          for (int64_t t = first; t < last; ++t) total += lanes.load(floats(x) + t * width + c);
          lanes.store(floats(y) + s * width + c, total * scale);
        });
      }
    });
  });
}

JB_KERNEL(jb_segment_mean_backward)
(jb_ctx ctx, jb_out dx, jb_in dy, const int32_t* cu_seqlens, int64_t sequences, int64_t width) {
  return guard([&] {
    const int64_t tokens = check_sequences("segment_mean backward", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean backward: width is {}", width);
    const int64_t rows = tokens / std::max<int64_t>(sequences, 1) + 1;
    parallel_for(ctx, sequences, grain_for(sequences, rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t first = cu_seqlens[s], last = cu_seqlens[s + 1];
        const float scale = last > first ? 1.0f / static_cast<float>(last - first) : 0.0f;
        for_row(width, [&](int64_t c, auto lanes) {
          const vf d = lanes.load(floats(dy) + s * width + c) * scale;
          for (int64_t t = first; t < last; ++t) lanes.store(floats(dx) + t * width + c, d);
        });
      }
    });
  });
}
