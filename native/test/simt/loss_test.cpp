// kernels/loss under the emulator.
#include "loss/cross_entropy.cuh"
#include "simt/check.h"

namespace {

using simt::Buffer;

constexpr int32_t kIgnored = -100;

struct Case {
  int64_t rows;
  int classes, stride, padded;
  float smoothing, normalizer;
  bool weighted;
};
constexpr Case kCases[] = {
    {1, 1, 1, 1, 0, 0, false},          {7, 2, 2, 2, 0.1f, 0, true},          {0, 5, 5, 5, 0, 0, false},
    {19, 33, 40, 40, 0, 3, false},      {5, 257, 264, 260, 0.2f, 0, false},   {4, 3000, 3008, 3008, 0, 0, true},
    {3, 4096, 4096, 4096, 1, 0, false}, {2, 2049, 2051, 2050, 0.1f, 7, true},
};

template <typename T>
void check(const Case& c, bool all_ignored = false) {
  const auto rows = static_cast<size_t>(c.rows), classes = static_cast<size_t>(c.classes),
             stride = static_cast<size_t>(c.stride);
  std::vector<T> logits = simt::normal<T>(c.rows * c.stride, 3, 2);
  const std::vector<double> x = simt::doubles(logits);
  std::vector<int32_t> labels = test::integers<int32_t>(c.rows, 0, c.classes);
  for (size_t r = 0; r < rows; ++r) {
    if (r % 3 == 2 || all_ignored) labels[r] = kIgnored;
  }
  const std::vector<float> weights = test::uniform(c.classes, 0.5f, 2);
  const float dloss = 1.5f;

  const double e = c.smoothing;
  double loss = 0, total = 0, naive_loss = 0, loss_size = 0;
  int counted = 0;
  std::vector<double> lse, naive_lse, lse_size;
  for (size_t r = 0; r < rows; ++r) {
    const double* row = x.data() + r * stride;
    double largest = -INFINITY, sum = 0, mean = 0, size = 0, mean_weight = 0;  // of smoothing: weighted
    float naive_sum = 0;
    for (size_t k = 0; k < classes; ++k) largest = std::max(largest, row[k]), size = std::max(size, std::abs(row[k]));
    for (size_t k = 0; k < classes; ++k) {
      sum += std::exp(row[k] - largest);
      naive_sum += std::exp(static_cast<float>(row[k]) - static_cast<float>(largest));
      const double weight = c.weighted ? weights[k] : 1.0f;
      mean += weight * row[k] / static_cast<double>(classes);
      mean_weight += weight / static_cast<double>(classes);
    }
    lse.push_back(largest + std::log(sum));
    naive_lse.push_back(static_cast<double>(static_cast<float>(largest) + std::log(naive_sum)));
    lse_size.push_back(4 * (size + std::abs(lse[r]) + 1));
    if (labels[r] == kIgnored) continue;
    ++counted;
    const auto label = static_cast<size_t>(labels[r]);
    const double weight = c.weighted ? weights[label] : 1.0f;
    loss += weight * (1 - e) * (lse[r] - row[label]) + e * (mean_weight * lse[r] - mean);
    naive_loss += weight * (1 - e) * (naive_lse[r] - row[label]) + e * (mean_weight * naive_lse[r] - mean);
    loss_size += (weight + e * mean_weight) * 2 * lse_size[r];
    total += weight;
  }
  const double divisor = c.normalizer > 0 ? static_cast<double>(c.normalizer) : counted > 0 ? total : 1.0;
  double all_weights = 0;
  for (float w : weights) all_weights += c.weighted ? static_cast<double>(w) : 1;
  std::vector<double> d(rows * stride, -1), naive(d), size(d);  // -1: the columns that are not touched
  for (size_t r = 0; r < rows; ++r) {
    for (size_t k = 0; k < static_cast<size_t>(c.padded); ++k) {
      const size_t i = r * stride + k;
      d[i] = naive[i] = size[i] = 0;
      if (k >= classes || labels[r] == kIgnored) continue;
      const auto label = static_cast<size_t>(labels[r]);
      const double factor = dloss / divisor, of_label = c.weighted ? static_cast<double>(weights[label]) : 1;
      const double own = c.weighted ? static_cast<double>(weights[k]) : 1;
      const double target = (k == label ? (1 - e) * of_label : 0) + e / static_cast<double>(classes) * own;
      const double all = (1 - e) * of_label + e / static_cast<double>(classes) * all_weights;
      const double p = std::exp(x[i] - lse[r]);
      d[i] = (p * all - target) * factor;
      const float q = std::exp(static_cast<float>(x[i]) - static_cast<float>(lse[r]));
      naive[i] = static_cast<double>(
          simt::rounded<T>((q * static_cast<float>(all) - static_cast<float>(target)) * static_cast<float>(factor)));
      size[i] = 0x1p-24 * 4 * (p * all * lse_size[r] + target) * factor + simt::kRounding<T> * std::abs(d[i]);
    }
  }
  for (size_t i = 0; i < size.size(); ++i) size[i] = std::abs(size[i]) + 1e-30;
  for (double& s : lse_size) s *= 0x1p-24;

  Buffer<int32_t> blabels("labels", labels);
  Buffer<float> bweights("weights", weights), bdloss("dloss", std::vector<float>{dloss});
  const jb::Labels spec{blabels.data(), c.weighted ? bweights.data() : nullptr, kIgnored, c.classes};
  const bool whole = c.stride % jb::kVector<T> == 0;
  std::vector<float> first;
  simt::for_each_order(test::random()(), [&] {
    std::vector<T> room = logits;  // dlogits in the memory of logits; what is not a logit is poison, then -1
    for (size_t i = 0; i < room.size(); ++i) {
      if (i % stride >= classes) room[i] = jb::from_float<T>(i % stride >= static_cast<size_t>(c.padded) ? -1 : NAN);
    }
    Buffer<T> blogits("logits", room);
    Buffer<float> blosses("losses", rows), blse("lse", rows), bloss("loss", 1), btotal("total", 1);
    const auto run = [&](auto w) {
      if (rows > 0) {
        SIMT_LAUNCH((jb::cross_entropy_rows<T, w>), ({3, jb::kCrossEntropyThreads}), blosses.data(), blse.data(),
                    blogits.data(), spec, c.rows, c.stride, c.smoothing, jb::IndexErrors{});
      }
      SIMT_LAUNCH(jb::cross_entropy_sum<jb::kLossSumThreads>, ({1, jb::kLossSumThreads}), bloss.data(), btotal.data(),
                  blosses.data(), spec, c.rows, c.normalizer);
      SIMT_LAUNCH((jb::cross_entropy_backward<T, w>), ({2, jb::kCrossEntropyThreads}), blogits.data(), bdloss.data(),
                  blogits.data(), blse.data(), btotal.data(), spec, c.rows, c.stride, c.padded, c.smoothing);
    };
    if (whole) {
      run(std::integral_constant<int, jb::kVector<T>>());
    } else {
      run(std::integral_constant<int, 1>());
    }
    const std::vector<double> to_lse = simt::doubles(blse.values()), to_loss = simt::doubles(bloss.values()),
                              to_d = simt::doubles(blogits.values());
    EXPECT_AS_GOOD(to_lse, lse, naive_lse, lse_size);
    EXPECT_AS_GOOD(to_loss, std::vector<double>{counted > 0 ? loss / divisor : 0},
                   std::vector<double>{counted > 0 ? naive_loss / divisor : 0},
                   std::vector<double>{0x1p-24 * loss_size / divisor});
    EXPECT_CLOSE(btotal.values(), std::vector<double>{divisor}, 1e-6, 0);
    EXPECT_GRADIENT_AS_GOOD(to_d, d, naive, size);
    if (first.empty()) first = bloss.values();
    EXPECT_SAME_BITS(first, bloss.values());
  });
}

}  // namespace

TEST(cross_entropy) {
  for (const Case& c : kCases) {
    check<float>(c);
    check<jb::bf16>(c);
  }
  check<float>(kCases[1], true);
}

TEST(rows_of_minus_infinity_and_wrong_labels) {
  const float none = -INFINITY;
  Buffer<float> logits("logits", std::vector<float>{none, none, none, 0, none, 0}), losses("losses", 2), lse("lse", 2);
  for (int32_t label : {0, 2, 3, -1}) {
    Buffer<int32_t> labels("labels", std::vector<int32_t>{kIgnored, label});
    SIMT_LAUNCH((jb::cross_entropy_rows<float, 1>), ({2, jb::kCrossEntropyThreads}), losses.data(), lse.data(),
                logits.data(), (jb::Labels{labels.data(), nullptr, kIgnored, 3}), 2, 3, 0.0f, jb::IndexErrors{});
    EXPECT(lse.values()[0] == -INFINITY);
    EXPECT(std::abs(lse.values()[1] - std::log(2.0f)) < 1e-6f);
    EXPECT(losses.values()[0] == 0);
    EXPECT(std::isnan(losses.values()[1]) == (label < 0 || label > 2));
  }
}

TEST(a_logit_that_is_no_number_shows) {
  for (size_t place : {0, 1, 255, 256, 511}) {
    std::vector<float> row(512, 1.0f);
    row[place] = NAN;
    for (float rest : {1.0f, -INFINITY}) {
      std::fill(row.begin() + 256, row.end(), rest);
      row[place] = NAN;
      Buffer<float> logits("logits", row), losses("losses", 1), lse("lse", 1);
      Buffer<int32_t> labels("labels", std::vector<int32_t>{2});
      SIMT_LAUNCH((jb::cross_entropy_rows<float, 1>), ({1, jb::kCrossEntropyThreads}), losses.data(), lse.data(),
                  logits.data(), (jb::Labels{labels.data(), nullptr, kIgnored, 512}), 1, 512, 0.0f, jb::IndexErrors{});
      EXPECT(std::isnan(losses.values()[0]) && std::isnan(lse.values()[0]));
    }
  }
}
