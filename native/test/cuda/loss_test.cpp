#include "jaubert/loss.h"

#include "cuda/both.h"

TEST(cross_entropy) {
  test::Both both;
  for (int turn = 0; turn < 10; ++turn) {
    const int64_t rows = turn == 3 ? 0 : test::odd_size(33), classes = turn == 4 ? 3001 : test::odd_size(520);
    const int32_t ignored = -100;
    const float smoothing = turn % 3 == 0 ? 0.0f : 0.1f, normalizer = turn % 4 == 1 ? 7.5f : 0.0f;
    std::vector<int32_t> chosen = test::integers(rows, 0, classes);
    for (size_t i = 0; i < chosen.size(); i += 3) chosen[i] = ignored;
    auto logits = both.array(test::normal(rows * classes, 3)), weights = both.array(test::uniform(classes, 0.5f, 2));
    auto labels = both.array(chosen);
    auto loss = both.empty<float>(1), lse = both.empty<float>(rows), total = both.empty<float>(1);
    const bool weighted = turn % 2 == 1;
    const auto args = [&](int d) {
      return jb_cross_entropy_args{.labels = labels[d],
                                   .class_weights = weighted ? weights[d] : nullptr,
                                   .lse = lse[d],
                                   .total = total[d],
                                   .rows = rows,
                                   .classes = classes,
                                   .ignore_index = ignored,
                                   .label_smoothing = smoothing,
                                   .normalizer = normalizer};
    };
    BOTH_OK(jb_cross_entropy_forward(ctx, JB_F32, loss[d], logits[d], test::at(args(d))));
    EXPECT_SAME(loss, 1e-5, 1e-5);
    EXPECT_SAME(lse, 1e-6, 1e-6);
    EXPECT_SAME(total, 1e-6, 0);
    auto dloss = both.array(std::vector<float>{1.3f}), dlogits = both.empty<float>(rows * classes);
    BOTH_OK(jb_cross_entropy_backward(ctx, JB_F32, dlogits[d], dloss[d], logits[d], test::at(args(d))));
    EXPECT_SAME(dlogits, 2e-5, 1e-6);
    const auto plain = [&](int d) {
      return jb_cross_entropy_args{.labels = labels[d], .rows = rows, .classes = classes, .ignore_index = ignored};
    };
    BOTH_OK(jb_cross_entropy_forward(ctx, JB_F32, loss[d], logits[d], test::at(plain(d))));
    EXPECT_SAME(loss, 1e-5, 1e-5);
  }
}

TEST(a_label_outside_makes_the_loss_nan) {
  test::Both both;
  auto logits = both.array(test::normal(6)), loss = both.empty<float>(1);
  auto labels = both.array(std::vector<int32_t>{0, 3});
  const jb_cross_entropy_args args{.labels = labels[1], .rows = 2, .classes = 3, .ignore_index = -100};
  EXPECT_OK(jb_cross_entropy_forward(both.cuda(), JB_F32, loss[1], logits[1], &args));
  float value = 0;
  EXPECT_REFUSED(jb_read_floats(both.cuda(), &value, loss[1], 1), "cross_entropy: label 3 of row 1 is neither");
  EXPECT(std::isnan(value));
}

TEST(refuses) {
  test::Both both;
  auto x = both.empty<float>(4);
  const auto forward = [&](jb_ctx ctx, int d, int64_t rows, int64_t classes, float smoothing, float normalizer) {
    const jb_cross_entropy_args args{.labels = x[d],
                                     .rows = rows,
                                     .classes = classes,
                                     .ignore_index = -100,
                                     .label_smoothing = smoothing,
                                     .normalizer = normalizer};
    return jb_cross_entropy_forward(ctx, JB_F32, x[d], x[d], &args);
  };
  BOTH_REFUSE(forward(ctx, d, 2, 0, 0, 0), "logits are [2, 0]");
  BOTH_REFUSE(forward(ctx, d, 0, 2, 2, 0), "label smoothing 2");
  BOTH_REFUSE(forward(ctx, d, 0, 2, 0, -1), "the normalizer is -1");
  BOTH_REFUSE(jb_cross_entropy_forward(ctx, JB_F32, x[d], x[d], nullptr), "cross_entropy: args is null");
  BOTH_REFUSE(jb_cross_entropy_backward(ctx, JB_F32, x[d], x[d], x[d], nullptr),
              "cross_entropy backward: args is null");
}
