#include "simt/device.h"

#include <sys/mman.h>

#include <cstdlib>
#include <cstring>
#include <iterator>
#include <new>
#include <string>

#include "simt/machine.h"
#include "simt/memory.h"

namespace simt {

Device& Device::of(int number) {
  static auto* const devices = new Device[kMost];  // never destroyed: contexts may outlive the static objects
  return devices[number];
}

Device::Device() {
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

void* Device::allocate(size_t bytes) {
  const size_t size = (bytes + kGap + kUnit - 1) / kUnit * kUnit;
  if (!reserve(size)) return nullptr;
  auto it = free_.begin();
  while (it != free_.end() && it->second < size) ++it;
  if (it == free_.end()) return nullptr;  // which the limit has ruled out but for gaps
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

bool Device::release(void* memory) {
  const auto taken = taken_.find(reinterpret_cast<uintptr_t>(memory));
  if (taken == taken_.end()) return false;
  if (checked()) unregister_buffer(memory);
  used_ -= taken->second;
  kept_.insert(taken->second);
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

bool Device::holds(const void* memory, size_t bytes) const {
  const auto p = reinterpret_cast<uintptr_t>(memory);
  auto it = taken_.upper_bound(p);
  return it != taken_.begin() && p + bytes <= (--it)->first + it->second;
}

void Device::open() {
  if (++opened_ == 1) protect();
}

void Device::close() {
  if (--opened_ == 0) protect();
}

void Device::trim() {
  kept_.clear();
  reserved_ = used_;
}

// A piece that the pool has, or more of the GPU.
bool Device::reserve(size_t size) {
  const auto piece = kept_.lower_bound(size);
  if (piece != kept_.end()) {
    if (*piece > size) kept_.insert(*piece - size);
    kept_.erase(piece);
  } else if (reserved_ + size <= limit_) {
    reserved_ += size;
  } else {
    return false;
  }
  used_ += size;
  return true;
}

void Device::protect() const {
  if (!checked() || high_ == base_) return;
  mprotect(reinterpret_cast<void*>(base_), high_ - base_, opened_ > 0 ? PROT_READ | PROT_WRITE : PROT_NONE);
}

}  // namespace simt
