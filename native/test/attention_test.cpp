#include "jaubert/attention.h"

#include <array>
#include <numeric>

#include "attention_reference.h"
#include "test.h"

namespace {

struct Problem {
  test::Attention right;
  std::vector<float> q, k, v, dout, out, lse;
  std::array<std::vector<float>, 3> gradients;  // of q, k and v

  Problem(std::vector<int32_t> lengths, int64_t heads, int64_t head_dim, int64_t window, float p) {
    right = {{0}, heads, head_dim, 1 / std::sqrt(static_cast<double>(head_dim)), window, p, 77, -3, {}, {}, {}, {}, {},
             {},  {},    {}};
    for (int32_t n : lengths) right.cu_seqlens.push_back(right.cu_seqlens.back() + n);
    const int64_t size = right.tokens() * heads * head_dim;
    q = test::normal(size, 1.5f);
    k = test::normal(size, 1.5f);
    v = test::normal(size, 1.5f);
    dout = test::normal(size);
    out.assign(dout.size(), NAN);
    lse.assign(static_cast<size_t>(heads * right.tokens()), NAN);
    for (std::vector<float>& gradient : gradients) gradient.assign(q.size(), NAN);
  }

  jb_attention_args args() {
    return {.q = q.data(),
            .k = k.data(),
            .v = v.data(),
            .lse = lse.data(),
            .sequences = static_cast<int64_t>(right.cu_seqlens.size()) - 1,
            .heads = right.heads,
            .head_dim = right.head_dim,
            .window = right.window,
            .scale = right.scale,
            .p = right.p,
            .seed = right.seed,
            .offset = right.offset};
  }

  jb_status forward(jb_ctx ctx, bool with_lse = true) {
    jb_attention_args a = args();
    if (!with_lse) a.lse = nullptr;
    return jb_attention_forward(ctx, JB_F32, out.data(), right.cu_seqlens.data(), &a);
  }

  // All three gradients, or only that of q (0), k (1) or v (2).
  jb_status backward(jb_ctx ctx, int only = -1) {
    const auto gradient = [&](int which) {
      return only < 0 || only == which ? gradients[static_cast<size_t>(which)].data() : nullptr;
    };
    return jb_attention_backward(ctx, JB_F32, gradient(0), gradient(1), gradient(2), dout.data(), out.data(),
                                 right.cu_seqlens.data(), test::at(args()));
  }

  // What q, k and v are now is what the reference computes with.
  void run_reference(const std::vector<double>& gradient_of_out) {
    right.q.assign(q.begin(), q.end());
    right.k.assign(k.begin(), k.end());
    right.v.assign(v.begin(), v.end());
    right.run(gradient_of_out);
  }

  void check(jb_ctx ctx) {
    EXPECT_OK(forward(ctx));
    EXPECT_OK(backward(ctx));
    run_reference({dout.begin(), dout.end()});
    EXPECT_CLOSE(out, right.out, 1e-5, 1e-5);
    EXPECT_CLOSE(lse, right.lse, 1e-5, 1e-5);
    EXPECT_CLOSE(gradients[0], right.dq, 1e-4, 3e-5);
    EXPECT_CLOSE(gradients[1], right.dk, 1e-4, 3e-5);
    EXPECT_CLOSE(gradients[2], right.dv, 1e-4, 3e-5);
  }
};

}  // namespace

TEST(attention_of_mixed_lengths_and_head_sizes) {
  const test::Context ctx;
  for (int64_t head_dim : {1, 5, 16, 17, 32, 48, 64, 80, 127, 128}) {
    for (float p : {0.0f, 0.2f}) Problem({13, 0, 1, 2, 15, 16, 17, 31, 0, 65}, 3, head_dim, -1, p).check(ctx);
  }
}

// Every number of rows and of vectors of keys that a block of scores can have, and one more or less than a tile.
TEST(attention_of_every_short_length_and_around_tiles) {
  const test::Context ctx;
  std::vector<int32_t> lengths(40);
  std::iota(lengths.begin(), lengths.end(), 1);
  for (int32_t tile : {48, 64, 80, 96, 112, 128, 256}) {
    for (int32_t n : {tile - 1, tile, tile + 1}) lengths.push_back(n);
  }
  for (int64_t head_dim : {32, 64}) {
    for (float p : {0.0f, 0.1f}) Problem(lengths, 1, head_dim, -1, p).check(ctx);
  }
  Problem(lengths, 1, 33, -1, 0.1f).check(ctx);
  Problem(lengths, 1, 32, 20, 0.1f).check(ctx);
}

TEST(attention_leaves_out_gradients_that_nobody_wants) {
  const test::Context ctx;
  for (int64_t window : {-1, 9}) {
    Problem all({5, 70, 140}, 2, 32, window, 0.1f);
    EXPECT_OK(all.forward(ctx));
    EXPECT_OK(all.backward(ctx));
    for (int wanted = 0; wanted < 3; ++wanted) {
      Problem one = all;
      for (std::vector<float>& gradient : one.gradients) gradient.assign(one.q.size(), NAN);
      EXPECT_OK(one.backward(ctx, wanted));
      for (size_t which = 0; which < 3; ++which) {
        if (which == static_cast<size_t>(wanted)) {
          EXPECT_SAME_BITS(one.gradients[which], all.gradients[which]);
        } else {
          for (float value : one.gradients[which]) EXPECT(std::isnan(value));
        }
      }
    }
  }
}

TEST(attention_over_several_tiles_of_queries_and_keys) {
  const test::Context ctx;
  for (int64_t head_dim : {32, 64, 72}) {
    for (float p : {0.0f, 0.1f}) Problem({129, 300, 64, 128, 261}, 2, head_dim, -1, p).check(ctx);
  }
}

TEST(attention_within_a_window) {
  const test::Context ctx;
  for (int64_t window : {0, 1, 7, 16, 50, 130, 1000}) {
    for (float p : {0.0f, 0.3f}) Problem({290, 1, 17, 0, 131}, 2, 32, window, p).check(ctx);
  }
  Problem({40, 9}, 1, 8, INT64_MAX, 0.0f).check(ctx);
}

TEST(attention_of_random_problems) {
  const test::Context ctx;
  for (int round = 0; round < 20; ++round) {
    const auto pick = [](int64_t low, int64_t high) { return test::integers(1, low, high)[0]; };
    Problem(test::integers(pick(1, 8), 0, 150), pick(1, 5), pick(1, 129), pick(-1, 100),
            static_cast<float>(pick(0, 2)) * 0.15f)
        .check(ctx);
  }
}

TEST(attention_without_sequences_or_tokens) {
  const test::Context ctx;
  Problem({}, 2, 32, -1, 0.1f).check(ctx);
  Problem({0, 0}, 2, 32, -1, 0.1f).check(ctx);
}

TEST(attention_has_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  std::vector<int32_t> lengths = test::integers(60, 1, 40);
  lengths.push_back(600);
  Problem a(lengths, 4, 32, -1, 0.1f);
  Problem b = a;
  EXPECT_OK(a.forward(one));
  EXPECT_OK(b.forward(three));
  EXPECT_SAME_BITS(a.out, b.out);
  EXPECT_SAME_BITS(a.lse, b.lse);
  EXPECT_OK(a.backward(one));
  EXPECT_OK(b.backward(three));
  for (size_t which = 0; which < 3; ++which) EXPECT_SAME_BITS(a.gradients[which], b.gradients[which]);
  Problem c = a;
  EXPECT_OK(c.forward(three, false));
  EXPECT_SAME_BITS(c.out, a.out);
}

TEST(attention_of_large_and_unseen_scores) {
  const test::Context ctx;
  // One key draws all weight: the softmax must not overflow.
  Problem large({70}, 1, 16, -1, 0.0f);
  for (size_t i = 0; i < 16; ++i) large.k[16 * 40 + i] *= 300;
  EXPECT_OK(large.forward(ctx));
  large.run_reference({});
  EXPECT_CLOSE(large.out, large.right.out, 1e-3, 1e-3);
  // All scores of a query -inf: no weight at all, and no NaN.
  Problem none({3}, 1, 2, -1, 0.0f);
  none.q = {1, 0, 1, 0, 1, 0};
  none.k = {-INFINITY, 0, -INFINITY, 0, -INFINITY, 0};
  none.v.assign(6, 0);
  EXPECT_OK(none.forward(ctx));
  for (float value : none.out) EXPECT(value == 0);
  for (float value : none.lse) EXPECT(value == -INFINITY);
  EXPECT_OK(none.backward(ctx));
  for (float value : none.gradients[2]) EXPECT(value == 0);
}

TEST(attention_refuses_what_it_cannot_do) {
  const test::Context ctx;
  Problem problem({3, 4}, 2, 8, -1, 0.0f);
  problem.right.cu_seqlens = {0, 5, 4};
  EXPECT_REFUSED(problem.forward(ctx), "falls from 5 to 4 at sequence 1");
  problem.right.cu_seqlens = {1, 5, 7};
  EXPECT_REFUSED(problem.forward(ctx), "begins with 1");
  problem.right.cu_seqlens = {0, 3, 7};
  problem.right.head_dim = 129;
  EXPECT_REFUSED(problem.forward(ctx), "head_dim 129");
  EXPECT_REFUSED(problem.backward(ctx), "head_dim 129");
  problem.right.head_dim = 8;
  problem.right.p = 1;
  EXPECT_REFUSED(problem.forward(ctx), "p is 1");
  problem.right.p = 0;
  const int32_t* ends = problem.right.cu_seqlens.data();
  EXPECT_REFUSED(jb_attention_forward(ctx, JB_F32, problem.out.data(), ends, nullptr), "args is null");
  EXPECT_REFUSED(jb_attention_backward(ctx, JB_F32, nullptr, nullptr, nullptr, problem.dout.data(), problem.out.data(),
                                       ends, nullptr),
                 "args is null");
  for (float value : problem.out) EXPECT(std::isnan(value));  // nothing was written
  problem.right.p = 0.5f;
  problem.right.cu_seqlens = {0, 3, 262148};
  EXPECT_REFUSED(problem.forward(ctx), "sequence 1 has 262145 tokens");
}

TEST(rotary_turns_pairs_by_their_position) {
  const test::Context ctx;
  for (int64_t head_dim : {2, 6, 32, 64, 66}) {
    const int64_t tokens = 9, heads = 3;
    const std::vector<int32_t> positions = {0, 1, 2, 3, 0, 1, 511, 8191, 100000};
    const std::vector<float> x = test::normal(tokens * heads * head_dim);
    std::vector<float> y = x;
    std::vector<double> expected(x.begin(), x.end());
    for (int64_t t = 0; t < tokens; ++t) {
      for (int64_t h = 0; h < heads; ++h) {
        for (int64_t i = 0; i < head_dim / 2; ++i) {
          const double angle = positions[static_cast<size_t>(t)] *
                               std::pow(10000.0, -2.0 * static_cast<double>(i) / static_cast<double>(head_dim));
          const auto low = static_cast<size_t>((t * heads + h) * head_dim + i),
                     high = low + static_cast<size_t>(head_dim / 2);
          expected[low] = x[low] * std::cos(angle) - x[high] * std::sin(angle);
          expected[high] = x[high] * std::cos(angle) + x[low] * std::sin(angle);
        }
      }
    }
    EXPECT_OK(jb_rotary(ctx, JB_F32, y.data(), positions.data(), tokens, heads, head_dim, 10000.0f, 0));
    EXPECT_CLOSE(y, expected, 1e-6, 1e-6);
    EXPECT_OK(jb_rotary(ctx, JB_F32, y.data(), positions.data(), tokens, heads, head_dim, 10000.0f, 1));
    EXPECT_CLOSE(y, x, 1e-6, 1e-6);
  }
  float one = 1;
  EXPECT_REFUSED(jb_rotary(ctx, JB_F32, &one, nullptr, 0, 1, 3, 10000.0f, 0), "head_dim 3 is not even");
}
