// How kernels treat denormal numbers: as 0.
//
// Numbers below 1.18e-38 have fewer digits than others, and processors of Intel take some hundred cycles for an
// operation that meets or makes one. Tails of GELU and of softmax are full of them, and nobody needs them: so kernels
// run with the processor told to take them for 0 of their sign. That is a state of each thread, which belongs to the
// caller (a JVM, whose own arithmetic has denormal numbers): it is changed where the ABI is entered and restored where
// it is left.
#ifndef JAUBERT_CPU_SUPPORT_FLUSH_H
#define JAUBERT_CPU_SUPPORT_FLUSH_H

#include <cstdint>

namespace jb {

// While one lives, its thread flushes denormal operands and results, rounds to nearest and does not trap, whatever its
// caller does; then it is as it was, with its flags. Written without a look at what is there: to wait for that would
// cost more than to write (3 of 10 ns, the price of both writes on Zen 5).
//
// The compiler knows nothing of this state. Memory is not read before or written behind a change of it; arithmetic on
// what is in registers may be moved past one, so guard() of error.h hides from where its body has its values.
class FlushDenormals {
 public:
#if defined(__x86_64__)
  using State = uint32_t;                               // MXCSR
  static constexpr State kFlush = 0x8040;               // FTZ for results, DAZ for operands
  static constexpr State kOfKernels = kFlush | 0x1f80;  // which is that of a new thread
  static State state() {
    State state;
    asm volatile("stmxcsr %0" : "=m"(state)::"memory");
    return state;
  }
  static void set_state(State state) { asm volatile("ldmxcsr %0" ::"m"(state) : "memory"); }
#elif defined(__aarch64__)
  using State = uint64_t;                   // FPCR
  static constexpr State kFlush = 1 << 24;  // FZ, for both
  static constexpr State kOfKernels = kFlush;
  static State state() {
    State state;
    asm volatile("mrs %0, fpcr" : "=r"(state)::"memory");
    return state;
  }
  static void set_state(State state) { asm volatile("msr fpcr, %0" ::"r"(state) : "memory"); }
#else
#error "how this processor is told to flush denormal numbers is not known here"
#endif
  static bool flushes(State state) { return (state & kFlush) == kFlush; }

  FlushDenormals() : before_(state()) { set_state(kOfKernels); }
  ~FlushDenormals() { set_state(before_); }
  FlushDenormals(const FlushDenormals&) = delete;
  FlushDenormals& operator=(const FlushDenormals&) = delete;

 private:
  const State before_;
};

}  // namespace jb

#endif
