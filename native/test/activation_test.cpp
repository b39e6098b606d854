#include "jaubert/activation.h"

#include "test.h"

namespace {

double phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }

}  // namespace

TEST(geglu_forward_and_backward) {
  const test::Context ctx;
  for (int64_t width : {1, 15, 16, 17, 129, 1152}) {
    for (int64_t rows : {0, 1, 19}) {
      const std::vector<float> x = test::normal(rows * 2 * width, 2), dy = test::normal(rows * width);
      std::vector<double> y, dx(x.size());
      const auto w = static_cast<size_t>(width);
      for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
        for (size_t c = 0; c < w; ++c) {
          const double gate = x[2 * r * w + c], value = x[(2 * r + 1) * w + c], d = dy[r * w + c];
          y.push_back(gate * phi(gate) * value);
          const double slope = phi(gate) + gate * std::exp(-gate * gate / 2) / std::sqrt(2 * M_PI);
          dx[2 * r * w + c] = d * value * slope;
          dx[(2 * r + 1) * w + c] = d * gate * phi(gate);
        }
      }
      std::vector<float> result(y.size()), gradient(x.size());
      EXPECT_OK(jb_geglu_forward(ctx, JB_F32, result.data(), x.data(), rows, width));
      EXPECT_CLOSE(result, y, 1e-6, 1e-30);
      EXPECT_OK(jb_geglu_backward(ctx, JB_F32, gradient.data(), dy.data(), x.data(), rows, width));
      EXPECT_CLOSE(gradient, dx, 1e-6, 5e-6);
    }
  }
  EXPECT_REFUSED(jb_geglu_forward(ctx, JB_F32, nullptr, nullptr, -1, 3), "[-1, 3]");
}
