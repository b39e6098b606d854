#include "functions.h"

namespace jb::cuda {

#define JB_ADDRESS(function) &jb::cuda::function,
const DeviceFunctions kFunctions = {JB_CONTEXT_FUNCTIONS(JB_ADDRESS) JB_KERNEL_FUNCTIONS(JB_ADDRESS)};

}  // namespace jb::cuda
