// How a kernel file defines functions of the C ABI. Every native/cpu/*.cpp is compiled once for each instruction set,
// with JB_ISA the set's name (avx2, avx512, ...), and everything it defines stands in namespace jb::JB_ISA:
//
//   namespace jb::JB_ISA { namespace { helpers } }
//
//   JB_KERNEL(jb_dropout)(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_in x, int64_t n, ...) {
//     return guard([&] { ... });
//   }
//
// and an entry of JB_KERNEL_FUNCTIONS in support/functions.h makes the exported function that jumps to the one chosen.
#ifndef JAUBERT_CPU_SUPPORT_KERNEL_H
#define JAUBERT_CPU_SUPPORT_KERNEL_H

#include "support/error.h"

#ifndef JB_ISA
#error "JB_ISA is not set: kernel files are compiled by the rule of native/CMakeLists.txt"
#endif

// The declaration takes its parameters from the ABI's header, so a definition that differs does not compile.
#ifdef JB_SEVERAL_ISAS
#define JB_KERNEL(function)             \
  namespace jb::JB_ISA {                \
  extern decltype(::function) function; \
  }                                     \
  jb_status jb::JB_ISA::function
#else
#define JB_KERNEL(function)                        \
  namespace jb::JB_ISA {                           \
  extern "C" JB_API decltype(::function) function; \
  }                                                \
  jb_status jb::JB_ISA::function
#endif

#endif
