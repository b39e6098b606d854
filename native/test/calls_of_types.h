// A call of each function that takes the type of its activations, with nothing but null behind it: so one that does not
// look at the type before everything else does not survive.
#ifndef JAUBERT_TEST_CALLS_OF_TYPES_H
#define JAUBERT_TEST_CALLS_OF_TYPES_H

#include "jaubert/activation.h"
#include "jaubert/attention.h"
#include "jaubert/dropout.h"
#include "jaubert/elementwise.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/linear.h"
#include "jaubert/loss.h"
#include "jaubert/norm.h"
#include "test.h"

namespace test {

struct CallOfType {
  const char* name;  // in messages
  jb_status (*call)(jb_ctx, jb_dtype);
};

// Every argument behind the type is 0 or null.
template <auto kFunction, typename... Rest>
jb_status call_with_nothing(jb_status (*)(jb_ctx, jb_dtype, Rest...), jb_ctx ctx, jb_dtype dtype) {
  return kFunction(ctx, dtype, Rest{}...);
}
template <auto kFunction>
jb_status call_with_nothing(jb_ctx ctx, jb_dtype dtype) {
  return call_with_nothing<kFunction>(kFunction, ctx, dtype);
}

inline constexpr CallOfType kCallsOfTypes[] = {
    {"linear", call_with_nothing<jb_linear_forward>},
    {"linear_backward", call_with_nothing<jb_linear_backward>},
    {"layernorm", call_with_nothing<jb_layernorm_forward>},
    {"layernorm backward", call_with_nothing<jb_layernorm_backward>},
    {"add_dropout_layernorm", call_with_nothing<jb_add_dropout_layernorm_forward>},
    {"add_dropout_layernorm backward", call_with_nothing<jb_add_dropout_layernorm_backward>},
    {"rmsnorm", call_with_nothing<jb_rmsnorm_forward>},
    {"rmsnorm backward", call_with_nothing<jb_rmsnorm_backward>},
    {"embedding", call_with_nothing<jb_embedding_layernorm_forward>},
    {"embedding backward", call_with_nothing<jb_embedding_layernorm_backward>},
    {"attention", call_with_nothing<jb_attention_forward>},
    {"attention backward", call_with_nothing<jb_attention_backward>},
    {"rotary", call_with_nothing<jb_rotary>},
    {"geglu", call_with_nothing<jb_geglu_forward>},
    {"geglu backward", call_with_nothing<jb_geglu_backward>},
    {"cross_entropy", call_with_nothing<jb_cross_entropy_forward>},
    {"cross_entropy backward", call_with_nothing<jb_cross_entropy_backward>},
    {"dropout", call_with_nothing<jb_dropout>},
    {"accumulate", call_with_nothing<jb_accumulate>},
    {"index_add_rows", call_with_nothing<jb_index_add_rows>},
};

// The call was refused with this status and words.
inline void expect_words(jb_status actual, jb_status expected, const std::string& name, const std::string& rest) {
  if (actual == expected && jb_last_error() == name + rest) return;
  fail(__FILE__, __LINE__, "status ", actual, " and \"", jb_last_error(), "\", expected ", expected, " and \"", name,
       rest, "\"");
}

}  // namespace test

#endif
