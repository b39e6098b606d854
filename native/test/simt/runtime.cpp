#include "simt/runtime.h"

#include <sys/mman.h>

#include <chrono>
#include <cstdlib>
#include <cstring>
#include <iterator>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

#include "simt/memory.h"

namespace simt {

struct Stream {
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

// Device memory: one range of addresses, parts of which are handed out. While closed it cannot be touched.
class Device {
 public:
  static Device& instance() {
    static auto* const device = new Device;  // never destroyed: contexts may outlive the static objects
    return *device;
  }

  void* allocate(size_t bytes) {
    const size_t size = (bytes + kGap + kUnit - 1) / kUnit * kUnit;
    auto it = free_.begin();
    while (it != free_.end() && it->second < size) ++it;
    if (it == free_.end()) return nullptr;
    const uintptr_t begin = it->first;
    const size_t rest = it->second - size;
    free_.erase(it);
    if (rest > 0) free_[begin + size] = rest;
    taken_[begin] = size;
    if (begin + size > high_) {
      high_ = (begin + size + kPage - 1) / kPage * kPage;
      protect();
    }
    auto* const memory = reinterpret_cast<void*>(begin);
    if (checked()) {
      open();
      std::memset(memory, kPoison, bytes);
      close();
      register_buffer(memory, bytes, 8, "device memory " + std::to_string(++number_));
    }
    return memory;
  }

  bool release(void* memory) {
    const auto taken = taken_.find(reinterpret_cast<uintptr_t>(memory));
    if (taken == taken_.end()) return false;
    if (checked()) unregister_buffer(memory);
    auto it = free_.insert(*taken).first;
    taken_.erase(taken);
    const auto next = std::next(it);
    if (next != free_.end() && it->first + it->second == next->first) {
      it->second += next->second;
      free_.erase(next);
    }
    if (it != free_.begin()) {
      const auto before = std::prev(it);
      if (before->first + before->second == it->first) {
        before->second += it->second;
        free_.erase(it);
      }
    }
    return true;
  }

  // Whether all of it lies in one allocation.
  bool holds(const void* memory, size_t bytes) const {
    const auto p = reinterpret_cast<uintptr_t>(memory);
    auto it = taken_.upper_bound(p);
    return it != taken_.begin() && p + bytes <= (--it)->first + it->second;
  }
  bool is_near(const void* memory) const { return reinterpret_cast<uintptr_t>(memory) - base_ < kBytes; }

  void open() {
    if (++opened_ == 1) protect();
  }
  void close() {
    if (--opened_ == 0) protect();
  }
  size_t free_bytes() const {
    size_t sum = 0;
    for (const auto& [begin, size] : free_) sum += size;
    return sum;
  }
  static constexpr size_t kBytes = size_t{16} << 30;

 private:
  static constexpr size_t kUnit = 256, kGap = 256, kPage = 65536;

  Device() {
    void* memory = mmap(nullptr, kBytes, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED) throw std::bad_alloc();
    base_ = high_ = reinterpret_cast<uintptr_t>(memory);
    free_[base_] = kBytes;
    const char* mode = std::getenv("JAUBERT_EMULATOR");
    const char* seed = std::getenv("JAUBERT_TEST_SEED");
    const std::string word = mode == nullptr ? "" : mode;
    if (word == "unchecked") set_checked(false);
    if (word == "reversed") set_order(Order::kReversed);
    if (word == "shuffled") set_order(Order::kShuffled, seed == nullptr ? 1 : std::strtoull(seed, nullptr, 10));
  }

  void protect() const {
    if (!checked() || high_ == base_) return;
    mprotect(reinterpret_cast<void*>(base_), high_ - base_, opened_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
  }

  uintptr_t base_ = 0, high_ = 0;
  std::map<uintptr_t, size_t> free_, taken_;
  int opened_ = 0, number_ = 0;
};

struct Opened {
  Opened() { Device::instance().open(); }
  ~Opened() { Device::instance().close(); }
  Opened(const Opened&) = delete;
  Opened& operator=(const Opened&) = delete;
};

bool copy_is_possible(const void* to, const void* from, size_t bytes, cudaMemcpyKind kind) {
  const Device& device = Device::instance();
  const bool to_device = kind != cudaMemcpyDeviceToHost, from_device = kind != cudaMemcpyHostToDevice;
  return to_device == device.is_near(to) && from_device == device.is_near(from) &&
         (!to_device || device.holds(to, bytes)) && (!from_device || device.holds(from, bytes));
}

}  // namespace

void enqueue(Stream* stream, std::function<void()> work) {
  const Lock lock(one_at_a_time);
  if (stream->capturing) {
    stream->captured.push_back(std::move(work));
    return;
  }
  const Opened opened;
  work();
}

}  // namespace simt

using simt::Device;
using simt::Lock;
using simt::one_at_a_time;

const char* cudaGetErrorName(cudaError_t error) {
  switch (error) {
    case cudaSuccess:
      return "cudaSuccess";
    case cudaErrorInvalidValue:
      return "cudaErrorInvalidValue";
    case cudaErrorMemoryAllocation:
      return "cudaErrorMemoryAllocation";
    case cudaErrorNoDevice:
      return "cudaErrorNoDevice";
    case cudaErrorInvalidDevice:
      return "cudaErrorInvalidDevice";
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
    case cudaErrorNoDevice:
      return "no CUDA-capable device is detected";
    case cudaErrorInvalidDevice:
      return "invalid device ordinal";
    case cudaErrorStreamCaptureUnsupported:
      return "operation not permitted when stream is capturing";
  }
  return "unknown";
}

cudaError_t cudaGetLastError() { return cudaSuccess; }

// --- The device ---

cudaError_t cudaDriverGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaRuntimeGetVersion(int* version) { return *version = 13000, cudaSuccess; }
cudaError_t cudaGetDeviceCount(int* count) { return *count = 1, cudaSuccess; }
cudaError_t cudaSetDevice(int device) { return device == 0 ? cudaSuccess : cudaErrorInvalidDevice; }

cudaError_t cudaGetDeviceProperties(cudaDeviceProp* properties, int device) {
  if (device != 0) return cudaErrorInvalidDevice;
  *properties = {};
  std::strcpy(properties->name, "emulated GPU");
  properties->major = 9;
  properties->multiProcessorCount = 4;
  properties->totalGlobalMem = Device::kBytes;
  return cudaSuccess;
}

// Few and small, so that small tests have more work than one round of blocks.
cudaError_t cudaDeviceGetAttribute(int* value, cudaDeviceAttr which, int device) {
  if (device != 0) return cudaErrorInvalidDevice;
  *value = which == cudaDevAttrMultiProcessorCount ? 4 : 512;
  return cudaSuccess;
}

// --- Streams, events, graphs ---

cudaError_t cudaStreamCreateWithFlags(cudaStream_t* stream, unsigned) {
  *stream = new simt::Stream;
  return cudaSuccess;
}

cudaError_t cudaStreamDestroy(cudaStream_t stream) {
  delete stream;
  return cudaSuccess;
}

cudaError_t cudaStreamSynchronize(cudaStream_t stream) {
  return stream->capturing ? cudaErrorStreamCaptureUnsupported : cudaSuccess;
}

cudaError_t cudaStreamBeginCapture(cudaStream_t stream, cudaStreamCaptureMode) {
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;
  stream->capturing = true;
  return cudaSuccess;
}

cudaError_t cudaStreamEndCapture(cudaStream_t stream, cudaGraph_t* graph) {
  if (!stream->capturing) return cudaErrorInvalidValue;
  stream->capturing = false;
  *graph = new simt::Graph{std::move(stream->captured)};
  stream->captured.clear();
  return cudaSuccess;
}

cudaError_t cudaGraphInstantiate(cudaGraphExec_t* executable, cudaGraph_t graph, unsigned long long) {
  *executable = new simt::Graph(*graph);
  return cudaSuccess;
}

cudaError_t cudaGraphLaunch(cudaGraphExec_t executable, cudaStream_t stream) {
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
  *event = new simt::Event;
  return cudaSuccess;
}

cudaError_t cudaEventDestroy(cudaEvent_t event) {
  delete event;
  return cudaSuccess;
}

cudaError_t cudaEventRecord(cudaEvent_t event, cudaStream_t stream) {
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
  *pool = nullptr;
  return cudaSetDevice(device);
}

cudaError_t cudaMemPoolSetAttribute(cudaMemPool_t, cudaMemPoolAttr, void*) { return cudaSuccess; }

cudaError_t cudaMallocAsync(void** memory, size_t bytes, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;  // it would be the graph's own
  *memory = Device::instance().allocate(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeAsync(void* memory, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (stream->capturing) return cudaErrorStreamCaptureUnsupported;
  return Device::instance().release(memory) ? cudaSuccess : cudaErrorInvalidValue;
}

cudaError_t cudaMallocHost(void** memory, size_t bytes) {
  *memory = std::malloc(bytes);
  return *memory == nullptr ? cudaErrorMemoryAllocation : cudaSuccess;
}

cudaError_t cudaFreeHost(void* memory) {
  std::free(memory);
  return cudaSuccess;
}

cudaError_t cudaMemGetInfo(size_t* free, size_t* total) {
  const Lock lock(one_at_a_time);
  *free = Device::instance().free_bytes();
  *total = Device::kBytes;
  return cudaSuccess;
}

cudaError_t cudaMemcpyAsync(void* to, const void* from, size_t bytes, cudaMemcpyKind kind, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (!simt::copy_is_possible(to, from, bytes, kind)) return cudaErrorInvalidValue;
  simt::enqueue(stream, [=] { std::memmove(to, from, bytes); });
  return cudaSuccess;
}

cudaError_t cudaMemsetAsync(void* memory, int value, size_t bytes, cudaStream_t stream) {
  const Lock lock(one_at_a_time);
  if (!Device::instance().holds(memory, bytes)) return cudaErrorInvalidValue;
  simt::enqueue(stream, [=] { std::memset(memory, value, bytes); });
  return cudaSuccess;
}
