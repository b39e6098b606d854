// Tests of the tests of attention: in the real kernels, a fault is planted in what they are made of, and the tables'
// checks or the emulator find it. A fault is a macro that stands in for one function while the kernels are compiled.
#include "attention/tile.cuh"
#include "simt/check.h"

namespace {

enum class Fault {
  kNone,
  kNoWait,     // for cp.async
  kNoBarrier,  // of the block
  kNoWarpBarrier,
  kWideWindow,     // by a key on each side
  kKeyTooMany,     // is attended to
  kRowTooMany,     // is read
  kNextGroup,      // of the numbers of the dropout mask
  kWrongExponent,  // of the weights in backward
};
Fault planted = Fault::kNone;

// Not instrumented: it is no access of the kernel's.
__attribute__((no_sanitize("thread"), noinline)) bool is_planted(Fault fault) { return planted == fault; }

}  // namespace

namespace jb::ptx {
template <int kUnderWay>
void faulty_wait() {
  if (!is_planted(Fault::kNoWait)) cp_async_wait<kUnderWay>();
}
}  // namespace jb::ptx

namespace jb {

inline void faulty_barrier(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!is_planted(Fault::kNoBarrier)) __syncthreads(file, line);
}
inline void faulty_warp_barrier(const char* file = __builtin_FILE(), int line = __builtin_LINE()) {
  if (!is_planted(Fault::kNoWarpBarrier)) __syncwarp(kAllLanes, file, line);
}
template <int kThreads, int kRows, int kColumns, typename T>
void faulty_fetch(SharedTile<kColumns> to, const T* from, int64_t stride, int rows, int head_dim) {
  fetch_rows<kThreads, kRows>(to, from, stride, rows + (is_planted(Fault::kRowTooMany) ? 1 : 0), head_dim);
}

}  // namespace jb

#define cp_async_wait faulty_wait
#define __syncthreads faulty_barrier
#define __syncwarp faulty_warp_barrier
#define fetch_rows faulty_fetch
#include "attention/sequences.cuh"
namespace jb {
inline bool faulty_inside(int position, int length) {
  return is_inside(position, length + (is_planted(Fault::kKeyTooMany) ? 1 : 0));
}
inline bool faulty_near(int apart, int window) {
  return is_near(apart, window + (is_planted(Fault::kWideWindow) ? 1 : 0));
}
inline bool faulty_attended(int query, int key, int length, int window) {
  return faulty_inside(key, length) && (window < 0 || faulty_near(query - key, window));
}
inline uint64_t faulty_group(const AttentionShape& shape, int64_t token, int head, int eighth) {
  return mask_group(shape, token, head, eighth) + (is_planted(Fault::kNextGroup) ? 1 : 0);
}
inline float faulty_shift(float lse) { return shift_of(lse) + (is_planted(Fault::kWrongExponent) ? 0.05f : 0.0f); }
}  // namespace jb
#define is_inside faulty_inside
#define is_near faulty_near
#define is_attended faulty_attended
#define mask_group faulty_group
#define shift_of faulty_shift
#include "simt/attention_launch.h"

namespace {

using simt::AttentionProblem;

template <typename T>
void run(const AttentionProblem<T>& problem) {
  const auto check = [&](const simt::AttentionResults<T>& results) {
    problem.expect_forward(results.out, results.lse);
    problem.expect_backward(results.dqkv);
  };
  if constexpr (sizeof(T) == 2) {
    check(simt::run_attention<T, 32, true>(problem, simt::kAllGradients));
  } else {
    check(simt::run_plain_attention(problem));
  }
}

// In every order of threads, the fault has to be found with one of these words, and without it all is right.
template <typename T>
void expect_found(const AttentionProblem<T>& problem, Fault fault, std::initializer_list<const char*> words) {
  planted = Fault::kNone;
  run(problem);
  simt::for_each_order(test::random()(), [&] {
    planted = fault;
    std::string found;
    try {
      run(problem);
    } catch (const std::runtime_error& failure) {  // of the emulator or of a check
      found = failure.what();
    }
    planted = Fault::kNone;
    for (const char* word : words) {
      if (found.find(word) != std::string::npos) return;
    }
    test::fail(__FILE__, __LINE__, "fault ", static_cast<int>(fault), " was ",
               found.empty() ? "not found" : "found as \"" + found + "\"");
  });
}

template <typename T>
AttentionProblem<T> problem(int window = -1, float p = 0) {
  return AttentionProblem<T>({{70, 20}, 1, 32, window, p});
}

}  // namespace

TEST(a_missing_wait_is_found) { expect_found(problem<jb::bf16>(), Fault::kNoWait, {"cp.async has not delivered"}); }

TEST(a_race_is_found) {
  expect_found(problem<jb::bf16>(), Fault::kNoBarrier, {"race", "cp.async has not delivered"});
  expect_found(problem<float>(), Fault::kNoBarrier, {"race"});
  expect_found(problem<float>(), Fault::kNoWarpBarrier, {"race"});
}

TEST(a_wrong_mask_is_found) {
  expect_found(problem<jb::bf16>(7), Fault::kWideWindow, {"out of sequence"});
  expect_found(problem<float>(7), Fault::kWideWindow, {"out of sequence"});
  expect_found(problem<jb::bf16>(-1, 0.1f), Fault::kNextGroup, {"out of sequence"});
  expect_found(problem<float>(-1, 0.1f), Fault::kNextGroup, {"out of sequence"});
}

TEST(an_off_by_one_is_found) {
  expect_found(problem<jb::bf16>(), Fault::kRowTooMany, {"out of bounds", "out of sequence"});
  expect_found(problem<jb::bf16>(), Fault::kKeyTooMany, {"out of sequence", "lse of token"});
  expect_found(problem<float>(), Fault::kKeyTooMany, {"out of sequence", "lse of token"});
}

TEST(a_wrong_exponent_in_backward_is_found) {
  expect_found(problem<jb::bf16>(), Fault::kWrongExponent, {"dq of sequence"});
  expect_found(problem<float>(), Fault::kWrongExponent, {"dq of sequence"});
}
