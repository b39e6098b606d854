// For the test runner, which says what it runs on.
#include "jaubert/context.h"

const char* jb_isa_name(void) { return "emulated GPU"; }
