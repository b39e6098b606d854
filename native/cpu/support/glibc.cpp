// Lets a library that was linked with a newer glibc load with 2.28 (RHEL 8, Debian 10, Ubuntu 20.04).
//
// Since glibc 2.34 what was in libpthread and libdl is in libc under a new version, and what is linked today asks for
// that. The first versions are still there and are the same functions, so these are asked for instead; what glibc 2.28
// lacks stands below. All of it is hidden: it serves this library and the C++ library that is linked into it, nobody
// else. cmake/GlibcVersions.cmake checks the result.
#include "support/glibc.h"

#ifdef JB_GLIBC_FIRST

#include <sys/random.h>
#include <sys/stat.h>

#include <cstdint>
#include <cstdlib>

// A jump, so that dlopen() and dlsym() see who called.
asm(R"(
.macro first name
  .symver jb_first_\name, \name@)" JB_GLIBC_FIRST R"(
  .globl \name
  .hidden \name
  .type \name, %function
\name:
)"
#ifdef __x86_64__
    "  jmp jb_first_\\name@PLT\n"
#else
    "  b jb_first_\\name\n"
#endif
    R"(
  .size \name, . - \name
.endm

.pushsection .text
first dlerror
first dlopen
first dlsym
first pthread_create
first pthread_detach
first pthread_getspecific
first pthread_join
first pthread_key_create
first __pthread_key_create
first pthread_key_delete
first pthread_mutex_trylock
first pthread_once
first pthread_setspecific
first pow
.popsection
)");

extern "C" {

// Of 2.32: whether atomics can be left out. Never.
[[gnu::visibility("hidden")]] char jb_libc_single_threaded asm("__libc_single_threaded") = 0;

// Of 2.33, for std::ifstream: before, a function that is told which struct stat this is.
int jb_first_fxstat64(int version, int file, struct stat64* result);
asm(".symver jb_first_fxstat64, __fxstat64@" JB_GLIBC_FIRST);
[[gnu::visibility("hidden")]] int jb_fstat64(int file, struct stat64* result) asm("fstat64");
int jb_fstat64(int file, struct stat64* result) {
#ifdef __x86_64__
  return jb_first_fxstat64(1, file, result);
#else
  return jb_first_fxstat64(0, file, result);
#endif
}

// Of 2.36, for std::random_device.
[[gnu::visibility("hidden")]] uint32_t jb_arc4random() asm("arc4random");
uint32_t jb_arc4random() {
  uint32_t number;
  if (getentropy(&number, sizeof(number)) != 0) std::abort();
  return number;
}

}  // extern "C"

#endif
