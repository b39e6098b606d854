// Work that is captured once and replayed gives the bits of work that is called again.
#include "cuda/both.h"
#include "jaubert/elementwise.h"
#include "jaubert/index.h"
#include "jaubert/layernorm.h"
#include "jaubert/matmul.h"
#include "jaubert/optimizer.h"
#include "jaubert/random.h"

namespace {

// A small step of training: every way in which a launcher uses scratch memory, arrays of the host, masks and steps.
struct Step {
  static constexpr int64_t kRows = 12, kWidth = 20, kSequences = 3;
  test::Array<float> x, w, y, dy, sum, mean, rstd, gamma, dgamma, m, v, norm, means;
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
        index(both.array(test::integers(kRows, 0, 5))) {}

  void call(jb_ctx ctx, int64_t offset, int64_t step, float rate) const {
    const int32_t begins[] = {0, 4, 5, 12};
    const int64_t size = kWidth, parameter = reinterpret_cast<int64_t>(gamma[1]);
    const int64_t gradient = reinterpret_cast<int64_t>(dgamma[1]), first = reinterpret_cast<int64_t>(m[1]);
    const int64_t second = reinterpret_cast<int64_t>(v[1]);
    const float decay = 0.1f;
    EXPECT_OK(jb_linear_forward(ctx, JB_F32, y[1], nullptr, x[1], w[1], nullptr, kRows, kWidth, kWidth, JB_ACT_GELU));
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, dy[1], sum[1], mean[1], rstd[1], y[1], x[1], nullptr,
                                               gamma[1], gamma[1], kRows, kWidth, 1e-5f, 0.3f, 11, offset));
    EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, y[1], nullptr, nullptr, dgamma[1], nullptr, dy[1], sum[1],
                                                mean[1], rstd[1], gamma[1], kRows, kWidth, 0.3f, 11, offset, 0));
    EXPECT_OK(jb_index_add_rows(ctx, JB_F32, w[1], y[1], index[1], JB_I32, kRows, 5, kWidth, 0));
    EXPECT_OK(jb_segment_mean_forward(ctx, means[1], y[1], begins, kSequences, kWidth));
    EXPECT_OK(jb_dropout(ctx, JB_F32, x[1], y[1], kRows * kWidth, 0.5f, 3, offset + 1));
    EXPECT_OK(jb_global_norm(ctx, norm[1], &gradient, &size, 1));
    EXPECT_OK(jb_adamw(ctx, &parameter, &gradient, &first, &second, &size, &rate, &decay, 1, norm[1], 1, 0.9f, 0.99f,
                       1e-6f, step, 1));
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
  captured.call(ctx, 100, 1, 0.01f);
  const jb_out graph = jb_cuda_capture_end(ctx);
  if (graph == nullptr) throw test::Failure(jb_last_error());
  EXPECT_SAME_BITS(captured.x.values(1), called.x.values(1));  // nothing has run

  for (int64_t replay = 0; replay < 3; ++replay) {
    const float factor = 1.0f / static_cast<float>(replay + 1);
    EXPECT_OK(jb_cuda_graph_launch(ctx, graph, 64 * replay, replay, factor));
    called.call(ctx, 100 + 64 * replay, 1 + replay, 0.01f * factor);  // and overwrites scratch memory
    EXPECT_SAME_BITS(captured.x.values(1), called.x.values(1));
    EXPECT_SAME_BITS(captured.w.values(1), called.w.values(1));
    EXPECT_SAME_BITS(captured.means.values(1), called.means.values(1));
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
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, 5, 9, 1));
  called.call(ctx, 105, 10, 0.01f);
  EXPECT_SAME_BITS(captured.w.values(1), called.w.values(1));
  EXPECT_SAME_BITS(captured.means.values(1), called.means.values(1));
  EXPECT_SAME_BITS(captured.gamma.values(1), called.gamma.values(1));
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
  const jb_out memory = jb_allocate(ctx, 64);  // is the graph's from its release on
  EXPECT(memory != nullptr);
  EXPECT_OK(jb_copy(ctx, memory, x[1], 16));
  jb_release(ctx, memory, 64);
  const jb_out graph = jb_cuda_capture_end(ctx);
  EXPECT(graph != nullptr);
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, 0, 0, 1));
  jb_cuda_graph_destroy(ctx, graph);
  EXPECT_REFUSED(jb_cuda_graph_launch(ctx, nullptr, 0, 0, 1), "graph: it is null");
}
