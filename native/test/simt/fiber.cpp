#include "simt/fiber.h"

#include <sys/mman.h>

#include <new>

// simt_switch(&from, to): keeps the registers that a function must preserve on this stack, stores the stack pointer in
// `from`, and goes on where `to` was stored.
extern "C" void simt_switch(void** from, void* to);

#if defined(__x86_64__)
asm(R"(
.text
.type simt_switch, @function
simt_switch:
  pushq %rbp
  pushq %rbx
  pushq %r12
  pushq %r13
  pushq %r14
  pushq %r15
  movq %rsp, (%rdi)
  movq %rsi, %rsp
  popq %r15
  popq %r14
  popq %r13
  popq %r12
  popq %rbx
  popq %rbp
  ret
.size simt_switch, .-simt_switch
)");
constexpr size_t kReturnAddress = 6;  // where among them the switch takes its way back from
constexpr size_t kFrame = 8;          // words to reserve; a function begins 8 bytes off a multiple of 16
#elif defined(__aarch64__)
asm(R"(
.text
.type simt_switch, %function
simt_switch:
  sub sp, sp, #160
  stp x19, x20, [sp, #0]
  stp x21, x22, [sp, #16]
  stp x23, x24, [sp, #32]
  stp x25, x26, [sp, #48]
  stp x27, x28, [sp, #64]
  stp x29, x30, [sp, #80]
  stp d8, d9, [sp, #96]
  stp d10, d11, [sp, #112]
  stp d12, d13, [sp, #128]
  stp d14, d15, [sp, #144]
  mov x9, sp
  str x9, [x0]
  mov sp, x1
  ldp x19, x20, [sp, #0]
  ldp x21, x22, [sp, #16]
  ldp x23, x24, [sp, #32]
  ldp x25, x26, [sp, #48]
  ldp x27, x28, [sp, #64]
  ldp x29, x30, [sp, #80]
  ldp d8, d9, [sp, #96]
  ldp d10, d11, [sp, #112]
  ldp d12, d13, [sp, #128]
  ldp d14, d15, [sp, #144]
  add sp, sp, #160
  ret
.size simt_switch, .-simt_switch
)");
constexpr size_t kReturnAddress = 11;  // x30
constexpr size_t kFrame = 20;
#else
#error "the SIMT emulator knows x86-64 and aarch64"
#endif

namespace simt {

void Fiber::start(void (*entry)()) {
  auto* top = reinterpret_cast<uintptr_t*>(low_ + kBytes);
  uintptr_t* sp = top - kFrame;
  for (size_t i = 0; i < kFrame; ++i) sp[i] = 0;
  sp[kReturnAddress] = reinterpret_cast<uintptr_t>(entry);
  own_ = sp;
}

void Fiber::resume() { simt_switch(&caller_, own_); }

void Fiber::suspend() { simt_switch(&own_, caller_); }

Fiber& Fibers::operator[](size_t i) {
  constexpr size_t kGuard = 64 * 1024;  // a multiple of every page size
  while (all_.size() <= i) {
    void* memory = mmap(nullptr, kGuard + Fiber::kBytes, PROT_READ | PROT_WRITE,
                        MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
    if (memory == MAP_FAILED || mprotect(memory, kGuard, PROT_NONE) != 0) throw std::bad_alloc();
    auto* fiber = new Fiber;
    fiber->low_ = reinterpret_cast<uintptr_t>(memory) + kGuard;
    all_.push_back(fiber);
  }
  return *all_[i];
}

}  // namespace simt
