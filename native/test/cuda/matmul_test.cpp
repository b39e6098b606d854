#include "jaubert/matmul.h"

#include "cuda/both.h"
#include "jaubert/activation.h"

TEST(products) {
  test::Both both;
  for (int turn = 0; turn < 12; ++turn) {
    const int64_t m = test::odd_size(40), n = test::odd_size(40), k = turn == 5 ? 0 : test::odd_size(40);
    const int64_t batch = turn % 3 == 0 ? 1 : 3, stride_b = turn % 3 == 2 ? 0 : n * k;
    const int32_t transpose_a = turn % 2, transpose_b = turn / 2 % 2;
    auto a = both.array(test::normal(batch * m * k)), b = both.array(test::normal(batch * n * k));
    auto c = both.array(test::normal(batch * m * n));
    BOTH_OK(jb_matmul(ctx, c[d], a[d], b[d], transpose_a, transpose_b, m, n, k, 0.7f, turn % 4 == 0 ? 0.0f : 0.5f,
                      batch, m * k, stride_b, m * n));
    EXPECT_SAME(c, 1e-5, 2e-5);
  }
  auto c = both.empty<float>(4);
  BOTH_REFUSE(jb_matmul(ctx, c[d], c[d], c[d], 0, 0, 2, 2, -1, 1, 0, 1, 0, 0, 0), "k = -1");
  BOTH_REFUSE(jb_matmul(ctx, c[d], c[d], c[d], 0, 0, 1, 2, 1, 1, 0, 2, 1, 2, 1), "stride_c is 1");
  BOTH_REFUSE(jb_matmul(ctx, c[d], nullptr, c[d], 0, 0, 2, 2, 2, 1, 0, 1, 0, 0, 0), "matmul: a is null");
}

TEST(linear_layers) {
  test::Both both;
  for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
    for (int turn = 0; turn < 3; ++turn) {
      const int64_t rows = turn == 2 ? 0 : test::odd_size(70), out = test::odd_size(140), in = test::odd_size(40);
      auto x = both.array(test::normal(rows * in)), weight = both.array(test::normal(out * in, 0.3f));
      auto bias = both.array(test::normal(out)), y = both.empty<float>(rows * out), z = both.empty<float>(rows * out);
      BOTH_OK(jb_linear_forward(ctx, JB_F32, y[d], turn == 0 ? z[d] : nullptr, x[d], weight[d],
                                turn == 1 ? nullptr : bias[d], rows, out, in, activation));
      EXPECT_SAME(y, 1e-5, 1e-5);
      EXPECT_SAME(z, 1e-5, 1e-5);
      const auto& saved = activation == JB_ACT_TANH ? y : z;
      auto dy = both.array(test::normal(rows * out)), scratch = both.empty<float>(rows * out);
      auto dx = both.array(test::normal(rows * in)), dweight = both.array(test::normal(out * in));
      auto dbias = both.array(test::normal(out));
      const jb_activation before = turn == 0 ? JB_NO_ACTIVATION : JB_ACT_GELU;
      const int32_t accumulate = turn == 0 ? JB_ADD_TO_DX | JB_ADD_TO_DBIAS : JB_ADD_TO_DWEIGHT + 0;
      BOTH_OK(jb_linear_backward(ctx, JB_F32, dx[d], dweight[d], dbias[d], scratch[d], dy[d], x[d], weight[d], saved[d],
                                 x[d], rows, out, in, activation, before, accumulate));
      EXPECT_SAME(dx, 2e-5, 5e-5);
      EXPECT_SAME(dweight, 2e-5, 5e-5);
      EXPECT_SAME(dbias, 2e-5, 5e-5);
    }
  }
  auto x = both.empty<float>(4);
  BOTH_REFUSE(jb_linear_forward(ctx, JB_F32, x[d], nullptr, x[d], x[d], nullptr, 2, 2, 2, 5),
              "linear: 5 is not an activation");
  BOTH_REFUSE(jb_linear_backward(ctx, JB_F32, x[d], x[d], x[d], nullptr, x[d], x[d], x[d], x[d], nullptr, 2, 2, 2,
                                 JB_ACT_RELU, 0, 0),
              "scratch is null");
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
