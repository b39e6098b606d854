// Kernels take denormal numbers for 0, and leave their caller's arithmetic as it was.
#include "../cpu/support/flush.h"

#include <atomic>
#include <cfenv>
#include <thread>

#include "flush_calls.h"

namespace {

using jb::FlushDenormals;

// The same on one thread and on several.
void check(const std::vector<test::FlushCall>& calls) {
  const test::Context one(1), two(2), three(3);
  for (const test::FlushCall& c : calls) {
    const std::vector<std::vector<float>> inputs = test::inputs_of(c);
    const std::vector<float> results = test::expect_flushes(one, c, inputs);
    test::expect_same_results(c, "on two threads", results, test::expect_flushes(two, c, inputs));
    test::expect_same_results(c, "on three threads", results, test::expect_flushes(three, c, inputs));
  }
}

// Large enough for several threads each, and no multiple of a vector.
std::vector<test::FlushCall> elementwise_calls() {
  std::vector<test::FlushCall> calls;
  test::add_elementwise_calls(calls, 70001);
  return calls;
}
std::vector<test::FlushCall> other_calls() {
  std::vector<test::FlushCall> calls;
  test::add_row_calls(calls, 67, 257);
  test::add_row_calls(calls, 5, 1);
  test::add_model_calls(calls, 301);
  return calls;
}
std::vector<test::FlushCall> product_calls() {
  std::vector<test::FlushCall> calls;
  test::add_product_calls(calls, 131, 103, 67);
  test::add_product_calls(calls, 3, 103, 129);
  test::add_product_calls(calls, 1, 1, 1);
  return calls;
}

// Whether this thread's own arithmetic has denormal numbers: as results, and as operands.
bool computes_denormals() {
  volatile float smallest = 0x1p-126f, half = 0.5f, large = 0x1p126f;
  volatile float denormal = smallest * half;
  volatile float back = denormal * large;
  return denormal != 0 && back == 0.5f;
}

}  // namespace

TEST(elementwise) { check(elementwise_calls()); }
TEST(rows_attention_and_optimizers) { check(other_calls()); }
TEST(products) { check(product_calls()); }

// What the remainder of a loop computes is what its vectors do.
TEST(tails_of_every_length) {
  const test::Context ctx(1);
  for (int64_t n : {1, 2, 3, 5, 7, 8, 9, 15, 16, 17, 31, 33}) {
    std::vector<test::FlushCall> calls;
    test::add_elementwise_calls(calls, 3 * n);
    for (const test::FlushCall& c : calls) test::expect_flushes(ctx, c, test::inputs_of(c));
  }
  const std::vector<float> x = test::numbers_of_all_sizes(64);
  for (jb_unary_op op = JB_ABS; op < JB_DIVIDE; ++op) {
    std::vector<float> whole(64), part(64);
    EXPECT_OK(jb_unary_forward(ctx, op, whole.data(), x.data(), 64, 0, 0));
    for (int64_t n = 1; n < 64; ++n) {
      EXPECT_OK(jb_unary_forward(ctx, op, part.data(), x.data(), n, 0, 0));
      EXPECT(std::memcmp(whole.data(), part.data(), static_cast<size_t>(n) * sizeof(float)) == 0);
    }
  }
}

// Normal numbers whose result is none.
TEST(results_that_would_be_denormal_are_zero) {
  const test::Context ctx(2);
  constexpr int64_t kSize = 1003;
  const std::vector<float> small(kSize, -1e-20f), low(kSize, -13.2f), lower(kSize, -90.0f);
  std::vector<float> y(kSize, 77);
  const auto all_are_zero = [&] {
    for (float result : y) {
      if (result != 0) return false;
    }
    return true;
  };
  EXPECT_OK(jb_unary_forward(ctx, JB_AFFINE, y.data(), small.data(), kSize, 1e-20f, 0));
  EXPECT(all_are_zero());
  EXPECT_OK(jb_unary_forward(ctx, JB_DIVIDE, y.data(), small.data(), kSize, 1e20f, 0));
  EXPECT(all_are_zero());
  EXPECT_OK(jb_unary_forward(ctx, JB_GELU, y.data(), low.data(), kSize, 0, 0));
  EXPECT(all_are_zero());
  EXPECT_OK(jb_unary_forward(ctx, JB_EXP, y.data(), lower.data(), kSize, 0, 0));
  EXPECT(all_are_zero());
  EXPECT_OK(jb_unary_forward(ctx, JB_SIGMOID, y.data(), lower.data(), kSize, 0, 0));
  EXPECT(all_are_zero());
}

TEST(what_only_moves_numbers_keeps_them) {
  const test::Context ctx(2);
  constexpr int64_t kRows = 1001, kWidth = 6, kSize = kRows * kWidth;
  const std::vector<float> x = test::numbers_of_all_sizes(kSize);
  std::vector<float> y(kSize), z(kSize);
  EXPECT_OK(jb_copy(ctx, y.data(), x.data(), 4 * kSize));
  EXPECT_SAME_BITS(y, x);
  const int64_t shape[] = {kRows, kWidth}, plain[] = {kWidth, 1}, across[] = {1, kRows};
  EXPECT_OK(jb_strided_copy(ctx, JB_F32, y.data(), x.data(), 2, shape, across, plain, 0));
  EXPECT_OK(jb_strided_copy(ctx, JB_F32, z.data(), y.data(), 2, shape, plain, across, 0));
  EXPECT_SAME_BITS(z, x);
  const std::vector<uint8_t> yes(kSize, 1);
  EXPECT_OK(jb_where_forward(ctx, JB_F32, y.data(), yes.data(), x.data(), z.data(), 2, shape, plain, plain, plain));
  EXPECT_SAME_BITS(y, x);
  std::vector<int32_t> rows(kRows);
  for (size_t i = 0; i < rows.size(); ++i) rows[i] = static_cast<int32_t>(i);
  EXPECT_OK(jb_index_rows(ctx, JB_F32, y.data(), x.data(), rows.data(), JB_I32, kRows, kRows, kWidth));
  EXPECT_SAME_BITS(y, x);
  std::vector<int32_t> columns(kSize);
  for (size_t i = 0; i < columns.size(); ++i) columns[i] = static_cast<int32_t>(i % kWidth);
  EXPECT_OK(jb_take_along_rows(ctx, JB_F32, y.data(), x.data(), columns.data(), JB_I32, kRows, kWidth, kWidth));
  EXPECT_SAME_BITS(y, x);
}

// The denormal numbers of float16 are normal ones of float32.
TEST(small_numbers_of_float16_are_kept) {
  const test::Context ctx(2);
  std::vector<uint16_t> halves, back;
  for (uint32_t bits = 0; bits < 0x7c00; ++bits) {
    halves.push_back(static_cast<uint16_t>(bits));
    halves.push_back(static_cast<uint16_t>(bits | 0x8000));
  }
  const auto n = static_cast<int64_t>(halves.size());
  std::vector<float> wide(halves.size());
  back.resize(halves.size());
  EXPECT_OK(jb_cast(ctx, wide.data(), JB_F32, halves.data(), JB_F16, n));
  EXPECT(wide[2] == 0x1p-24f && wide[3] == -0x1p-24f && wide[2 * 0x3ff] == 0x3ffp-24f);
  EXPECT_OK(jb_cast(ctx, back.data(), JB_F16, wide.data(), JB_F32, n));
  EXPECT(back == halves);
  // One at a time is the loop's remainder.
  for (size_t i : {size_t{2}, size_t{3}, size_t{0x7fe}, size_t{0x801}}) {
    float alone = 77;
    EXPECT_OK(jb_cast(ctx, &alone, JB_F32, &halves[i], JB_F16, 1));
    EXPECT(alone == wide[i]);
  }
}

TEST(the_callers_state_is_as_before) {
  std::vector<test::FlushCall> calls = other_calls();
  test::add_elementwise_calls(calls, 101);
  test::add_product_calls(calls, 5, 7, 3);
  const FlushDenormals::State before = FlushDenormals::state();
  EXPECT(!FlushDenormals::flushes(before) && computes_denormals());
  const test::Context ctx(3);
  for (const test::FlushCall& c : calls) {
    test::results_of(ctx, c, test::inputs_of(c));
    if (!computes_denormals()) test::fail(__FILE__, __LINE__, c.name, " leaves its caller without denormal numbers");
  }
  // After an error too, of a kernel and of a context.
  EXPECT_REFUSED(jb_unary_forward(ctx, JB_EXP, nullptr, nullptr, 5, 0, 0), "null");
  EXPECT(computes_denormals());
  EXPECT_REFUSED(jb_set_threads(ctx, -1), "-1 threads");
  EXPECT(computes_denormals());
  EXPECT(jb_context_create(-1) == nullptr);
  EXPECT(computes_denormals());
  // All of it: rounding, and what was raised. The flags are the tests' own by now.
  const FlushDenormals::State here = FlushDenormals::state();
  std::vector<float> y(1003);
  const std::vector<float> x = test::numbers_of_all_sizes(1003);
  EXPECT_OK(jb_unary_forward(ctx, JB_EXP, y.data(), x.data(), 1003, 0, 0));
  EXPECT(FlushDenormals::state() == here);
}

// Nor do results hang on how the caller rounds.
TEST(a_callers_rounding_is_its_own) {
  const test::Context ctx(2);
  const std::vector<float> x = test::normal(70001);
  std::vector<float> nearest(x.size()), upward(x.size());
  EXPECT_OK(jb_unary_forward(ctx, JB_GELU, nearest.data(), x.data(), 70001, 0, 0));
  std::fesetround(FE_UPWARD);
  const jb_status status = jb_unary_forward(ctx, JB_GELU, upward.data(), x.data(), 70001, 0, 0);
  const int rounding = std::fegetround();
  std::fesetround(FE_TONEAREST);
  EXPECT(status == JB_OK && rounding == FE_UPWARD);
  EXPECT_SAME_BITS(upward, nearest);
}

// A caller that flushes itself finds that as it was, too.
TEST(a_caller_that_flushes_goes_on_to) {
  const test::Context ctx(2);
  std::vector<float> y(5);
  const std::vector<float> x = {1e-40f, -1e-40f, 1, 0, 2};
  const FlushDenormals flush;
  EXPECT_OK(jb_unary_forward(ctx, JB_EXP, y.data(), x.data(), 5, 0, 0));
  EXPECT(FlushDenormals::flushes(FlushDenormals::state()) && !computes_denormals());
  EXPECT_REFUSED(jb_unary_forward(ctx, JB_EXP, nullptr, nullptr, 5, 0, 0), "null");
  EXPECT(FlushDenormals::flushes(FlushDenormals::state()) && !computes_denormals());
}

TEST(callers_on_many_threads_keep_their_own) {
  const test::Context ctx(3);
  std::atomic<int> wrong{0};
  std::vector<std::thread> callers;
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&] {
      std::vector<float> y(70001);
      const std::vector<float> x(70001, 1e-40f);
      for (int round = 0; round < 50; ++round) {
        if (jb_unary_forward(ctx, JB_ABS, y.data(), x.data(), 70001, 0, 0) != JB_OK || !computes_denormals()) ++wrong;
        for (float value : y) wrong += value != 0;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT(wrong == 0);
}
