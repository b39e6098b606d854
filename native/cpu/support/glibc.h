// The version that glibc's oldest functions have on this architecture; undefined where support/glibc.cpp does nothing.
#ifndef JAUBERT_SUPPORT_GLIBC_H
#define JAUBERT_SUPPORT_GLIBC_H

#include <features.h>

#if defined(__GLIBC__) && defined(__x86_64__)
#define JB_GLIBC_FIRST "GLIBC_2.2.5"
#elif defined(__GLIBC__) && defined(__aarch64__)
#define JB_GLIBC_FIRST "GLIBC_2.17"
#endif

#endif
