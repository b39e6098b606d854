// kernels/embedding under the emulator.
#include "embedding/embedding.cuh"

#include <numeric>

#include "../norm_reference.h"
#include "../philox_reference.h"
#include "simt/check.h"

namespace {

using simt::Buffer;

constexpr int kWordRows = 50, kPositionRows = 9, kTypeRows = 2;

struct Sizes {
  int64_t tokens, hidden;
  float p;
  bool with_types, keeps_sum;
};
constexpr Sizes kSizes[] = {{11, 2, 0, true, true},     {5, 33, 0.2f, false, true},  {13, 384, 0, true, false},
                            {9, 768, 0.1f, true, true}, {1, 1024, 0.5f, true, true}, {3, 1040, 0.1f, true, false}};

// One launch of forward: to and from as the kernel has them.
template <typename T, bool kDropout>
void forward(const Sizes& c, const jb::LayernormOutputs<T>& to, const jb::Embeddings& from, const float* gamma,
             const float* beta, float eps, const jb::Dropout& dropout) {
  const auto launch = [&](auto kernel, unsigned threads) {
    simt::launch("embedding_forward", {2, threads}, kernel, to, from, gamma, beta, c.tokens, static_cast<int>(c.hidden),
                 eps, dropout, jb::IndexErrors{});
  };
  constexpr int kSplit = sizeof(T) == 4 ? 2 : 1;
  switch (jb::layernorm_vectors<T>(c.hidden)) {
    case 0:
      if (c.hidden % jb::kVector<T> == 0) {
        launch(jb::embedding_forward_wide<T, jb::kVector<T>, kDropout>, jb::kLayernormWideThreads);
      } else {
        launch(jb::embedding_forward_wide<T, 1, kDropout>, jb::kLayernormWideThreads);
      }
      break;
    case 2 * kSplit:
      launch(jb::embedding_forward<T, 2 * kSplit, kDropout>, jb::kLayernormThreads);
      break;
    case 3 * kSplit:
      launch(jb::embedding_forward<T, 3 * kSplit, kDropout>, jb::kLayernormThreads);
      break;
    case 4 * kSplit:
      launch(jb::embedding_forward<T, 4 * kSplit, kDropout>, jb::kLayernormThreads);
      break;
    default:
      test::fail(__FILE__, __LINE__, "no instance for ", c.hidden);
  }
}

template <typename T, bool kDropout>
void check(const Sizes& c) {
  const auto hidden = static_cast<size_t>(c.hidden);
  const float eps = 1e-6f;
  const int64_t seed = 5, offset = 77;
  const std::vector<float> word = test::normal(kWordRows * c.hidden), position = test::normal(kPositionRows * c.hidden),
                           type = test::normal(kTypeRows * c.hidden), gamma = test::normal(c.hidden),
                           beta = test::normal(c.hidden);
  const std::vector<int32_t> words = test::integers<int32_t>(c.tokens, 0, kWordRows),
                             positions = test::integers<int32_t>(c.tokens, 0, kPositionRows),
                             types = test::integers<int32_t>(c.tokens, 0, kTypeRows);
  const std::vector<double> w = simt::doubles(word), q = simt::doubles(position), k = simt::doubles(type);
  std::vector<double> sum, naive, size;
  for (size_t t = 0; t < words.size(); ++t) {
    for (size_t i = 0; i < hidden; ++i) {
      const double a = w[static_cast<size_t>(words[t]) * hidden + i],
                   b = q[static_cast<size_t>(positions[t]) * hidden + i],
                   d = c.with_types ? k[static_cast<size_t>(types[t]) * hidden + i] : 0;
      sum.push_back(a + b + d);
      size.push_back(std::abs(a) + std::abs(b) + std::abs(d));
      naive.push_back(static_cast<double>(
          simt::rounded<T>(simt::rounded<T>(static_cast<float>(a) + static_cast<float>(b)) + static_cast<float>(d))));
    }
  }
  const test::LayerNorm right(sum, gamma, beta, c.tokens, c.hidden, eps),
      plain(naive, gamma, beta, c.tokens, c.hidden, eps);
  std::vector<double> y, naive_y, rounding, sum_rounding;
  for (size_t i = 0; i < sum.size(); ++i) {
    const bool kept = test::keeps(seed, offset, i, c.p);
    const double scale = kept ? 1 / (1 - static_cast<double>(c.p)) : 0;
    y.push_back(right.y[i] * scale);
    naive_y.push_back(static_cast<double>(simt::rounded<T>(static_cast<float>(plain.y[i] * scale))));
    sum_rounding.push_back(simt::kRounding<T> * size[i]);
    const size_t row = i / hidden * hidden;
    const double largest =
        *std::max_element(size.begin() + static_cast<int64_t>(row), size.begin() + static_cast<int64_t>(row + hidden));
    const double h = std::abs((sum[i] - right.mean[i / hidden]) * right.rstd[i / hidden]);
    rounding.push_back(
        scale * simt::kRounding<T> *
            (2 * largest * right.rstd[i / hidden] * (1 + h) * std::abs(static_cast<double>(gamma[i % hidden])) +
             std::abs(right.y[i])) +
        1e-30);
  }
  Buffer<float> bword("word", word), bposition("position", position), btype("type", type), bgamma("gamma", gamma),
      bbeta("beta", beta);
  Buffer<int32_t> bwords("word ids", words), bpositions("position ids", positions), btypes("type ids", types);
  const jb::Embeddings from{{bword.data(), bwords.data(), kWordRows},
                            {bposition.data(), bpositions.data(), kPositionRows},
                            {c.with_types ? btype.data() : nullptr, btypes.data(), kTypeRows}};
  simt::for_each_order(test::random()(), [&] {
    Buffer<T> by("y", sum.size()), bsum("sum", sum.size());
    Buffer<float> mean("mean", words.size()), rstd("rstd", words.size());
    forward<T, kDropout>(c, {by.data(), c.keeps_sum ? bsum.data() : nullptr, mean.data(), rstd.data()}, from,
                         bgamma.data(), bbeta.data(), eps, simt::dropout(c.p, seed, offset));
    const std::vector<double> to_y = simt::doubles(by.values());
    EXPECT_AS_GOOD(to_y, y, naive_y, rounding);
    if (!c.keeps_sum) return;
    const std::vector<double> to_sum = simt::doubles(bsum.values());
    EXPECT_AS_GOOD(to_sum, sum, naive, sum_rounding);
  });
}

// Backward to sum with the mask of y.
void check_backward(int64_t tokens, int64_t hidden) {
  const float p = 0.25f, eps = 1e-6f;
  const std::vector<float> sum = test::normal(tokens * hidden), gamma = test::normal(hidden),
                           dy = test::normal(tokens * hidden);
  const test::LayerNorm right(simt::doubles(sum), gamma, std::vector<float>(gamma.size()), tokens, hidden, eps);
  std::vector<double> dropped;
  for (size_t i = 0; i < dy.size(); ++i) {
    dropped.push_back(test::keeps(1, 2, i, p) ? static_cast<double>(dy[i]) / 0.75 : 0);
  }
  const test::LayerNormGradient g = right.backward(dropped);
  std::vector<float> mean, rstd;
  for (size_t r = 0; r < right.mean.size(); ++r) {
    mean.push_back(static_cast<float>(right.mean[r]));
    rstd.push_back(static_cast<float>(right.rstd[r]));
  }
  Buffer<float> bsum("sum", sum), bgamma("gamma", gamma), bdy("dy", dy), bmean("mean", mean), brstd("rstd", rstd),
      dsum("dsum", sum.size()), parts("parts", static_cast<size_t>(2 * 3 * hidden)),
      grads("gradients", static_cast<size_t>(2 * hidden));
  const auto launch = [&](auto kernel, unsigned threads) {
    simt::launch("layernorm_backward", {2, threads, static_cast<size_t>(12 * hidden)}, kernel, dsum.data(), nullptr,
                 parts.data(), bdy.data(), bsum.data(), bmean.data(), brstd.data(), bgamma.data(), tokens,
                 static_cast<int>(hidden), simt::dropout(p, 1, 2));
  };
  if (hidden % 4 == 0) {
    launch(jb::layernorm_backward<float, 4, jb::Mask::kOfY>, jb::kLayernormThreads);
  } else {
    launch(jb::layernorm_backward_wide<float, 1, jb::Mask::kOfY>, jb::kLayernormWideThreads);
  }
  SIMT_LAUNCH(jb::column_sums<jb::kColumnSumLines>, ({{static_cast<unsigned>((hidden + 31) / 32), 3}, {32, 16}}),
              (jb::ColumnSums{{grads.data(), grads.data() + hidden, nullptr}, 3, 0}), parts.data(), 2,
              static_cast<int>(hidden));
  std::vector<double> parameters(g.dgamma);
  parameters.insert(parameters.end(), g.dbeta.begin(), g.dbeta.end());
  EXPECT_CLOSE(dsum.values(), g.dx, 1e-4, 1e-4);
  EXPECT_CLOSE(grads.values(), parameters, 1e-4, 1e-4);
}

template <typename T>
void check_table_gradient(int64_t tokens, int64_t hidden, int rows) {
  const std::vector<T> dsum = simt::normal<T>(tokens * hidden);
  const std::vector<double> d = simt::doubles(dsum);
  std::vector<int32_t> ids = test::integers<int32_t>(tokens, -1, rows + 1), order(ids.size()), sorted;  // two outside
  std::iota(order.begin(), order.end(), 0);
  std::stable_sort(order.begin(), order.end(),
                   [&](int32_t a, int32_t b) { return ids[static_cast<size_t>(a)] < ids[static_cast<size_t>(b)]; });
  for (int32_t t : order) sorted.push_back(ids[static_cast<size_t>(t)]);
  std::vector<double> right(static_cast<size_t>(rows * hidden), 3), rounding(right.size(), 0x1p-22);
  std::vector<float> naive(right.size(), 3), start(naive);
  for (size_t i = 0; i < d.size(); ++i) {
    const int32_t id = ids[i / static_cast<size_t>(hidden)];
    if (id < 0 || id >= rows) continue;
    const size_t at = static_cast<size_t>(id * hidden) + i % static_cast<size_t>(hidden);
    right[at] += d[i];
    naive[at] += static_cast<float>(d[i]);
    rounding[at] += 0x1p-23 * (std::abs(d[i]) + 1);
  }
  const bool whole = hidden % jb::kVector<T> == 0;
  const int step = jb::kTableThreads * (whole ? jb::kVector<T> : 1);
  const auto windows = static_cast<unsigned>((tokens + jb::kTableWindow - 1) / jb::kTableWindow);
  Buffer<T> bdsum("dsum", dsum);
  Buffer<int32_t> border("order", order), bsorted("sorted", sorted);
  std::vector<float> first;
  simt::for_each_order(test::random()(), [&] {
    Buffer<float> table("dtable", start), edges("edges", windows * 2 * static_cast<size_t>(hidden));
    // Blocks for all columns in y, then, as where there are too many, in y and z.
    const auto grid = [&](int64_t each) {
      const auto all = static_cast<unsigned>((hidden + each - 1) / each), in_y = first.empty() ? all : (all + 1) / 2;
      return simt::Dim(windows, in_y, (all + in_y - 1) / in_y);
    };
    const auto launch = [&](auto kernel) {
      simt::launch("table_gradient", {grid(step), jb::kTableThreads}, kernel, table.data(), edges.data(), bdsum.data(),
                   bsorted.data(), border.data(), tokens, rows, static_cast<int>(hidden));
    };
    if (whole) {
      launch(jb::table_gradient<T, jb::kVector<T>>);
    } else {
      launch(jb::table_gradient<T, 1>);
    }
    SIMT_LAUNCH(jb::table_gradient_edges<jb::kTableThreads>, ({grid(jb::kTableThreads), jb::kTableThreads}),
                table.data(), edges.data(), bsorted.data(), tokens, rows, static_cast<int>(hidden));
    EXPECT_GRADIENT_AS_GOOD(simt::doubles(table.values()), right, simt::doubles(naive), rounding);
    if (first.empty()) first = table.values();
    EXPECT_SAME_BITS(first, table.values());
  });
}

}  // namespace

TEST(forward) {
  for (const Sizes& c : kSizes) {
    if (c.p > 0) {
      check<float, true>(c);
      check<jb::bf16, true>(c);
    } else {
      check<float, false>(c);
      check<jb::bf16, false>(c);
    }
  }
}

TEST(backward_through_the_mask_of_y) {
  check_backward(7, 512);
  check_backward(5, 77);
}

TEST(table_gradient) {
  for (int rows : {1, 2, 7, 400}) {
    for (int64_t tokens : {1, 64, 65, 130, 321}) {
      check_table_gradient<float>(tokens, 20, rows);
      check_table_gradient<jb::bf16>(tokens, 33, rows);
    }
  }
  check_table_gradient<jb::bf16>(200, 768, 11);
}

TEST(an_id_outside_its_table_makes_the_row_nan) {
  const int64_t hidden = 64;
  Buffer<float> word("word", test::normal(3 * hidden)), gamma("gamma", std::vector<float>(64, 1)), y("y", 2 * 64);
  for (int32_t id : {3, -1}) {
    Buffer<int32_t> ids("ids", std::vector<int32_t>{id, 2});
    SIMT_LAUNCH((jb::embedding_forward<float, 2, false>), ({1, jb::kLayernormThreads}),
                (jb::LayernormOutputs<float>{y.data(), nullptr, nullptr, nullptr}),
                (jb::Embeddings{{word.data(), ids.data(), 3}, {nullptr, nullptr, 0}, {nullptr, nullptr, 0}}),
                gamma.data(), nullptr, 2, 64, 1e-6f, simt::dropout(0, 0, 0), jb::IndexErrors{});
    EXPECT(std::isnan(y.values()[0]) && std::isnan(y.values()[63]));
    EXPECT(std::isfinite(y.values()[64]) && std::isfinite(y.values()[127]));
  }
}
