// Where jb_last_error() has its words from. Exported, as the libraries of other devices leave theirs here too; callers
// of the ABI have no use for it.
#ifndef JAUBERT_CPU_SUPPORT_LAST_ERROR_H
#define JAUBERT_CPU_SUPPORT_LAST_ERROR_H

#include "jaubert/common.h"

#ifdef __cplusplus
extern "C" {
#endif

JB_API void jb_set_last_error(const char* words);

#ifdef __cplusplus
}
#endif

#endif
