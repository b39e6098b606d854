// The ABI's functions as this library has them, which every context of it begins with.
#ifndef JAUBERT_CUDA_FUNCTIONS_H
#define JAUBERT_CUDA_FUNCTIONS_H

#include "support/functions.h"

namespace jb::cuda {

#define JB_DECLARE(function) extern decltype(::function) function;
JB_CONTEXT_FUNCTIONS(JB_DECLARE)
JB_KERNEL_FUNCTIONS(JB_DECLARE)
#undef JB_DECLARE

extern const DeviceFunctions kFunctions;

}  // namespace jb::cuda

#endif
