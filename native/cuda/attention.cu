// jb_attention_* and jb_rotary.
//
// bfloat16 and float16 take the kernels for matrix units where head_dim is a multiple of 8 (columns up to the instance
// of 32, 64, 96 or 128 are zeros), tensors begin at 16 bytes and the scale is positive. Everything else, and float32,
// takes the plain kernels.
#include <cmath>

#include "attention/plain.cuh"
#include "attention/rotary.cuh"
#include "context.h"
#include "functions.h"
#include "launch.h"

namespace jb::cuda {
namespace {

struct Attention {
  const char* name;
  AttentionShape shape;
  Dropout dropout;
  int64_t longest;  // tokens of a sequence
  int64_t row;      // elements of a contiguous row

  int64_t blocks(int rows) const { return attention_blocks(shape.tokens, shape.sequences, shape.heads, rows); }

  // The grid of a kernel whose blocks do tiles of `rows` rows.
  Launch grid(int rows, int threads, int64_t shared) const {
    return {static_cast<unsigned>(checked_int(name, "the number of blocks", blocks(rows))),
            static_cast<unsigned>(threads), shared};
  }
  Launch plain_grid(int tiles) const {
    return grid(kPlainRows, kPlainThreads, attention_plain_shared(shape.head_dim, tiles));
  }
};

Attention attention_of(Context& c, const char* name, const int32_t* cu_seqlens, const jb_attention_args& of) {
  const AttentionLengths lengths = checked_attention(name, cu_seqlens, of);
  const int64_t tokens = lengths.tokens;
  return {.name = name,
          .shape = {.cu_seqlens =
                        tokens == 0 ? nullptr : c.host_arrays().on_device("cu_seqlens", cu_seqlens, of.sequences + 1),
                    .sequences = checked_int(name, "sequences", of.sequences),
                    .tokens = static_cast<int>(tokens),
                    .heads = checked_int(name, "heads", of.heads),
                    .head_dim = static_cast<int>(of.head_dim),
                    .window = of.window < 0 || of.window >= tokens ? -1 : static_cast<int>(of.window),
                    .scale = float32(of.scale)},
          .dropout = dropout_of(c, float32(of.p), of.seed, of.offset),
          .longest = lengths.longest,
          .row = of.heads * of.head_dim};
}

template <typename T>
PackedRows<const T> rows(jb_in x, int64_t stride) {
  return {as<T>(x), stride};
}
template <typename T>
PackedRows<T> rows(jb_out x, int64_t stride) {
  return {as<T>(x), stride};
}

// Whether these tensors, which may be null, are for matrix units. The largest score is then found before the scores are
// scaled, so that is for a positive scale.
template <typename T, typename... Rows>
bool are_for_matrix_units(const AttentionShape& shape, const T* out, const Rows&... others) {
  return shape.head_dim % 8 == 0 && shape.scale > 0 && aligned({out, others.data...});
}

// body(the instance for a head_dim).
template <typename Body>
void with_width_of_head(int64_t head_dim, Body&& body) {
  switch (attention_width(head_dim)) {
    case 32:
      return body(std::integral_constant<int, 32>());
    case 64:
      return body(std::integral_constant<int, 64>());
    case 96:
      return body(std::integral_constant<int, 96>());
    default:
      return body(std::integral_constant<int, 128>());
  }
}

// ---- Forward --------------------------------------------------------------------------------------------------------

template <int kWidth, bool kShort, typename T>
void forward(Context& c, const Attention& a, T* out, float* lse, const PackedRows<const T>& q,
             const PackedRows<const T>& k, const PackedRows<const T>& v) {
  using Sizes = AttentionForward<kWidth, kShort>;
  JB_LAUNCH(c, (attention_forward<T, kWidth, kShort>), a.grid(Sizes::kQueries, Sizes::kThreads, Sizes::kSharedBytes),
            out, lse, q, k, v, a.shape, a.dropout);
}

template <typename T>
void forward(Context& c, const Attention& a, T* out, float* lse, const PackedRows<const T>& q,
             const PackedRows<const T>& k, const PackedRows<const T>& v) {
  if constexpr (sizeof(T) == 2) {
    if (are_for_matrix_units(a.shape, out, q, k, v)) {
      return with_width_of_head(a.shape.head_dim, [&](auto width) {
        // Large tiles read less, if there are enough of them for a whole GPU: an H100, so that the order of sums is the
        // same on every GPU.
        const bool is_short = attention_is_short(a.shape.tokens, a.shape.sequences) ||
                              a.blocks(AttentionForward<width, false>::kQueries) < kMultiprocessors;
        is_short ? forward<width, true>(c, a, out, lse, q, k, v) : forward<width, false>(c, a, out, lse, q, k, v);
      });
    }
  }
  JB_LAUNCH(c, attention_plain_forward<T>, a.plain_grid(3), out, lse, q, k, v, a.shape, a.dropout);
}

// ---- Backward -------------------------------------------------------------------------------------------------------

template <int kWidth, int kWarps, typename T>
void backward(Context& c, const Attention& a, const AttentionGradients<T>& to, const AttentionInputs<T>& in,
              float* delta) {
  using Sizes = AttentionBackward<kWidth, kWarps>;
  using Dq = AttentionBackwardDq<kWidth>;
  // A graph may be replayed with longer sequences.
  if (a.longest > Sizes::kKeys || c.replay() != nullptr) {
    JB_LAUNCH(c, (attention_backward_dq<T, kWidth>), a.grid(Dq::kQueries, Dq::kThreads, Dq::kSharedBytes), to.dq, delta,
              in, Sizes::kKeys, a.shape, a.dropout);
  }
  JB_LAUNCH(c, (attention_backward<T, kWidth, kWarps>), a.grid(Sizes::kKeys, Sizes::kThreads, Sizes::kSharedBytes), to,
            in, delta, a.shape, a.dropout);
}

template <typename T>
void backward(Context& c, const Attention& a, const AttentionGradients<T>& to, const AttentionInputs<T>& in) {
  float* delta = c.take<float>(int64_t{a.shape.heads} * a.shape.tokens);
  if constexpr (sizeof(T) == 2) {
    if (are_for_matrix_units(a.shape, in.out.data, in.q, in.k, in.v, in.dout, to.dq, to.dk, to.dv)) {
      return with_width_of_head(a.shape.head_dim, [&](auto width) {
        if constexpr (width <= 64) {
          if (attention_backward_warps(width, a.shape.tokens, a.shape.sequences) == 8) {
            return backward<width, 8>(c, a, to, in, delta);
          }
        }
        backward<width, 4>(c, a, to, in, delta);
      });
    }
  }
  JB_LAUNCH(c, attention_plain_dq<T>, a.plain_grid(4), to.dq, delta, in, a.shape, a.dropout);
  if (to.dk.data == nullptr && to.dv.data == nullptr) return;
  JB_LAUNCH(c, attention_plain_backward<T>, a.plain_grid(4), to, in, delta, a.shape, a.dropout);
}

}  // namespace

jb_status jb_attention_forward(jb_ctx ctx, jb_dtype dtype, jb_out out, const int32_t* cu_seqlens,
                               const jb_attention_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "attention";
    with_type_or_half(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_attention_args& of = given(name, args);
      const Attention a = attention_of(c, name, cu_seqlens, of);
      if (a.shape.tokens == 0) return;
      forward(c, a, as<T>(out), as<float>(of.lse), rows<T>(of.q, a.row), rows<T>(of.k, a.row), rows<T>(of.v, a.row));
    });
  });
}

jb_status jb_attention_backward(jb_ctx ctx, jb_dtype dtype, jb_out dq, jb_out dk, jb_out dv, jb_in dout, jb_in out,
                                const int32_t* cu_seqlens, const jb_attention_args* args) {
  return run(ctx, [&](Context& c) {
    const char* name = "attention backward";
    with_type_or_half(name, dtype, [&](auto zero) {
      using T = decltype(zero);
      const jb_attention_args& of = given(name, args);
      const Attention a = attention_of(c, name, cu_seqlens, of);
      if (a.shape.tokens == 0) return;
      const AttentionInputs<T> inputs{rows<T>(of.q, a.row), rows<T>(of.k, a.row), rows<T>(of.v, a.row),
                                      rows<T>(dout, a.row), rows<T>(out, a.row),  as<float>(of.lse)};
      backward(c, a, {rows<T>(dq, a.row), rows<T>(dk, a.row), rows<T>(dv, a.row)}, inputs);
    });
  });
}

jb_status jb_rotary(jb_ctx ctx, jb_dtype dtype, jb_inout x, jb_in position_ids, int64_t tokens, int64_t heads,
                    int64_t head_dim, float base, int32_t inverse) {
  return run(ctx, [&](Context& c) {
    with_type_or_half("rotary", dtype, [&](auto zero) {
      using T = decltype(zero);
      check_rotary(tokens, heads, head_dim, base);
      if (tokens == 0) return;
      const int heads_of_row = checked_int("rotary", "heads", heads);
      const int dim = checked_int("rotary", "head_dim", head_dim);
      const int64_t half = head_dim / 2;
      const double log2_base = std::log2(static_cast<double>(base));
      with_width<T>({x}, half, [&](auto width) {
        JB_LAUNCH(c, (rotary<T, width>), over<kRotaryThreads>(c, tokens * half / width), as<T>(x),
                  as<int32_t>(position_ids), tokens, heads_of_row, dim, heads * head_dim, log2_base, inverse != 0);
      });
    });
  });
}

}  // namespace jb::cuda
