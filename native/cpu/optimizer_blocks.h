// Many tensors seen as one list of blocks, so that large and small ones share the threads evenly.
#ifndef JAUBERT_CPU_OPTIMIZER_BLOCKS_H
#define JAUBERT_CPU_OPTIMIZER_BLOCKS_H

#include <algorithm>

#include "support/arguments.h"
#include "support/parallel.h"

namespace jb::JB_ISA {

inline constexpr int64_t kOptimizerBlock = 16384;  // elements

struct TensorBlock {
  int64_t number;  // of the block among all
  int64_t tensor;
  int64_t begin;  // its elements
  int64_t size;
};

class TensorBlocks {
 public:
  TensorBlocks(Scratch& scratch, const char* name, const int64_t* sizes, int64_t tensors)
      : sizes_(sizes), tensors_(tensors) {
    JB_CHECK(tensors >= 0, "{}: {} tensors", name, tensors);
    first_ = scratch.take<int64_t>(tensors + 1);
    first_[0] = 0;
    for (int64_t t = 0; t < tensors; ++t) {
      check_optimizer_size(name, t, sizes[t]);
      first_[t + 1] = first_[t] + chunk_count(sizes[t], kOptimizerBlock);
    }
  }

  int64_t count() const { return first_[tensors_]; }
  // The blocks of tensor t are [first(t), first(t + 1)).
  int64_t first(int64_t t) const { return first_[t]; }

  // body(block) for all blocks. What a block computes depends on no other, so neither do its bits on the threads.
  template <typename Body>
  void for_each(jb_ctx ctx, Body&& body) const {
    constexpr int64_t kBlocksAtOnce = 4;
    parallel_for(ctx, count(), kBlocksAtOnce, [&](int64_t begin, int64_t end) {
      int64_t t = std::upper_bound(first_, first_ + tensors_ + 1, begin) - first_ - 1;
      for (int64_t b = begin; b < end; ++b) {
        while (b >= first_[t + 1]) ++t;
        const int64_t at = (b - first_[t]) * kOptimizerBlock;
        body(TensorBlock{b, t, at, std::min(kOptimizerBlock, sizes_[t] - at)});
      }
    });
  }

 private:
  const int64_t* sizes_;
  int64_t tensors_;
  int64_t* first_;
};

}  // namespace jb::JB_ISA

#endif
