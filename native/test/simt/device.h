// The memory of the emulated GPUs, for runtime.cpp.
#ifndef JAUBERT_TEST_SIMT_DEVICE_H
#define JAUBERT_TEST_SIMT_DEVICE_H

#include <cstddef>
#include <cstdint>
#include <map>
#include <set>

namespace simt {

// One range of addresses a GPU, parts of which are handed out. While closed it cannot be touched: so a kernel on one
// GPU that is given the memory of another dies. What is freed stays with
// the pool, a piece as large as it was, until the pool is trimmed.
class Device {
 public:
  static constexpr int kMost = 2;
  static Device& of(int number);  // from 0 on

  // Null if it has not that much left.
  void* allocate(size_t bytes);
  // False for what it has not handed out.
  bool release(void* memory);

  // Whether all of it lies in one allocation.
  bool holds(const void* memory, size_t bytes) const;
  bool is_near(const void* memory) const { return reinterpret_cast<uintptr_t>(memory) - base_ < kBytes; }

  void open();
  void close();

  // Of the GPU; of that in the pool; of that in use.
  size_t limit() const { return limit_; }
  size_t reserved() const { return reserved_; }
  size_t used() const { return used_; }
  void set_limit(size_t bytes) { limit_ = bytes == 0 ? kBytes : bytes; }
  void trim();

 private:
  static constexpr size_t kBytes = size_t{16} << 30, kUnit = 256, kGap = 256, kPage = 65536;

  Device();
  bool reserve(size_t size);
  void protect() const;

  uintptr_t base_ = 0, high_ = 0;
  std::map<uintptr_t, size_t> free_, taken_;
  std::multiset<size_t> kept_;  // by the pool
  size_t limit_ = kBytes, reserved_ = 0, used_ = 0;
  int opened_ = 0, number_ = 0;
};

}  // namespace simt

#endif
