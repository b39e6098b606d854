#include "jaubert/attention.h"

#include "cuda/narrow.h"
#include "simt/attention_problem.h"

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

// Launched through the ABI, held to what simt.attention holds the kernels to. With a shift, tensors do not begin at 16
// bytes; `extra` elements lie between the rows of q, k and v.
template <typename T>
void check_narrow(const simt::AttentionCase& options, int64_t shift = 0, int64_t extra = 0) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const simt::AttentionProblem<T> problem(options);
  const int64_t tokens = problem.tokens(), hidden = static_cast<int64_t>(problem.hidden()), stride = 3 * hidden + extra;
  const auto spread = [&](const std::vector<T>& values, int64_t width, int64_t apart) {
    std::vector<T> all(static_cast<size_t>(shift + tokens * apart));
    for (int64_t t = 0; t < tokens; ++t) {
      std::copy_n(values.begin() + t * width, width, all.begin() + shift + t * apart);
    }
    return all;
  };
  const auto gathered = [&](const std::vector<T>& all, int64_t width, int64_t apart) {
    std::vector<T> values;
    for (int64_t t = 0; t < tokens; ++t) {
      const auto row = all.begin() + shift + t * apart;
      values.insert(values.end(), row, row + width);
    }
    return values;
  };
  auto qkv = both.array(spread(problem.qkv(), 3 * hidden, stride)), dqkv = both.array(qkv.values(1));
  auto dout = both.array(spread(problem.dout(), hidden, hidden));
  auto out = both.array(std::vector<T>(static_cast<size_t>(shift + tokens * hidden)));
  auto lse = both.empty<float>(options.heads * tokens);
  const jb_dtype dtype = test::type_of<T>(1);
  const auto at = [&](const test::Array<T>& array, int64_t i) { return array[1] + shift + i; };
  const float scale = problem.shape(nullptr).scale;
  const auto& begins = problem.cu_seqlens();
  constexpr int64_t kSeed = simt::AttentionProblem<T>::kSeed, kOffset = simt::AttentionProblem<T>::kOffset;
  EXPECT_OK(jb_attention_forward(ctx, dtype, at(out, 0), lse[1], at(qkv, 0), at(qkv, hidden), at(qkv, 2 * hidden),
                                 begins.data(), problem.sequences(), options.heads, options.head_dim, stride, stride,
                                 stride, scale, options.window, options.p, kSeed, kOffset));
  problem.expect_forward(gathered(out.values(1), hidden, hidden), lse.values(1));
  EXPECT_OK(jb_attention_backward(ctx, dtype, at(dqkv, 0), at(dqkv, hidden), at(dqkv, 2 * hidden), at(dout, 0),
                                  at(qkv, 0), at(qkv, hidden), at(qkv, 2 * hidden), at(out, 0), lse[1], begins.data(),
                                  problem.sequences(), options.heads, options.head_dim, stride, stride, stride, stride,
                                  stride, stride, scale, options.window, options.p, kSeed, kOffset));
  problem.expect_backward(gathered(dqkv.values(1), 3 * hidden, stride));
}

template <typename T>
void check_narrow_rotary(int64_t head_dim, int64_t extra, int64_t shift) {
  const test::Both both;
  const int64_t tokens = 19, heads = 3, stride = heads * head_dim + extra;
  test::Narrow<T> x(both, test::normal(tokens * stride), shift);
  auto positions = both.array(test::integers(tokens, 0, 8000));
  for (int32_t inverse = 0; inverse < 2; ++inverse) {
    BOTH_OK(jb_rotary(ctx, test::type_of<T>(d), x[d], positions[d], tokens, heads, head_dim, stride, 10000, inverse));
    EXPECT_ROUNDED(T, x, 3e-6);
    x.set_cpu(1);
  }
}

}  // namespace

TEST(forward_and_backward) {
  check({{0, 1}, 1, 4, -1, 0});
  check({{0, 5, 5, 40, 73}, 2, 20, -1, 0.3f});
  check({{0, 33, 100}, 1, 64, 9, 0.1f});
  check({{0, 7, 70}, 1, 128, -1, 0});
  check({{0, 0}, 1, 8, -1, 0});
}

TEST(bfloat16_and_float16) {
  using jb::bf16;
  using jb::f16;
  // Each instance, and head sizes between; short sequences, and longer than a tile of keys.
  check_narrow<bf16>({{13, 0, 1, 40, 5}, 2, 32, -1, 0.2f});
  check_narrow<f16>({{70, 140}, 1, 32, 20, 0});
  check_narrow<bf16>({{130, 33}, 1, 64, -1, 0.1f});
  check_narrow<f16>({{20, 65}, 2, 64, -1, 0.1f});
  check_narrow<bf16>({{70, 12}, 1, 96, -1, 0});
  check_narrow<bf16>({{150}, 1, 128, 30, 0.1f});
  check_narrow<bf16>({{33, 5}, 3, 40, -1, 0.1f}, 0, 8);
  // What the kernels for matrix units do not take.
  check_narrow<bf16>({{33, 5}, 2, 20, -1, 0.1f});
  check_narrow<f16>({{40, 3}, 1, 33, 7, 0.1f});
  check_narrow<bf16>({{40, 3}, 1, 64, -1, 0.1f}, 1);
  check_narrow<bf16>({{40, 3}, 1, 32, -1, 0.1f}, 0, 4);
  check_narrow<bf16>({{40, 3}, 1, 32, -1, 0.1f, 0, -1});
  check_narrow<f16>({{40, 3}, 1, 32, 5, 0, 0, 0});
  check_narrow<bf16>({{0, 0}, 1, 64, -1, 0});
}

// Also where every sequence is one tile of keys: a call then has a kernel less.
TEST(a_graph_has_the_bits_of_a_call) {
  using jb::bf16;
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const int64_t heads = 2, head_dim = 32, row = heads * head_dim, stride = 3 * row;
  const int32_t begins[] = {0, 10, 75};
  const int64_t tokens = begins[2];
  auto qkv = both.array(simt::normal<bf16>(tokens * stride)), dout = both.array(simt::normal<bf16>(tokens * row));
  auto out = both.array(dout.values(1));
  auto lse = both.empty<float>(heads * tokens);
  const auto run = [&](const test::Array<bf16>& dqkv, int64_t offset) {
    EXPECT_OK(jb_attention_forward(ctx, JB_BF16, out[1], lse[1], qkv[1], qkv[1] + row, qkv[1] + 2 * row, begins, 2,
                                   heads, head_dim, stride, stride, stride, 0.2f, -1, 0.3f, 5, offset));
    EXPECT_OK(jb_attention_backward(ctx, JB_BF16, dqkv[1], dqkv[1] + row, dqkv[1] + 2 * row, dout[1], qkv[1],
                                    qkv[1] + row, qkv[1] + 2 * row, out[1], lse[1], begins, 2, heads, head_dim, stride,
                                    stride, stride, stride, stride, stride, 0.2f, -1, 0.3f, 5, offset));
  };
  auto called = both.array(qkv.values(1)), replayed = both.array(qkv.values(1));
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  run(replayed, 7);
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  const int64_t seed = 5;
  for (int64_t more : {0, 64}) {
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, &seed, &more, 1, 0, 1));
    run(called, 7 + more);
    EXPECT_SAME_BITS(simt::doubles(replayed.values(1)), simt::doubles(called.values(1)));
  }
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(narrow_rotary_and_back) {
  check_narrow_rotary<jb::bf16>(2, 3, 0);
  check_narrow_rotary<jb::bf16>(64, 8, 0);
  check_narrow_rotary<jb::bf16>(64, 0, 1);
  check_narrow_rotary<jb::f16>(64, 0, 0);
  check_narrow_rotary<jb::f16>(20, 0, 0);
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
