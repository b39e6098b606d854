// The CUDA runtime, or what stands for it where kernels run on the CPU (native/test/simt/runtime.h), and what both
// need: failures in words, and launches.
#ifndef JAUBERT_CUDA_RUNTIME_H
#define JAUBERT_CUDA_RUNTIME_H

#include <tuple>
#include <type_traits>

#ifdef JAUBERT_EMULATED
#include "simt/runtime.h"
#else
#include <cuda_runtime.h>
#endif

#include "kernel.h"
#include "support/error.h"

namespace jb::cuda {

[[noreturn]] void fail_call(cudaError_t error, const char* call);

// JB_CUDA(cudaStreamCreate(&stream)): a failure becomes an error that names the call, and says what CUDA says.
#define JB_CUDA(call)                         \
  do {                                        \
    const cudaError_t jb_error = (call);      \
    if (jb_error != cudaSuccess) [[unlikely]] \
      ::jb::cuda::fail_call(jb_error, #call); \
  } while (false)

struct Launch {
  dim3 grid, block;
  int64_t shared = 0;  // bytes of dynamic shared memory
};

[[noreturn]] void fail_launch(cudaError_t error, const char* kernel, const Launch& shape);

#if defined(__CUDACC__) || defined(JAUBERT_EMULATED)

template <typename... Parameters, typename... Arguments>
void launch(cudaStream_t stream, int device, Kernel& handle, const char* name, void (*kernel)(Parameters...),
            const Launch& shape, Arguments... arguments) {
  handle.allow_shared(device, shape.shared);
#ifdef JAUBERT_EMULATED
  const cudaError_t error =
      simt::enqueue(stream, name, {shape.grid, shape.block, static_cast<size_t>(shape.shared)}, kernel, arguments...);
#else
  std::tuple<std::remove_cv_t<Parameters>...> values(arguments...);
  const auto go = [&](auto&... value) {
    void* addresses[] = {&value...};
    return cudaLaunchKernel(reinterpret_cast<const void*>(kernel), shape.grid, shape.block, addresses,
                            static_cast<size_t>(shape.shared), stream);
  };
  const cudaError_t error = std::apply(go, values);
#endif
  if (error != cudaSuccess) fail_launch(error, name, shape);
}

// JB_LAUNCH(ctx, (softmax_forward<float, false>), {grid, block}, y, x, rows, columns) on the stream of a Context.
#define JB_LAUNCH(ctx, kernel, ...) \
  ::jb::cuda::launch((ctx).stream(), (ctx).device(), ::jb::cuda::kernel_of<kernel>, #kernel, kernel, __VA_ARGS__)

#endif

}  // namespace jb::cuda

#endif
