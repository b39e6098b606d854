// jb_segment_mean_*: the mean over each sequence's rows.
#include "jaubert/index.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/row.h"
#include "support/sequences.h"

JB_KERNEL(jb_segment_mean_forward)
(jb_ctx ctx, jb_out y, jb_in x, const int32_t* cu_seqlens, int64_t sequences, int64_t width) {
  return guard([&] {
    const int64_t tokens = check_sequences("segment_mean", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean: width is {}", width);
    const int64_t rows = tokens / std::max<int64_t>(sequences, 1) + 1;
    parallel_for(ctx, sequences, grain_for(sequences, rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t first = cu_seqlens[s], last = cu_seqlens[s + 1];
        const float scale = last > first ? 1.0f / static_cast<float>(last - first) : 0.0f;
        for_row(width, [&](int64_t c, auto lanes) {
          vf total{};
          for (int64_t t = first; t < last; ++t) total += lanes.load(floats(x) + t * width + c);
          lanes.store(floats(y) + s * width + c, total * scale);
        });
      }
    });
  });
}

JB_KERNEL(jb_segment_mean_backward)
(jb_ctx ctx, jb_out dx, jb_in dy, const int32_t* cu_seqlens, int64_t sequences, int64_t width) {
  return guard([&] {
    const int64_t tokens = check_sequences("segment_mean backward", cu_seqlens, sequences);
    JB_CHECK(width >= 0, "segment_mean backward: width is {}", width);
    const int64_t rows = tokens / std::max<int64_t>(sequences, 1) + 1;
    parallel_for(ctx, sequences, grain_for(sequences, rows * width), [&](int64_t begin, int64_t end) {
      for (int64_t s = begin; s < end; ++s) {
        const int64_t first = cu_seqlens[s], last = cu_seqlens[s + 1];
        const float scale = last > first ? 1.0f / static_cast<float>(last - first) : 0.0f;
        for_row(width, [&](int64_t c, auto lanes) {
          const vf d = lanes.load(floats(dy) + s * width + c) * scale;
          for (int64_t t = first; t < last; ++t) lanes.store(floats(dx) + t * width + c, d);
        });
      }
    });
  });
}
