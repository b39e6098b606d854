// kernels/attention under the emulator: the kernels for matrix units.
#include "simt/attention_launch.h"

namespace {

using simt::AttentionCase;
using simt::AttentionProblem;
using simt::AttentionResults;

template <typename T, bool kShort>
AttentionResults<T> run(const AttentionProblem<T>& problem, unsigned gradients = simt::kAllGradients) {
  switch (jb::attention_width(problem.options().head_dim)) {
    case 32:
      return simt::run_attention<T, 32, kShort>(problem, gradients);
    case 64:
      return simt::run_attention<T, 64, kShort>(problem, gradients);
    case 96:
      return simt::run_attention<T, 96, kShort>(problem, gradients);
    default:
      return simt::run_attention<T, 128, kShort>(problem, gradients);
  }
}

template <typename T, bool kShort>
void check_tiles(const AttentionProblem<T>& problem) {
  const AttentionResults<T> results = run<T, kShort>(problem);
  problem.expect_forward(results.out, results.lse);
  problem.expect_backward(results.dqkv);
}

// With large and small tiles, threads in an order of this run's own.
template <typename T>
void check(const AttentionCase& c) {
  const AttentionProblem<T> problem(c);
  simt::set_order(simt::Order::kShuffled, test::random()());
  check_tiles<T, false>(problem);
  check_tiles<T, true>(problem);
}

template <typename T, bool kShort>
void check_orders(const AttentionCase& c) {
  const AttentionProblem<T> problem(c);
  const AttentionResults<T> first = run<T, kShort>(problem);
  simt::for_each_order(test::random()(), [&] {
    const AttentionResults<T> results = run<T, kShort>(problem);
    EXPECT(std::memcmp(results.out.data(), first.out.data(), first.out.size() * sizeof(T)) == 0);
    EXPECT(std::memcmp(results.dqkv.data(), first.dqkv.data(), first.dqkv.size() * sizeof(T)) == 0);
    EXPECT_SAME_BITS(results.lse, first.lse);
  });
  problem.expect_forward(first.out, first.lse);
  problem.expect_backward(first.dqkv);
}

const std::vector<int32_t> kMixed = {13, 0, 1, 2, 15, 16, 17, 31, 0, 65};

}  // namespace

TEST(mixed_lengths_and_head_sizes) {
  for (int head_dim : {32, 64, 96, 128}) {
    check<jb::bf16>({kMixed, 2, head_dim, -1, 0});
    check<jb::bf16>({kMixed, 1, head_dim, -1, 0.2f});
    check<jb::f16>({kMixed, 2, head_dim, -1, 0.1f});
  }
}

TEST(head_sizes_between_the_instances) {
  for (int head_dim : {8, 40, 72, 120}) check<jb::bf16>({{33, 5}, 3, head_dim, -1, 0.1f});
}

TEST(lengths_around_tiles) {
  check<jb::bf16>({{63, 64, 129}, 1, 64, -1, 0.1f});
  check<jb::bf16>({{127, 128}, 1, 32, -1, 0});
  check<jb::f16>({{200, 32}, 1, 64, -1, 0});
  check<jb::bf16>({{97, 130}, 1, 96, -1, 0.1f});
}

TEST(a_window) {
  for (int window : {0, 1, 9, 40, 140}) {
    check<jb::bf16>({{150, 1, 0, 17}, 1, 32, window, window % 2 == 0 ? 0.3f : 0});
  }
  check<jb::f16>({{131, 20}, 1, 128, 33, 0.1f});
}

TEST(the_same_bits_in_every_order_of_threads) {
  check_orders<jb::bf16, false>({{140, 0, 1, 33}, 1, 64, -1, 0.1f});
  check_orders<jb::f16, true>({{70, 3, 20}, 2, 64, 30, 0.1f});
  check_orders<jb::bf16, true>({{65, 12}, 1, 128, -1, 0.1f});
}

TEST(random_problems) {
  for (int round = 0; round < 4; ++round) {
    const auto pick = [](int low, int high) { return test::integers<int>(1, low, high)[0]; };
    check<jb::bf16>({test::integers(pick(1, 6), 0, 90), pick(1, 3), 8 * pick(1, 17), pick(-1, 2) * pick(1, 60),
                     static_cast<float>(pick(0, 2)) * 0.15f, pick(0, 2) * pick(0, 50)});
  }
}

// A bucket: rows behind the last sequence, and sequences behind the last that has tokens.
TEST(padding_is_zero) {
  check<jb::bf16>({{20, 7, 0, 0, 0}, 2, 32, -1, 0.1f, 150});
  check<jb::bf16>({{}, 1, 64, -1, 0, 5});
  check<jb::bf16>({{0, 0}, 1, 64, -1, 0});
}

TEST(more_sequences_than_a_warp_has_lanes) {
  std::vector<int32_t> lengths = test::integers(1100, 0, 2);
  lengths[40] = 3;
  const AttentionProblem<jb::bf16> problem({lengths, 1, 32, -1, 0, 3});
  const AttentionResults<jb::bf16> results = run<jb::bf16, true>(problem, 0);
  problem.expect_forward(results.out, results.lse);
}

TEST(gradients_that_nobody_wants) {
  const AttentionProblem<jb::bf16> problem({{5, 70, 140}, 1, 32, -1, 0.1f});
  for (unsigned wanted : {simt::kDq, simt::kDk, simt::kDv}) {
    const AttentionResults<jb::bf16> all = run<jb::bf16, false>(problem), one = run<jb::bf16, false>(problem, wanted);
    for (size_t i = 0; i < one.dqkv.size(); ++i) {
      const bool is_wanted = (wanted >> (i / problem.hidden() % 3) & 1) != 0;
      EXPECT(one.dqkv[i].bits == (is_wanted ? all.dqkv[i].bits : 0xffff));
    }
  }
}

// The offset of the mask may lie in device memory, and lse may be left out.
TEST(an_offset_on_the_device) {
  const AttentionProblem<jb::bf16> problem({{40, 9}, 2, 64, -1, 0.3f});
  using Forward = jb::AttentionForward<64, true>;
  simt::AttentionBuffers<jb::bf16> b(problem, 0);
  simt::Buffer<int64_t> base("base", std::vector<int64_t>{-5});
  const jb::Dropout dropout = simt::dropout(0.3f, problem.kSeed, problem.kOffset + 5, base.data());
  SIMT_LAUNCH((jb::attention_forward<jb::bf16, 64, true>),
              ({b.blocks(Forward::kQueries), Forward::kThreads, Forward::kSharedBytes}), b.out.data(), nullptr, b.q(),
              b.k(), b.v(), b.shape, dropout);
  const AttentionResults<jb::bf16> right = run<jb::bf16, true>(problem, 0);
  EXPECT(std::memcmp(b.out.data(), right.out.data(), right.out.size() * 2) == 0);
}

// The largest score of a row moves from tile to tile of keys, by less or by more than what exponents are spared.
TEST(scores_that_grow) {
  for (float deviation : {1.7f, 2.5f, 4.0f}) {
    check_tiles<jb::bf16, false>(AttentionProblem<jb::bf16>({{200, 150}, 1, 32, -1, 0.2f}, deviation));
    check_tiles<jb::f16, true>(AttentionProblem<jb::f16>({{100, 40}, 1, 64, 50, 0}, deviation));
  }
}

TEST(large_and_unseen_scores) {
  // Scores of thousands: the softmax must not overflow.
  check_tiles<jb::bf16, true>(AttentionProblem<jb::bf16>({{70, 20}, 1, 32, -1, 0}, 30));
  // All scores of a query -inf: no weight at all, and no NaN.
  AttentionProblem<jb::bf16> problem({{3}, 1, 32, -1, 0});
  simt::AttentionBuffers<jb::bf16> b(problem, simt::kDv);
  for (size_t i = 0; i < b.qkv.size(); ++i) {
    b.qkv.data()[i] = jb::from_float<jb::bf16>(i % 96 == 0 ? 1 : i % 96 == 32 ? -INFINITY : 0);
  }
  using Forward = jb::AttentionForward<32, false>;
  using Backward = jb::AttentionBackward<32, 8>;
  SIMT_LAUNCH((jb::attention_forward<jb::bf16, 32, false>),
              ({b.blocks(Forward::kQueries), Forward::kThreads, Forward::kSharedBytes}), b.out.data(), b.lse.data(),
              b.q(), b.k(), b.v(), b.shape, b.dropout);
  SIMT_LAUNCH((jb::attention_backward<jb::bf16, 32, 8>),
              ({b.blocks(Backward::kKeys), Backward::kThreads, Backward::kSharedBytes}), b.all(), b.inputs(),
              b.delta.data(), b.shape, b.dropout);
  for (float x : b.lse.values()) EXPECT(x == -INFINITY);
  for (jb::bf16 x : b.out.values()) EXPECT(jb::to_float(x) == 0);
  for (size_t i = 0; i < b.dqkv.size(); ++i) EXPECT(i % 96 < 64 || jb::to_float(b.dqkv.values()[i]) == 0);
}

TEST(wrong_cu_seqlens_touch_nothing_outside) {
  const AttentionProblem<jb::bf16> problem({{20, 10, 8}, 1, 32, -1, 0.1f});
  for (const std::vector<int32_t>& wrong :
       {std::vector<int32_t>{0, 20, 900, 901}, {-7, 20, 30, 38}, {5, 20, 10, 38}, {0, 0, -3, INT32_MAX}}) {
    simt::AttentionBuffers<jb::bf16> b(problem, simt::kAllGradients);
    std::memcpy(b.cu_seqlens.data(), wrong.data(), 16);
    using Forward = jb::AttentionForward<32, true>;
    // Blocks may do the same rows, which is a race and no access outside.
    try {
      SIMT_LAUNCH((jb::attention_forward<jb::bf16, 32, true>),
                  ({b.blocks(Forward::kQueries), Forward::kThreads, Forward::kSharedBytes}), b.out.data(), b.lse.data(),
                  b.q(), b.k(), b.v(), b.shape, b.dropout);
    } catch (const simt::Failure& failure) {
      EXPECT(std::string(failure.what()).find("race") != std::string::npos);
    }
  }
}
