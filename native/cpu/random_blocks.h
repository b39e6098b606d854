// How results that have a random number each are filled in: what random.cpp and dropout.cpp share.
#ifndef JAUBERT_CPU_RANDOM_BLOCKS_H
#define JAUBERT_CPU_RANDOM_BLOCKS_H

#include "support/parallel.h"
#include "support/philox.h"
#include "support/row.h"
#include "support/stores.h"

namespace jb::JB_ISA {

// The numbers of two vectors of counters, or of one with numbers of 16 bits.
inline constexpr int64_t kRandomBlock = 8 * kLanes;
inline constexpr int64_t kRandomGrain = 256 * kRandomBlock;  // blocks do not cross the chunks of threads

// to[i] = value of number i, for the kRandomBlock numbers that make(i, values) yields from i on. Results that are also
// what the values are made of (in_place) are in the caches already.
template <typename T, typename Make>
void fill_blocks(jb_ctx ctx, T* to, int64_t n, bool in_place, Make&& make) {
  const bool aligned = elements_to_boundary(to) == 0;
  with_stores<T>(aligned && !in_place ? n : 0, [&](auto write) {
    parallel_for(ctx, n, kRandomGrain, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; i += kRandomBlock) {
        vf values[8] = {};
        make(i, values);
        for (int w = 0; w < 8; ++w) {
          const int64_t at = i + w * kLanes;
          if (at + kLanes <= end) {
            write(AllLanes{}, to + at, values[w]);
          } else if (at < end) {
            store_partial(to + at, values[w], end - at);
          }
        }
      }
      write.finish();
    });
  });
}

}  // namespace jb::JB_ISA

#endif
