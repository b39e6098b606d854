// Products in double precision with bounds of their errors, for tests.
#ifndef JAUBERT_TEST_MATMUL_REFERENCE_H
#define JAUBERT_TEST_MATMUL_REFERENCE_H

#include "test.h"

namespace test {

struct Sizes {
  int64_t m, n, k;
};

// Odd sizes, sizes of one tile, of several, and long k with small m and n (where k is split).
inline constexpr Sizes kSizes[] = {{1, 1, 1},    {1, 384, 384},  {7, 5, 3},      {32, 26, 384},  {33, 65, 129},
                                   {64, 64, 64}, {400, 97, 129}, {401, 384, 31}, {97, 31, 4096}, {67, 35, 5003},
                                   {0, 5, 3},    {5, 0, 3},      {5, 3, 0}};

// C = alpha * op(A) op(B) + beta * C in double precision; sizes[i] bounds the error: sum of |a * b|.
struct Product {
  std::vector<double> values, sizes;
};

inline Product multiply(const std::vector<float>& a, const std::vector<float>& b, const std::vector<float>& c, bool ta,
                        bool tb, Sizes s, double alpha, double beta) {
  Product y{std::vector<double>(static_cast<size_t>(s.m * s.n)), {}};
  y.sizes = y.values;
  for (int64_t i = 0; i < s.m; ++i) {
    for (int64_t j = 0; j < s.n; ++j) {
      double sum = 0, size = 0;
      for (int64_t l = 0; l < s.k; ++l) {
        const double term = static_cast<double>(a[static_cast<size_t>(ta ? l * s.m + i : i * s.k + l)]) *
                            b[static_cast<size_t>(tb ? j * s.k + l : l * s.n + j)];
        sum += term;
        size += std::abs(term);
      }
      const auto at = static_cast<size_t>(i * s.n + j);
      const double kept = beta == 0 ? 0 : beta * c[at];
      y.values[at] = alpha * sum + kept;
      y.sizes[at] = std::abs(alpha) * size + std::abs(kept);
    }
  }
  return y;
}

inline void expect_product(const std::vector<float>& actual, const Product& expected) {
  for (size_t i = 0; i < actual.size(); ++i) {
    EXPECT(std::abs(actual[i] - expected.values[i]) <= 1e-6 * expected.sizes[i]);
  }
}

}  // namespace test

#endif
