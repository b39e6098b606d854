#include "memory.h"

#include <algorithm>
#include <utility>

namespace jb::cuda {

Streams::Streams(int device) {
  JB_CUDA(cudaDeviceGetDefaultMemPool(&pool_, device));
  uint64_t all = UINT64_MAX;
  JB_CUDA(cudaMemPoolSetAttribute(pool_, cudaMemPoolAttrReleaseThreshold, &all));
  JB_CUDA(cudaStreamCreateWithFlags(&main, cudaStreamNonBlocking));
  const cudaError_t error = cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);
  if (error != cudaSuccess) {
    cudaStreamDestroy(main);
    fail_call(error, "cudaStreamCreateWithFlags(&side)");
  }
}

Streams::~Streams() {
  cudaStreamSynchronize(main);
  cudaStreamDestroy(side);
  cudaStreamDestroy(main);
}

void* Streams::allocate(int64_t bytes) const {
  const cudaStream_t stream = capturing ? side : main;
  const auto size = static_cast<size_t>(std::max<int64_t>(bytes, 1));
  void* memory = nullptr;
  cudaError_t error = cudaMallocAsync(&memory, size, stream);
  if (error == cudaErrorMemoryAllocation) {
    // What was freed may wait for work that has not run, or lie in the pool in pieces that are all too small.
    cudaGetLastError();  // it is no failure of what comes after
    JB_CUDA(cudaStreamSynchronize(stream));
    JB_CUDA(cudaMemPoolTrimTo(pool_, 0));
    error = cudaMallocAsync(&memory, size, stream);
  }
  if (error == cudaErrorMemoryAllocation) fail_to_allocate(bytes);
  if (error != cudaSuccess) fail_call(error, "cudaMallocAsync");
  if (capturing) JB_CUDA(cudaStreamSynchronize(side));
  return memory;
}

void Streams::fail_to_allocate(int64_t bytes) const {
  cudaGetLastError();
  size_t free = 0, total = 0;
  uint64_t held = 0, used = 0;
  cudaMemGetInfo(&free, &total);
  cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrReservedMemCurrent, &held);
  cudaMemPoolGetAttribute(pool_, cudaMemPoolAttrUsedMemCurrent, &used);
  fail(JB_OUT_OF_MEMORY,
       "the GPU has no memory left for {} bytes: of its {}, {} are free, and this process holds {}, {} of them in use",
       bytes, total, free, held, used);
}

void Streams::release(void* memory) const noexcept {
  if (memory != nullptr) cudaFreeAsync(memory, capturing ? side : main);
}

// ---- Scratch --------------------------------------------------------------------------------------------------------

void Scratch::reset() noexcept {
  used_ = 0;
  if (blocks_.size() <= 1) return;
  for (const SharedBlock& block : blocks_) next_ += block->bytes();
  blocks_.clear();
}

std::byte* Scratch::take(int64_t bytes) {
  bytes = std::max(round_up(bytes, kAlignment), kAlignment);
  if (blocks_.empty() || used_ + bytes > blocks_.back()->bytes()) {
    constexpr int64_t kSmallest = int64_t{1} << 20;
    // If there is no room for so much at once, the next call asks for what it needs.
    const int64_t size = std::max({bytes, kSmallest, std::exchange(next_, 0)});
    blocks_.push_back(std::make_shared<Block>(streams_, size));
    used_ = 0;
  }
  if (streams_.capturing && (captured_.empty() || captured_.back() != blocks_.back())) {
    captured_.push_back(blocks_.back());
  }
  used_ += bytes;
  return blocks_.back()->data() + used_ - bytes;
}

std::vector<SharedBlock> Scratch::captured() { return std::exchange(captured_, {}); }

// ---- Staging --------------------------------------------------------------------------------------------------------

// Called again after a failure, it goes on where that was.
void Staging::open() {
  if (memory_ != nullptr) return;
  for (cudaEvent_t& free : free_) {
    if (free == nullptr) JB_CUDA(cudaEventCreateWithFlags(&free, cudaEventDisableTiming));
  }
  void* memory = nullptr;
  JB_CUDA(cudaMallocHost(&memory, static_cast<size_t>(kSlotBytes) * kSlots));
  memory_ = static_cast<std::byte*>(memory);
}

Staging::~Staging() {
  for (cudaEvent_t free : free_) {
    if (free != nullptr) cudaEventDestroy(free);
  }
  if (memory_ != nullptr) cudaFreeHost(memory_);
}

void Staging::write(void* device, const void* host, int64_t bytes) {
  auto* to = static_cast<std::byte*>(device);
  const auto* from = static_cast<const std::byte*>(host);
  if (streams_.capturing) {  // the array is read now and not at every replay
    JB_CUDA(cudaMemcpyAsync(to, from, static_cast<size_t>(bytes), cudaMemcpyHostToDevice, streams_.side));
    JB_CUDA(cudaStreamSynchronize(streams_.side));
    return;
  }
  open();
  for (int64_t at = 0; at < bytes; at += kSlotBytes) {
    const auto size = static_cast<size_t>(std::min(kSlotBytes, bytes - at));
    const int i = next_;
    next_ = (next_ + 1) % kSlots;
    JB_CUDA(cudaEventSynchronize(free_[i]));
    std::memcpy(slot(i), from + at, size);
    JB_CUDA(cudaMemcpyAsync(to + at, slot(i), size, cudaMemcpyHostToDevice, streams_.main));
    JB_CUDA(cudaEventRecord(free_[i], streams_.main));
  }
}

void Staging::read(void* host, const void* device, int64_t bytes) {
  auto* to = static_cast<std::byte*>(host);
  const auto* from = static_cast<const std::byte*>(device);
  open();
  const auto size_at = [&](int64_t at) { return static_cast<size_t>(std::min(kSlotBytes, bytes - at)); };
  const auto begin = [&](int64_t at) {
    const int64_t i = at / kSlotBytes % kSlots;
    JB_CUDA(cudaEventSynchronize(free_[i]));  // of a write before
    JB_CUDA(cudaMemcpyAsync(slot(i), from + at, size_at(at), cudaMemcpyDeviceToHost, streams_.main));
    JB_CUDA(cudaEventRecord(free_[i], streams_.main));
  };
  constexpr int64_t kAhead = kSlotBytes * (kSlots - 1);
  for (int64_t at = 0; at < std::min(bytes, kAhead); at += kSlotBytes) begin(at);
  for (int64_t at = 0; at < bytes; at += kSlotBytes) {
    if (at + kAhead < bytes) begin(at + kAhead);
    const int64_t i = at / kSlotBytes % kSlots;
    JB_CUDA(cudaEventSynchronize(free_[i]));
    std::memcpy(to + at, slot(i), size_at(at));
  }
}

// ---- Arrays of the host ---------------------------------------------------------------------------------------------

const std::byte* HostArrays::copy_of(const char* use, const void* host, int64_t bytes) {
  Copy& copy = copies_[use];
  if (copy.block != nullptr && copy.holds(host, bytes)) return copy.block->data();
  const auto* from = static_cast<const std::byte*>(host);
  Copy made{{from, from + bytes}, copy.block};
  // A graph reads its own copy at every replay.
  if (made.block == nullptr || made.block->bytes() < bytes || streams_.capturing) {
    made.block = std::make_shared<Block>(streams_, round_up(std::max<int64_t>(bytes, 1), kAlignment));
  } else {
    copy.contents.clear();  // a failure from here on leaves nobody knows what in the block
  }
  staging_.write(made.block->data(), host, bytes);
  if (streams_.capturing) made_.push_back({use, made});
  copy = std::move(made);
  return copy.block->data();
}

std::vector<HostArrays::Captured> HostArrays::take_all() {
  copies_.clear();
  return std::exchange(made_, {});
}

}  // namespace jb::cuda
