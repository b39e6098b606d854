// kernels/index under the emulator.
#include "index/index.cuh"

#include "simt/check.h"

namespace {

using simt::Buffer;

template <typename Index>
void check_rows(int64_t n, int64_t rows, int width) {
  const std::vector<uint16_t> x = test::integers<uint16_t>(rows * width, 0, 60000);
  std::vector<Index> index = test::integers<Index>(n, 0, rows);
  if (n > 3) index[1] = static_cast<Index>(rows), index[2] = -1;  // outside
  Buffer<uint16_t> bx("x", x), y("y", static_cast<size_t>(n * width));
  Buffer<Index> bindex("index", index);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH((jb::index_rows<uint16_t, Index>), ({2, jb::kIndexThreads}), y.data(), bx.data(), bindex.data(), n,
                rows, width, jb::IndexErrors{});
    for (size_t i = 0; i < y.size(); ++i) {
      const int64_t from = index[i / static_cast<size_t>(width)];
      const bool inside = from >= 0 && from < rows;
      const auto at = static_cast<size_t>(from * width) + i % static_cast<size_t>(width);
      EXPECT(y.data()[i] == (inside ? x[at] : 0));
    }
    if (width % 8 == 0) {  // the same in pieces of 16 bytes
      Buffer<uint16_t> again("again", y.size());
      SIMT_LAUNCH((jb::index_rows<uint4, Index>), ({1, jb::kIndexThreads}), reinterpret_cast<uint4*>(again.data()),
                  reinterpret_cast<const uint4*>(bx.data()), bindex.data(), n, rows, width / 8, jb::IndexErrors{});
      EXPECT_SAME_BITS(again.values(), y.values());
    }
  });
}

void check_take(int64_t rows, int64_t columns, int64_t n) {
  const std::vector<float> x = test::normal(rows * columns), dy = test::normal(rows * n);
  const std::vector<int64_t> index = test::integers<int64_t>(rows * n, 0, columns);
  std::vector<double> dx(x.size()), size(x.size(), 1e-30);
  std::vector<float> naive(x.size());
  for (size_t i = 0; i < index.size(); ++i) {
    const auto at = i / static_cast<size_t>(n) * static_cast<size_t>(columns) + static_cast<size_t>(index[i]);
    dx[at] += static_cast<double>(dy[i]);
    naive[at] += dy[i];
    size[at] += 0x1p-23 * std::abs(static_cast<double>(dy[i]));
  }
  Buffer<float> bx("x", x), bdy("dy", dy), y("y", dy.size()), bdx("dx", x.size());
  Buffer<int64_t> bindex("index", index);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH((jb::take_along_rows<uint32_t, int64_t>), ({2, jb::kIndexThreads}),
                reinterpret_cast<uint32_t*>(y.data()), reinterpret_cast<const uint32_t*>(bx.data()), bindex.data(),
                rows, columns, n, jb::IndexErrors{});
    SIMT_LAUNCH((jb::take_along_rows_backward<float, int64_t>), ({2, jb::kIndexThreads}), bdx.data(), bdy.data(),
                bindex.data(), rows, columns, n, jb::IndexErrors{});
    for (size_t i = 0; i < index.size(); ++i) {
      EXPECT(y.data()[i] ==
             x[i / static_cast<size_t>(n) * static_cast<size_t>(columns) + static_cast<size_t>(index[i])]);
    }
    EXPECT_GRADIENT_AS_GOOD(simt::doubles(bdx.values()), dx, simt::doubles(naive), size);
  });
}

template <typename T, int kWidth>
void check_segments(const std::vector<int32_t>& lengths, int width) {
  std::vector<int32_t> ends{0};
  for (int32_t length : lengths) ends.push_back(ends.back() + length);
  const auto columns = static_cast<size_t>(width);
  const std::vector<T> x = simt::normal<T>(ends.back() * width),
                       dy = simt::normal<T>(static_cast<int64_t>(lengths.size()) * width);
  const std::vector<double> xs = simt::doubles(x), dys = simt::doubles(dy);
  std::vector<double> y(dys.size()), size(dys.size(), 1e-30), dx(xs.size()), dx_size;
  for (size_t s = 0; s < lengths.size(); ++s) {
    const double n = std::max(lengths[s], 1);
    for (int32_t t = ends[s]; t < ends[s + 1]; ++t) {
      for (size_t c = 0; c < columns; ++c) {
        const size_t i = static_cast<size_t>(t) * columns + c, at = s * columns + c;
        y[at] += xs[i] / n;
        size[at] += 0x1p-22 * std::abs(xs[i]);
        dx[i] = dys[at] / n;
      }
    }
  }
  for (size_t i = 0; i < size.size(); ++i) size[i] += simt::kRounding<T> * std::abs(y[i]);
  for (double d : dx) dx_size.push_back((simt::kRounding<T> + 0x1p-23) * std::abs(d));
  Buffer<T> bx("x", x), bdy("dy", dy), by("y", y.size()), bdx("dx", x.size());
  Buffer<int32_t> seqlens("cu_seqlens", ends);
  const unsigned step = jb::kSegmentThreads * kWidth;
  simt::Shape shape{{static_cast<unsigned>(lengths.size()), (static_cast<unsigned>(width) + step - 1) / step},
                    jb::kSegmentThreads};
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH((jb::segment_mean_forward<T, kWidth>), ({shape}), by.data(), bx.data(), seqlens.data(), width);
    SIMT_LAUNCH((jb::segment_mean_backward<T, kWidth>), ({shape}), bdx.data(), bdy.data(), seqlens.data(), width);
    EXPECT_AS_GOOD(simt::doubles(by.values()), y, y, size);
    EXPECT_GRADIENT_AS_GOOD(simt::doubles(bdx.values()), dx, dx, dx_size);
    std::swap(shape.grid.y, shape.grid.z);
  });
}

}  // namespace

// Whatever the order of threads: the launch that comes first, and of that the first place.
TEST(the_first_index_outside_is_noted) {
  const int64_t n = 3000, rows = 5, width = 3;
  std::vector<int64_t> index = test::integers<int64_t>(n, 0, rows), later = index;
  const auto places = test::integers<int64_t>(3, 10, n);
  const int64_t first = *std::min_element(places.begin(), places.end());
  for (int64_t place : places) index[static_cast<size_t>(place)] = place % 2 == 0 ? -7 - place : rows + place;
  later[2] = int64_t{1} << 40;
  Buffer<uint32_t> x("x", static_cast<size_t>(rows * width)), y("y", static_cast<size_t>(n * width));
  Buffer<int64_t> bindex("index", index), blater("later", later);
  simt::for_each_order(test::random()(), [&] {
    Buffer<jb::IndexError> errors("errors", std::vector<jb::IndexError>(jb::kIndexKinds));
    const auto launch = [&](unsigned long long number, const int64_t* from) {
      SIMT_LAUNCH((jb::index_rows<uint32_t, int64_t>), ({4, jb::kIndexThreads}), y.data(), x.data(), from, n, rows,
                  static_cast<int>(width), (jb::IndexErrors{errors.data(), number}));
    };
    const auto expect = [&](size_t kind, uint64_t number, int64_t place, int64_t value) {
      const jb::IndexError error = errors.values()[kind];
      EXPECT(error.launch == number && error.range == 5 && error.ignored == 0);
      EXPECT(~error.word == (static_cast<uint64_t>(place) << 32 | static_cast<uint32_t>(value)));
    };
    launch(7, bindex.data());
    expect(0, 7, first, index[static_cast<size_t>(first)]);
    launch(8, blater.data());
    expect(0, 7, first, index[static_cast<size_t>(first)]);
    SIMT_LAUNCH((jb::take_along_rows<uint32_t, int64_t>), ({4, jb::kIndexThreads}), y.data(), x.data(), blater.data(),
                1, rows, n, (jb::IndexErrors{errors.data(), 9}));
    expect(2, 9, 2, INT32_MAX);  // as far as there is room
    expect(0, 7, first, index[static_cast<size_t>(first)]);
  });
}

TEST(rows) {
  check_rows<int32_t>(1, 1, 1);
  check_rows<int32_t>(9, 5, 33);
  check_rows<int64_t>(40, 17, 64);
}

TEST(along_rows) {
  check_take(1, 1, 1);
  check_take(7, 13, 40);
  check_take(30, 257, 3);
}

TEST(segment_means) {
  check_segments<float, 1>({1, 0, 5, 17}, 77);
  check_segments<float, 4>({3, 2}, 384);
  check_segments<jb::bf16, 1>({4}, 1);
  check_segments<jb::bf16, 8>({0, 128, 3}, 520);
}
