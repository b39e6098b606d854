#include "simt/runtime.h"

#include <pthread.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <cstring>
#include <map>
#include <mutex>
#include <string>
#include <utility>
#include <vector>

#include "simt/device.h"
#include "simt/faults.h"

namespace simt {

struct Stream {
  int device;
  bool capturing = false;
  std::vector<std::function<void()>> captured;
};

struct Event {
  std::chrono::steady_clock::time_point time;
};

struct Graph {
  std::vector<std::function<void()>> work;
};

namespace {

// The emulated machine is one, whichever threads use it.
std::recursive_mutex one_at_a_time;
using Lock = std::lock_guard<std::recursive_mutex>;

struct Fault {
  cudaError_t error;
  int after, times;
};
std::map<std::string, Fault> faults;  // by the function

struct Machine {
  int driver = 13000, devices = Device::kMost, capability = 90;
  int multiprocessors = 4;  // few and small, so that small tests have more work than one round of blocks
} machine;

// The kernels that are loaded on a GPU, and how much dynamic shared memory each may have there: so much, or what was
// asked for.
constexpr size_t kSharedForAll = 48 << 10;
std::map<std::pair<int, const void*>, size_t> loaded;

// What a block can have at most, by the programming guide's table.
int most_shared() {
  switch (machine.capability) {
    case 80:
    case 87:
      return 163 << 10;
    case 86:
    case 89:
    case 120:
      return 99 << 10;
    default:
      return 227 << 10;
  }
}

// The GPU that this thread has chosen. Not thread_local: that is what __shared__ is made of.
pthread_key_t chosen() {
  static const pthread_key_t key = [] {
    pthread_key_t made;
    pthread_key_create(&made, nullptr);
    return made;
  }();
  return key;
}
int current() { return static_cast<int>(reinterpret_cast<intptr_t>(pthread_getspecific(chosen()))); }

struct Opened {
  explicit Opened(int number) : device(Device::of(number)) { device.open(); }
  ~Opened() { device.close(); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;

  Device& device;
};

bool is_there(int device) { return device >= 0 && device < machine.devices; }

bool copy_is_possible(const Device& device, const void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  return to_device == device.is_near(to) && from_device == device.is_near(from) &&
         (!to_device || device.holds(to, bytes)) && (!from_device || device.holds(from, bytes));
}

}  // namespace

cudaError_t fault(const char* function) {
  const Lock lock(one_at_a_time);
  const auto found = faults.find(function);
  if (found == faults.end()) return cudaSuccess;
  Fault& fault = found->second;
  if (fault.after-- > 0) return cudaSuccess;
  const cudaError_t error = fault.error;
  if (--fault.times <= 0) faults.erase(found);
  return error;
}

void enqueue(Stream* stream, std::function<void()> work) {
  const Lock lock(one_at_a_time);
  if (stream->capturing) {
    stream->captured.push_back(std::move(work));
    return;
  }
  const Opened opened(stream->device);
  work();
}

cudaError_t may_launch(const Stream* stream, const void* kernel, const Shape& shape) {
  const Lock lock(one_at_a_time);
  if (stream->device != current()) return cudaErrorInvalidResourceHandle;
  if (const cudaError_t asked = fault("cudaLaunchKernel"); asked != cudaSuccess) return asked;
  const auto found = loaded.find({current(), kernel});
  if (found == loaded.end() && stream->capturing) return cudaErrorStreamCaptureUnsupported;
  if (shape.shared > (found == loaded.end() ? kSharedForAll : found->second)) return cudaErrorInvalidValue;
  loaded.try_emplace({current(), kernel}, kSharedForAll);
  return cudaSuccess;
}

}  // namespace simt

using simt::Device;
using simt::Lock;
using simt::machine;
using simt::one_at_a_time;

void jb_simt_fail(const char* function, int32_t error, int32_t after, int32_t times) {
  const Lock lock(one_at_a_time);
  simt::faults.erase(function);
  if (times > 0) simt::faults[function] = {static_cast<cudaError_t>(error), after, times};
}

void jb_simt_limit_memory(int64_t bytes) {
  const Lock lock(one_at_a_time);
  for (int d = 0; d < Device::kMost; ++d) Device::of(d).set_limit(static_cast<size_t>(bytes));
}

void jb_simt_machine(int32_t driver, int32_t devices, int32_t capability, int32_t multiprocessors) {
  machine = {driver, devices, capability, multiprocessors};
}

// In a function that can be asked to fail.
#define SIMT_MAY_FAIL \
  if (const cudaError_t asked = simt::fault(__func__); asked != cudaSuccess) return asked

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorInvalidConfiguration:
      return "cudaErrorInvalidConfiguration";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
    case cudaErrorInvalidResourceHandle:
      return "cudaErrorInvalidResourceHandle";
    case cudaErrorStreamCaptureUnsupported:
      return "cudaErrorStreamCaptureUnsupported";
  }
  return "unknown";
}

const char* cudaGetErrorString(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "no error";
    case cudaErrorInvalidValue:
      return "invalid argument";
    case cudaErrorMemoryAllocation:
      return "out of memory";
    case cudaErrorInvalidConfiguration:
      return "invalid configuration argument";
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorInvalidResourceHandle:
      return "invalid resource handle";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
  }
  return "unknown";
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

// --- The device ---

cudaError_t cudaDriverGetVersion(int* version) { return *version = machine.driver, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) {
  *count = machine.devices;
  return machine.devices == 0 ? cudaErrorNoDevice : cudaSuccess;
}
cudaError_t cudaSetDevice(int device) {
  if (!simt::is_there(device)) return cudaErrorInvalidDevice;
  pthread_setspecific(simt::chosen(), reinterpret_cast<void*>(static_cast<intptr_t>(device)));
  return cudaSuccess;
}

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (!simt::is_there(device)) return cudaErrorInvalidDevice;
  *properties = {};
  std::strcpy(properties->name, "emulated GPU");
  properties->major = machine.capability / 10;
  properties->minor = machine.capability % 10;
  properties->multiProcessorCount = machine.multiprocessors;
  properties->totalGlobalMem = Device::of(device).limit();
  return cudaSuccess;
}

cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device) {
  if (!simt::is_there(device)) return cudaErrorInvalidDevice;
  *value = which == cudaDevAttrMultiProcessorCount            ? machine.multiprocessors
           : which == cudaDevAttrMaxSharedMemoryPerBlockOptin ? simt::most_shared()
                                                              : 512;
  return cudaSuccess;
}

// --- Kernels ---

cudaError_t cudaFuncGetAttributes(cudaFuncAttributes* attributes, const void* kernel) {
  SIMT_MAY_FAIL;
  const Lock lock(one_at_a_time);
  simt::loaded.try_emplace({simt::current(), kernel}, simt::kSharedForAll);
  *attributes = {};
  return cudaSuccess;
}

cudaError_t cudaFuncSetAttribute(const void* kernel, cudaFuncAttribute, int value) {
  SIMT_MAY_FAIL;
  const Lock lock(one_at_a_time);
  if (value < 0 || value > simt::most_shared()) return cudaErrorInvalidValue;
  simt::loaded[{simt::current(), kernel}] = static_cast<size_t>(value);
  return cudaSuccess;
}

// --- Streams, events, graphs ---

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  SIMT_MAY_FAIL;
  *stream = new simt::Stream{simt::current(), false, {}};
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  SIMT_MAY_FAIL;
  return stream->capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  SIMT_MAY_FAIL;
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;
  stream->capturing = true;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!stream->capturing) return cudaErrorInvalidValue;
  stream->capturing = false;
  if (const cudaError_t asked = simt::fault(__func__); asked != cudaSuccess) {  // as of a capture that was spoilt
    stream->captured.clear();
    return asked;
  }
  *graph = new simt::Graph{std::move(stream->captured)};
  stream->captured.clear();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  SIMT_MAY_FAIL;
  *executable = new simt::Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
  SIMT_MAY_FAIL;
  for (const auto& work : executable->work) simt::enqueue(stream, work);
  return cudaSuccess;
}

cudaError_t cudaGraphExecDestroy(cudaGraphExec_t executable) {
  delete executable;
  return cudaSuccess;
}

cudaError_t cudaGraphDestroy(cudaGraph_t graph) { return cudaGraphExecDestroy(graph); }

cudaError_t cudaEventCreate(cudaEvent_t* event) { return cudaEventCreateWithFlags(event, 0); }

cudaError_t cudaEventCreateWithFlags(cudaEvent_t* event, unsigned) {
  SIMT_MAY_FAIL;
  *event = new simt::Event;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
  SIMT_MAY_FAIL;
  simt::enqueue(stream, [=] { event->time = std::chrono::steady_clock::now(); });
  return cudaSuccess;
}

cudaError_t cudaEventSynchronize(cudaEvent_t) { return cudaSuccess; }

cudaError_t cudaEventElapsedTime(float* milliseconds, cudaEvent_t begin, cudaEvent_t end) {
  *milliseconds = std::chrono::duration<float, std::milli>(end->time - begin->time).count();
  return cudaSuccess;
}

// --- Memory ---

cudaError_t cudaDeviceGetDefaultMemPool(cudaMemPool_t* pool, int device) {
  if (!simt::is_there(device)) return cudaErrorInvalidDevice;
  *pool = &Device::of(device);
  return cudaSuccess;
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }

cudaError_t cudaMemPoolGetAttribute(cudaMemPool_t pool, cudaMemPoolAttr which, void* value) {
  const Lock lock(one_at_a_time);
  if (which == cudaMemPoolAttrReleaseThreshold) return cudaErrorInvalidValue;
  *static_cast<uint64_t*>(value) = which == cudaMemPoolAttrUsedMemCurrent ? pool->used() : pool->reserved();
  return cudaSuccess;
}

cudaError_t cudaMemPoolTrimTo(cudaMemPool_t pool, size_t bytes) {
  const Lock lock(one_at_a_time);
  if (bytes != 0) return cudaErrorInvalidValue;  // all or nothing, here
  pool->trim();
  return cudaSuccess;
}

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream) {
  SIMT_MAY_FAIL;
  const Lock lock(one_at_a_time);
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;  // it would be the graph's own
  *memory = Device::of(stream->device).allocate(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;
  return Device::of(stream->device).release(memory) ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  SIMT_MAY_FAIL;
  *memory = std::malloc(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const Lock lock(one_at_a_time);
  const Device& device = Device::of(simt::current());
  *free = device.limit() - std::min(device.limit(), device.reserved());
  *total = device.limit();
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  SIMT_MAY_FAIL;
  const Lock lock(one_at_a_time);
  if (!simt::copy_is_possible(Device::of(stream->device), to, from, bytes, kind)) return cudaErrorInvalidValue;
  simt::enqueue(stream, [=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (!Device::of(stream->device).holds(memory, bytes)) return cudaErrorInvalidValue;
  simt::enqueue(stream, [=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
