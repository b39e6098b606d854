// jb_embedding_layernorm_*: the sum of three embeddings, LayerNorm and dropout.
#include "jaubert/embedding.h"

#include "jaubert/layernorm.h"
#include "layernorm_rows.h"
#include "support/arguments.h"
#include "support/index_words.h"
#include "support/kernel.h"
#include "support/philox.h"
#include "support/stores.h"

namespace jb::JB_ISA {
namespace {

void check_ids(const char* table, const int32_t* ids, int64_t tokens, int64_t rows) {
  for (int64_t t = 0; t < tokens; ++t) {
    JB_CHECK(ids[t] >= 0 && ids[t] < rows, words_of_id(table, ids[t], t, rows));
  }
}

void prefetch_row(const float* x, int64_t n) {
  constexpr int64_t kLine = kCacheLine / static_cast<int64_t>(sizeof(float));
  for (int64_t i = 0; i < n; i += kLine) __builtin_prefetch(x + i);
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_embedding_layernorm_forward)
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, jb_out mean, jb_out rstd, jb_in word, jb_in position, jb_in type,
 jb_in gamma, jb_in beta, jb_in word_ids, jb_in position_ids, jb_in type_ids, int64_t tokens, int64_t hidden,
 int64_t word_rows, int64_t position_rows, int64_t type_rows, float eps, float p, int64_t seed, int64_t offset) {
  return guard([&] {
    check_cpu_type("embedding", dtype);
    JB_CHECK(tokens >= 0 && hidden >= 1, "embedding: {} tokens of {} elements", tokens, hidden);
    check_probability("embedding", p);
    JB_CHECK((type == nullptr) == (type_ids == nullptr), "embedding: type and type_ids have to be null together");
    const auto* words = static_cast<const int32_t*>(word_ids);
    const auto* positions = static_cast<const int32_t*>(position_ids);
    const auto* types = static_cast<const int32_t*>(type_ids);
    check_ids("word", words, tokens, word_rows);
    check_ids("position", positions, tokens, position_rows);
    if (types != nullptr) check_ids("type", types, tokens, type_rows);
    const Dropout dropout(p, seed, offset);
    with_row_stores(tokens * hidden, hidden, floats(y), floats(sum), [&](auto write) {
      parallel_for(ctx, tokens, grain_for(tokens, hidden * (p > 0 ? 12 : 5)), [&](int64_t begin, int64_t end) {
        Scratch scratch;
        int16_t* masks = scratch.take<int16_t>(Dropout::room(hidden) + kLanes);
        float* added = scratch.take<float>(hidden);
        for (int64_t t = begin; t < end; ++t) {
          const int64_t at = t * hidden;
          // Rows of the word table come in no order that the processor could foresee: ask for the next one now.
          if (t + 1 < end) prefetch_row(floats(word) + words[t + 1] * hidden, hidden);
          const float* w = floats(word) + words[t] * hidden;
          const float* q = floats(position) + positions[t] * hidden;
          const float* k = types == nullptr ? nullptr : floats(type) + types[t] * hidden;
          const int16_t* mask = p > 0 ? dropout.keep_range(masks, static_cast<uint64_t>(at), hidden) : nullptr;
          const float total = sum_row(hidden, [&](int64_t c, auto lanes) {
            vf s = lanes.load(w + c) + lanes.load(q + c);
            if (k != nullptr) s += lanes.load(k + c);
            lanes.store(added + c, s);
            return s;
          });
          const RowStatistics s = row_statistics(added, total, hidden, eps);
          float* to = floats(y) + at;
          float* to_sum = sum == nullptr ? nullptr : floats(sum) + at;
          normalize_row(added, s, floats(gamma), floats(beta), hidden, [&](int64_t c, auto lanes, vf v, vf result) {
            if (to_sum != nullptr) write(lanes, to_sum + c, v);
            if (mask != nullptr) result = drop(result, load_mask(mask + c), dropout.scale);
            write(lanes, to + c, result);
          });
          if (mean != nullptr) floats(mean)[t] = s.mean;
          if (rstd != nullptr) floats(rstd)[t] = s.rstd;
        }
        write.finish();
      });
    });
  });
}

JB_KERNEL(jb_embedding_layernorm_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum, jb_in mean, jb_in rstd,
 jb_in gamma, int64_t tokens, int64_t hidden, float p, int64_t seed, int64_t offset, int32_t accumulate) {
  return guard([&] {
    check_cpu_type("embedding backward", dtype);
    JB_CHECK(tokens >= 0 && hidden >= 1, "embedding backward: {} tokens of {} elements", tokens, hidden);
    check_probability("embedding backward", p);
    const Dropout dropout(p, seed, offset);
    Scratch scratch;
    const ColumnSums sums(scratch, 2, tokens, hidden);
    parallel_for(ctx, tokens, sums.grain(), [&](int64_t begin, int64_t end) {
      Scratch own;
      int16_t* masks = own.take<int16_t>(Dropout::room(hidden) + kLanes);
      float* dropped = own.take<float>(hidden);
      float* dgamma_line = dgamma == nullptr ? nullptr : sums.line(begin, 0);
      float* dbeta_line = dbeta == nullptr ? nullptr : sums.line(begin, 1);
      for (int64_t t = begin; t < end; ++t) {
        const int64_t at = t * hidden;
        const float* gradient = floats(dy) + at;
        if (p > 0) {
          const int16_t* mask = dropout.keep_range(masks, static_cast<uint64_t>(at), hidden);
          for_row(hidden, [&](int64_t c, auto lanes) {
            lanes.store(dropped + c, drop(lanes.load(gradient + c), load_mask(mask + c), dropout.scale));
          });
          gradient = dropped;
        }
        float* to = dsum == nullptr ? nullptr : floats(dsum) + at;
        layernorm_backward_row(gradient, floats(sum) + at, {floats(mean)[t], floats(rstd)[t]}, floats(gamma),
                               dgamma_line, dbeta_line, hidden, [&](int64_t c, auto lanes, vf d) {
                                 if (to != nullptr) lanes.store(to + c, d);
                               });
      }
    });
    if (dgamma != nullptr) sums.combine(floats(dgamma), 0, (accumulate & JB_ADD_TO_DGAMMA) != 0);
    if (dbeta != nullptr) sums.combine(floats(dbeta), 1, (accumulate & JB_ADD_TO_DBETA) != 0);
  });
}
