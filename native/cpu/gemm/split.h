// The product where C is small and the summed index is long, as in a weight's gradient over all tokens of a batch: C is
// cut into large blocks, the summed index into parts, and each task computes one part of one block by itself, from
// packing to the sum. Threads share nothing but what they read, and meet once, to add the parts in order.
#ifndef JAUBERT_CPU_GEMM_SPLIT_H
#define JAUBERT_CPU_GEMM_SPLIT_H

#include <algorithm>
#include <cstdint>

#include "gemm/blocked.h"

namespace jb::JB_ISA::gemm {

// Rows and columns of a block: packing costs each task the more, the smaller they are.
inline constexpr int64_t kSplitBlock = 384;
// Tasks that are wanted, and the least number of terms for one.
inline constexpr int64_t kSplitTasks = 16;
inline constexpr int64_t kSplitTerms = 512;

// How a product is split.
struct Split {
  Parts down;
  Parts across;
  Parts terms;

  explicit Split(const Product& x)
      : down(x.m, kTileRows, kSplitBlock),
        across(x.n, kTileColumns, kSplitBlock),
        terms(x.k, 16,
              ceil_div(x.k, std::clamp<int64_t>(kSplitTasks / (down.count * across.count), 1,
                                                std::max<int64_t>(1, x.k / kSplitTerms)))) {}

  int64_t tasks() const { return down.count * across.count * terms.count; }

  // A stored transposed is what costs most to pack and to share. A large C gives tiles enough, and further sums of it
  // would take memory.
  static bool pays(const Product& x) {
    return x.transpose_a && x.k >= 4 * kSplitTerms && x.m * x.n <= int64_t{1} << 20 && Split(x).tasks() >= 8;
  }
};

template <typename Epilogue>
void multiply_split(jb_ctx ctx, const Product& x, const Epilogue& epilogue) {
  const Split split(x);
  const Parts &down = split.down, &across = split.across, &terms = split.terms;
  const int64_t area = x.m * x.n;
  Scratch scratch;
  float* const sums = terms.count > 1 ? scratch.take<float>((terms.count - 1) * area) : nullptr;  // of parts 1, 2, ...
  parallel_for(ctx, split.tasks(), 1, [&](int64_t begin, int64_t end) {
    for (int64_t task = begin; task < end; ++task) {
      const int64_t t = task % terms.count;
      const int64_t i = down.begin(task / terms.count % down.count), j = across.begin(task / terms.count / down.count);
      Product part = x;
      part.m = down.length(task / terms.count % down.count);
      part.n = across.length(task / terms.count / down.count);
      part.k = terms.length(t);
      part.a = x.a_at(i, terms.begin(t));
      part.b = x.b_at(terms.begin(t), j);
      part.c = x.c_at(i, j);
      if (t > 0) {
        part.beta = 0;
        part.c = sums + (t - 1) * area + i * x.n + j;
        part.ldc = x.n;
      }
      multiply_blocked(ctx, part, NoEpilogue{});
      if (terms.count == 1) epilogue(i, part.m, j, part.n);
    }
  });
  if (terms.count == 1) return;
  parallel_for(ctx, x.m, std::max<int64_t>(1, kPackGrain / (terms.count * x.n)), [&](int64_t begin, int64_t end) {
    for (int64_t i = begin; i < end; ++i) {
      float* const c = x.c_at(i, 0);
      for (int64_t t = 1; t < terms.count; ++t) {
        const float* const sum = sums + (t - 1) * area + i * x.n;
        for (int64_t j = 0; j < x.n; ++j) c[j] += sum[j];
      }
    }
    epilogue(begin, end - begin, 0, x.n);
  });
}

}  // namespace jb::JB_ISA::gemm

#endif
