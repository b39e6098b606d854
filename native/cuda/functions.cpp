#include "functions.h"

#include "support/error.h"

namespace jb::cuda {
namespace {

// In the place of a function that has no launcher yet.
template <typename Function>
struct Later;
template <typename... Parameters>
struct Later<jb_status(Parameters...)> {
  static jb_status call(Parameters...) {
    return guard([] { fail(JB_UNSUPPORTED, "this operation has no CUDA version yet"); });
  }
};

}  // namespace

#define JB_WEAK(function) extern decltype(::function) function __attribute__((weak));
JB_KERNEL_FUNCTIONS(JB_WEAK)

#define JB_ADDRESS(function) &jb::cuda::function,
#define JB_ADDRESS_OR_LATER(function) \
  jb::cuda::function != nullptr ? &jb::cuda::function : &Later<decltype(::function)>::call,
const DeviceFunctions kFunctions = {JB_CONTEXT_FUNCTIONS(JB_ADDRESS) JB_KERNEL_FUNCTIONS(JB_ADDRESS_OR_LATER)};

}  // namespace jb::cuda
