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

#endif
