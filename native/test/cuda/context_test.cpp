// Contexts, memory and errors.
#include <numeric>
#include <thread>

#include "cuda/both.h"
#include "jaubert/elementwise.h"

TEST(copies_any_size_there_and_back) {
  test::Both both;
  for (int64_t n : {0, 1, 1000, 262144, 262145, 1500000}) {  // of floats: under and over the slots of staging
    const std::vector<float> x = test::normal(n);
    auto a = both.array(x), b = both.empty<float>(n);
    BOTH_OK(jb_copy(ctx, b[d], a[d], n * 4));
    EXPECT_SAME_BITS(b.values(1), x);
    BOTH_OK(jb_fill_zero(ctx, b[d], n * 4));
    EXPECT_EQUAL(b);
  }
}

TEST(reads_and_writes_each_type) {
  test::Both both;
  const std::vector<int64_t> x = test::integers<int64_t>(77, INT64_MIN, INT64_MAX);
  auto a = both.empty<int64_t>(77);
  BOTH_OK(jb_write_longs(ctx, a[d], x.data(), 77));
  std::vector<int64_t> longs(77);
  BOTH_OK(jb_read_longs(ctx, longs.data(), a[d], 77));
  EXPECT_SAME_BITS(longs, x);
  std::vector<int32_t> ints(154), again(154);
  BOTH_OK(jb_read_ints(ctx, ints.data(), a[d], 154));
  BOTH_OK(jb_write_ints(ctx, a[d], ints.data(), 154));
  BOTH_OK(jb_read_ints(ctx, again.data(), a[d], 154));
  EXPECT_SAME_BITS(again, ints);
  std::vector<float> floats(10);
  BOTH_OK(jb_write_floats(ctx, a[d], test::normal(10).data(), 10));
  BOTH_OK(jb_read_floats(ctx, floats.data(), a[d], 10));
}

TEST(refuses_in_the_cpus_words) {
  test::Both both;
  auto a = both.empty<float>(4);
  float host[4] = {};
  BOTH_REFUSE(jb_copy(ctx, a[d], a[d], -1), "copy: -1 bytes");
  BOTH_REFUSE(jb_copy(ctx, nullptr, a[d], 4), "copy: a null address for 4 bytes");
  BOTH_REFUSE(jb_read_floats(ctx, host, a[d], -3), "read_floats: n is -3");
  BOTH_REFUSE(jb_unary_forward(ctx, 99, a[d], a[d], 4, 0, 0), "unary: 99");
}

TEST(a_null_context_is_refused) {
  float x = 0;
  EXPECT_REFUSED(jb_unary_forward(nullptr, JB_EXP, &x, &x, 1, 0, 0), "the context is null");
  EXPECT_REFUSED(jb_cuda_synchronize(nullptr), "the context is null");
  test::Context cpu;
  EXPECT_REFUSED(jb_cuda_synchronize(cpu), "the context is not one of CUDA");
}

TEST(a_gpu_that_is_not_there_is_named) {
  EXPECT(jb_cuda_context_create(1000) == nullptr);
  EXPECT(std::string(jb_last_error()).find("GPU 1000 of ") != std::string::npos);
  int32_t driver = 0, built_with = 0, devices = 0;
  EXPECT_OK(jb_cuda_driver(&driver, &built_with, &devices));
  EXPECT(devices >= 1 && driver >= built_with / 1000 * 1000);
  int8_t name[256];
  int64_t memory = 0, free_memory = 0;
  EXPECT_OK(jb_cuda_device(0, name, nullptr, nullptr, &memory, &free_memory));
  EXPECT(memory >= free_memory && free_memory > 0);
}

TEST(memory_that_runs_out_is_an_error) {
  test::Both both;
  EXPECT(jb_allocate(both.cuda(), int64_t{1} << 50) == nullptr);
  EXPECT(std::string(jb_last_error()).find("1125899906842624 bytes") != std::string::npos);
  auto a = both.array(test::normal(5));  // and goes on
  BOTH_OK(jb_accumulate(ctx, JB_F32, a[d], a[d], 5, 1));
  EXPECT_EQUAL(a);
}

TEST(any_thread_may_call) {
  test::Both both;
  const int64_t n = 5000;
  auto a = both.array(test::normal(n)), b = both.empty<float>(n);
  std::vector<std::thread> threads;
  std::vector<jb_status> status(8, JB_OK);
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&, t] {
      for (int d = 0; d < 2; ++d) {
        status[static_cast<size_t>(2 * t + d)] =
            jb_unary_forward(both[d], JB_GELU, b[d] + t * n / 4, a[d] + t * n / 4, n / 4, 0, 0);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  for (jb_status s : status) EXPECT(s == JB_OK);
  EXPECT_SAME(b, 2e-6, 1e-6);
}

TEST(events_measure_the_stream) {
  test::Both both;
  const jb_out begin = jb_cuda_event_create(both.cuda()), end = jb_cuda_event_create(both.cuda());
  EXPECT_OK(jb_cuda_event_record(both.cuda(), begin));
  auto a = both.array(test::normal(4000));
  BOTH_OK(jb_unary_forward(ctx, JB_EXP, a[d], a[d], 4000, 0, 0));
  EXPECT_OK(jb_cuda_event_record(both.cuda(), end));
  float milliseconds = -1;
  EXPECT_OK(jb_cuda_event_elapsed(both.cuda(), &milliseconds, begin, end));
  EXPECT(milliseconds > 0);
  jb_cuda_event_destroy(both.cuda(), begin);
  jb_cuda_event_destroy(both.cuda(), end);
}

// On a machine with one GPU there is nothing to look at.
TEST(two_gpus_have_memory_and_streams_of_their_own) {
  int32_t driver = 0, built_with = 0, devices = 0;
  EXPECT_OK(jb_cuda_driver(&driver, &built_with, &devices));
  if (devices < 2) return;
  const std::vector<float> x = test::normal(1000);
  constexpr int64_t kBytes = 4000;
  jb_ctx gpus[2];
  float* memory[2];
  for (int32_t d = 0; d < 2; ++d) {
    gpus[d] = jb_cuda_context_create(d);
    memory[d] = static_cast<float*>(jb_allocate(gpus[d], kBytes));
    EXPECT(memory[d] != nullptr);
    EXPECT_OK(jb_write_floats(gpus[d], memory[d], x.data(), 1000));
  }
  // In turn, and by a thread that has chosen none yet.
  std::thread other([&] {
    for (int d : {1, 0}) EXPECT_OK(jb_unary_forward(gpus[d], JB_AFFINE, memory[d], memory[d], 1000, 2, 0));
  });
  other.join();
  for (int d : {0, 1, 0}) EXPECT_OK(jb_unary_forward(gpus[d], JB_AFFINE, memory[d], memory[d], 1000, 2, 0));
  for (int d = 0; d < 2; ++d) {
    std::vector<float> found(1000), expected = x;
    for (float& value : expected) value *= d == 0 ? 8.0f : 4.0f;
    EXPECT_OK(jb_read_floats(gpus[d], found.data(), memory[d], 1000));
    EXPECT_SAME_BITS(found, expected);
  }
  for (int d = 0; d < 2; ++d) {
    jb_release(gpus[d], memory[d], kBytes);
    jb_context_destroy(gpus[d]);
  }
}
