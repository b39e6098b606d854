// The exported functions, where kernels are compiled for several instruction sets (x86-64): each is one jump through a
// pointer that is set when the library is loaded. One line a function; see support/kernel.h.
#include "support/isa.h"

#ifdef JB_SEVERAL_ISAS

#include "jaubert/activation.h"
#include "jaubert/attention.h"
#include "jaubert/elementwise.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/layernorm.h"
#include "jaubert/loss.h"
#include "jaubert/matmul.h"
#include "jaubert/optimizer.h"
#include "jaubert/random.h"
#include "jaubert/reduce.h"

// A jump and not a call: arguments in registers and on the stack pass through untouched, whatever they are. GCC's
// ifunc would do the same, but its resolver runs before getenv() may be called.
#define JB_DISPATCH(function)                                                        \
  namespace jb::avx2 {                                                               \
  extern decltype(::function) function;                                              \
  }                                                                                  \
  namespace jb::avx512 {                                                             \
  extern decltype(::function) function;                                              \
  }                                                                                  \
  extern "C" {                                                                       \
  [[gnu::used, gnu::visibility("hidden")]] decltype(&::function) function##_chosen = \
      jb::isa() == jb::Isa::kAvx512 ? &jb::avx512::function : &jb::avx2::function;   \
  }                                                                                  \
  asm(".pushsection .text\n"                                                         \
      ".p2align 4\n"                                                                 \
      ".globl " #function                                                            \
      "\n"                                                                           \
      ".type " #function ", @function\n" #function                                   \
      ":\n"                                                                          \
      ".cfi_startproc\n"                                                             \
      "endbr64\n"                                                                    \
      "jmp *" #function                                                              \
      "_chosen(%rip)\n"                                                              \
      ".cfi_endproc\n"                                                               \
      ".size " #function ", . - " #function                                          \
      "\n"                                                                           \
      ".popsection\n");

// elementwise.h
JB_DISPATCH(jb_unary_forward)
JB_DISPATCH(jb_unary_backward)
JB_DISPATCH(jb_binary_forward)
JB_DISPATCH(jb_where_forward)
JB_DISPATCH(jb_cast)
JB_DISPATCH(jb_strided_copy)
JB_DISPATCH(jb_fill)
JB_DISPATCH(jb_arange)
JB_DISPATCH(jb_accumulate)

// reduce.h
JB_DISPATCH(jb_reduce_forward)
JB_DISPATCH(jb_softmax_forward)
JB_DISPATCH(jb_softmax_backward)

// matmul.h
JB_DISPATCH(jb_matmul)
JB_DISPATCH(jb_linear_forward)
JB_DISPATCH(jb_linear_backward)

// index.h
JB_DISPATCH(jb_index_rows)
JB_DISPATCH(jb_index_add_rows)
JB_DISPATCH(jb_take_along_rows)
JB_DISPATCH(jb_take_along_rows_backward)
JB_DISPATCH(jb_segment_mean_forward)
JB_DISPATCH(jb_segment_mean_backward)

// layernorm.h
JB_DISPATCH(jb_layernorm_forward)
JB_DISPATCH(jb_layernorm_backward)
JB_DISPATCH(jb_add_dropout_layernorm_forward)
JB_DISPATCH(jb_add_dropout_layernorm_backward)

// embedding.h
JB_DISPATCH(jb_embedding_layernorm_forward)
JB_DISPATCH(jb_embedding_layernorm_backward)

// attention.h
JB_DISPATCH(jb_attention_forward)
JB_DISPATCH(jb_attention_backward)
JB_DISPATCH(jb_rotary)

// activation.h
JB_DISPATCH(jb_geglu_forward)
JB_DISPATCH(jb_geglu_backward)

// loss.h
JB_DISPATCH(jb_cross_entropy_forward)
JB_DISPATCH(jb_cross_entropy_backward)

// random.h
JB_DISPATCH(jb_random_uniform)
JB_DISPATCH(jb_random_normal)
JB_DISPATCH(jb_dropout)

// optimizer.h
JB_DISPATCH(jb_global_norm)
JB_DISPATCH(jb_adamw)
JB_DISPATCH(jb_lamb)

#endif
