#include "jaubert/embedding.h"

#include "norm_reference.h"
#include "philox_reference.h"
#include "test.h"

TEST(embedding_layernorm_forward_and_backward) {
  const test::Context ctx;
  const int64_t tokens = 41, words = 50, places = 12, types = 2, seed = 4, offset = 9;
  const float eps = 1e-12f;
  for (int64_t hidden : {2, 7, 16, 33, 384}) {
    for (float p : {0.0f, 0.1f}) {
      for (bool has_types : {true, false}) {
        const std::vector<float> word = test::normal(words * hidden), position = test::normal(places * hidden);
        const std::vector<float> type = test::normal(types * hidden), dy = test::normal(tokens * hidden);
        const std::vector<float> gamma = test::normal(hidden), beta = test::normal(hidden);
        const std::vector<int32_t> w = test::integers(tokens, 0, words), q = test::integers(tokens, 0, places);
        const std::vector<int32_t> k = test::integers(tokens, 0, types);
        std::vector<double> sum, keep;
        for (int64_t t = 0; t < tokens; ++t) {
          const auto at = static_cast<size_t>(t);
          for (int64_t c = 0; c < hidden; ++c) {
            double s = static_cast<double>(word[static_cast<size_t>(w[at] * hidden + c)]) +
                       static_cast<double>(position[static_cast<size_t>(q[at] * hidden + c)]);
            if (has_types) s += static_cast<double>(type[static_cast<size_t>(k[at] * hidden + c)]);
            sum.push_back(s);
            const bool kept = test::keeps(seed, offset, static_cast<uint64_t>(t * hidden + c), p);
            keep.push_back(kept ? 1 / (1 - static_cast<double>(p)) : 0);
          }
        }
        const test::LayerNorm right(sum, gamma, beta, tokens, hidden, eps);
        std::vector<double> expected = right.y, gradient(dy.begin(), dy.end());
        for (size_t i = 0; i < keep.size(); ++i) {
          expected[i] *= keep[i];
          gradient[i] *= keep[i];
        }
        std::vector<float> y(sum.size()), s(sum.size()), mean(static_cast<size_t>(tokens)), rstd(mean.size());
        const jb_embedding_args args{.word = word.data(),
                                     .position = position.data(),
                                     .type = has_types ? type.data() : nullptr,
                                     .word_ids = w.data(),
                                     .position_ids = q.data(),
                                     .type_ids = has_types ? k.data() : nullptr,
                                     .gamma = gamma.data(),
                                     .beta = beta.data(),
                                     .mean = mean.data(),
                                     .rstd = rstd.data(),
                                     .tokens = tokens,
                                     .hidden = hidden,
                                     .word_rows = words,
                                     .position_rows = places,
                                     .type_rows = types,
                                     .eps = eps,
                                     .p = p,
                                     .seed = seed,
                                     .offset = offset,
                                     .accumulate = JB_ADD_TO_DGAMMA};
        EXPECT_OK(jb_embedding_layernorm_forward(ctx, JB_F32, y.data(), s.data(), &args));
        EXPECT_CLOSE(s, sum, 1e-6, 1e-6);
        // With two elements a difference of rounding size may be all there is to normalise.
        if (hidden > 2) EXPECT_CLOSE(y, expected, 1e-5, 2e-5);
        std::vector<float> alone(sum.size());
        jb_embedding_args without_statistics = args;
        without_statistics.mean = without_statistics.rstd = nullptr;
        EXPECT_OK(jb_embedding_layernorm_forward(ctx, JB_F32, alone.data(), nullptr, &without_statistics));
        EXPECT_SAME_BITS(alone, y);
        if (hidden == 2) continue;

        const test::LayerNormGradient g = right.backward(gradient);
        std::vector<float> dsum(sum.size()), dgamma(gamma.size(), 1), dbeta(gamma.size(), 1);
        EXPECT_OK(jb_embedding_layernorm_backward(ctx, JB_F32, dsum.data(), dgamma.data(), dbeta.data(), dy.data(),
                                                  s.data(), &args));
        EXPECT_CLOSE(dsum, g.dx, 1e-4, 2e-4);
        for (float& value : dgamma) value -= 1;
        EXPECT_CLOSE(dgamma, g.dgamma, 1e-4, 2e-4);
        EXPECT_CLOSE(dbeta, g.dbeta, 1e-4, 2e-4);
      }
    }
  }
}

TEST(embedding_refuses_ids_outside_their_tables_before_writing) {
  const test::Context ctx;
  const std::vector<float> table(5 * 4), gamma(4), beta(4);
  std::vector<float> y(3 * 4, 7);
  const std::vector<int32_t> good = {0, 1, 4}, high = {0, 5, 1}, low = {0, 1, -1};
  const auto call = [&](const std::vector<int32_t>& word, const std::vector<int32_t>& position,
                        const std::vector<int32_t>& type) {
    const jb_embedding_args args{.word = table.data(),
                                 .position = table.data(),
                                 .type = table.data(),
                                 .word_ids = word.data(),
                                 .position_ids = position.data(),
                                 .type_ids = type.data(),
                                 .gamma = gamma.data(),
                                 .beta = beta.data(),
                                 .tokens = 3,
                                 .hidden = 4,
                                 .word_rows = 5,
                                 .position_rows = 5,
                                 .type_rows = 5,
                                 .eps = 1e-12f};
    return jb_embedding_layernorm_forward(ctx, JB_F32, y.data(), nullptr, &args);
  };
  EXPECT_REFUSED(call(high, good, good), "word id 5 of token 1 is outside [0, 5)");
  EXPECT_REFUSED(call(good, low, good), "position id -1 of token 2 is outside [0, 5)");
  EXPECT_REFUSED(call(good, good, high), "type id 5 of token 1 is outside [0, 5)");
  EXPECT_REFUSED(jb_embedding_layernorm_forward(ctx, JB_F32, y.data(), nullptr, nullptr), "args is null");
  EXPECT_REFUSED(
      jb_embedding_layernorm_backward(ctx, JB_F32, y.data(), y.data(), y.data(), y.data(), y.data(), nullptr),
      "args is null");
  EXPECT_SAME_BITS(y, std::vector<float>(12, 7));
  EXPECT_OK(call(good, good, good));
}
