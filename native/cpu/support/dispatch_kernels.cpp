// The exported functions that are kernels. Their copy for this CPU is chosen when the library is loaded; GCC's ifunc
// would do the same, but its resolver runs before getenv() may be called.
#include "support/dispatch.h"
#include "support/isa.h"

#ifdef JB_SEVERAL_ISAS

#define JB_CHOOSE(function)                                                         \
  namespace jb::avx2 {                                                              \
  extern decltype(::function) function;                                             \
  }                                                                                 \
  namespace jb::avx512 {                                                            \
  extern decltype(::function) function;                                             \
  }                                                                                 \
  namespace jb::avx512bf16 {                                                        \
  extern decltype(::function) function;                                             \
  }                                                                                 \
  JB_CHOSEN(function, jb::isa() == jb::Isa::kAvx512Bf16 ? &jb::avx512bf16::function \
                      : jb::isa() == jb::Isa::kAvx512   ? &jb::avx512::function     \
                                                        : &jb::avx2::function)
JB_KERNEL_FUNCTIONS(JB_CHOOSE)
JB_STUBS(JB_KERNEL_FUNCTIONS, "0" JB_CONTEXT_FUNCTIONS(JB_SLOT));

#endif
