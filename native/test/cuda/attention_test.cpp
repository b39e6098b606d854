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
  const int64_t tokens = c.begins.back(), n = tokens * c.heads * c.head_dim, seed = test::random_seed();
  const float scale = 1 / std::sqrt(static_cast<float>(c.head_dim));
  auto q = both.array(test::normal(n)), k = both.array(test::normal(n)), v = both.array(test::normal(n));
  auto out = both.empty<float>(n), lse = both.empty<float>(c.heads * tokens);
  const auto args = [&](int d) {
    return jb_attention_args{.q = q[d],
                             .k = k[d],
                             .v = v[d],
                             .lse = lse[d],
                             .sequences = static_cast<int64_t>(c.begins.size()) - 1,
                             .heads = c.heads,
                             .head_dim = c.head_dim,
                             .window = c.window,
                             .scale = scale,
                             .p = c.p,
                             .seed = seed,
                             .offset = 17};
  };
  BOTH_OK(jb_attention_forward(ctx, JB_F32, out[d], c.begins.data(), test::at(args(d))));
  EXPECT_SAME(out, 1e-5, 1e-5);
  EXPECT_SAME(lse, 1e-5, 1e-5);
  auto dout = both.array(test::normal(n));
  auto dq = both.empty<float>(n), dk = both.empty<float>(n), dv = both.empty<float>(n);
  BOTH_OK(jb_attention_backward(ctx, JB_F32, dq[d], dk[d], dv[d], dout[d], out[d], c.begins.data(), test::at(args(d))));
  EXPECT_SAME(dq, 5e-5, 5e-5);
  EXPECT_SAME(dk, 5e-5, 5e-5);
  EXPECT_SAME(dv, 5e-5, 5e-5);
}

// Launched through the ABI, held to what simt.attention holds the kernels to. With a shift, tensors do not begin at 16
// bytes.
template <typename T>
void check_narrow(const simt::AttentionCase& options, int64_t shift = 0) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const simt::AttentionProblem<T> problem(options);
  const int64_t tokens = problem.tokens(), hidden = static_cast<int64_t>(problem.hidden());
  // Part i of rows that have several.
  const auto part = [&](const std::vector<T>& rows, int64_t parts, int64_t i) {
    std::vector<T> values(static_cast<size_t>(shift));
    for (int64_t t = 0; t < tokens; ++t) {
      const auto row = rows.begin() + (t * parts + i) * hidden;
      values.insert(values.end(), row, row + hidden);
    }
    return both.array(values);
  };
  // And back: tensors as the parts of rows.
  const auto joined = [&](std::initializer_list<const test::Array<T>*> tensors) {
    const auto parts = static_cast<int64_t>(tensors.size());
    std::vector<T> rows(static_cast<size_t>(tokens * parts * hidden));
    int64_t i = 0;
    for (const test::Array<T>* tensor : tensors) {
      const std::vector<T> values = tensor->values(1);
      for (int64_t t = 0; t < tokens; ++t) {
        std::copy_n(values.begin() + shift + t * hidden, hidden, rows.begin() + (t * parts + i) * hidden);
      }
      ++i;
    }
    return rows;
  };
  const auto q = part(problem.qkv(), 3, 0), k = part(problem.qkv(), 3, 1), v = part(problem.qkv(), 3, 2);
  const auto dq = both.array(q.values(1)), dk = both.array(k.values(1)), dv = both.array(v.values(1));
  const auto dout = part(problem.dout(), 1, 0);
  const auto out = both.array(std::vector<T>(static_cast<size_t>(shift + tokens * hidden)));
  const auto lse = both.empty<float>(options.heads * tokens);
  const jb_dtype dtype = test::type_of<T>(1);
  const auto of = [&](const test::Array<T>& tensor) { return tensor[1] + shift; };
  const int32_t* begins = problem.cu_seqlens().data();
  const jb_attention_args args{.q = of(q),
                               .k = of(k),
                               .v = of(v),
                               .lse = lse[1],
                               .sequences = problem.sequences(),
                               .heads = options.heads,
                               .head_dim = options.head_dim,
                               .window = options.window,
                               .scale = problem.shape(nullptr).scale,
                               .p = options.p,
                               .seed = simt::AttentionProblem<T>::kSeed,
                               .offset = simt::AttentionProblem<T>::kOffset};
  EXPECT_OK(jb_attention_forward(ctx, dtype, of(out), begins, &args));
  problem.expect_forward(joined({&out}), lse.values(1));
  EXPECT_OK(jb_attention_backward(ctx, dtype, of(dq), of(dk), of(dv), of(dout), of(out), begins, &args));
  problem.expect_backward(joined({&dq, &dk, &dv}));
}

template <typename T>
void check_narrow_rotary(int64_t head_dim, int64_t shift) {
  const test::Both both;
  const int64_t tokens = 19, heads = 3;
  test::Narrow<T> x(both, test::normal(tokens * heads * head_dim), shift);
  auto positions = both.array(test::integers(tokens, 0, 8000));
  for (int32_t inverse = 0; inverse < 2; ++inverse) {
    BOTH_OK(jb_rotary(ctx, test::type_of<T>(d), x[d], positions[d], tokens, heads, head_dim, 10000, inverse));
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
  check_narrow<bf16>({{33, 5}, 3, 40, -1, 0.1f});
  // What the kernels for matrix units do not take.
  check_narrow<bf16>({{33, 5}, 2, 20, -1, 0.1f});
  check_narrow<f16>({{40, 3}, 1, 33, 7, 0.1f});
  check_narrow<bf16>({{40, 3}, 1, 64, -1, 0.1f}, 1);
  check_narrow<bf16>({{40, 3}, 1, 32, -1, 0.1f, 0, -1});
  check_narrow<f16>({{40, 3}, 1, 32, 5, 0, 0, 0});
  check_narrow<bf16>({{0, 0}, 1, 64, -1, 0});
}

// Also where every sequence is one tile of keys: a call then has a kernel less.
TEST(a_graph_has_the_bits_of_a_call) {
  using jb::bf16;
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const int64_t heads = 2, head_dim = 32;
  const int32_t begins[] = {0, 10, 75};
  const int64_t tokens = begins[2];
  const auto array = [&] { return both.array(simt::normal<bf16>(tokens * heads * head_dim)); };
  const auto q = array(), k = array(), v = array(), dout = array(), out = array();
  const auto lse = both.empty<float>(heads * tokens);
  struct Gradients {
    test::Array<bf16> q, k, v;
  };
  const auto run = [&](const Gradients& to, int64_t offset) {
    const jb_attention_args args{.q = q[1],
                                 .k = k[1],
                                 .v = v[1],
                                 .lse = lse[1],
                                 .sequences = 2,
                                 .heads = heads,
                                 .head_dim = head_dim,
                                 .window = -1,
                                 .scale = 0.2f,
                                 .p = 0.3f,
                                 .seed = 5,
                                 .offset = offset};
    EXPECT_OK(jb_attention_forward(ctx, JB_BF16, out[1], begins, &args));
    EXPECT_OK(jb_attention_backward(ctx, JB_BF16, to.q[1], to.k[1], to.v[1], dout[1], out[1], begins, &args));
  };
  const Gradients called{array(), array(), array()}, replayed{array(), array(), array()};
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  run(replayed, 7);
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  const int64_t seed = 5;
  for (int64_t more : {0, 64}) {
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, &seed, &more, 1, 0, 1));
    run(called, 7 + more);
    for (const auto part : {&Gradients::q, &Gradients::k, &Gradients::v}) {
      EXPECT_SAME_BITS(simt::doubles((replayed.*part).values(1)), simt::doubles((called.*part).values(1)));
    }
  }
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(narrow_rotary_and_back) {
  check_narrow_rotary<jb::bf16>(2, 0);
  check_narrow_rotary<jb::bf16>(64, 0);
  check_narrow_rotary<jb::bf16>(64, 1);
  check_narrow_rotary<jb::f16>(64, 0);
  check_narrow_rotary<jb::f16>(20, 0);
}

TEST(rotary_and_back) {
  test::Both both;
  for (int64_t head_dim : {2, 20, 64}) {
    const int64_t tokens = 37, heads = 3;
    auto x = both.array(test::normal(tokens * heads * head_dim));
    auto positions = both.array(test::integers(tokens, 0, 8000));
    for (int32_t inverse = 0; inverse < 2; ++inverse) {
      BOTH_OK(jb_rotary(ctx, JB_F32, x[d], positions[d], tokens, heads, head_dim, 10000, inverse));
      EXPECT_SAME(x, 1e-6, 3e-6);
    }
  }
}

TEST(refuses) {
  test::Both both;
  auto x = both.empty<float>(64);
  const int32_t begins[] = {0, 2};
  const auto forward = [&](jb_ctx ctx, int d, int64_t head_dim, float p) {
    const jb_attention_args args{.q = x[d],
                                 .k = x[d],
                                 .v = x[d],
                                 .sequences = 1,
                                 .heads = 2,
                                 .head_dim = head_dim,
                                 .window = -1,
                                 .scale = 1,
                                 .p = p};
    return jb_attention_forward(ctx, JB_F32, x[d], begins, &args);
  };
  BOTH_REFUSE(forward(ctx, d, 129, 0), "head_dim 129 is outside [1, 128]");
  BOTH_REFUSE(forward(ctx, d, 4, 1), "p is 1");
  BOTH_REFUSE(jb_attention_forward(ctx, JB_F32, x[d], begins, nullptr), "attention: args is null");
  BOTH_REFUSE(jb_attention_backward(ctx, JB_F32, x[d], x[d], x[d], x[d], x[d], begins, nullptr),
              "attention backward: args is null");
  BOTH_REFUSE(jb_rotary(ctx, JB_F32, x[d], x[d], 1, 1, 3, 10000, 0), "head_dim 3 is not even");
}
