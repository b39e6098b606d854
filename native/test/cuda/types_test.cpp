// The type of activations: what a GPU does not compute with is refused.
#include "../calls_of_types.h"
#include "cuda/both.h"

TEST(other_types_are_refused) {
  const test::Both both;
  for (const auto& [function, call] : test::kCallsOfTypes) {
    const std::string name = function;
    const bool takes_half = name.rfind("attention", 0) == 0 || name == "rotary";
    test::expect_words(call(both.cuda(), JB_I32), JB_UNSUPPORTED, name,
                       ": int32 is not computed on a GPU; float32 and bfloat16 are");
    test::expect_words(call(both.cuda(), -1), JB_INVALID_ARGUMENT, name, ": -1 is not an element type");
    if (!takes_half) {
      test::expect_words(call(both.cuda(), JB_F16), JB_UNSUPPORTED, name,
                         ": float16 is not computed on a GPU; float32 and bfloat16 are");
    }
  }
}
