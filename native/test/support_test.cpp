#include <atomic>
#include <numeric>
#include <thread>

#include "support/context.h"
#include "support/error.h"
#include "support/flush.h"
#include "support/isa.h"
#include "support/parallel.h"
#include "test.h"

namespace {

using Range = std::pair<int64_t, int64_t>;

std::vector<Range> chunks(int32_t threads, int64_t n, int64_t grain) {
  const test::Context ctx(threads);
  std::vector<Range> ranges(static_cast<size_t>(n <= grain ? n > 0 : jb::chunk_count(n, grain)));
  jb::parallel_for(ctx, n, grain, [&](int64_t begin, int64_t end) {
    ranges.at(static_cast<size_t>(begin / grain)) = {begin, end};
  });
  return ranges;
}

}  // namespace

TEST(chunks_do_not_depend_on_the_number_of_threads) {
  for (int64_t n : {0, 1, 7, 8, 9, 64, 1000, 1009}) {
    const std::vector<Range> one = chunks(1, n, 8);
    EXPECT(one == chunks(2, n, 8));
    EXPECT(one == chunks(5, n, 8));
    int64_t end = 0;
    for (const Range& range : one) {
      EXPECT(range.first == end && range.second > end);
      end = range.second;
    }
    EXPECT(end == n);
  }
}

TEST(every_item_is_visited_once_by_many_short_loops) {
  const test::Context ctx(4);
  std::vector<int> visits(257);
  for (int round = 0; round < 2000; ++round) {
    jb::parallel_for(ctx, 257, 10, [&](int64_t begin, int64_t end) {
      for (int64_t i = begin; i < end; ++i) ++visits[static_cast<size_t>(i)];
    });
  }
  for (int count : visits) EXPECT(count == 2000);
}

TEST(loops_of_several_callers_do_not_mix) {
  std::vector<std::thread> callers;
  std::atomic<int> wrong{0};
  for (int caller = 0; caller < 4; ++caller) {
    callers.emplace_back([&wrong, caller] {
      const test::Context ctx(1 + caller);
      for (int round = 0; round < 300; ++round) {
        std::atomic<int64_t> sum{0};
        jb::parallel_for(ctx, 100, 3, [&](int64_t begin, int64_t end) {
          for (int64_t i = begin; i < end; ++i) sum += i * (caller + 1);
        });
        if (sum != 4950 * (caller + 1)) ++wrong;
      }
    });
  }
  for (std::thread& caller : callers) caller.join();
  EXPECT(wrong == 0);
}

TEST(a_loop_inside_a_loop_runs_on_its_thread) {
  const test::Context ctx(3);
  std::atomic<int> strangers{0};
  std::atomic<int64_t> sum{0};
  jb::parallel_for(ctx, 12, 1, [&](int64_t outer, int64_t) {
    const std::thread::id self = std::this_thread::get_id();
    jb::parallel_for(ctx, 50, 7, [&](int64_t begin, int64_t end) {
      if (std::this_thread::get_id() != self) ++strangers;
      sum += (end - begin) * (outer + 1);
    });
  });
  EXPECT(strangers == 0);
  EXPECT(sum == 50 * 78);
}

TEST(the_first_failure_by_place_is_thrown_and_the_pool_lives_on) {
  for (int32_t threads : {1, 2, 4}) {
    const test::Context ctx(threads);
    for (int round = 0; round < 50; ++round) {
      const jb_status status = jb::guard([&] {
        jb::parallel_for(ctx, 100, 1, [&](int64_t begin, int64_t) { JB_CHECK(begin < 40, "item {}", begin); });
      });
      EXPECT(status == JB_INVALID_ARGUMENT);
      EXPECT(std::string(jb_last_error()) == "item 40");
    }
    EXPECT(chunks(threads, 100, 3) == chunks(1, 100, 3));
  }
}

TEST(scratch_is_aligned_nested_and_used_again) {
  float* first = nullptr;
  for (int round = 0; round < 3; ++round) {
    jb::Scratch outer;
    float* a = outer.take<float>(1000);
    if (round == 1) first = a;
    if (round == 2) EXPECT(a == first);
    std::fill_n(a, 1000, 1.0F);
    {
      jb::Scratch inner;
      float* b = inner.take<float>(1 << 20);  // more than the first block
      EXPECT(reinterpret_cast<uintptr_t>(b) % 64 == 0);
      std::fill_n(b, 1 << 20, 2.0F);
      EXPECT(inner.take<char>(0) != nullptr);
    }
    double* c = outer.take<double>(3);
    EXPECT(reinterpret_cast<uintptr_t>(c) % 64 == 0);
    std::fill_n(c, 3, 3.0);
    EXPECT(std::accumulate(a, a + 1000, 0.0F) == 1000);
  }
}

TEST(all_threads_of_a_loop_flush_and_the_callers_state_comes_back) {
  using jb::FlushDenormals;
  const FlushDenormals::State before = FlushDenormals::state();
  EXPECT(!FlushDenormals::flushes(before));
  for (int32_t threads : {1, 2, 3, 5}) {
    const test::Context ctx(threads);
    std::atomic<int64_t> flushing{0};
    const auto loop = [&](int64_t end) {
      jb::parallel_for(ctx, 1000, 1, [&](int64_t begin, int64_t) {
        JB_CHECK(begin < end, "item {}", begin);
        flushing += FlushDenormals::flushes(FlushDenormals::state()) ? 1 : 0;
      });
    };
    EXPECT(jb::guard([&] { loop(1000); }) == JB_OK);
    EXPECT(flushing == 1000);
    EXPECT(FlushDenormals::state() == before);
    // One inside another, as where a kernel uses a kernel, changes nothing and takes nothing back.
    flushing = 0;
    const jb_status outer = jb::guard([&] {
      EXPECT(jb::guard([&] { loop(1000); }) == JB_OK);
      EXPECT(FlushDenormals::flushes(FlushDenormals::state()));
    });
    EXPECT(outer == JB_OK && flushing == 1000);
    EXPECT(FlushDenormals::state() == before);
    // A failure, on whichever thread it comes.
    EXPECT(jb::guard([&] { loop(40); }) == JB_INVALID_ARGUMENT);
    EXPECT(FlushDenormals::state() == before);
  }
}

TEST(errors_are_words_of_their_thread) {
  EXPECT(jb::format("m is {}, n is {}", -1, "x") == "m is -1, n is x");
  EXPECT(jb::guard([] { jb::fail(JB_UNSUPPORTED, "no {}", 7); }) == JB_UNSUPPORTED);
  EXPECT(std::string(jb_last_error()) == "no 7");
  EXPECT(jb::guard([] { throw std::bad_alloc(); }) == JB_OUT_OF_MEMORY);
  EXPECT(std::string(jb_last_error()) == "out of memory");
  std::string elsewhere = "not run";
  std::thread([&] { elsewhere = jb_last_error(); }).join();
  EXPECT(elsewhere.empty());
}
