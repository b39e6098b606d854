#include "memory.h"

#include <algorithm>

namespace jb::cuda {

Streams::Streams() {
  JB_CUDA(cudaStreamCreateWithFlags(&main, cudaStreamNonBlocking));
  const cudaError_t error = cudaStreamCreateWithFlags(&side, cudaStreamNonBlocking);
  if (error != cudaSuccess) cudaStreamDestroy(main);
  JB_CUDA(error);
}

Streams::~Streams() {
  cudaStreamSynchronize(main);
  cudaStreamDestroy(side);
  cudaStreamDestroy(main);
}

void* Streams::allocate(int64_t bytes) const {
  void* memory = nullptr;
  const cudaStream_t stream = capturing ? side : main;
  const cudaError_t error = cudaMallocAsync(&memory, static_cast<size_t>(std::max<int64_t>(bytes, 1)), stream);
  if (error == cudaErrorMemoryAllocation) {
    cudaGetLastError();  // it is no failure of what comes after
    size_t free = 0, total = 0;
    cudaMemGetInfo(&free, &total);
    fail(JB_OUT_OF_MEMORY, "the GPU has no memory left for {} bytes; {} of {} are free", bytes, free, total);
  }
  JB_CUDA(error);
  if (capturing) JB_CUDA(cudaStreamSynchronize(side));
  return memory;
}

void Streams::release(void* memory) const noexcept {
  if (memory != nullptr) cudaFreeAsync(memory, main);
}

// ---- Scratch --------------------------------------------------------------------------------------------------------

void Scratch::reset() {
  used_ = 0;
  if (blocks_.size() <= 1) return;
  int64_t total = 0;
  for (const SharedBlock& block : blocks_) total += block->bytes();
  if (streams_.capturing) captured_.insert(captured_.end(), blocks_.begin(), blocks_.end());
  blocks_.clear();
  blocks_.push_back(std::make_shared<Block>(streams_, total));
}

std::byte* Scratch::take(int64_t bytes) {
  bytes = std::max(round_up(bytes, kAlignment), kAlignment);
  if (blocks_.empty() || used_ + bytes > blocks_.back()->bytes()) {
    constexpr int64_t kSmallest = int64_t{1} << 20;
    blocks_.push_back(std::make_shared<Block>(streams_, std::max(bytes, kSmallest)));
    used_ = 0;
  }
  used_ += bytes;
  return blocks_.back()->data() + used_ - bytes;
}

std::vector<SharedBlock> Scratch::captured() {
  captured_.insert(captured_.end(), blocks_.begin(), blocks_.end());
  return std::move(captured_);
}

// ---- Staging --------------------------------------------------------------------------------------------------------

void Staging::open() {
  if (slots_[0].memory != nullptr) return;
  void* memory = nullptr;
  JB_CUDA(cudaMallocHost(&memory, static_cast<size_t>(kSlotBytes) * kSlots));
  for (Slot& slot : slots_) {
    slot.memory = static_cast<std::byte*>(memory) + (&slot - slots_) * kSlotBytes;
    JB_CUDA(cudaEventCreateWithFlags(&slot.free, cudaEventDisableTiming));
  }
}

Staging::~Staging() {
  for (Slot& slot : slots_) {
    if (slot.free != nullptr) cudaEventDestroy(slot.free);
  }
  if (slots_[0].memory != nullptr) cudaFreeHost(slots_[0].memory);
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
    const Slot& slot = slots_[next_];
    next_ = (next_ + 1) % kSlots;
    JB_CUDA(cudaEventSynchronize(slot.free));
    std::memcpy(slot.memory, from + at, size);
    JB_CUDA(cudaMemcpyAsync(to + at, slot.memory, size, cudaMemcpyHostToDevice, streams_.main));
    JB_CUDA(cudaEventRecord(slot.free, streams_.main));
  }
}

void Staging::read(void* host, const void* device, int64_t bytes) {
  auto* to = static_cast<std::byte*>(host);
  const auto* from = static_cast<const std::byte*>(device);
  open();
  const auto size_at = [&](int64_t at) { return static_cast<size_t>(std::min(kSlotBytes, bytes - at)); };
  const auto begin = [&](int64_t at) {
    const Slot& slot = slots_[at / kSlotBytes % kSlots];
    JB_CUDA(cudaEventSynchronize(slot.free));  // of a write before
    JB_CUDA(cudaMemcpyAsync(slot.memory, from + at, size_at(at), cudaMemcpyDeviceToHost, streams_.main));
    JB_CUDA(cudaEventRecord(slot.free, streams_.main));
  };
  constexpr int64_t kAhead = kSlotBytes * (kSlots - 1);
  for (int64_t at = 0; at < std::min(bytes, kAhead); at += kSlotBytes) begin(at);
  for (int64_t at = 0; at < bytes; at += kSlotBytes) {
    if (at + kAhead < bytes) begin(at + kAhead);
    const Slot& slot = slots_[at / kSlotBytes % kSlots];
    JB_CUDA(cudaEventSynchronize(slot.free));
    std::memcpy(to + at, slot.memory, size_at(at));
  }
}

// ---- Arrays of the host ---------------------------------------------------------------------------------------------

const std::byte* HostArrays::copy_of(const char* use, const void* host, int64_t bytes) {
  Copy& copy = copies_[use];
  if (copy.block != nullptr && copy.holds(host, bytes)) return copy.block->data();
  // A graph reads its own copy at every replay.
  if (copy.block == nullptr || copy.block->bytes() < bytes || streams_.capturing) {
    copy.contents.clear();
    copy.block = std::make_shared<Block>(streams_, round_up(std::max<int64_t>(bytes, 1), kAlignment));
  }
  copy.contents.clear();
  staging_.write(copy.block->data(), host, bytes);
  const auto* from = static_cast<const std::byte*>(host);
  copy.contents.assign(from, from + bytes);
  if (streams_.capturing) made_.push_back({use, copy});
  return copy.block->data();
}

std::vector<HostArrays::Captured> HostArrays::take_all() {
  copies_.clear();
  return std::move(made_);
}

}  // namespace jb::cuda
