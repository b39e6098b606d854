#include "jaubert/softmax.h"

#include <algorithm>

#include "test.h"

namespace {

constexpr int64_t kColumns[] = {1, 2, 3, 7, 15, 16, 17, 31, 64, 65, 384, 1009, 30522};

std::vector<double> softmax(const std::vector<float>& x, int64_t rows, int64_t columns, bool log) {
  std::vector<double> y;
  for (int64_t r = 0; r < rows; ++r) {
    const float* row = x.data() + r * columns;
    const double top = *std::max_element(row, row + columns);
    double total = 0;
    for (int64_t c = 0; c < columns; ++c) total += std::exp(row[c] - top);
    for (int64_t c = 0; c < columns; ++c) {
      y.push_back(log ? row[c] - top - std::log(total) : std::exp(row[c] - top) / total);
    }
  }
  return y;
}

}  // namespace

TEST(softmax_and_its_logarithm_against_double_precision) {
  const test::Context ctx;
  for (int64_t columns : kColumns) {
    for (int64_t rows : {1, 5, 33}) {
      for (int32_t log : {0, 1}) {
        const std::vector<float> x = test::normal(rows * columns, 10);
        std::vector<float> y(x.size());
        EXPECT_OK(jb_softmax_forward(ctx, y.data(), x.data(), rows, columns, log));
        // x - max(x), up to 100, is rounded to float before it is exponentiated.
        EXPECT_CLOSE(y, softmax(x, rows, columns, log != 0), 6e-6, log != 0 ? 4e-6 : 1e-37);
      }
    }
  }
}

TEST(softmax_gradient_against_double_precision) {
  const test::Context ctx;
  for (int64_t columns : kColumns) {
    const int64_t rows = 5;
    const std::vector<float> x = test::normal(rows * columns, 2), dy = test::normal(rows * columns);
    for (int32_t log : {0, 1}) {
      const std::vector<double> right = softmax(x, rows, columns, log != 0);
      const std::vector<float> y(right.begin(), right.end());
      std::vector<double> expected;
      for (int64_t r = 0; r < rows; ++r) {
        const size_t at = static_cast<size_t>(r * columns), end = at + static_cast<size_t>(columns);
        double dot = 0;
        for (size_t i = at; i < end; ++i) dot += dy[i] * (log != 0 ? 1.0 : y[i]);
        for (size_t i = at; i < end; ++i) {
          expected.push_back(log != 0 ? dy[i] - std::exp(static_cast<double>(y[i])) * dot : y[i] * (dy[i] - dot));
        }
      }
      std::vector<float> dx(x.size());
      EXPECT_OK(jb_softmax_backward(ctx, dx.data(), dy.data(), y.data(), rows, columns, log));
      // Rounding errors of a sum of so many terms.
      EXPECT_CLOSE(dx, expected, 1e-5, 2e-6 + 1e-7 * std::sqrt(static_cast<double>(columns)));
    }
  }
}

TEST(softmax_of_rows_without_weight_is_zero) {
  const test::Context ctx;
  for (int64_t columns : {1, 2, 17}) {
    const std::vector<float> x(static_cast<size_t>(columns), -INFINITY), dy = test::normal(columns), zeros(x.size());
    for (int32_t log : {0, 1}) {
      std::vector<float> y(x.size(), 3), dx(x.size(), 3);
      EXPECT_OK(jb_softmax_forward(ctx, y.data(), x.data(), 1, columns, log));
      EXPECT_SAME_BITS(y, zeros);
      EXPECT_OK(jb_softmax_backward(ctx, dx.data(), dy.data(), y.data(), 1, columns, log));
      for (float value : dx) EXPECT(value == 0);
    }
  }
  EXPECT_OK(jb_softmax_forward(ctx, nullptr, nullptr, 4, 0, 0));
  EXPECT_OK(jb_softmax_backward(ctx, nullptr, nullptr, nullptr, 0, 4, 0));
  EXPECT_REFUSED(jb_softmax_forward(ctx, nullptr, nullptr, -1, 4, 0), "[-1, 4]");
}

TEST(softmax_shows_a_nan_in_its_row_and_no_other) {
  const test::Context ctx;
  for (size_t place : {0, 5, 18}) {
    for (float rest : {1.0f, -INFINITY}) {
      std::vector<float> x(2 * 19, rest), y(x.size());
      std::fill(x.begin() + 19, x.end(), 2.0f);
      x[place] = NAN;
      EXPECT_OK(jb_softmax_forward(ctx, y.data(), x.data(), 2, 19, 0));
      EXPECT(std::isnan(y[place]) && !std::isnan(y[20]));
    }
  }
}

TEST(softmax_has_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  const std::vector<float> x = test::normal(513 * 129);
  std::vector<float> a(x.size()), b(x.size());
  EXPECT_OK(jb_softmax_forward(one, a.data(), x.data(), 513, 129, 0));
  EXPECT_OK(jb_softmax_forward(three, b.data(), x.data(), 513, 129, 0));
  EXPECT_SAME_BITS(a, b);
}
