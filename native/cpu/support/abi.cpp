// A hash of the headers that both libraries were compiled with: libjaubert_cuda, which is built and installed apart,
// asks before it makes a context, whose functions would else be called with other arguments than they take.
#include "jaubert/common.h"

extern "C" {
JB_API int64_t jb_abi(void);
int64_t jb_abi(void) { return JB_ABI; }
}
