#include <numeric>

#include "jaubert/index.h"
#include "test.h"

TEST(segment_mean_forward_and_backward) {
  const test::Context ctx;
  const std::vector<int32_t> cu_seqlens = {0, 3, 3, 4, 40, 40};
  for (int64_t width : {0, 1, 15, 16, 65, 384}) {
    const auto w = static_cast<size_t>(width);
    const std::vector<float> x = test::normal(40 * width), dy = test::normal(5 * width);
    std::vector<double> mean(5 * w), gradient(40 * w);
    for (size_t s = 0; s < 5; ++s) {
      const auto first = static_cast<size_t>(cu_seqlens[s]), last = static_cast<size_t>(cu_seqlens[s + 1]);
      for (size_t t = first; t < last; ++t) {
        for (size_t c = 0; c < w; ++c) {
          mean[s * w + c] += static_cast<double>(x[t * w + c]) / static_cast<double>(last - first);
          gradient[t * w + c] = static_cast<double>(dy[s * w + c]) / static_cast<double>(last - first);
        }
      }
    }
    std::vector<float> y(mean.size(), 9), dx(gradient.size(), 9);
    EXPECT_OK(jb_segment_mean_forward(ctx, y.data(), x.data(), cu_seqlens.data(), 5, width));
    EXPECT_CLOSE(y, mean, 1e-6, 1e-6);
    EXPECT_OK(jb_segment_mean_backward(ctx, dx.data(), dy.data(), cu_seqlens.data(), 5, width));
    EXPECT_CLOSE(dx, gradient, 1e-6, 0);
  }
}

TEST(segment_mean_refuses_sequences_that_run_backwards) {
  const test::Context ctx;
  float x[8] = {};
  const int32_t falling[] = {0, 2, 1}, late[] = {1, 2, 2}, empty[] = {0};
  EXPECT_REFUSED(jb_segment_mean_forward(ctx, x, x, falling, 2, 2), "falls from 2 to 1 at sequence 1");
  EXPECT_REFUSED(jb_segment_mean_backward(ctx, x, x, late, 2, 2), "begins with 1");
  EXPECT_REFUSED(jb_segment_mean_forward(ctx, x, x, nullptr, 2, 2), "null");
  EXPECT_OK(jb_segment_mean_forward(ctx, x, x, empty, 0, 2));
}
