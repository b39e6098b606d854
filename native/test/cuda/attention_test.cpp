#include "jaubert/attention.h"

#include "cuda/both.h"

namespace {

struct Case {
  std::vector<int32_t> begins;
  int64_t heads, head_dim, window;
  float p;
};

void check(const Case& c) {
  test::Both both;
  const auto sequences = static_cast<int64_t>(c.begins.size()) - 1;
  const int64_t tokens = c.begins.back(), row = c.heads * c.head_dim, seed = test::random_seed(), offset = 17;
  const float scale = 1 / std::sqrt(static_cast<float>(c.head_dim));
  // q, k and v are parts of one tensor, as a fused projection leaves them.
  const int64_t stride = 3 * row;
  auto qkv = both.array(test::normal(tokens * stride)), out = both.empty<float>(tokens * row);
  auto lse = both.empty<float>(c.heads * tokens);
  BOTH_OK(jb_attention_forward(ctx, JB_F32, out[d], lse[d], qkv[d], qkv[d] + row, qkv[d] + 2 * row, c.begins.data(),
                               sequences, c.heads, c.head_dim, stride, stride, stride, scale, c.window, c.p, seed,
                               offset));
  EXPECT_SAME(out, 1e-5, 1e-5);
  EXPECT_SAME(lse, 1e-5, 1e-5);
  auto dout = both.array(test::normal(tokens * row)), gradients = both.empty<float>(tokens * stride);
  BOTH_OK(jb_attention_backward(ctx, JB_F32, gradients[d], gradients[d] + row, gradients[d] + 2 * row, dout[d], qkv[d],
                                qkv[d] + row, qkv[d] + 2 * row, out[d], lse[d], c.begins.data(), sequences, c.heads,
                                c.head_dim, stride, stride, stride, stride, stride, stride, scale, c.window, c.p, seed,
                                offset));
  EXPECT_SAME(gradients, 5e-5, 5e-5);
}

}  // namespace

TEST(forward_and_backward) {
  check({{0, 1}, 1, 4, -1, 0});
  check({{0, 5, 5, 40, 73}, 2, 20, -1, 0.3f});
  check({{0, 33, 100}, 1, 64, 9, 0.1f});
  check({{0, 7, 70}, 1, 128, -1, 0});
  check({{0, 0}, 1, 8, -1, 0});
}

TEST(rotary_and_back) {
  test::Both both;
  for (int64_t head_dim : {2, 20, 64}) {
    const int64_t tokens = 37, heads = 3, stride = heads * head_dim + 4;
    auto x = both.array(test::normal(tokens * stride));
    auto positions = both.array(test::integers(tokens, 0, 8000));
    for (int32_t inverse = 0; inverse < 2; ++inverse) {
      BOTH_OK(jb_rotary(ctx, JB_F32, x[d], positions[d], tokens, heads, head_dim, stride, 10000, inverse));
      EXPECT_SAME(x, 1e-6, 3e-6);
    }
  }
}

TEST(refuses) {
  test::Both both;
  auto x = both.empty<float>(64);
  const int32_t begins[] = {0, 2};
  const auto forward = [&](jb_ctx ctx, int d, int64_t head_dim, int64_t k_stride, float p) {
    return jb_attention_forward(ctx, JB_F32, x[d], nullptr, x[d], x[d], x[d], begins, 1, 2, head_dim, 8, k_stride, 8, 1,
                                -1, p, 0, 0);
  };
  BOTH_REFUSE(forward(ctx, d, 129, 8, 0), "head_dim 129 is outside [1, 128]");
  BOTH_REFUSE(forward(ctx, d, 4, 7, 0), "the row stride 7 of k is less than 2 heads of 4");
  BOTH_REFUSE(forward(ctx, d, 4, 8, 1), "p is 1");
  BOTH_REFUSE(jb_rotary(ctx, JB_F32, x[d], x[d], 1, 1, 3, 3, 10000, 0), "head_dim 3 is not even");
}
