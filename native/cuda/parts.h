// Long axes in parts, which several blocks share: for reductions and softmax.
#ifndef JAUBERT_CUDA_PARTS_H
#define JAUBERT_CUDA_PARTS_H

#include <algorithm>

#include "launch.h"

namespace jb::cuda {

// How an axis of n elements is cut, each `unit` of which take a block's time, where `blocks` of them run already: into
// 1 where that is enough work for a GPU, or a part would have too little. It depends on shapes alone.
struct Parts {
  int64_t count = 1, size = 0;

  Parts(int64_t n, int64_t blocks, int64_t unit) : size(n) {
    constexpr int64_t kBlocks = 1024;  // all that an H100 or H200 runs at once, of 256 threads
    constexpr int64_t kLeast = 16;     // units of a part
    constexpr int64_t kFewest = 4;     // parts that are worth a second launch
    const int64_t most = std::min(kBlocks / std::max<int64_t>(blocks, 1), n / (kLeast * unit));
    if (most < kFewest) return;
    size = round_up((n + most - 1) / most, unit);
    count = (n + size - 1) / size;
  }
};

}  // namespace jb::cuda

#endif
