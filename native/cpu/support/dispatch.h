// How an exported function finds what runs, where kernels are compiled for several instruction sets (x86-64): it looks
// at its context and jumps, to the context's device (functions.h) or to the CPU's function_chosen.
#ifndef JAUBERT_CPU_SUPPORT_DISPATCH_H
#define JAUBERT_CPU_SUPPORT_DISPATCH_H

#include "support/functions.h"

// Defines function_chosen for the stub.
#define JB_CHOSEN(function, choice)                                                          \
  extern "C" {                                                                               \
  [[gnu::used, gnu::visibility("hidden")]] decltype(&::function) function##_chosen = choice; \
  }

// Jumps and not calls: arguments in registers and on the stack pass through untouched, whatever they are; the context
// is the first of them, in rdi. A null context goes to the CPU, which refuses it. jb_slot counts through
// DeviceFunctions, in its order.
#define JB_STUB(function)                      \
  ".p2align 4\n"                               \
  ".globl " #function                          \
  "\n"                                         \
  ".type " #function ", @function\n" #function \
  ":\n"                                        \
  ".cfi_startproc\n"                           \
  "endbr64\n"                                  \
  "testq %rdi, %rdi\n"                         \
  "je 1f\n"                                    \
  "movq (%rdi), %r11\n"                        \
  "testq %r11, %r11\n"                         \
  "jne 2f\n"                                   \
  "1: jmp *" #function                         \
  "_chosen(%rip)\n"                            \
  "2: jmp *jb_slot(%r11)\n"                    \
  ".cfi_endproc\n"                             \
  ".size " #function ", . - " #function        \
  "\n"                                         \
  ".set jb_slot, jb_slot + 8\n"

// JB_STUBS(functions, first): the stubs of a list of functions.h; first is "0" and "+8" for each function before them.
#define JB_STUBS(functions, first) \
  asm(".pushsection .text\n"       \
      ".set jb_slot, " first "\n" functions(JB_STUB) ".popsection\n")
#define JB_SLOT(function) "+8"

#endif
