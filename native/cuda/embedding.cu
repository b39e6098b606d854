// jb_embedding_layernorm_*.
#include "context.h"
#include "embedding/embedding.cuh"
#include "functions.h"
#include "norm.h"

namespace jb::cuda {
namespace {

template <typename T>
struct Embedding {
  LayernormOutputs<T> to;
  Embeddings from;
  const float *gamma, *beta;
  int64_t tokens, hidden;
  float eps;

  template <bool kDropout>
  void launch(Context& c, const Dropout& dropout) const {
    const int columns = static_cast<int>(hidden);
    const IndexErrors errors = c.index_checks().next();
    with_shape<T>({to.y, to.sum, from.word.table, from.position.table, from.type.table, gamma, beta}, hidden,
                  [&](auto vectors, auto width) {
                    if constexpr (vectors > 0) {
                      JB_LAUNCH(c, (embedding_forward<T, vectors, kDropout>), by_warps(c, tokens), to, from, gamma,
                                beta, tokens, columns, eps, dropout, errors);
                    } else {
                      JB_LAUNCH(c, (embedding_forward_wide<T, width, kDropout>), by_blocks(c, tokens), to, from, gamma,
                                beta, tokens, columns, eps, dropout, errors);
                    }
                  });
  }
};

}  // namespace

jb_status jb_embedding_layernorm_forward(jb_ctx ctx, jb_dtype dtype, jb_out y, jb_out sum,
                                         const jb_embedding_args* args) {
  return run(ctx, [&](Context& c) {
    with_type("embedding", dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_embedding_args& a = given("embedding", args);
      check_embedding("embedding", a);
      JB_CHECK((a.type == nullptr) == (a.type_ids == nullptr), "embedding: type and type_ids have to be null together");
      checked_int("embedding", "hidden", a.hidden);
      const auto table = [](const char* name, jb_in rows, jb_in ids, int64_t count) {
        return EmbeddingTable{as<float>(rows), as<int32_t>(ids), checked_int("embedding", name, count)};
      };
      const Embedding<T> forward{
          .to = {as<T>(y), as<T>(sum), as<float>(a.mean), as<float>(a.rstd)},
          .from = {table("word_rows", a.word, a.word_ids, a.word_rows),
                   table("position_rows", a.position, a.position_ids, a.position_rows),
                   table("type_rows", a.type, a.type_ids, a.type == nullptr ? 0 : a.type_rows)},
          .gamma = as<float>(a.gamma),
          .beta = as<float>(a.beta),
          .tokens = a.tokens,
          .hidden = a.hidden,
          .eps = float32(a.eps),
      };
      if (a.tokens == 0) return;
      const float p = float32(a.p);
      const Dropout dropout = dropout_of(c, p, a.seed, a.offset);
      p > 0 ? forward.template launch<true>(c, dropout) : forward.template launch<false>(c, dropout);
    });
  });
}

jb_status jb_embedding_layernorm_backward(jb_ctx ctx, jb_dtype dtype, jb_out dsum, jb_inout dgamma, jb_inout dbeta,
                                          jb_in dy, jb_in sum, const jb_embedding_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "embedding backward";
    with_type(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_embedding_args& a = given(name, args);
      check_embedding(name, a);
      checked_int(name, "hidden", a.hidden);
      const LayernormBackward<T> backward{.dresidual = as<T>(dsum),
                                          .sums = {as<float>(dgamma), as<float>(dbeta)},
                                          .dy = as<T>(dy),
                                          .sum = as<T>(sum),
                                          .mean = as<float>(a.mean),
                                          .rstd = as<float>(a.rstd),
                                          .gamma = as<float>(a.gamma),
                                          .rows = a.tokens,
                                          .hidden = a.hidden,
                                          .accumulate = a.accumulate};
      const float p = float32(a.p);
      const Dropout dropout = dropout_of(c, p, a.seed, a.offset);
      p > 0 ? backward.template launch<Mask::kOfY>(c, dropout) : backward.template launch<Mask::kNone>(c, dropout);
    });
  });
}

}  // namespace jb::cuda
