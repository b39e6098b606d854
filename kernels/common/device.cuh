// The language the kernels are written in: CUDA under nvcc, and the emulator of native/test/simt for other compilers.
// Kernels name no type or function of CUDA that the emulator does not have, and hold no host code and no <<< >>>.
#ifndef JAUBERT_KERNELS_COMMON_DEVICE_CUH
#define JAUBERT_KERNELS_COMMON_DEVICE_CUH

#include <stdint.h>

#ifdef __CUDACC__
#include <cuda_bf16.h>
#include <cuda_fp16.h>
// Dynamic shared memory as an array of T, aligned for every use of it.
#define JB_DYNAMIC_SHARED(T, name)                        \
  extern __shared__ __align__(1024) uint8_t jb_dynamic[]; \
  T* const name = reinterpret_cast<T*>(jb_dynamic)
#else
#include "simt/cuda.h"
#define JB_DYNAMIC_SHARED(T, name) T* const name = reinterpret_cast<T*>(::simt::dynamic_shared())
#endif

namespace jb {

using bf16 = __nv_bfloat16;
using f16 = __half;

inline constexpr int kWarp = 32;
inline constexpr unsigned kAllLanes = 0xffffffffu;

__device__ __forceinline__ int lane_number() { return static_cast<int>(threadIdx.x) % kWarp; }
__device__ __forceinline__ int warp_number() { return static_cast<int>(threadIdx.x) / kWarp; }

}  // namespace jb

#endif
