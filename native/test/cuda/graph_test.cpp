// Work that is captured once and replayed gives the bits of work that is called again.
#include <numeric>

#include "cuda/both.h"
#include "jaubert/attention.h"
#include "jaubert/dropout.h"
#include "jaubert/elementwise.h"
#include "jaubert/index.h"
#include "jaubert/linear.h"
#include "jaubert/norm.h"
#include "jaubert/optimizer.h"
#include "jaubert/random.h"
#include "simt/check.h"

namespace {

using Starts = std::vector<int32_t>;

jb_out end_capture(jb_ctx ctx) {
  const jb_out graph = jb_cuda_capture_end(ctx);
  if (graph == nullptr) throw test::Failure(jb_last_error());
  return graph;
}

// A small step of training: every way in which a launcher uses scratch memory, arrays of the host, masks, random
// numbers and steps.
struct Step {
  static constexpr int64_t kRows = 12, kWidth = 20, kSequences = 3;
  static constexpr int64_t kSeeds[] = {11, 3};
  test::Array<float> x, w, y, dy, sum, mean, rstd, gamma, dgamma, m, v, norm, means, drawn;
  test::Array<int32_t> index;

  explicit Step(const test::Both& both)
      : x(both.array(test::normal(kRows * kWidth))),
        w(both.array(test::normal(kWidth * kWidth))),
        y(both.empty<float>(kRows * kWidth)),
        dy(both.empty<float>(kRows * kWidth)),
        sum(both.empty<float>(kRows * kWidth)),
        mean(both.empty<float>(kRows)),
        rstd(both.empty<float>(kRows)),
        gamma(both.array(test::normal(kWidth))),
        dgamma(both.array(test::normal(kWidth))),
        m(both.array(test::normal(kWidth))),
        v(both.array(test::uniform(kWidth, 1, 2))),
        norm(both.empty<float>(1)),
        means(both.empty<float>(kSequences * kWidth)),
        drawn(both.empty<float>(2 * kWidth)),
        index(both.array(test::integers(kRows, 0, 5))) {}

  // Offsets are those of kSeeds.
  void call(jb_ctx ctx, const int64_t (&offsets)[2], int64_t step, float rate) const {
    const int32_t begins[] = {0, 4, 5, 12};
    const int64_t size = kWidth, parameter = reinterpret_cast<int64_t>(gamma[1]);
    const int64_t gradient = reinterpret_cast<int64_t>(dgamma[1]), first = reinterpret_cast<int64_t>(m[1]);
    const int64_t second = reinterpret_cast<int64_t>(v[1]);
    const float decay = 0.1f;
    const jb_linear_args linear{.weight = w[1], .rows = kRows, .out = kWidth, .in = kWidth, .activation = JB_ACT_GELU};
    const jb_layernorm_args layernorm{.gamma = gamma[1],
                                      .beta = gamma[1],
                                      .mean = mean[1],
                                      .rstd = rstd[1],
                                      .rows = kRows,
                                      .hidden = kWidth,
                                      .eps = 1e-5f,
                                      .residual = x[1],
                                      .p = 0.3f,
                                      .seed = kSeeds[0],
                                      .offset = offsets[0]};
    const jb_adam_args adam{.tensors = 1,
                            .norm = norm[1],
                            .max_norm = 1,
                            .beta1 = 0.9f,
                            .beta2 = 0.99f,
                            .eps = 1e-6f,
                            .step = step,
                            .bias_correction = 1};
    EXPECT_OK(jb_linear_forward(ctx, JB_F32, y[1], x[1], &linear));
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, dy[1], sum[1], y[1], &layernorm));
    EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, y[1], nullptr, nullptr, dgamma[1], nullptr, dy[1], sum[1],
                                                &layernorm));
    EXPECT_OK(jb_index_add_rows(ctx, JB_F32, w[1], y[1], index[1], JB_I32, kRows, 5, kWidth, 0));
    EXPECT_OK(jb_segment_mean_forward(ctx, means[1], y[1], begins, kSequences, kWidth));
    EXPECT_OK(jb_dropout(ctx, JB_F32, x[1], y[1], kRows * kWidth, 0.5f, kSeeds[1], offsets[1]));
    EXPECT_OK(jb_random_uniform(ctx, drawn[1], kWidth, -1, 1, kSeeds[1], offsets[1] + 1));
    EXPECT_OK(jb_random_normal(ctx, drawn[1] + kWidth, kWidth, 0, 1, kSeeds[0], offsets[0] + 1));
    EXPECT_OK(jb_global_norm(ctx, norm[1], &gradient, &size, 1));
    EXPECT_OK(jb_adamw(ctx, &parameter, &gradient, &first, &second, nullptr, &size, &rate, &decay, &adam));
  }
};

}  // namespace

TEST(a_replay_is_a_call) {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  const auto seed = test::random();
  const Step captured(both);
  test::random() = seed;
  const Step called(both);

  EXPECT_OK(jb_cuda_capture_begin(ctx));
  captured.call(ctx, {100, 7}, 1, 0.01f);
  const jb_out graph = end_capture(ctx);
  EXPECT_SAME_BITS(captured.x.values(1), called.x.values(1));  // nothing has run

  for (int64_t replay = 0; replay < 3; ++replay) {
    const float factor = 1.0f / static_cast<float>(replay + 1);
    const int64_t added[] = {64 * replay, 2 * replay};
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, Step::kSeeds, added, 2, replay, factor));
    called.call(ctx, {100 + added[0], 7 + added[1]}, 1 + replay, 0.01f * factor);  // and overwrites scratch memory
    EXPECT_SAME_BITS(captured.x.values(1), called.x.values(1));
    EXPECT_SAME_BITS(captured.w.values(1), called.w.values(1));
    EXPECT_SAME_BITS(captured.means.values(1), called.means.values(1));
    EXPECT_SAME_BITS(captured.drawn.values(1), called.drawn.values(1));
    EXPECT_SAME_BITS(captured.gamma.values(1), called.gamma.values(1));
  }
  // Scratch memory grows, and other arrays of the host come: the graph has its own.
  const int64_t rows = 3000, width = 700;
  auto big = both.array(test::normal(rows * width)), index = both.array(std::vector<float>(1));
  auto ids = both.array(test::integers(rows, 0, 5));
  auto table = both.empty<float>(5 * width);
  const int32_t other[] = {0, 1};
  auto mean = both.empty<float>(width);
  EXPECT_OK(jb_index_add_rows(ctx, JB_F32, table[1], big[1], ids[1], JB_I32, rows, 5, width, 0));
  EXPECT_OK(jb_segment_mean_forward(ctx, mean[1], big[1], other, 1, width));
  const int64_t seeds[] = {99, Step::kSeeds[1], Step::kSeeds[0]}, added[] = {1234, 0, 5};
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, seeds, added, 3, 9, 1));
  called.call(ctx, {105, 7}, 10, 0.01f);
  EXPECT_SAME_BITS(captured.w.values(1), called.w.values(1));
  EXPECT_SAME_BITS(captured.means.values(1), called.means.values(1));
  EXPECT_SAME_BITS(captured.gamma.values(1), called.gamma.values(1));
  jb_cuda_graph_destroy(ctx, graph);
}

// All that looks at where sequences lie, in other sequences than those captured: many and few, long and empty ones.
template <typename T>
void expect_other_sequences() {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  constexpr int64_t kTokens = 150, kHeads = 2, kHeadDim = 8, kWidth = kHeads * kHeadDim;
  const jb_dtype type = std::is_same_v<T, float> ? JB_F32 : JB_BF16;
  const Starts captured{0, 40, 40, 95, 150};
  const Starts others[] = {{0, 150, 150, 150, 150}, {0, 0, 0, 0, 150}, {0, 1, 2, 70, 150}, {0, 40, 40, 95, 150}};
  const auto sequences = static_cast<int64_t>(captured.size()) - 1;
  const auto array = [&] { return both.array(simt::to<T>(test::normal(kTokens * kWidth))); };
  const auto q = array(), k = array(), v = array(), dout = array();
  const auto x = both.array(test::normal(kTokens * kWidth));
  struct Results {
    test::Array<T> out, dq, dk, dv;
    test::Array<float> lse, means, dx;
  };
  const auto results = [&] {
    const auto empty = [&] { return both.array(std::vector<T>(static_cast<size_t>(kTokens * kWidth))); };
    return Results{empty(),
                   empty(),
                   empty(),
                   empty(),
                   both.empty<float>(kHeads * kTokens),
                   both.empty<float>(sequences * kWidth),
                   both.empty<float>(kTokens * kWidth)};
  };
  const auto call = [&](const Results& r, const Starts& starts, int64_t offset) {
    const jb_attention_args args{.q = q[1],
                                 .k = k[1],
                                 .v = v[1],
                                 .lse = r.lse[1],
                                 .sequences = sequences,
                                 .heads = kHeads,
                                 .head_dim = kHeadDim,
                                 .window = -1,
                                 .scale = 0.3f,
                                 .p = 0.2f,
                                 .seed = 5,
                                 .offset = offset};
    EXPECT_OK(jb_attention_forward(ctx, type, r.out[1], starts.data(), &args));
    EXPECT_OK(jb_attention_backward(ctx, type, r.dq[1], r.dk[1], r.dv[1], dout[1], r.out[1], starts.data(), &args));
    EXPECT_OK(jb_segment_mean_forward(ctx, r.means[1], x[1], starts.data(), sequences, kWidth));
    EXPECT_OK(jb_segment_mean_backward(ctx, r.dx[1], r.means[1], starts.data(), sequences, kWidth));
  };
  const auto expect_same = [](const test::Array<T>& a, const test::Array<T>& b) {
    EXPECT_SAME_BITS(simt::doubles(a.values(1)), simt::doubles(b.values(1)));
  };
  const Results replayed = results(), called = results();
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  call(replayed, captured, 9);
  const jb_out graph = end_capture(ctx);
  const int64_t seed = 5;
  for (const Starts& starts : others) {
    EXPECT_OK(jb_cuda_graph_set_sequences(ctx, graph, captured.data(), starts.data(), sequences));
    const int64_t added = test::integers<int64_t>(1, 0, 1000)[0];
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, &seed, &added, 1, 0, 1));
    call(called, starts, 9 + added);
    expect_same(replayed.out, called.out);
    expect_same(replayed.dq, called.dq);
    expect_same(replayed.dk, called.dk);
    expect_same(replayed.dv, called.dv);
    EXPECT_SAME_BITS(replayed.lse.values(1), called.lse.values(1));
    EXPECT_SAME_BITS(replayed.means.values(1), called.means.values(1));
    EXPECT_SAME_BITS(replayed.dx.values(1), called.dx.values(1));
  }
  const Starts fewer{0, 20, 20, 41, 149}, falls{0, 20, 19, 41, 150};
  EXPECT_REFUSED(jb_cuda_graph_set_sequences(ctx, graph, captured.data(), fewer.data(), sequences),
                 "graph: 4 sequences of 149 tokens cannot take the place of 150 tokens");
  EXPECT_REFUSED(jb_cuda_graph_set_sequences(ctx, graph, captured.data(), falls.data(), sequences),
                 "cu_seqlens falls from 20 to 19");
  EXPECT_REFUSED(jb_cuda_graph_set_sequences(ctx, graph, others[0].data(), captured.data(), sequences),
                 "nothing in it was captured with these 4 sequences of 150 tokens");
  EXPECT_REFUSED(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1),
                 "it draws with seed 5, which has no offset");
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(sequences_of_a_graph_can_be_others) { expect_other_sequences<float>(); }
TEST(sequences_of_a_graph_for_matrix_units_can_be_others) { expect_other_sequences<jb::bf16>(); }

// A larger call after the capture takes another block of scratch memory, and the first is given back, but for the
// graph.
TEST(a_graph_keeps_its_scratch_memory) {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  const int64_t few = 500, many = 100000, width = 5;
  const auto x = both.array(test::normal(many * width)), table = both.empty<float>(7 * width);
  const auto index = both.array(test::integers(many, 0, 7));
  const auto add_rows = [&](int64_t n) {
    EXPECT_OK(jb_index_add_rows(ctx, JB_F32, table[1], x[1], index[1], JB_I32, n, 7, width, 0));
  };
  add_rows(few);
  const std::vector<float> sums = table.values(1);
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  add_rows(few);
  const jb_out graph = end_capture(ctx);
  for (int turn = 0; turn < 2; ++turn) {
    add_rows(many);
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
    EXPECT_SAME_BITS(sums, table.values(1));
  }
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(a_graph_draws_with_so_many_seeds) {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  auto x = both.empty<float>(4);
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  for (int64_t seed = 0; seed < 16; ++seed) EXPECT_OK(jb_random_uniform(ctx, x[1], 4, 0, 1, seed, 0));
  EXPECT_OK(jb_dropout(ctx, JB_F32, x[1], x[1], 4, 0, 99, 0));  // draws nothing
  EXPECT(jb_random_uniform(ctx, x[1], 4, 0, 1, 16, 0) == JB_UNSUPPORTED);
  const jb_out graph = end_capture(ctx);
  std::vector<int64_t> seeds(16), offsets(16, 3);
  std::iota(seeds.begin(), seeds.end(), 0);
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, seeds.data(), offsets.data(), 16, 0, 1));
  const auto drawn = x.values(1);
  EXPECT_OK(jb_random_uniform(ctx, x[1], 4, 0, 1, 15, 3));
  EXPECT_SAME_BITS(drawn, x.values(1));
  jb_cuda_graph_destroy(ctx, graph);
}

TEST(what_cannot_be_captured_is_refused) {
  test::Both both;
  const jb_ctx ctx = both.cuda();
  auto x = both.array(test::normal(4));
  float host[4];
  EXPECT(jb_cuda_capture_end(ctx) == nullptr);
  EXPECT(std::string(jb_last_error()).find("not capturing") != std::string::npos);
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  EXPECT_REFUSED(jb_cuda_capture_begin(ctx), "capturing already");
  EXPECT(jb_read_floats(ctx, host, x[1], 4) == JB_UNSUPPORTED);
  EXPECT(std::string(jb_last_error()).find("read_floats: not while a graph is captured") != std::string::npos);
  EXPECT(jb_cuda_synchronize(ctx) == JB_UNSUPPORTED);
  const jb_out memory = jb_allocate(ctx, 64);  // is the graph's from its release on
  EXPECT(memory != nullptr);
  EXPECT_OK(jb_copy(ctx, memory, x[1], 16));
  jb_release(ctx, memory, 64);
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  EXPECT_REFUSED(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1), "while another is captured");
  jb_cuda_graph_destroy(ctx, end_capture(ctx));
  jb_cuda_graph_destroy(ctx, graph);
  EXPECT_REFUSED(jb_cuda_graph_launch(ctx, nullptr, nullptr, nullptr, 0, 0, 1), "graph: it is null");
}
