// A GPU takes denormal numbers for 0 as the CPU does. Matrix products are left out: they are cuBLAS's.
#include "../flush_calls.h"
#include "cuda/both.h"

namespace {

// Results of the GPU are denormal nowhere, and where the CPU has 0 for tiny inputs alone, so has the GPU.
void check(const std::vector<test::FlushCall>& calls) {
  const test::Both both;
  for (const test::FlushCall& c : calls) {
    const std::vector<std::vector<float>> inputs = test::inputs_of(c);
    test::expect_flushes(both[0], c, inputs);
    test::expect_flushes(both.cuda(), c, inputs);
    // Every input denormal: the same numbers on both but for the sign of a 0, to which extremes pay no attention.
    std::vector<std::vector<float>> tiny = inputs;
    for (std::vector<float>& x : tiny) {
      for (float& value : x) value = std::copysign(1e-40f, value);
    }
    const std::vector<float> cpu = test::expect_flushes(both[0], c, tiny);
    const std::vector<float> gpu = test::expect_flushes(both.cuda(), c, tiny);
    for (size_t i = 0; c.floats && i < cpu.size(); ++i) {
      const bool same = std::isnan(cpu[i]) ? std::isnan(gpu[i])
                                           : cpu[i] == gpu[i] || std::abs(cpu[i] - gpu[i]) <= 1e-5 * std::abs(cpu[i]);
      if (!same) test::fail(__FILE__, __LINE__, c.name, ", result ", i, ": CPU ", cpu[i], ", CUDA ", gpu[i]);
    }
  }
}

}  // namespace

TEST(elementwise) {
  std::vector<test::FlushCall> calls;
  test::add_elementwise_calls(calls, 1031);
  check(calls);
}

TEST(rows_attention_and_optimizers) {
  std::vector<test::FlushCall> calls;
  test::add_row_calls(calls, 33, 67);
  test::add_row_calls(calls, 10, 64);
  test::add_model_calls(calls, 37);
  check(calls);
}

// From float32 and back, whole vectors and one by one.
TEST(bfloat16) {
  const test::Both both;
  for (int64_t n : {1, 7, 1024, 1031}) {
    auto x = both.array(test::numbers_of_all_sizes(n)), back = both.empty<float>(n);
    auto narrow = both.empty<uint16_t>(n);
    BOTH_OK(jb_cast(ctx, narrow[d], JB_BF16, x[d], JB_F32, n));
    EXPECT_EQUAL(narrow);
    for (uint16_t bits : narrow.values(1)) EXPECT((bits & 0x7f80) != 0 || (bits & 0x7f) == 0);
    std::vector<uint16_t> denormal(static_cast<size_t>(n));
    for (size_t i = 0; i < denormal.size(); ++i) denormal[i] = static_cast<uint16_t>((i % 127 + 1) | (i % 2) << 15);
    narrow.set(denormal);
    BOTH_OK(jb_cast(ctx, back[d], JB_F32, narrow[d], JB_BF16, n));
    EXPECT_EQUAL(back);
    for (float value : back.values(1)) EXPECT(value == 0 && !test::is_denormal(value));
  }
}
