#include "kernel.h"

#include "runtime.h"

namespace jb::cuda {
namespace {

constinit Kernel* all = nullptr;  // the kernels, linked by next_

cudaFuncAttributes attributes_of(const void* function) {
  cudaFuncAttributes attributes;
  JB_CUDA(cudaFuncGetAttributes(&attributes, function));
  return attributes;
}

}  // namespace

Kernel::Kernel(const void* function) noexcept : function_(function), next_(all) { all = this; }

void Kernel::load_all(int device) {
  for (Kernel* kernel = all; kernel != nullptr; kernel = kernel->next_) {
    if (!kernel->loaded_.has(device)) kernel->load(device);
  }
}

void Kernel::load(int device) {
  attributes_of(function_);
  loaded_.add(device);
}

void Kernel::allow_most_shared(int device) {
  if (shared_.has(device)) return;
  int most = 0;
  JB_CUDA(cudaDeviceGetAttribute(&most, cudaDevAttrMaxSharedMemoryPerBlockOptin, device));
  const int declared = static_cast<int>(attributes_of(function_).sharedSizeBytes);
  JB_CUDA(cudaFuncSetAttribute(function_, cudaFuncAttributeMaxDynamicSharedMemorySize, most - declared));
  shared_.add(device);
}

}  // namespace jb::cuda
