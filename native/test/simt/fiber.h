// Stacks that one system thread runs by turns: one for each CUDA thread of a block.
#ifndef JAUBERT_TEST_SIMT_FIBER_H
#define JAUBERT_TEST_SIMT_FIBER_H

#include <cstddef>
#include <cstdint>
#include <vector>

namespace simt {

// A stack and the place where its code stopped. glibc's swapcontext makes a system call a switch, which is 30 times as
// slow as the dozen instructions of fiber.cpp.
class Fiber {
 public:
  // Prepares a call of entry() on this stack; entry must never return.
  void start(void (*entry)());
  // Runs it until suspend(). Called on the system thread's own stack.
  void resume();
  // Back to whoever called resume(). Called on this stack.
  void suspend();

  bool holds(uintptr_t address) const { return address - low_ < kBytes; }
  uintptr_t low() const { return low_; }
  static constexpr size_t kBytes = 128 * 1024;

 private:
  friend class Fibers;
  uintptr_t low_ = 0;
  void* own_ = nullptr;     // stack pointer while suspended
  void* caller_ = nullptr;  // stack pointer of resume()
};

// A pool that grows and is never given back. An unmapped page lies below each stack.
class Fibers {
 public:
  Fiber& operator[](size_t i);

 private:
  std::vector<Fiber*> all_;
};

}  // namespace simt

#endif
