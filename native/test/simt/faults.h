// What tests can ask of the emulated machine beyond what the CUDA runtime offers. libjaubert_cuda_emulated exports it,
// libjaubert_cuda does not.
#ifndef JAUBERT_TEST_SIMT_FAULTS_H
#define JAUBERT_TEST_SIMT_FAULTS_H

#include "jaubert/common.h"

extern "C" {

// Calls of this function of the runtime fail with a cudaError_t: `times` of them, after `after` that succeed. Kernels
// are launched by "cudaLaunchKernel"; a context gets its matrix products by "emulated_blas". times = 0 takes it back.
JB_API void jb_simt_fail(const char* function, int32_t error, int32_t after, int32_t times);

// From now on a GPU has this much memory. Its pool then holds what was allocated, and of what is freed keeps each
// piece by itself until it is trimmed. 0: as much as it had.
JB_API void jb_simt_limit_memory(int64_t bytes);

// From now on this is the version of the driver (0: there is none), the number of GPUs (2 at most), and what a GPU is.
// It is 13000, 2, 90 and 4.
JB_API void jb_simt_machine(int32_t driver, int32_t devices, int32_t capability, int32_t multiprocessors);
}

#endif
