// Indices, ids and labels outside: refused by the CPU at once, and by a GPU in the same words when it is next waited
// for.
#include <functional>

#include "cuda/both.h"
#include "jaubert/embedding.h"
#include "jaubert/index.h"
#include "jaubert/loss.h"

namespace {

constexpr const char* kLater = " (found by the GPU in a call before this one)";

// The words of a refusal.
std::string refusal(jb_status status) {
  if (status != JB_INVALID_ARGUMENT) test::fail(__FILE__, __LINE__, "status ", status, ": ", jb_last_error());
  return jb_last_error();
}

// Calls with one argument in a place or two of which a wrong value can be put.
struct Calls {
  static constexpr int64_t kRows = 40, kWidth = 12, kTable = 9;
  const test::Both& both;
  test::Array<float> x, y, table, parameters, loss;
  test::Array<int32_t> index, words, positions, types, labels;
  test::Array<int64_t> index64;

  explicit Calls(const test::Both& b)
      : both(b),
        x(b.array(test::normal(kRows * kWidth))),
        y(b.empty<float>(kRows * kWidth)),
        table(b.array(test::normal(kTable * kWidth))),
        parameters(b.array(test::normal(kWidth))),
        loss(b.empty<float>(1)),
        index(b.array(test::integers(kRows, 0, kTable))),
        words(b.array(test::integers(kRows, 0, kTable))),
        positions(b.array(test::integers(kRows, 0, kTable))),
        types(b.array(test::integers(kRows, 0, 2))),
        labels(b.array(test::integers(kRows, 0, kWidth))),
        index64(b.array(test::integers<int64_t>(kRows, 0, kTable))) {}

  jb_status rows(int d) const {
    return jb_index_rows(both[d], JB_F32, y[d], table[d], index[d], JB_I32, kRows, kTable, kWidth);
  }
  jb_status rows64(int d) const {
    return jb_index_rows(both[d], JB_F32, y[d], table[d], index64[d], JB_I64, kRows, kTable, kWidth);
  }
  jb_status add_rows(int d) const {
    return jb_index_add_rows(both[d], JB_F32, table[d], x[d], index[d], JB_I32, kRows, kTable, kWidth, 1);
  }
  jb_status take(int d) const {
    return jb_take_along_rows(both[d], JB_F32, y[d], x[d], index[d], JB_I32, 4, kTable, kRows / 4);
  }
  jb_status take_backward(int d) const {
    return jb_take_along_rows_backward(both[d], y[d], x[d], index[d], JB_I32, 4, kTable, kRows / 4);
  }
  jb_status embedding(int d, int64_t hidden = kWidth) const {
    const jb_embedding_args args{.word = table[d],
                                 .position = table[d],
                                 .type = table[d],
                                 .word_ids = words[d],
                                 .position_ids = positions[d],
                                 .type_ids = types[d],
                                 .gamma = parameters[d],
                                 .beta = parameters[d],
                                 .tokens = kRows,
                                 .hidden = hidden,
                                 .word_rows = kTable,
                                 .position_rows = kTable,
                                 .type_rows = 2,
                                 .eps = 1e-6f};
    return jb_embedding_layernorm_forward(both[d], JB_F32, y[d], nullptr, &args);
  }
  // Rows of a width without an instance for a warp.
  jb_status embedding_wide(int d) const { return embedding(d, kWidth - 1); }
  jb_status cross_entropy(int d) const {
    const jb_cross_entropy_args args{.labels = labels[d], .rows = kRows, .classes = kWidth, .ignore_index = -100};
    return jb_cross_entropy_forward(both[d], JB_F32, loss[d], x[d], &args);
  }
};

template <typename T>
void put(test::Array<T>& array, int64_t place, T value) {
  for (int d = 0; d < 2; ++d) {
    std::vector<T> values = array.values(d);
    values[static_cast<size_t>(place)] = value;
    array.set(d, values);
  }
}

using Call = std::function<jb_status(int)>;

// The GPU says what the CPU does, once, and at each way to wait for it.
void expect_same_words(const test::Both& both, const Call& call) {
  const jb_ctx ctx = both.cuda();
  const std::string words = refusal(call(0));
  auto some = both.array(std::vector<float>{1.5f});
  float value = 0;
  for (int turn = 0; turn < 3; ++turn) {
    EXPECT_OK(call(1));
    if (turn == 1) EXPECT_OK(call(1));  // twice is once
    const std::string later = refusal(turn == 2 ? jb_read_floats(ctx, &value, some[1], 1) : jb_cuda_synchronize(ctx));
    if (later != words + kLater) test::fail(__FILE__, __LINE__, "CPU: ", words, "; CUDA: ", later);
    EXPECT_OK(jb_cuda_synchronize(ctx));
    EXPECT_OK(jb_read_floats(ctx, &value, some[1], 1));
  }
  EXPECT(value == 1.5f);
}

}  // namespace

TEST(the_gpu_has_the_words_of_the_cpu) {
  const test::Both both;
  Calls calls(both);
  const Call all[] = {[&](int d) { return calls.rows(d); },           [&](int d) { return calls.rows64(d); },
                      [&](int d) { return calls.add_rows(d); },       [&](int d) { return calls.take(d); },
                      [&](int d) { return calls.take_backward(d); },  [&](int d) { return calls.embedding(d); },
                      [&](int d) { return calls.embedding_wide(d); }, [&](int d) { return calls.cross_entropy(d); }};
  for (const Call& call : all) {
    EXPECT_OK(call(0));
    EXPECT_OK(call(1));
  }
  EXPECT_OK(jb_cuda_synchronize(both.cuda()));
  for (int32_t wrong : {-1, 99, INT32_MIN, INT32_MAX}) {
    for (const int64_t place : {int64_t{39}, int64_t{17}}) {  // the second comes before what the first turn left
      put(calls.index, place, wrong);
      put<int64_t>(calls.index64, place, wrong);
      put(calls.labels, place, wrong);
      put(calls.types, place, wrong);
      for (const Call& call : all) expect_same_words(both, call);
      put(calls.positions, place, wrong);
      expect_same_words(both, all[5]);
      put(calls.words, place, wrong);
      expect_same_words(both, all[5]);
      expect_same_words(both, all[6]);
      put(calls.words, place, 0);
      put(calls.positions, place, 0);
    }
  }
}

TEST(the_first_call_is_named) {
  const test::Both both;
  Calls calls(both);
  const jb_ctx ctx = both.cuda();
  put(calls.index, 30, 9);
  put(calls.labels, 2, 12);
  put<int64_t>(calls.index64, 1, -5);
  EXPECT_OK(calls.add_rows(1));
  EXPECT_OK(calls.rows(1));
  EXPECT_OK(calls.rows64(1));  // of the same kind, with an earlier place
  EXPECT_OK(calls.cross_entropy(1));
  EXPECT_REFUSED(jb_cuda_synchronize(ctx), "index_add_rows: index[30] is 9, outside [0, 9)");
  EXPECT_OK(calls.rows(1));
  EXPECT_OK(calls.rows64(1));
  EXPECT_REFUSED(jb_cuda_synchronize(ctx), "index_rows: index[30] is 9, outside [0, 9)");
  EXPECT_OK(calls.rows64(1));
  EXPECT_REFUSED(jb_cuda_synchronize(ctx), "index_rows: index[1] is -5, outside [0, 9)");
  EXPECT_OK(jb_cuda_synchronize(ctx));
}

TEST(replays_of_a_graph_are_looked_at) {
  const test::Both both;
  Calls calls(both);
  const jb_ctx ctx = both.cuda();
  EXPECT_OK(jb_cuda_capture_begin(ctx));  // before any such call
  EXPECT_OK(calls.embedding(1));
  EXPECT_OK(calls.cross_entropy(1));
  const jb_out graph = jb_cuda_capture_end(ctx);
  const auto launch = [&] { EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1)); };
  launch();
  EXPECT_OK(jb_cuda_synchronize(ctx));
  for (int turn = 0; turn < 2; ++turn) {
    put(calls.labels, 7, -3);
    launch();
    EXPECT_REFUSED(jb_cuda_synchronize(ctx),
                   "cross_entropy: label -3 of row 7 is neither in [0, 12) nor the ignored -100");
    put(calls.words, 5, 11);
    launch();
    EXPECT_REFUSED(jb_cuda_synchronize(ctx), "embedding: word id 11 of token 5 is outside [0, 9)");
    put(calls.labels, 7, -100);
    put(calls.words, 5, 8);
    launch();
    EXPECT_OK(jb_cuda_synchronize(ctx));
  }
  jb_cuda_graph_destroy(ctx, graph);
}
