// LayerNorm in double precision, for tests.
#ifndef JAUBERT_TEST_NORM_REFERENCE_H
#define JAUBERT_TEST_NORM_REFERENCE_H

#include <cmath>
#include <cstdint>
#include <vector>

namespace test {

struct LayerNormGradient {
  std::vector<double> dx, dgamma, dbeta;
};

struct LayerNorm {
  std::vector<double> x, y, mean, rstd;
  std::vector<float> gamma;
  int64_t rows, hidden;

  LayerNorm(std::vector<double> input, std::vector<float> weight, const std::vector<float>& beta, int64_t row_count,
            int64_t width, float eps)
      : x(std::move(input)), gamma(std::move(weight)), rows(row_count), hidden(width) {
    const double n = static_cast<double>(hidden);
    for (int64_t r = 0; r < rows; ++r) {
      const double* row = x.data() + r * hidden;
      double m = 0, v = 0;
      for (int64_t c = 0; c < hidden; ++c) m += row[c] / n;
      for (int64_t c = 0; c < hidden; ++c) v += (row[c] - m) * (row[c] - m) / n;
      const double s = 1 / std::sqrt(v + static_cast<double>(eps));
      mean.push_back(m);
      rstd.push_back(s);
      for (int64_t c = 0; c < hidden; ++c) {
        const auto at = static_cast<size_t>(c);
        y.push_back((row[c] - m) * s * static_cast<double>(gamma[at]) + static_cast<double>(beta[at]));
      }
    }
  }

  // By the chain rule through mean and variance, written out: each x[i] moves every y[j] of its row.
  LayerNormGradient backward(const std::vector<double>& dy) const {
    const auto width = static_cast<size_t>(hidden);
    LayerNormGradient g{std::vector<double>(x.size()), std::vector<double>(width), std::vector<double>(width)};
    for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
      double dmean = 0, dvariance = 0;
      const double s = rstd[r], n = static_cast<double>(hidden);
      for (size_t c = 0; c < width; ++c) {
        const double centred = x[r * width + c] - mean[r], d = dy[r * width + c];
        g.dgamma[c] += d * centred * s;
        g.dbeta[c] += d;
        const double dxhat = d * static_cast<double>(gamma[c]);
        dmean -= dxhat * s;
        dvariance -= dxhat * centred * s * s * s / 2;
      }
      for (size_t c = 0; c < width; ++c) {
        const double centred = x[r * width + c] - mean[r];
        g.dx[r * width + c] =
            dy[r * width + c] * static_cast<double>(gamma[c]) * s + dvariance * 2 * centred / n + dmean / n;
      }
    }
    return g;
  }
};

}  // namespace test

#endif
