// An index, an id or a label outside of what it points into. A kernel cannot refuse it: it reads and writes nothing
// there, and notes it in memory of the context, where the host finds it when it next waits for the device. A thread
// that has nothing to note pays for the comparison that it makes anyway.
//
// What is noted is the same in every run: of each kind the first launch that has any, which the stream decides, and of
// that the smallest position, by atomicMax of one word that holds position and value.
#ifndef JAUBERT_KERNELS_COMMON_INDEX_ERROR_CUH
#define JAUBERT_KERNELS_COMMON_INDEX_ERROR_CUH

#include "common/device.cuh"
#include "common/index_error.h"

namespace jb {

__device__ __forceinline__ void note(const IndexErrors& errors, IndexKind kind, int64_t position, int64_t value,
                                     int64_t range, int ignored = 0) {
  if (errors.of_kinds == nullptr) return;
  IndexError* const error = errors.of_kinds + static_cast<int>(kind);
  const unsigned long long owner = atomicCAS(&error->launch, 0ull, errors.launch);
  if (owner != 0 && owner != errors.launch) return;
  atomicExch(&error->range, static_cast<unsigned long long>(range));  // the same from every thread
  atomicExch(&error->ignored, ignored);
  const auto place = static_cast<uint64_t>(min(position, static_cast<int64_t>(0xfffffffe)));
  const auto cut = static_cast<int32_t>(max(min(value, int64_t{INT32_MAX}), int64_t{INT32_MIN}));
  atomicMax(&error->word, ~static_cast<unsigned long long>(place << 32 | static_cast<uint32_t>(cut)));
}

}  // namespace jb

#endif
