// Memory that runs out, and calls of CUDA that fail in the middle: what is left behind is in order.
#include "cuda/both.h"
#include "jaubert/elementwise.h"
#include "jaubert/index.h"
#include "simt/faults.h"

namespace {

constexpr int64_t kMiB = int64_t{1} << 20;
constexpr int32_t kOutOfMemory = 2, kInvalidValue = 1;  // of CUDA

bool last_error_has(const std::string& part) { return std::string(jb_last_error()).find(part) != std::string::npos; }

// What is in use of the GPU's memory, once its pool was trimmed by an allocation that failed.
int64_t in_use(jb_ctx ctx) {
  EXPECT(jb_allocate(ctx, int64_t{1} << 50) == nullptr);
  int64_t memory = 0, free = 0;
  EXPECT_OK(jb_cuda_device(0, nullptr, nullptr, nullptr, &memory, &free));
  return memory - free;
}

// A GPU with so much memory beside what is in use.
class Limited {
 public:
  Limited(jb_ctx ctx, int64_t bytes) { jb_simt_limit_memory(in_use(ctx) + bytes); }
  ~Limited() { jb_simt_limit_memory(0); }
};

// Sums of rows by their ids, for which scratch memory is taken, and means of sequences, which are an array of the host.
struct Calls {
  static constexpr int64_t kRows = 3000, kWidth = 40, kSequences = 2;
  test::Array<float> x, table, means;
  test::Array<int32_t> index;

  explicit Calls(const test::Both& both)
      : x(both.array(test::normal(kRows * kWidth))),
        table(both.empty<float>(5 * kWidth)),
        means(both.empty<float>(kSequences * kWidth)),
        index(both.array(test::integers(kRows, 0, 5))) {}

  jb_status add_rows(jb_ctx ctx, int d) const {
    return jb_index_add_rows(ctx, JB_F32, table[d], x[d], index[d], JB_I32, kRows, 5, kWidth, 0);
  }
  jb_status mean(jb_ctx ctx, int d, int32_t second) const {
    const int32_t begins[] = {0, second, kRows};
    return jb_segment_mean_forward(ctx, means[d], x[d], begins, kSequences, kWidth);
  }
};

}  // namespace

TEST(pieces_that_are_too_small_are_given_back_for_one_that_is_not) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  for (const bool capturing : {false, true}) {
    const Limited gpu(ctx, 8 * kMiB);
    jb_out pieces[6];
    for (jb_out& piece : pieces) EXPECT((piece = jb_allocate(ctx, kMiB)) != nullptr);
    for (jb_out piece : pieces) jb_release(ctx, piece, kMiB);
    if (capturing) EXPECT_OK(jb_cuda_capture_begin(ctx));
    const jb_out whole = jb_allocate(ctx, 6 * kMiB);
    if (whole == nullptr) throw test::Failure(jb_last_error());
    EXPECT_OK(jb_fill_zero(ctx, whole, 6 * kMiB));
    jb_release(ctx, whole, 6 * kMiB);
    if (capturing) {
      const jb_out graph = jb_cuda_capture_end(ctx);
      EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
      jb_cuda_graph_destroy(ctx, graph);
    }
  }
}

TEST(what_the_gpu_has_left_is_said) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  for (const bool capturing : {false, true}) {
    if (capturing) EXPECT_OK(jb_cuda_capture_begin(ctx));
    const int64_t before = in_use(ctx);
    jb_simt_limit_memory(before + 8 * kMiB);
    const jb_out some = jb_allocate(ctx, 5 * kMiB - 256);
    EXPECT(some != nullptr);
    EXPECT(jb_allocate(ctx, 4 * kMiB) == nullptr);
    const std::string used = std::to_string(before + 5 * kMiB), words = jb_last_error();
    const std::string expected = "the GPU has no memory left for 4194304 bytes: of its " +
                                 std::to_string(before + 8 * kMiB) + ", 3145728 are free, and this process holds " +
                                 used + ", " + used + " of them in use";
    jb_simt_limit_memory(0);
    if (words != expected) test::fail(__FILE__, __LINE__, words, " is not ", expected);
    jb_release(ctx, some, 5 * kMiB);
    if (capturing) jb_cuda_graph_destroy(ctx, jb_cuda_capture_end(ctx));
  }
}

// A call that needed two blocks of scratch memory leaves the wish for one as large as both.
TEST(memory_can_be_released_where_there_is_no_more) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const int64_t n = 100000;  // of which the keys and their order, twice, are more than one block
  const auto x = both.array(test::normal(n)), table = both.empty<float>(5);
  const auto index = both.array(test::integers(n, 0, 5));
  const auto add_rows = [&] { return jb_index_add_rows(ctx, JB_F32, table[1], x[1], index[1], JB_I32, n, 5, 1, 0); };
  const jb_out memory = jb_allocate(ctx, 16 * kMiB);
  EXPECT_OK(add_rows());
  const std::vector<float> sums = table.values(1);
  EXPECT_OK(add_rows());
  jb_simt_limit_memory(1);
  EXPECT(add_rows() == JB_OK || last_error_has("no memory left"));
  jb_release(ctx, memory, 16 * kMiB);
  jb_simt_limit_memory(0);
  const Limited gpu(ctx, 12 * kMiB);  // of what was released
  EXPECT_OK(add_rows());
  EXPECT_SAME_BITS(sums, table.values(1));
}

TEST(an_array_of_the_host_whose_copy_fails_is_copied_again) {
  const test::Both both;
  const Calls calls(both);
  const jb_ctx ctx = both.cuda();
  EXPECT_OK(calls.mean(ctx, 1, 7));
  const std::vector<float> means = calls.means.values(1);
  // The copy is made, but what says when the staging memory is free again fails: the device has 9 in place of 7.
  jb_simt_fail("cudaEventRecord", kInvalidValue, 0, 1);
  EXPECT(calls.mean(ctx, 1, 9) == JB_DEVICE_ERROR);
  EXPECT(last_error_has("CUDA: invalid argument (error 1, cudaErrorInvalidValue) from cudaEventRecord("));
  EXPECT_OK(calls.mean(ctx, 1, 7));
  EXPECT_SAME_BITS(means, calls.means.values(1));
}

TEST(a_capture_outlives_a_copy_that_fails) {
  const test::Both both;
  const Calls captured(both), called(both);
  const jb_ctx ctx = both.cuda();
  EXPECT_OK(jb_cuda_capture_begin(ctx));
  const int64_t before = in_use(ctx);
  for (int32_t second : {4, 5}) {
    jb_simt_fail("cudaMemcpyAsync", kInvalidValue, 0, 1);
    EXPECT(captured.mean(ctx, 1, second) == JB_DEVICE_ERROR);
    jb_simt_fail("cudaMallocAsync", kOutOfMemory, 0, 2);
    EXPECT(captured.mean(ctx, 1, second) == JB_OUT_OF_MEMORY);
    EXPECT_OK(captured.mean(ctx, 1, second));
  }
  const jb_out graph = jb_cuda_capture_end(ctx);
  if (graph == nullptr) throw test::Failure(jb_last_error());
  EXPECT_OK(jb_copy(ctx, called.x[1], captured.x[1], Calls::kRows * Calls::kWidth * 4));
  EXPECT_OK(called.mean(ctx, 1, 5));
  EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
  EXPECT_SAME_BITS(captured.means.values(1), called.means.values(1));
  jb_cuda_graph_destroy(ctx, graph);
  EXPECT(in_use(ctx) - before <= 2 * 256);  // the array of the call, and none of the capture
}

TEST(staging_memory_that_cannot_be_had_is_asked_for_again) {
  for (const char* call : {"cudaEventCreateWithFlags", "cudaMallocHost"}) {
    const jb_ctx ctx = jb_cuda_context_create(0);
    if (ctx == nullptr) throw test::Failure(jb_last_error());
    const std::vector<float> x = test::normal(700000);
    std::vector<float> y(x.size());
    const auto n = static_cast<int64_t>(x.size());
    const jb_out memory = jb_allocate(ctx, n * 4);
    const bool events = call[4] == 'E';
    for (int32_t after = 0; after < (events ? 3 : 1); ++after) {
      jb_simt_fail(call, kOutOfMemory, after, 1);
      EXPECT(jb_write_floats(ctx, memory, x.data(), n) == JB_OUT_OF_MEMORY);
      EXPECT(last_error_has("CUDA: out of memory (error 2, cudaErrorMemoryAllocation) from " + std::string(call)));
    }
    EXPECT_OK(jb_write_floats(ctx, memory, x.data(), n));
    EXPECT_OK(jb_read_floats(ctx, y.data(), memory, n));
    EXPECT_SAME_BITS(x, y);
    jb_release(ctx, memory, n * 4);
    jb_context_destroy(ctx);
  }
}

TEST(a_context_that_cannot_be_made_leaves_nothing) {
  const test::Both both;
  const int64_t before = in_use(both.cuda());
  for (int32_t after : {0, 1}) {
    jb_simt_fail("cudaStreamCreateWithFlags", kInvalidValue, after, 1);
    EXPECT(jb_cuda_context_create(0) == nullptr);
    EXPECT(last_error_has("from cudaStreamCreateWithFlags(&"));
  }
  const jb_ctx ctx = jb_cuda_context_create(0);
  EXPECT(ctx != nullptr);
  jb_context_destroy(ctx);
  EXPECT(in_use(both.cuda()) == before);
}

// Whatever of it fails, the calls after it run, and a capture after it is whole.
TEST(a_capture_that_fails_leaves_nothing) {
  const test::Both both;
  const Calls calls(both);
  const jb_ctx ctx = both.cuda();
  EXPECT_OK(calls.add_rows(ctx, 1));
  EXPECT_OK(calls.mean(ctx, 1, 8));
  const std::vector<float> sums = calls.table.values(1), means = calls.means.values(1);
  const auto capture = [&] {
    EXPECT_OK(calls.add_rows(ctx, 1));
    EXPECT_OK(calls.mean(ctx, 1, 8));
    jb_release(ctx, jb_allocate(ctx, kMiB), kMiB);
  };
  const auto run = [&](jb_out graph) {
    EXPECT_OK(jb_fill_zero(ctx, calls.table[1], calls.table.size() * 4));
    EXPECT_OK(jb_fill_zero(ctx, calls.means[1], calls.means.size() * 4));
    if (graph == nullptr) {
      EXPECT_OK(calls.add_rows(ctx, 1));
      EXPECT_OK(calls.mean(ctx, 1, 8));
    } else {
      EXPECT_OK(jb_cuda_graph_launch(ctx, graph, nullptr, nullptr, 0, 0, 1));
    }
    EXPECT_SAME_BITS(sums, calls.table.values(1));
    EXPECT_SAME_BITS(means, calls.means.values(1));
  };
  const auto whole_capture = [&] {
    EXPECT_OK(jb_cuda_capture_begin(ctx));
    capture();
    const jb_out graph = jb_cuda_capture_end(ctx);
    if (graph == nullptr) throw test::Failure(jb_last_error());
    run(graph);
    jb_cuda_graph_destroy(ctx, graph);
    run(nullptr);
  };
  whole_capture();
  const int64_t before = in_use(ctx);
  jb_simt_fail("cudaStreamBeginCapture", kInvalidValue, 0, 1);
  EXPECT(jb_cuda_capture_begin(ctx) == JB_DEVICE_ERROR);
  EXPECT(last_error_has("from cudaStreamBeginCapture("));
  run(nullptr);
  for (const char* call : {"cudaStreamEndCapture", "cudaGraphInstantiate"}) {
    EXPECT_OK(jb_cuda_capture_begin(ctx));
    capture();
    jb_simt_fail(call, kInvalidValue, 0, 1);
    EXPECT(jb_cuda_capture_end(ctx) == nullptr);
    EXPECT(last_error_has("CUDA: invalid argument (error 1, cudaErrorInvalidValue) from " + std::string(call)));
    run(nullptr);
  }
  EXPECT(in_use(ctx) == before);
  whole_capture();
  EXPECT(in_use(ctx) == before);
  const jb_ctx other = jb_cuda_context_create(0);
  EXPECT_OK(jb_cuda_capture_begin(other));
  const jb_out memory = jb_allocate(other, 3 * kMiB);
  EXPECT_OK(jb_fill_zero(other, memory, 3 * kMiB));
  jb_release(other, memory, 3 * kMiB);
  jb_context_destroy(other);  // before the capture's end
  EXPECT(in_use(ctx) == before);
}

TEST(a_launch_that_fails_names_the_kernel) {
  const test::Both both;
  auto a = both.array(test::normal(5));
  jb_simt_fail("cudaLaunchKernel", 9, 0, 1);
  EXPECT(jb_accumulate(both.cuda(), JB_F32, a[1], a[1], 5, 1) == JB_DEVICE_ERROR);
  EXPECT(
      last_error_has("CUDA: invalid configuration argument (error 9, cudaErrorInvalidConfiguration) at the launch "
                     "of accumulate<T, width>: grid (1, 1, 1), block ("));
  EXPECT(last_error_has(", 1, 1), 0 bytes of shared memory"));
  BOTH_OK(jb_accumulate(ctx, JB_F32, a[d], a[d], 5, 1));
  EXPECT_EQUAL(a);
}

// Of indices outside (index_checks_test.cpp).
TEST(a_record_that_cannot_be_made_is_made_by_the_next_call) {
  const test::Both both;
  const jb_ctx ctx = both.cuda();
  const auto x = both.array(test::normal(20)), y = both.empty<float>(20);
  const auto index = both.array(std::vector<int32_t>{0, 3, 1, 77, 2});
  const auto rows = [&] { return jb_index_rows(ctx, JB_F32, y[1], x[1], index[1], JB_I32, 5, 5, 4); };
  jb_simt_fail("cudaMallocHost", kOutOfMemory, 0, 1);
  EXPECT(rows() == JB_OUT_OF_MEMORY);
  jb_simt_fail("cudaMallocAsync", kOutOfMemory, 0, 2);
  EXPECT(rows() == JB_OUT_OF_MEMORY);
  EXPECT_OK(rows());
  EXPECT_REFUSED(jb_cuda_synchronize(ctx), "index_rows: index[3] is 77, outside [0, 5)");
}
