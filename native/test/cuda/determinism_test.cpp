// Sums do not depend on the number of multiprocessors that a GPU has.
#include "cuda/both.h"
#include "jaubert/linear.h"
#include "jaubert/norm.h"
#include "jaubert/reduce.h"
#include "simt/faults.h"

namespace {

using Sums = std::vector<std::vector<float>>;

// results(context of the GPU) of GPUs with few and many multiprocessors are the same.
template <typename Results>
void expect_same_on_every_gpu(Results&& results) {
  Sums first;
  for (int32_t multiprocessors : {4, 37, 160}) {
    jb_simt_machine(13000, 1, 90, multiprocessors);
    const test::Both gpu;
    jb_simt_machine(13000, 1, 90, 4);
    const Sums values = results(gpu.cuda());
    if (first.empty()) first = values;
    for (size_t i = 0; i < values.size(); ++i) EXPECT_SAME_BITS(first[i], values[i]);
  }
}

}  // namespace

TEST(sums_over_an_axis) {
  const test::Both both;
  for (const int64_t inner : {1, 40}) {
    const int64_t axis = inner == 1 ? 20011 : 1031;
    const auto x = both.array(test::normal(axis * inner)), y = both.empty<float>(inner);
    expect_same_on_every_gpu([&](jb_ctx ctx) {
      EXPECT_OK(jb_reduce_forward(ctx, JB_SUM, JB_F32, y[1], x[1], 1, axis, inner));
      return Sums{y.values(1)};
    });
  }
}

// Each block leaves a line of sums, and the lines are added up.
TEST(sums_over_rows) {
  const test::Both both;
  const int64_t rows = 1100;
  for (int64_t width : {7, 64}) {
    const auto x = both.array(test::normal(rows * width)), dy = both.array(test::normal(rows * width));
    const auto mean = both.array(test::normal(rows)), rstd = both.array(test::uniform(rows, 1, 2));
    const auto gamma = both.array(test::normal(width)), dx = both.empty<float>(rows * width);
    const auto dgamma = both.empty<float>(width), dbeta = both.empty<float>(width), dbias = both.empty<float>(width);
    expect_same_on_every_gpu([&](jb_ctx ctx) {
      const jb_layernorm_args norm{.gamma = gamma[1], .mean = mean[1], .rstd = rstd[1], .rows = rows, .hidden = width};
      EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, dx[1], dgamma[1], dbeta[1], dy[1], x[1], &norm));
      const jb_linear_args linear{
          .preactivation = x[1], .rows = rows, .out = width, .in = 3, .activation = JB_ACT_GELU};
      EXPECT_OK(jb_linear_backward(ctx, JB_F32, nullptr, nullptr, dbias[1], dx[1], dy[1], nullptr, &linear));
      return Sums{dgamma.values(1), dbeta.values(1), dbias.values(1)};
    });
  }
}
