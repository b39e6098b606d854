// Layers with activations in bfloat16 on a GPU, against the CPU's float32 from the same numbers. What forward kept is
// given to the CPU's backward as the GPU rounded it.
#include "cuda/narrow.h"
#include "jaubert/activation.h"
#include "jaubert/dropout.h"
#include "jaubert/elementwise.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/linear.h"
#include "jaubert/loss.h"
#include "jaubert/norm.h"

namespace {

using jb::bf16;
using test::Both;
using Narrow = test::Narrow<bf16>;

// Rows that a warp holds, with whole vectors and without; wide ones, with and without.
constexpr int64_t kHiddens[] = {1, 64, 257, 768, 1024, 1031, 1048};

constexpr jb_dtype type_of(int d) { return test::type_of<bf16>(d); }

std::vector<float> around_one(int64_t n) {
  std::vector<float> values = test::normal(n, 0.3f);
  for (float& v : values) v += 1;
  return values;
}

// 0 or 1 elements behind an aligned address.
int64_t some_shift() { return test::integers(1, 0, 2)[0]; }

std::vector<double> sum(std::vector<double> a, const std::vector<double>& b, double factor = 1) {
  for (size_t i = 0; i < a.size(); ++i) a[i] += factor * b[i];
  return a;
}

jb_unary_op unary_of(jb_activation activation) {
  constexpr jb_unary_op kOps[] = {JB_AFFINE, JB_GELU, JB_GELU_TANH, JB_RELU, JB_TANH};
  return kOps[activation];
}

// y = activation(z) on the CPU.
void activate(const Both& both, jb_activation activation, const Narrow& y, const Narrow& z) {
  EXPECT_OK(
      jb_unary_forward(both[0], unary_of(activation), y[0], z[0], static_cast<int64_t>(y.floats(0).size()), 1, 0));
}

void check_linear(jb_activation activation, int64_t rows, int64_t out, int64_t in, int64_t shift, bool keeps,
                  jb_activation before) {
  const Both both;
  Narrow x(both, test::normal(rows * in), shift), weight(both, test::normal(out * in, 0.3f), shift);
  auto bias = both.array(test::normal(out));
  Narrow y(both, rows * out, shift), z(both, rows * out);
  const auto args = [&](int d) {
    return jb_linear_args{.weight = weight[d],
                          .bias = keeps ? bias[d] : nullptr,
                          .preactivation = keeps ? z[d] : nullptr,
                          .rows = rows,
                          .out = out,
                          .in = in,
                          .activation = activation};
  };
  BOTH_OK(jb_linear_forward(ctx, type_of(d), y[d], x[d], test::at(args(d))));
  if (keeps) {
    // The product is rounded, and its sum with the bias.
    std::vector<double> terms = z.doubles(0);
    for (size_t i = 0; i < terms.size(); ++i) {
      const auto added = static_cast<double>(bias.values(0)[i % static_cast<size_t>(out)]);
      terms[i] = std::abs(terms[i]) + std::abs(terms[i] - added);
    }
    EXPECT_ROUNDED_TERMS(bf16, z, terms, 1e-5, 2);
    z.set_cpu(1);
    activate(both, activation, y, z);
    EXPECT_ROUNDED(bf16, y, 1e-6);
  } else {
    // An activation is steeper than 1 in a few places, but nowhere steeper than 1.2.
    Narrow product(both, rows * out);
    EXPECT_OK(jb_linear_forward(both[0], JB_F32, product[0], x[0],
                                test::at(jb_linear_args{.weight = weight[0], .rows = rows, .out = out, .in = in})));
    EXPECT_ROUNDED_TERMS(bf16, y, sum(test::sizes(y.doubles(0)), test::sizes(product.doubles(0)), 1.2), 1e-5, 2);
    activate(both, JB_NO_ACTIVATION, z, product);
    const auto bits = simt::to<bf16>(product.floats(0));
    EXPECT_OK(jb_write_bytes(both.cuda(), z[1], reinterpret_cast<const int8_t*>(bits.data()), rows * out * 2));
    z.set_cpu(1);
  }
  y.set_cpu(1);

  const Narrow& saved = activation == JB_ACT_TANH ? y : z;
  Narrow dy(both, test::normal(rows * out), shift), scratch(both, rows * out), again(both, test::normal(rows * in));
  const std::vector<float> original = again.floats(0);
  Narrow dx(both, test::normal(rows * in), shift);
  auto dweight = both.array(test::normal(out * in)), dbias = both.array(test::normal(out));
  const int32_t add = before == JB_NO_ACTIVATION ? JB_ADD_TO_DX | JB_ADD_TO_DBIAS : JB_ADD_TO_DWEIGHT + 0;
  jb_linear_args args_of_gpu = args(1);
  args_of_gpu.preactivation = saved[1];
  args_of_gpu.accumulate = add;
  args_of_gpu.x_activation = before;
  args_of_gpu.x_preactivation = again[1];
  EXPECT_OK(jb_linear_backward(both.cuda(), JB_BF16, dx[1], dweight[1], dbias[1], scratch[1], dy[1],
                               before == JB_NO_ACTIVATION ? x[1] : nullptr, &args_of_gpu));
  // On the CPU in two steps: to the bias from dy, to x and weight from dz as the GPU rounded it.
  jb_linear_args to_bias = args(0);
  to_bias.preactivation = saved[0];
  to_bias.accumulate = add & JB_ADD_TO_DBIAS;
  EXPECT_OK(jb_linear_backward(both[0], JB_F32, nullptr, nullptr, dbias[0], scratch[0], dy[0], x[0], &to_bias));
  EXPECT_SAME(dbias, 2e-5, 5e-5);
  if (activation != JB_NO_ACTIVATION) {
    EXPECT_ROUNDED_GRADIENT(bf16, scratch, 1e-6);
    scratch.set_cpu(1);
  }
  const Narrow& dz = activation == JB_NO_ACTIVATION ? dy : scratch;
  auto before_x = both.array(original);
  if (before != JB_NO_ACTIVATION) {
    EXPECT_OK(jb_unary_forward(both[0], unary_of(before), again[0], before_x[0], rows * in, 1, 0));
    EXPECT_ROUNDED(bf16, again, 1e-6);  // computed again in its place
    again.set_cpu(1);
  }
  const jb_linear_args to_others{.weight = weight[0],
                                 .rows = rows,
                                 .out = out,
                                 .in = in,
                                 .accumulate = add & ~JB_ADD_TO_DBIAS,
                                 .x_activation = before,
                                 .x_preactivation = before_x[0]};
  EXPECT_OK(jb_linear_backward(both[0], JB_F32, dx[0], dweight[0], nullptr, nullptr, dz[0],
                               before == JB_NO_ACTIVATION ? x[0] : again[0], &to_others));
  const double roundings = before == JB_NO_ACTIVATION ? 1 : 2;
  EXPECT_ROUNDED_TERMS(bf16, dx, sum(test::sizes(dx.doubles(0)), test::sizes(dx.doubles(0)), roundings - 1), 3e-5, 3);
  EXPECT_SAME(dweight, 2e-5, 1e-4);
}

}  // namespace

TEST(linear_layers) {
  for (jb_activation activation = JB_NO_ACTIVATION; activation <= JB_ACT_TANH; ++activation) {
    check_linear(activation, test::odd_size(70), test::odd_size(140), test::odd_size(40), some_shift(), true,
                 JB_NO_ACTIVATION);
    check_linear(activation, test::odd_size(40), 8 * test::odd_size(17), test::odd_size(40), 0, false, JB_ACT_GELU);
    check_linear(activation, 3, 64, 16, 1, true, JB_ACT_GELU_TANH);
  }
  check_linear(JB_ACT_GELU, 0, 8, 5, 0, true, JB_NO_ACTIVATION);
}

TEST(gated_activations) {
  const Both both;
  for (int64_t width : {1, 5, 64, 1032}) {
    const int64_t rows = test::odd_size(20), shift = some_shift();
    Narrow x(both, test::normal(rows * 2 * width, 2), shift), y(both, rows * width);
    BOTH_OK(jb_geglu_forward(ctx, type_of(d), y[d], x[d], rows, width));
    EXPECT_ROUNDED(bf16, y, 5e-6);
    Narrow dy(both, test::normal(rows * width)), dx(both, rows * 2 * width, shift);
    BOTH_OK(jb_geglu_backward(ctx, type_of(d), dx[d], dy[d], x[d], rows, width));
    EXPECT_ROUNDED_GRADIENT(bf16, dx, 1e-5);
  }
}

TEST(layernorm_alone) {
  const Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t rows = test::odd_size(20), n = rows * hidden, shift = hidden == 64 ? 1 : 0;
    Narrow x(both, test::normal(n), shift), y(both, n);
    auto gamma = both.array(around_one(hidden)), beta = both.array(test::normal(hidden));
    auto mean = both.empty<float>(rows), rstd = both.empty<float>(rows);
    const auto args = [&](int d) {
      return jb_layernorm_args{.gamma = gamma[d],
                               .beta = hidden == 768 ? nullptr : beta[d],
                               .mean = mean[d],
                               .rstd = rstd[d],
                               .rows = rows,
                               .hidden = hidden,
                               .eps = 1e-5f,
                               .accumulate = JB_ADD_TO_DBETA};
    };
    BOTH_OK(jb_layernorm_forward(ctx, type_of(d), y[d], x[d], test::at(args(d))));
    EXPECT_ROUNDED(bf16, y, 1e-5);
    EXPECT_SAME(mean, 1e-5, 1e-6);
    EXPECT_SAME(rstd, 1e-5, 0);
    Narrow dy(both, test::normal(n), shift), dx(both, n, shift);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    BOTH_OK(jb_layernorm_backward(ctx, type_of(d), dx[d], dgamma[d], dbeta[d], dy[d], x[d], test::at(args(d))));
    EXPECT_ROUNDED_GRADIENT(bf16, dx, hidden == 1 ? 3e-4 : 3e-5);
    EXPECT_SAME(dgamma, 2e-5, 1e-4);
    EXPECT_SAME(dbeta, 2e-5, 1e-4);
  }
}

TEST(layernorm_behind_bias_dropout_and_residual) {
  const Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t rows = test::odd_size(13), n = rows * hidden, seed = test::random_seed(), offset = 12345;
    const float p = hidden % 2 == 0 ? 0.3f : 0.0f;
    const bool all = hidden != 64;
    Narrow x(both, test::normal(n)), residual(both, test::normal(n), hidden == 1024 ? 1 : 0), y(both, n), kept(both, n);
    auto bias = both.array(test::normal(hidden)), gamma = both.array(around_one(hidden));
    auto beta = both.array(test::normal(hidden));
    auto mean = both.empty<float>(rows), rstd = both.empty<float>(rows);
    const auto args = [&](int d) {
      return jb_layernorm_args{.gamma = gamma[d],
                               .beta = beta[d],
                               .mean = mean[d],
                               .rstd = rstd[d],
                               .rows = rows,
                               .hidden = hidden,
                               .eps = 1e-5f,
                               .accumulate = JB_ADD_TO_DBIAS_LN,
                               .residual = all ? residual[d] : nullptr,
                               .bias = all ? bias[d] : nullptr,
                               .p = p,
                               .seed = seed,
                               .offset = offset};
    };
    BOTH_OK(jb_add_dropout_layernorm_forward(ctx, type_of(d), y[d], kept[d], x[d], test::at(args(d))));
    EXPECT_ROUNDED(bf16, kept, 1e-6);  // so the masks are the same
    kept.set_cpu(1);
    EXPECT_OK(jb_layernorm_forward(both[0], JB_F32, y[0], kept[0], test::at(args(0))));
    EXPECT_ROUNDED(bf16, y, 1e-5);
    EXPECT_SAME(mean, 1e-5, 1e-6);
    EXPECT_SAME(rstd, 1e-5, 0);
    Narrow dy(both, test::normal(n)), dx(both, n), dresidual(both, n);
    auto dbias = both.array(test::normal(hidden)), dgamma = both.array(test::normal(hidden));
    auto dbeta = both.array(test::normal(hidden));
    BOTH_OK(jb_add_dropout_layernorm_backward(ctx, type_of(d), dx[d], dresidual[d], dbias[d], dgamma[d], dbeta[d],
                                              dy[d], kept[d], test::at(args(d))));
    EXPECT_ROUNDED_GRADIENT(bf16, dx, hidden == 1 ? 3e-4 : 5e-5);
    EXPECT_ROUNDED_GRADIENT(bf16, dresidual, hidden == 1 ? 3e-4 : 5e-5);
    EXPECT_SAME(dbias, 2e-5, 2e-4);
    EXPECT_SAME(dgamma, 2e-5, 2e-4);
    EXPECT_SAME(dbeta, 2e-5, 2e-4);
  }
}

// The tables and their gradients are float32.
TEST(embeddings) {
  const Both both;
  for (int64_t hidden : kHiddens) {
    const int64_t tokens = test::odd_size(30), n = tokens * hidden, seed = test::random_seed();
    const int64_t word_rows = 50, position_rows = 20, type_rows = 2;
    auto word = both.array(test::normal(word_rows * hidden)),
         position = both.array(test::normal(position_rows * hidden));
    auto type = both.array(test::normal(type_rows * hidden));
    auto word_ids = both.array(test::integers(tokens, 0, word_rows));
    auto position_ids = both.array(test::integers(tokens, 0, position_rows));
    auto type_ids = both.array(test::integers(tokens, 0, type_rows));
    auto gamma = both.array(around_one(hidden)), beta = both.array(test::normal(hidden));
    Narrow y(both, n), kept(both, n);
    auto mean = both.empty<float>(tokens), rstd = both.empty<float>(tokens);
    const float p = hidden % 3 == 0 ? 0.0f : 0.2f;
    const auto args = [&](int d) {
      return jb_embedding_args{.word = word[d],
                               .position = position[d],
                               .type = type[d],
                               .word_ids = word_ids[d],
                               .position_ids = position_ids[d],
                               .type_ids = type_ids[d],
                               .gamma = gamma[d],
                               .beta = beta[d],
                               .mean = mean[d],
                               .rstd = rstd[d],
                               .tokens = tokens,
                               .hidden = hidden,
                               .word_rows = word_rows,
                               .position_rows = position_rows,
                               .type_rows = type_rows,
                               .eps = 1e-5f,
                               .p = p,
                               .seed = seed,
                               .offset = 7,
                               .accumulate = JB_ADD_TO_DGAMMA};
    };
    BOTH_OK(jb_embedding_layernorm_forward(ctx, type_of(d), y[d], kept[d], test::at(args(d))));
    EXPECT_ROUNDED(bf16, kept, 1e-6);
    kept.set_cpu(1);
    const jb_layernorm_args alone{.gamma = gamma[0],
                                  .beta = beta[0],
                                  .mean = mean[0],
                                  .rstd = rstd[0],
                                  .rows = tokens,
                                  .hidden = hidden,
                                  .eps = 1e-5f};
    EXPECT_OK(jb_layernorm_forward(both[0], JB_F32, y[0], kept[0], &alone));
    EXPECT_OK(jb_dropout(both[0], JB_F32, y[0], y[0], n, p, seed, 7));
    EXPECT_ROUNDED(bf16, y, 1e-5);
    Narrow dy(both, test::normal(n)), dsum(both, n, hidden == 768 ? 1 : 0);
    auto dgamma = both.array(test::normal(hidden)), dbeta = both.array(test::normal(hidden));
    BOTH_OK(jb_embedding_layernorm_backward(ctx, type_of(d), dsum[d], dgamma[d], dbeta[d], dy[d], kept[d],
                                            test::at(args(d))));
    EXPECT_ROUNDED_GRADIENT(bf16, dsum, hidden == 1 ? 3e-4 : 1e-4);
    EXPECT_SAME(dgamma, 2e-5, 2e-4);
    EXPECT_SAME(dbeta, 2e-5, 2e-4);
    dsum.set_cpu(1);
    for (int32_t accumulate : {0, 1}) {
      BOTH_OK(jb_index_add_rows(ctx, type_of(d), word[d], dsum[d], word_ids[d], JB_I32, tokens, word_rows, hidden,
                                accumulate));
      EXPECT_SAME(word, 1e-5, 1e-4);
    }
  }
}

TEST(cross_entropy) {
  const Both both;
  for (int turn = 0; turn < 8; ++turn) {
    const int64_t rows = turn == 3 ? 0 : test::odd_size(33), classes = turn == 4 ? 3001 : 8 * test::odd_size(64);
    const int32_t ignored = -100;
    const float smoothing = turn % 3 == 0 ? 0.0f : 0.1f;
    std::vector<int32_t> chosen = test::integers(rows, 0, classes);
    for (size_t i = 0; i < chosen.size(); i += 3) chosen[i] = ignored;
    Narrow logits(both, test::normal(rows * classes, 3), turn == 2 ? 1 : 0), dlogits(both, rows * classes);
    auto weights = both.array(test::uniform(classes, 0.5f, 2));
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
                                   .label_smoothing = smoothing};
    };
    BOTH_OK(jb_cross_entropy_forward(ctx, type_of(d), loss[d], logits[d], test::at(args(d))));
    EXPECT_SAME(loss, 1e-5, 1e-5);
    EXPECT_SAME(lse, 1e-6, 1e-6);
    EXPECT_SAME(total, 1e-6, 0);
    auto dloss = both.array(std::vector<float>{1.3f});
    const Narrow& to = turn % 4 == 1 ? logits : dlogits;  // they may be one memory
    BOTH_OK(jb_cross_entropy_backward(ctx, type_of(d), to[d], dloss[d], logits[d], test::at(args(d))));
    EXPECT_ROUNDED_GRADIENT(bf16, to, 1e-6);
  }
}

// Each is the CPU's number, rounded.
TEST(dropout_has_the_bits_of_the_cpu) {
  const Both both;
  for (int64_t n : {0, 1, 3, 4, 1000, 5003}) {
    const int64_t seed = test::random_seed(), offset = test::random_seed();
    Narrow x(both, test::normal(n), some_shift()), y(both, n, some_shift());
    BOTH_OK(jb_dropout(ctx, type_of(d), y[d], x[d], n, 0.37f, seed, offset));
    EXPECT_SAME_BITS(simt::doubles(simt::to<bf16>(y.floats(0))), y.doubles(1));
    BOTH_OK(jb_dropout(ctx, type_of(d), x[d], x[d], n, 0.5f, seed, offset));
    EXPECT_SAME_BITS(x.doubles(0), x.doubles(1));  // doubled: exact
  }
}

TEST(accumulate) {
  const Both both;
  for (int64_t n : {0, 1, 7, 64, 2051}) {
    const int64_t shift = some_shift();
    Narrow y(both, test::normal(n), shift), x(both, test::normal(n), shift);
    BOTH_OK(jb_accumulate(ctx, type_of(d), y[d], x[d], n, -0.75f));
    EXPECT_ROUNDED_GRADIENT(bf16, y, 1e-6);
  }
}
