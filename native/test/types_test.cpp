// The type of activations: every function that takes one looks at it first.
#include "calls_of_types.h"
#include "test.h"

TEST(the_cpu_computes_with_float32_and_bfloat16) {
  const test::Context ctx;
  for (const auto& [name, call] : test::kCallsOfTypes) {
    test::expect_words(call(ctx, JB_F16), JB_UNSUPPORTED, name,
                       ": float16 is not computed on the CPU; float32 and bfloat16 are");
    test::expect_words(call(ctx, 6), JB_INVALID_ARGUMENT, name, ": 6 is not an element type");
  }
}
