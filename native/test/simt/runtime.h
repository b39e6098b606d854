// The part of the CUDA runtime that native/cuda uses, for a machine without a GPU: "device memory" is memory of the
// host that kernels under the emulator may touch and nobody else, a stream runs what it is given at once, and a
// captured graph is a list of what it was given. Names and meanings are those of the CUDA Runtime API.
//
// Three things can be told by the environment, when the first context is made:
//   JAUBERT_EMULATOR=unchecked  leaves out the checks of memory.h, which make a kernel several times as slow;
//   JAUBERT_EMULATOR=reversed or shuffled (by JAUBERT_TEST_SEED)  the order of threads.
// Unless unchecked, device memory cannot be read or written outside launches and copies: a launcher that does it dies.
#ifndef JAUBERT_TEST_SIMT_RUNTIME_H
#define JAUBERT_TEST_SIMT_RUNTIME_H

#include <cstddef>
#include <cstdint>
#include <functional>
#include <tuple>

#include "simt/launch.h"
#include "simt/machine.h"

using dim3 = simt::Dim;

enum cudaError_t {
  cudaSuccess = 0,
  cudaErrorInvalidValue = 1,
  cudaErrorMemoryAllocation = 2,
  cudaErrorInvalidConfiguration = 9,
  cudaErrorNoDevice = 100,
  cudaErrorInvalidDevice = 101,
  cudaErrorInvalidResourceHandle = 400,
  cudaErrorStreamCaptureUnsupported = 900,
};
const char* cudaGetErrorName(cudaError_t error);
const char* cudaGetErrorString(cudaError_t error);
cudaError_t cudaGetLastError();

// --- The device ---

struct cudaDeviceProp {
  char name[256];
  int major, minor, multiProcessorCount;
  size_t totalGlobalMem;
};
enum cudaDeviceAttr {
  cudaDevAttrMultiProcessorCount,
  cudaDevAttrMaxThreadsPerMultiProcessor,
  cudaDevAttrMaxSharedMemoryPerBlockOptin,
};
cudaError_t cudaDriverGetVersion(int* version);
cudaError_t cudaRuntimeGetVersion(int* version);
cudaError_t cudaGetDeviceCount(int* count);
cudaError_t cudaSetDevice(int device);
cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device);
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device);

// --- Kernels ---

struct cudaFuncAttributes {
  size_t sharedSizeBytes;  // 0: what a kernel declares does not count here
};
enum cudaFuncAttribute { cudaFuncAttributeMaxDynamicSharedMemorySize };
cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel);
cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute which, int value);

// --- Streams, events, graphs ---

namespace simt {
class Device;
struct Stream;
struct Event;
struct Graph;

// Runs the work now, or keeps it if the stream is being captured. Throws a Failure of a kernel.
void enqueue(Stream* stream, std::function<void()> work);

// What a test has asked this function of the runtime to fail with: simt/faults.h.
cudaError_t fault(const char* function);

// Not on the stream of another GPU than this thread has chosen, nor where a test has asked for a failure; not with more
// shared memory than the kernel was allowed on this GPU; and while the stream is captured only what was loaded there
// before, by a launch or cudaFuncGetAttributes, as with drivers before CUDA 12.3.
cudaError_t may_launch(const Stream* stream, const void* kernel, const Shape& shape);

template <typename... Parameters, typename... Arguments>
cudaError_t enqueue(Stream* stream, const char* name, const Shape& shape, void (*kernel)(Parameters...),
                    Arguments... arguments) {
  const cudaError_t error = may_launch(stream, reinterpret_cast<const void*>(kernel), shape);
  if (error != cudaSuccess) return error;
  const std::tuple<std::remove_cv_t<Parameters>...> kept(arguments...);
  enqueue(stream, [=] { std::apply([&](const auto&... values) { launch(name, shape, kernel, values...); }, kept); });
  return cudaSuccess;
}
}  // namespace simt

using cudaStream_t = simt::Stream*;
using cudaEvent_t = simt::Event*;
using cudaGraph_t = simt::Graph*;
using cudaGraphExec_t = simt::Graph*;
enum { cudaStreamNonBlocking = 1, cudaEventDisableTiming = 2 };
enum cudaStreamCaptureMode { cudaStreamCaptureModeRelaxed };

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned flags);
cudaError_t cudaStreamDestroy(cudaStream_t stream);
cudaError_t cudaStreamSynchronize(cudaStream_t stream);
cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode mode);
cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph);
cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long flags);
cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream);
cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable);
cudaError_t cudaGraphDestroy(cudaGraph_t graph);
cudaError_t cudaEventCreate(cudaEvent_t* event);
cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned flags);
cudaError_t cudaEventDestroy(cudaEvent_t event);
cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream);
cudaError_t cudaEventSynchronize(cudaEvent_t event);
cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end);

// --- Memory ---

enum cudaMemcpyKind { cudaMemcpyHostToDevice = 1, cudaMemcpyDeviceToHost = 2, cudaMemcpyDeviceToDevice = 3 };
using cudaMemPool_t = simt::Device*;
enum cudaMemPoolAttr {
  cudaMemPoolAttrReleaseThreshold,
  cudaMemPoolAttrReservedMemCurrent,
  cudaMemPoolAttrUsedMemCurrent,
};
cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device);
cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t pool, cudaMemPoolAttr which, void* value);
cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr which, void* value);
cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t bytes);
cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream);
cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream);
cudaError_t cudaMallocHost(void** memory, size_t bytes);
cudaError_t cudaFreeHost(void* memory);
cudaError_t cudaMemGetInfo(size_t* free, size_t* total);
cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream);
cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream);

#endif
