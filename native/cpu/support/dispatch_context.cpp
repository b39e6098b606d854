// The exported functions of context.h that take a context.
#include "support/context.h"
#include "support/dispatch.h"

#ifdef JB_SEVERAL_ISAS

#define JB_CHOOSE(function) JB_CHOSEN(function, &jb::cpu::function)
JB_CONTEXT_FUNCTIONS(JB_CHOOSE)
JB_STUBS(JB_CONTEXT_FUNCTIONS, "0");

#endif
