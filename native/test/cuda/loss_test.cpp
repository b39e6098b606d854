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
    BOTH_OK(jb_cross_entropy_forward(ctx, JB_F32, loss[d], lse[d], total[d], logits[d], labels[d],
                                     weighted ? weights[d] : nullptr, rows, classes, ignored, smoothing, normalizer));
    EXPECT_SAME(loss, 1e-5, 1e-5);
    EXPECT_SAME(lse, 1e-6, 1e-6);
    EXPECT_SAME(total, 1e-6, 0);
    auto dloss = both.array(std::vector<float>{1.3f}), dlogits = both.empty<float>(rows * classes);
    BOTH_OK(jb_cross_entropy_backward(ctx, JB_F32, dlogits[d], dloss[d], logits[d], lse[d], total[d], labels[d],
                                      weighted ? weights[d] : nullptr, rows, classes, ignored, smoothing));
    EXPECT_SAME(dlogits, 2e-5, 1e-6);
    BOTH_OK(jb_cross_entropy_forward(ctx, JB_F32, loss[d], nullptr, nullptr, logits[d], labels[d], nullptr, rows,
                                     classes, ignored, 0, 0));
    EXPECT_SAME(loss, 1e-5, 1e-5);
  }
}

TEST(a_label_outside_makes_the_loss_nan) {
  test::Both both;
  auto logits = both.array(test::normal(6)), loss = both.empty<float>(1);
  auto labels = both.array(std::vector<int32_t>{0, 3});
  EXPECT_OK(jb_cross_entropy_forward(both.cuda(), JB_F32, loss[1], nullptr, nullptr, logits[1], labels[1], nullptr, 2,
                                     3, -100, 0, 0));
  float value = 0;
  EXPECT_REFUSED(jb_read_floats(both.cuda(), &value, loss[1], 1), "cross_entropy: label 3 of row 1 is neither");
  EXPECT(std::isnan(value));
}

TEST(refuses) {
  test::Both both;
  auto x = both.empty<float>(4);
  BOTH_REFUSE(jb_cross_entropy_forward(ctx, JB_F32, x[d], nullptr, nullptr, x[d], x[d], nullptr, 2, 0, -100, 0, 0),
              "logits are [2, 0]");
  BOTH_REFUSE(jb_cross_entropy_forward(ctx, JB_F32, x[d], nullptr, nullptr, x[d], x[d], nullptr, 0, 2, -100, 2, 0),
              "label smoothing 2");
  BOTH_REFUSE(jb_cross_entropy_forward(ctx, JB_F32, x[d], nullptr, nullptr, x[d], x[d], nullptr, 0, 2, -100, 0, -1),
              "the normalizer is -1");
}
