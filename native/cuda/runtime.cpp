#include "runtime.h"

#include <string>

namespace jb::cuda {

// Both take the error from the runtime, which else gives it to the next library that asks for the last one.

void fail_call(cudaError_t error, const char* call) {
  cudaGetLastError();
  const bool out_of_memory = error == cudaErrorMemoryAllocation;
  fail(out_of_memory ? JB_OUT_OF_MEMORY : JB_DEVICE_ERROR, "CUDA: {} (error {}, {}) from {}", cudaGetErrorString(error),
       static_cast<int>(error), cudaGetErrorName(error), call);
}

void fail_launch(cudaError_t error, const char* kernel, const Launch& shape) {
  cudaGetLastError();
  const std::string name(kernel);
  fail(JB_DEVICE_ERROR,
       "CUDA: {} (error {}, {}) at the launch of {}: grid ({}, {}, {}), block ({}, {}, {}), {} bytes "
       "of shared memory",
       cudaGetErrorString(error), static_cast<int>(error), cudaGetErrorName(error),
       name.front() == '(' ? name.substr(1, name.size() - 2) : name, shape.grid.x, shape.grid.y, shape.grid.z,
       shape.block.x, shape.block.y, shape.block.z, shape.shared);
}

}  // namespace jb::cuda
