// The packed batch's cu_seqlens, checked before anything is read through it.
#ifndef JAUBERT_CPU_SUPPORT_SEQUENCES_H
#define JAUBERT_CPU_SUPPORT_SEQUENCES_H

#include <cstdint>

#include "support/error.h"

namespace jb {

// The number of tokens; cu_seqlens [sequences + 1] begins with 0 and never falls.
inline int64_t check_sequences(const char* name, const int32_t* cu_seqlens, int64_t sequences) {
  JB_CHECK(sequences >= 0, "{}: {} sequences", name, sequences);
  JB_CHECK(cu_seqlens != nullptr, "{}: cu_seqlens is null", name);
  JB_CHECK(cu_seqlens[0] == 0, "{}: cu_seqlens begins with {}, not 0", name, cu_seqlens[0]);
  for (int64_t s = 0; s < sequences; ++s) {
    JB_CHECK(cu_seqlens[s] <= cu_seqlens[s + 1], "{}: cu_seqlens falls from {} to {} at sequence {}", name,
             cu_seqlens[s], cu_seqlens[s + 1], s);
  }
  return cu_seqlens[sequences];
}

}  // namespace jb

#endif
