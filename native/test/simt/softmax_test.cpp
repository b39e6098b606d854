// kernels/softmax under the emulator.
#include "softmax/softmax.cuh"

#include "simt/check.h"

namespace {

using simt::Buffer;

// In two stages if `part` is not 0.
template <typename T, bool kLog>
void check(int64_t rows, int columns, int part = 0) {
  const std::vector<T> x = simt::normal<T>(rows * columns, 3), dy = simt::normal<T>(rows * columns);
  const std::vector<double> xs = simt::doubles(x), dys = simt::doubles(dy);
  std::vector<double> y, naive, size;
  const auto n = static_cast<size_t>(columns);
  for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
    const double* row = xs.data() + r * n;
    const double largest = *std::max_element(row, row + n);
    double sum = 0;
    for (size_t c = 0; c < n; ++c) sum += std::exp(row[c] - largest);
    for (size_t c = 0; c < n; ++c) {
      y.push_back(kLog ? row[c] - largest - std::log(sum) : std::exp(row[c] - largest) / sum);
      naive.push_back(static_cast<double>(simt::rounded<T>(static_cast<float>(y.back()))));
      size.push_back((simt::kRounding<T> + 0x1p-20) * std::abs(y.back()) + (kLog ? 0x1p-20 : 0x1p-120));
    }
  }
  Buffer<T> bx("x", x), bdy("dy", dy), by("y", x.size());
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> bdx("dx", dy);  // in the memory of dy
    const auto parts = static_cast<unsigned>(part == 0 ? 0 : (columns + part - 1) / part);
    const simt::Shape by_parts{{parts, static_cast<unsigned>(rows)}, jb::kSoftmaxThreads};
    if (part == 0) {
      SIMT_LAUNCH((jb::softmax_forward<T, kLog>), ({2, jb::kSoftmaxThreads}), by.data(), bx.data(), rows, columns);
    } else {
      Buffer<jb::Exponentials> sums("sums", static_cast<size_t>(rows) * parts);
      SIMT_LAUNCH(jb::softmax_parts<T>, ({by_parts}), sums.data(), bx.data(), columns, part);
      SIMT_LAUNCH((jb::softmax_from_parts<T, kLog>), ({by_parts}), by.data(), bx.data(), sums.data(), columns, part);
    }
    const std::vector<double> to_y = simt::doubles(by.values());
    EXPECT_AS_GOOD(to_y, y, naive, size);
    if (part == 0) {
      SIMT_LAUNCH((jb::softmax_backward<T, kLog>), ({2, jb::kSoftmaxThreads}), bdx.data(), bdx.data(), by.data(), rows,
                  columns);
    } else {
      Buffer<float> sums("sums", static_cast<size_t>(rows) * parts);
      SIMT_LAUNCH((jb::softmax_backward_parts<T, kLog>), ({by_parts}), sums.data(), bdx.data(), by.data(), columns,
                  part);
      SIMT_LAUNCH((jb::softmax_backward_from_parts<T, kLog>), ({by_parts}), bdx.data(), bdx.data(), by.data(),
                  sums.data(), columns, part);
    }
    std::vector<double> dx, dx_size;
    for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
      double total = 0, absolute = 0;
      for (size_t i = r * n; i < (r + 1) * n; ++i) {
        total += dys[i] * (kLog ? 1 : to_y[i]);
        absolute += std::abs(dys[i]) * (kLog ? 1 : std::abs(to_y[i]));
      }
      for (size_t i = r * n; i < (r + 1) * n; ++i) {
        const double p = kLog ? std::exp(to_y[i]) : to_y[i];
        dx.push_back(kLog ? dys[i] - p * total : p * (dys[i] - total));
        dx_size.push_back(simt::kRounding<T> * std::abs(dx.back()) +
                          0x1p-21 * ((kLog ? 1 : p) * std::abs(dys[i]) + p * (1 + std::abs(to_y[i])) * absolute));
      }
    }
    EXPECT_GRADIENT_AS_GOOD(simt::doubles(bdx.values()), dx, dx, dx_size);
  });
}

}  // namespace

TEST(softmax) {
  for (int columns : {1, 2, 127, 128, 300}) {
    check<float, false>(5, columns);
    check<float, true>(5, columns);
    check<float, false>(2, columns, columns / 3 + 1);
    check<float, true>(2, columns, columns / 3 + 1);
    check<jb::bf16, false>(3, columns);
    check<jb::bf16, true>(3, columns);
  }
}

TEST(a_row_of_minus_infinity_gives_zeros) {
  Buffer<float> x("x", std::vector<float>(6, -INFINITY)), y("y", 6), dx("dx", std::vector<float>(6, 1));
  SIMT_LAUNCH((jb::softmax_forward<float, false>), ({1, jb::kSoftmaxThreads}), y.data(), x.data(), 2, 3);
  EXPECT_SAME_BITS(y.values(), std::vector<float>(6, 0));
  SIMT_LAUNCH((jb::softmax_forward<float, true>), ({1, jb::kSoftmaxThreads}), y.data(), x.data(), 2, 3);
  EXPECT_SAME_BITS(y.values(), std::vector<float>(6, 0));
  SIMT_LAUNCH((jb::softmax_backward<float, true>), ({1, jb::kSoftmaxThreads}), dx.data(), dx.data(), y.data(), 2, 3);
  EXPECT_SAME_BITS(dx.values(), std::vector<float>(6, 0));
}

// In two stages, where e^0 of an empty part, times e^100 of the others' largest score, would be infinite.
TEST(a_part_of_minus_infinity_adds_nothing) {
  std::vector<float> scores(600, -100.0f);
  std::fill_n(scores.begin(), 300, -INFINITY);
  Buffer<float> x("x", scores), y("y", 600);
  Buffer<jb::Exponentials> sums("sums", 2);
  const simt::Shape shape{{2, 1}, jb::kSoftmaxThreads};
  SIMT_LAUNCH(jb::softmax_parts<float>, ({shape}), sums.data(), x.data(), 600, 300);
  SIMT_LAUNCH((jb::softmax_from_parts<float, false>), ({shape}), y.data(), x.data(), sums.data(), 600, 300);
  for (size_t i = 0; i < 600; ++i) EXPECT(i < 300 ? y.data()[i] == 0 : std::abs(y.data()[i] * 300 - 1) < 1e-5f);
}
