// jb_embedding_layernorm_*: the sum of three embeddings, LayerNorm and dropout.
#include "jaubert/embedding.h"

#include "norm_rows.h"
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
(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum, const jb_embedding_args* args) {
  return guard([&] {
    with_cpu_type("embedding", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_embedding_args& a = given("embedding", args);
      check_embedding("embedding", a);
      JB_CHECK((a.type == nullptr) == (a.type_ids == nullptr), "embedding: type and type_ids have to be null together");
      const int64_t tokens = a.tokens, hidden = a.hidden;
      const auto* words = static_cast<const int32_t*>(a.word_ids);
      const auto* positions = static_cast<const int32_t*>(a.position_ids);
      const auto* types = static_cast<const int32_t*>(a.type_ids);
      check_ids("word", words, tokens, a.word_rows);
      check_ids("position", positions, tokens, a.position_rows);
      if (types != nullptr) check_ids("type", types, tokens, a.type_rows);
      const float *word = floats(a.word), *position = floats(a.position), *type = floats(a.type);
      const float *gamma = floats(a.gamma), *beta = floats(a.beta);
      float *mean = floats(a.mean), *rstd = floats(a.rstd);
      const float eps = float32(a.eps), p = float32(a.p);
      const Dropout dropout(p, a.seed, a.offset);
      with_row_stores(tokens * hidden, hidden, elements<T>(y), elements<T>(sum), [&](auto write) {
        parallel_for(ctx, tokens, grain_for(tokens, hidden * (p > 0 ? 12 : 5)), [&](int64_t begin, int64_t end) {
          Scratch scratch;
          int16_t* masks = scratch.take<int16_t>(Dropout::room(hidden) + kLanes);
          float* added = scratch.take<float>(hidden);
          for (int64_t t = begin; t < end; ++t) {
            const int64_t at = t * hidden;
            // Rows of the word table come in no order that the processor could foresee: ask for the next one now.
            if (t + 1 < end) prefetch_row(word + words[t + 1] * hidden, hidden);
            const float* w = word + words[t] * hidden;
            const float* q = position + positions[t] * hidden;
            const float* k = types == nullptr ? nullptr : type + types[t] * hidden;
            const int16_t* mask = p > 0 ? dropout.keep_range(masks, static_cast<uint64_t>(at), hidden) : nullptr;
            const float total = sum_row(hidden, [&](int64_t c, auto lanes) {
              vf s = lanes.load(w + c) + lanes.load(q + c);
              if (k != nullptr) s += lanes.load(k + c);
              lanes.store(added + c, s);
              return s;
            });
            const RowStatistics s = row_statistics(added, total, hidden, eps);
            T* to = elements<T>(y) + at;
            T* to_sum = sum == nullptr ? nullptr : elements<T>(sum) + at;
            normalize_row(added, s, gamma, beta, hidden, [&](int64_t c, auto lanes, vf v, vf result) {
              if (to_sum != nullptr) write(lanes, to_sum + c, v);
              if (mask != nullptr) result = drop(result, load_mask(mask + c), dropout.scale);
              write(lanes, to + c, result);
            });
            if (mean != nullptr) mean[t] = s.mean;
            if (rstd != nullptr) rstd[t] = s.rstd;
          }
          write.finish();
        });
      });
    });
  });
}

JB_KERNEL(jb_embedding_layernorm_backward)
(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma, jb_inout dbeta, jb_in dy, jb_in sum,
 const jb_embedding_args* args) {
  return guard([&] {
    with_cpu_type("embedding backward", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_embedding_args& a = given("embedding backward", args);
      check_embedding("embedding backward", a);
      const int64_t tokens = a.tokens, hidden = a.hidden;
      const float *gamma = floats(a.gamma), *mean = floats(a.mean), *rstd = floats(a.rstd);
      const float p = float32(a.p);
      const Dropout dropout(p, a.seed, a.offset);
      Scratch scratch;
      const LineSums sums(scratch, 2, tokens, hidden);
      parallel_for(ctx, tokens, sums.grain(), [&](int64_t begin, int64_t end) {
        Scratch own;
        int16_t* masks = own.take<int16_t>(Dropout::room(hidden) + kLanes);
        float* dropped = own.take<float>(hidden);
        float* dgamma_line = dgamma == nullptr ? nullptr : sums.line(begin, 0);
        float* dbeta_line = dbeta == nullptr ? nullptr : sums.line(begin, 1);
        for (int64_t t = begin; t < end; ++t) {
          const int64_t at = t * hidden;
          const T* gradient = elements<T>(dy) + at;
          T* to = dsum == nullptr ? nullptr : elements<T>(dsum) + at;
          const auto backward = [&](const auto* from) {
            layernorm_backward_row(from, elements<T>(sum) + at, {mean[t], rstd[t]}, gamma, dgamma_line, dbeta_line,
                                   hidden, [&](int64_t c, auto lanes, vf d) {
                                     if (to != nullptr) lanes.store(to + c, d);
                                   });
          };
          if (p == 0) {
            backward(gradient);
            continue;
          }
          const int16_t* mask = dropout.keep_range(masks, static_cast<uint64_t>(at), hidden);
          for_row(hidden, [&](int64_t c, auto lanes) {
            lanes.store(dropped + c, drop(lanes.load(gradient + c), load_mask(mask + c), dropout.scale));
          });
          backward(static_cast<const float*>(dropped));
        }
      });
      if (dgamma != nullptr) sums.combine(floats(dgamma), 0, (a.accumulate & JB_ADD_TO_DGAMMA) != 0);
      if (dbeta != nullptr) sums.combine(floats(dbeta), 1, (a.accumulate & JB_ADD_TO_DBETA) != 0);
    });
  });
}
