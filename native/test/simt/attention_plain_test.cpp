// kernels/attention under the emulator: the kernels without matrix units.
#include "simt/attention_launch.h"

namespace {

using simt::AttentionCase;
using simt::AttentionProblem;
using simt::AttentionResults;

template <typename T>
void check(const AttentionCase& c) {
  const AttentionProblem<T> problem(c);
  std::vector<T> first;
  simt::for_each_order(test::random()(), [&] {
    const AttentionResults<T> results = simt::run_plain_attention(problem);
    if (first.empty()) {
      problem.expect_forward(results.out, results.lse);
      problem.expect_backward(results.dqkv);
      first = results.dqkv;
    }
    EXPECT(std::memcmp(first.data(), results.dqkv.data(), first.size() * sizeof(T)) == 0);
  });
}

}  // namespace

TEST(float32) {
  for (int head_dim : {1, 5, 32, 33, 64, 128}) {
    for (float p : {0.0f, 0.2f}) check<float>({{13, 0, 1, 2, 32, 33}, 2, head_dim, -1, p});
  }
  check<float>({{70, 17, 65}, 1, 64, -1, 0.1f});
}

TEST(a_window) {
  for (int window : {0, 5, 33}) check<float>({{75, 1, 0, 17}, 1, 32, window, window == 5 ? 0.3f : 0});
}

TEST(padding_is_zero) {
  check<float>({{20, 7, 0, 0}, 2, 16, -1, 0.1f, 40});
  check<float>({{}, 1, 4, -1, 0, 5});
}

TEST(head_sizes_that_matrix_units_do_not_take) {
  check<jb::bf16>({{40, 0, 3}, 3, 33, -1, 0.1f});
  check<jb::f16>({{40, 0, 3}, 3, 20, 7, 0.1f});
  check<jb::bf16>({{21}, 1, 127, -1, 0});
}

TEST(gradients_that_nobody_wants) {
  const AttentionProblem<float> problem({{5, 40}, 1, 8, -1, 0.1f});
  const AttentionResults<float> all = simt::run_plain_attention(problem);
  for (unsigned wanted : {simt::kDq, simt::kDk, simt::kDv}) {
    const AttentionResults<float> one = simt::run_plain_attention(problem, wanted);
    for (size_t i = 0; i < one.dqkv.size(); ++i) {
      const bool is_wanted = (wanted >> (i / problem.hidden() % 3) & 1) != 0;
      EXPECT(is_wanted ? one.dqkv[i] == all.dqkv[i] : std::isnan(one.dqkv[i]));
    }
  }
}
