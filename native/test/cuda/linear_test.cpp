#include "jaubert/linear.h"

#include "cuda/both.h"
#include "jaubert/activation.h"

TEST(linear_layers) {
  test::Both both;
  for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
    for (int turn = 0; turn < 3; ++turn) {
      const int64_t rows = turn == 2 ? 0 : test::odd_size(70), out = test::odd_size(140), in = test::odd_size(40);
      auto x = both.array(test::normal(rows * in)), weight = both.array(test::normal(out * in, 0.3f));
      auto bias = both.array(test::normal(out)), y = both.empty<float>(rows * out), z = both.empty<float>(rows * out);
      const auto args = [&](int d) {
        return jb_linear_args{.weight = weight[d],
                              .bias = turn == 1 ? nullptr : bias[d],
                              .preactivation = turn == 0 ? z[d] : nullptr,
                              .rows = rows,
                              .out = out,
                              .in = in,
                              .activation = activation};
      };
      BOTH_OK(jb_linear_forward(ctx, JB_F32, y[d], x[d], test::at(args(d))));
      EXPECT_SAME(y, 1e-5, 1e-5);
      EXPECT_SAME(z, 1e-5, 1e-5);
      const auto& saved = activation == JB_ACT_TANH ? y : z;
      auto dy = both.array(test::normal(rows * out)), scratch = both.empty<float>(rows * out);
      auto dx = both.array(test::normal(rows * in)), dweight = both.array(test::normal(out * in));
      auto dbias = both.array(test::normal(out));
      const auto backward = [&](int d) {
        jb_linear_args all = args(d);
        all.preactivation = saved[d];
        all.accumulate = turn == 0 ? JB_ADD_TO_DX | JB_ADD_TO_DBIAS : JB_ADD_TO_DWEIGHT + 0;
        all.x_activation = turn == 0 ? JB_NO_ACTIVATION : JB_ACT_GELU;
        all.x_preactivation = x[d];
        return all;
      };
      BOTH_OK(
          jb_linear_backward(ctx, JB_F32, dx[d], dweight[d], dbias[d], scratch[d], dy[d], x[d], test::at(backward(d))));
      EXPECT_SAME(dx, 2e-5, 5e-5);
      EXPECT_SAME(dweight, 2e-5, 5e-5);
      EXPECT_SAME(dbias, 2e-5, 5e-5);
    }
  }
  auto x = both.empty<float>(4);
  const auto args = [&](int d, jb_activation activation) {
    return jb_linear_args{
        .weight = x[d], .preactivation = x[d], .rows = 2, .out = 2, .in = 2, .activation = activation};
  };
  BOTH_REFUSE(jb_linear_forward(ctx, JB_F32, x[d], x[d], test::at(args(d, 5))), "linear: 5 is not an activation");
  BOTH_REFUSE(jb_linear_backward(ctx, JB_F32, x[d], x[d], x[d], nullptr, x[d], x[d], test::at(args(d, JB_ACT_RELU))),
              "scratch is null");
  BOTH_REFUSE(jb_linear_forward(ctx, JB_F32, x[d], x[d], nullptr), "linear: args is null");
  BOTH_REFUSE(jb_linear_backward(ctx, JB_F32, x[d], x[d], x[d], x[d], x[d], x[d], nullptr),
              "linear_backward: args is null");
}

TEST(gated_activations) {
  test::Both both;
  for (int64_t width : {1, 5, 64, 1028}) {
    const int64_t rows = test::odd_size(40);
    auto x = both.array(test::normal(rows * 2 * width, 2)), y = both.empty<float>(rows * width);
    BOTH_OK(jb_geglu_forward(ctx, JB_F32, y[d], x[d], rows, width));
    EXPECT_SAME(y, 5e-6, 5e-6);
    auto dy = both.array(test::normal(rows * width)), dx = both.empty<float>(rows * 2 * width);
    BOTH_OK(jb_geglu_backward(ctx, JB_F32, dx[d], dy[d], x[d], rows, width));
    EXPECT_SAME(dx, 1e-5, 1e-5);
  }
  auto x = both.empty<float>(4);
  BOTH_REFUSE(jb_geglu_forward(ctx, JB_F32, x[d], x[d], -2, 1), "geglu: y is [-2, 1]");
}
