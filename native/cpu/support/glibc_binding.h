// Included before the code that JavaCPP writes, which looks for libraries: see support/glibc.cpp.
#include "glibc.h"

#ifdef JB_GLIBC_FIRST
asm(".symver dlopen, dlopen@" JB_GLIBC_FIRST);
asm(".symver dlsym, dlsym@" JB_GLIBC_FIRST);
asm(".symver dlerror, dlerror@" JB_GLIBC_FIRST);
asm(".symver dlclose, dlclose@" JB_GLIBC_FIRST);
#endif
