// jb_index_*, jb_take_along_rows* and jb_segment_mean_*.
#include "context.h"
#include "embedding/embedding.cuh"
#include "functions.h"
#include "index/index.cuh"
#include "index/sort.cuh"
#include "launch.h"
#include "support/sequences.h"

namespace jb::cuda {
namespace {

// body(a zero of the index's type). What lies in the index only the kernels see.
template <typename Body>
void with_index(const char* function, jb_in index, jb_dtype dtype, int64_t n, Body&& body) {
  check_array(function, "index", index, n);
  JB_CHECK(dtype == JB_I32 || dtype == JB_I64, "{}: an index is int32 or int64, not {}", function, dtype_name(dtype));
  if (dtype == JB_I32) {
    body(int32_t{});
  } else {
    body(int64_t{});
  }
}

// sorted [n] and order [n] from an index into [0, rows), as table_gradient takes them.
struct Sorted {
  const int32_t *keys, *order;
};

template <typename Index>
Sorted sort(Context& c, const Index* index, int64_t n, int rows) {
  const int tiles = static_cast<int>(blocks(n, kSortTile));
  int32_t* counts = c.take<int32_t>(int64_t{kSortDigits} * tiles);
  int32_t *keys[2], *order[2];
  for (int i = 0; i < 2; ++i) {
    keys[i] = c.take<int32_t>(n);
    order[i] = c.take<int32_t>(n);
  }
  JB_LAUNCH(c, sort_keys<Index>, over<kIndexThreads>(c, n), keys[0], order[0], index, n, rows, c.index_checks().next());
  int from = 0;
  for (int shift = 0; shift < 31 && rows >> shift != 0; shift += kSortBits) {
    const Launch shape{static_cast<unsigned>(tiles), kSortThreads};
    JB_LAUNCH(c, sort_count<kSortThreads>, shape, counts, keys[from], n, shift);
    JB_LAUNCH(c, sort_scan<kSortScanThreads>, {1, kSortScanThreads}, counts, kSortDigits * tiles);
    JB_LAUNCH(c, sort_scatter<kSortThreads>, shape, keys[1 - from], order[1 - from], keys[from], order[from], counts, n,
              shift);
    from = 1 - from;
  }
  return {keys[from], order[from]};
}

// The largest n of a sort whose tables of counts have less than 2^31 entries.
constexpr int64_t kMostSorted = int64_t{1} << 31;

template <typename T, typename Index>
void add_rows(Context& c, float* y, const T* dy, const Index* index, int64_t n, int rows, int width) {
  const Sorted sorted = sort(c, index, n, rows);
  const auto windows = blocks(n, kTableWindow);
  float* edges = c.take<float>(int64_t{windows} * 2 * width);
  with_width<T>({dy}, width, [&](auto vector) {
    JB_LAUNCH(c, (table_gradient<T, vector>), {grid_of_columns(windows, width, kTableThreads * vector), kTableThreads},
              y, edges, dy, sorted.keys, sorted.order, n, rows, width);
  });
  JB_LAUNCH(c, table_gradient_edges<kTableThreads>, {grid_of_columns(windows, width, kTableThreads), kTableThreads}, y,
            edges, sorted.keys, n, rows, width);
}

}  // namespace

jb_status jb_index_rows(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype, int64_t n,
                        int64_t rows, int64_t width) {
  return run(ctx, [&](Context& c) {
    check_array("index_rows", "y", y, checked_area("index_rows", n, width));
    check_array("index_rows", "x", x, checked_area("index_rows", rows, width));
    with_size_of("index_rows", dtype, [&](auto zero) {
      with_index("index_rows", index, index_dtype, n, [&](auto index_zero) {
        using Bits = decltype(zero);
        using Index = decltype(index_zero);
        const int columns = checked_int("index_rows", "width", width);
        if (n == 0 || width == 0) return;
        constexpr int kEach = 16 / static_cast<int>(sizeof(Bits));
        if (aligned({y, x}) && columns % kEach == 0) {
          JB_LAUNCH(c, (index_rows<uint4, Index>), over<kIndexThreads>(c, n * columns / kEach), as<uint4>(y),
                    as<uint4>(x), as<Index>(index), n, rows, columns / kEach, c.index_checks().next());
        } else {
          JB_LAUNCH(c, (index_rows<Bits, Index>), over<kIndexThreads>(c, n * columns), as<Bits>(y), as<Bits>(x),
                    as<Index>(index), n, rows, columns, c.index_checks().next());
        }
      });
    });
  });
}

jb_status jb_index_add_rows(jb_ctx ctx, jb_dtype dtype, jb_inout y, jb_in dy, jb_in index, jb_dtype index_dtype,
                            int64_t n, int64_t rows, int64_t width, int32_t accumulate) {
  return run(ctx, [&](Context& c) {
    const char* name = "index_add_rows";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const int64_t area = checked_area(name, rows, width);
      check_array(name, "y", y, area);
      check_array(name, "dy", dy, checked_area(name, n, width));
      with_index(name, index, index_dtype, n, [&](auto index_zero) {
        using Index = decltype(index_zero);
        const int columns = checked_int(name, "width", width), table_rows = checked_int(name, "rows", rows);
        JB_CHECK(n < kMostSorted, "{}: {} indices; on a GPU less than {} are possible", name, n, kMostSorted);
        if (accumulate == 0 && area > 0) {
          JB_CUDA(cudaMemsetAsync(y, 0, static_cast<size_t>(area) * sizeof(float), c.stream()));
        }
        if (n > 0 && area > 0) add_rows(c, as<float>(y), as<T>(dy), as<Index>(index), n, table_rows, columns);
      });
    });
  });
}

jb_status jb_take_along_rows(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, jb_in index, jb_dtype index_dtype,
                             int64_t rows, int64_t columns, int64_t n) {
  return run(ctx, [&](Context& c) {
    const int64_t picked = checked_area("take_along_rows", rows, n);
    check_array("take_along_rows", "y", y, picked);
    check_array("take_along_rows", "x", x, checked_area("take_along_rows", rows, columns));
    with_size_of("take_along_rows", dtype, [&](auto zero) {
      with_index("take_along_rows", index, index_dtype, picked, [&](auto index_zero) {
        using Bits = decltype(zero);
        using Index = decltype(index_zero);
        if (picked == 0) return;
        JB_LAUNCH(c, (take_along_rows<Bits, Index>), over<kIndexThreads>(c, picked), as<Bits>(y), as<Bits>(x),
                  as<Index>(index), rows, columns, n, c.index_checks().next());
      });
    });
  });
}

jb_status jb_take_along_rows_backward(jb_ctx ctx, jb_out dx, jb_in dy, jb_in index, jb_dtype index_dtype, int64_t rows,
                                      int64_t columns, int64_t n) {
  return run(ctx, [&](Context& c) {
    const char* name = "take_along_rows_backward";
    const int64_t picked = checked_area(name, rows, n), area = checked_area(name, rows, columns);
    check_array(name, "dx", dx, area);
    check_array(name, "dy", dy, picked);
    with_index(name, index, index_dtype, picked, [&](auto zero) {
      using Index = decltype(zero);
      if (area == 0) return;
      JB_LAUNCH(c, (take_along_rows_backward<float, Index>), over<kIndexThreads>(c, area), as<float>(dx), as<float>(dy),
                as<Index>(index), rows, columns, n, c.index_checks().next());
    });
  });
}

// ---- Means over segments --------------------------------------------------------------------------------------------

jb_status jb_segment_mean_forward(jb_ctx ctx, jb_out y, jb_in x, const int32_t* cu_seqlens, int64_t sequences,
                                  int64_t width) {
  return run(ctx, [&](Context& c) {
    check_sequences("segment_mean", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean: width is {}", width);
    const int columns = checked_int("segment_mean", "width", width);
    if (sequences == 0 || width == 0) return;
    const int32_t* begins = c.host_arrays().on_device("cu_seqlens", cu_seqlens, sequences + 1);
    with_width<float>({y, x}, width, [&](auto vector) {
      const dim3 grid = grid_of_columns(sequences, width, kSegmentThreads * vector);
      JB_LAUNCH(c, (segment_mean_forward<float, vector>), {grid, kSegmentThreads}, as<float>(y), as<float>(x), begins,
                columns);
    });
  });
}

jb_status jb_segment_mean_backward(jb_ctx ctx, jb_out dx, jb_in dy, const int32_t* cu_seqlens, int64_t sequences,
                                   int64_t width) {
  return run(ctx, [&](Context& c) {
    check_sequences("segment_mean backward", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean backward: width is {}", width);
    const int columns = checked_int("segment_mean backward", "width", width);
    if (sequences == 0 || width == 0) return;
    const int32_t* begins = c.host_arrays().on_device("cu_seqlens", cu_seqlens, sequences + 1);
    with_width<float>({dx, dy}, width, [&](auto vector) {
      const dim3 grid = grid_of_columns(sequences, width, kSegmentThreads * vector);
      JB_LAUNCH(c, (segment_mean_backward<float, vector>), {grid, kSegmentThreads}, as<float>(dx), as<float>(dy),
                begins, columns);
    });
  });
}

}  // namespace jb::cuda
