#include "jaubert/loss.h"

#include <algorithm>

#include "test.h"

namespace {

constexpr int32_t kIgnore = -100;

struct Expected {
  double loss = 0, total = 0;
  std::vector<double> lse, dlogits;
};

// Every row's loss is -sum over classes of weight * target * log p, with the target of label smoothing written out.
Expected reference(const std::vector<float>& logits, const std::vector<int32_t>& labels,
                   const std::vector<float>& weights, size_t classes, double smoothing, double normalizer,
                   double dloss) {
  Expected e;
  const size_t rows = labels.size();
  for (int32_t label : labels) {
    if (label != kIgnore) e.total += weights.empty() ? 1.0 : static_cast<double>(weights[static_cast<size_t>(label)]);
  }
  if (std::count(labels.begin(), labels.end(), kIgnore) == static_cast<int64_t>(rows)) e.total = 1;
  if (normalizer > 0) e.total = normalizer;
  e.dlogits.resize(logits.size());
  for (size_t r = 0; r < rows; ++r) {
    const float* x = logits.data() + r * classes;
    const double top = *std::max_element(x, x + classes);
    double sum = 0;
    for (size_t c = 0; c < classes; ++c) sum += std::exp(x[c] - top);
    const double lse = top + std::log(sum);
    e.lse.push_back(lse);
    if (labels[r] == kIgnore) continue;
    const auto label = static_cast<size_t>(labels[r]);
    std::vector<double> target(classes);  // times the weights of its classes
    double total_target = 0;
    for (size_t c = 0; c < classes; ++c) {
      const double share = (c == label ? 1 - smoothing : 0) + smoothing / static_cast<double>(classes);
      target[c] = share * (weights.empty() ? 1.0 : static_cast<double>(weights[c]));
      total_target += target[c];
    }
    for (size_t c = 0; c < classes; ++c) {
      e.loss -= target[c] * (x[c] - lse) / e.total;
      e.dlogits[r * classes + c] = dloss / e.total * (total_target * std::exp(x[c] - lse) - target[c]);
    }
  }
  return e;
}

}  // namespace

TEST(cross_entropy_forward_and_backward) {
  const test::Context ctx;
  for (int64_t classes : {1, 2, 3, 16, 17, 26, 1009, 30522}) {
    for (int64_t rows : {0, 1, 7, 70}) {
      for (int options = 0; options < 8; ++options) {
        const float smoothing = (options & 1) != 0 ? 0.1f : 0, normalizer = (options & 4) != 0 ? 12.5f : 0;
        const std::vector<float> logits = test::normal(rows * classes, 3);
        std::vector<float> weights;
        if ((options & 2) != 0) weights = test::uniform(classes, 0.5f, 2);
        std::vector<int32_t> labels = test::integers(rows, 0, classes);
        for (size_t r = 0; r < labels.size(); r += 3) labels[r] = kIgnore;
        const float dloss = 1.75f;
        const Expected e =
            reference(logits, labels, weights, static_cast<size_t>(classes), static_cast<double>(smoothing),
                      static_cast<double>(normalizer), static_cast<double>(dloss));
        std::vector<float> loss(1), total(1), lse(static_cast<size_t>(rows)), dlogits(logits.size());
        const jb_cross_entropy_args args{.labels = labels.data(),
                                         .class_weights = weights.empty() ? nullptr : weights.data(),
                                         .lse = lse.data(),
                                         .total = total.data(),
                                         .rows = rows,
                                         .classes = classes,
                                         .ignore_index = kIgnore,
                                         .label_smoothing = smoothing,
                                         .normalizer = normalizer};
        EXPECT_OK(jb_cross_entropy_forward(ctx, JB_F32, loss.data(), logits.data(), &args));
        EXPECT_CLOSE(loss, std::vector<double>{e.loss}, 3e-6, 1e-6);
        EXPECT_CLOSE(total, std::vector<double>{e.total}, 1e-6, 0);
        EXPECT_CLOSE(lse, e.lse, 1e-6, 1e-6);
        EXPECT_OK(jb_cross_entropy_backward(ctx, JB_F32, dlogits.data(), &dloss, logits.data(), &args));
        EXPECT_CLOSE(dlogits, e.dlogits, 1e-5, 5e-7);
        std::vector<float> in_place = logits;
        EXPECT_OK(jb_cross_entropy_backward(ctx, JB_F32, in_place.data(), &dloss, in_place.data(), &args));
        EXPECT_SAME_BITS(in_place, dlogits);
      }
    }
  }
}

TEST(cross_entropy_of_ignored_rows_is_zero) {
  const test::Context ctx;
  const std::vector<float> logits = test::normal(6);
  const std::vector<int32_t> labels(3, kIgnore);
  float loss = 5, total = 5, dloss = 1;
  std::vector<float> lse(3), dlogits(6, 9);
  const jb_cross_entropy_args args{
      .labels = labels.data(), .lse = lse.data(), .total = &total, .rows = 3, .classes = 2, .ignore_index = kIgnore};
  EXPECT_OK(jb_cross_entropy_forward(ctx, JB_F32, &loss, logits.data(), &args));
  EXPECT(loss == 0 && total == 1);
  EXPECT_OK(jb_cross_entropy_backward(ctx, JB_F32, dlogits.data(), &dloss, logits.data(), &args));
  EXPECT_SAME_BITS(dlogits, std::vector<float>(6, 0));
}

TEST(cross_entropy_refuses_labels_outside_the_classes_before_writing) {
  const test::Context ctx;
  const std::vector<float> logits = test::normal(6);
  float loss = 5, total = 5, dloss = 1;
  std::vector<float> lse(3, 5), dlogits(6, 5);
  jb_cross_entropy_args args{.lse = lse.data(), .total = &total, .rows = 3, .classes = 2, .ignore_index = kIgnore};
  for (int32_t bad : {2, -1, -101, 2000000000}) {
    const std::vector<int32_t> labels = {0, 1, bad};
    const std::string words = "label " + std::to_string(bad) + " of row 2 is neither in [0, 2) nor the ignored -100";
    args.labels = labels.data();
    EXPECT_REFUSED(jb_cross_entropy_forward(ctx, JB_F32, &loss, logits.data(), &args), words);
    EXPECT_REFUSED(jb_cross_entropy_backward(ctx, JB_F32, dlogits.data(), &dloss, logits.data(), &args), words);
  }
  EXPECT_REFUSED(jb_cross_entropy_forward(ctx, JB_F32, &loss, logits.data(), nullptr), "args is null");
  EXPECT_REFUSED(jb_cross_entropy_backward(ctx, JB_F32, dlogits.data(), &dloss, logits.data(), nullptr),
                 "args is null");
  EXPECT(loss == 5 && total == 5);
  EXPECT_SAME_BITS(lse, std::vector<float>(3, 5));
  EXPECT_SAME_BITS(dlogits, std::vector<float>(6, 5));
  const std::vector<int32_t> labels = {0, 1, 1};
  const jb_cross_entropy_args smoothed{
      .labels = labels.data(), .rows = 3, .classes = 2, .ignore_index = kIgnore, .label_smoothing = 1.5f};
  EXPECT_REFUSED(jb_cross_entropy_forward(ctx, JB_F32, &loss, logits.data(), &smoothed), "label smoothing 1.5");
}

TEST(cross_entropy_has_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  const int64_t rows = 5000, classes = 26;
  const std::vector<float> logits = test::normal(rows * classes);
  const std::vector<int32_t> labels = test::integers(rows, 0, classes);
  std::vector<float> a(2 + rows), b(2 + rows);
  const auto loss = [&](jb_ctx ctx, std::vector<float>& y) {
    const jb_cross_entropy_args args{.labels = labels.data(),
                                     .lse = y.data() + 2,
                                     .total = y.data() + 1,
                                     .rows = rows,
                                     .classes = classes,
                                     .ignore_index = kIgnore,
                                     .label_smoothing = 0.1f};
    return jb_cross_entropy_forward(ctx, JB_F32, y.data(), logits.data(), &args);
  };
  EXPECT_OK(loss(one, a));
  EXPECT_OK(loss(three, b));
  EXPECT_SAME_BITS(a, b);
}
