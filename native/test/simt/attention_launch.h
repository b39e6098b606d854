// The kernels of attention on a problem, launched as their headers say.
#ifndef JAUBERT_TEST_SIMT_ATTENTION_LAUNCH_H
#define JAUBERT_TEST_SIMT_ATTENTION_LAUNCH_H

#include "attention/plain.cuh"
#include "simt/attention_problem.h"

namespace simt {

constexpr unsigned kDq = 1, kDk = 2, kDv = 4, kAllGradients = 7;

template <typename T>
struct AttentionResults {
  std::vector<T> out, dqkv;
  std::vector<float> lse;
};

// The tensors of a problem in global memory.
template <typename T>
struct AttentionBuffers {
  size_t tokens, hidden, heads;
  int64_t stride;
  unsigned gradients;
  Buffer<int32_t> cu_seqlens;
  Buffer<T> qkv, dout, out, dqkv;
  Buffer<float> lse, delta;
  jb::AttentionShape shape;
  jb::Dropout dropout;

  AttentionBuffers(const AttentionProblem<T>& p, unsigned wanted)
      : tokens(static_cast<size_t>(p.tokens())),
        hidden(p.hidden()),
        heads(static_cast<size_t>(p.options().heads)),
        stride(static_cast<int64_t>(3 * hidden)),
        gradients(wanted),
        cu_seqlens("cu_seqlens", p.cu_seqlens()),
        qkv("qkv", p.qkv()),
        dout("dout", p.dout()),
        out("out", tokens * hidden),
        dqkv("dqkv", tokens * 3 * hidden),
        lse("lse", heads * tokens),
        delta("delta", heads * tokens),
        shape(p.shape(cu_seqlens.data())),
        dropout(p.mask()) {}

  jb::PackedRows<const T> q() { return {qkv.data(), stride}; }
  jb::PackedRows<const T> k() { return {qkv.data() + hidden, stride}; }
  jb::PackedRows<const T> v() { return {qkv.data() + 2 * hidden, stride}; }
  jb::AttentionInputs<T> inputs() {
    const auto own = static_cast<int64_t>(hidden);
    return {q(), k(), v(), {dout.data(), own}, {out.data(), own}, lse.data()};
  }
  jb::PackedRows<T> gradient(size_t which) {
    return {(gradients >> which & 1) != 0 ? dqkv.data() + which * hidden : nullptr, stride};
  }
  jb::AttentionGradients<T> all() { return {gradient(0), gradient(1), gradient(2)}; }
  unsigned blocks(int rows) const {
    return static_cast<unsigned>(jb::attention_blocks(shape.tokens, shape.sequences, shape.heads, rows));
  }
  AttentionResults<T> results() const { return {out.values(), dqkv.values(), lse.values()}; }
};

template <typename T, int kWidth, bool kShort>
AttentionResults<T> run_attention(const AttentionProblem<T>& problem, unsigned gradients) {
  constexpr int kWarps = kShort || kWidth > 64 ? 4 : 8;
  using Forward = jb::AttentionForward<kWidth, kShort>;
  using Backward = jb::AttentionBackward<kWidth, kWarps>;
  using Dq = jb::AttentionBackwardDq<kWidth>;
  AttentionBuffers<T> b(problem, gradients);
  SIMT_LAUNCH((jb::attention_forward<T, kWidth, kShort>),
              ({b.blocks(Forward::kQueries), Forward::kThreads, Forward::kSharedBytes}), b.out.data(), b.lse.data(),
              b.q(), b.k(), b.v(), b.shape, b.dropout);
  if (gradients == 0) return b.results();
  SIMT_LAUNCH((jb::attention_backward_dq<T, kWidth>), ({b.blocks(Dq::kQueries), Dq::kThreads, Dq::kSharedBytes}),
              b.gradient(0), b.delta.data(), b.inputs(), Backward::kKeys, b.shape, b.dropout);
  SIMT_LAUNCH((jb::attention_backward<T, kWidth, kWarps>),
              ({b.blocks(Backward::kKeys), Backward::kThreads, Backward::kSharedBytes}), b.all(), b.inputs(),
              b.delta.data(), b.shape, b.dropout);
  return b.results();
}

template <typename T>
AttentionResults<T> run_plain_attention(const AttentionProblem<T>& problem, unsigned gradients = kAllGradients) {
  const int head_dim = problem.options().head_dim;
  AttentionBuffers<T> b(problem, gradients);
  const unsigned blocks = b.blocks(jb::kPlainRows);
  const auto shared = [&](int tiles) { return static_cast<size_t>(jb::attention_plain_shared(head_dim, tiles)); };
  SIMT_LAUNCH(jb::attention_plain_forward<T>, ({blocks, jb::kPlainThreads, shared(3)}), b.out.data(), b.lse.data(),
              b.q(), b.k(), b.v(), b.shape, b.dropout);
  if (gradients == 0) return b.results();
  SIMT_LAUNCH(jb::attention_plain_dq<T>, ({blocks, jb::kPlainThreads, shared(4)}), b.gradient(0), b.delta.data(),
              b.inputs(), b.shape, b.dropout);
  SIMT_LAUNCH(jb::attention_plain_backward<T>, ({blocks, jb::kPlainThreads, shared(4)}), b.all(), b.inputs(),
              b.delta.data(), b.shape, b.dropout);
  return b.results();
}

}  // namespace simt

#endif
