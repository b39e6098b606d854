// Tests of the emulator: right kernels run, and each kind of planted fault is found, in every order of threads, with
// words that name kernel, block and thread.
#include "simt/cuda.h"
#include "simt/launch.h"
#include "simt/ptx.h"
#include "test.h"

namespace {

using simt::Buffer;

// Runs `launches` in every order; each has to fail with words that contain all parts.
template <typename Launches>
void expect_failure(const char* file, int line, Launches&& launches, std::initializer_list<const char*> parts) {
  simt::for_each_order(test::random()(), [&] {
    std::string words;
    try {
      launches();
    } catch (const simt::Failure& failure) {
      words = failure.what();
    }
    if (words.empty()) test::fail(file, line, "the fault was not found");
    for (const char* part : parts) {
      if (words.find(part) == std::string::npos) test::fail(file, line, "\"", words, "\" does not contain ", part);
    }
  });
}
#define EXPECT_FAILURE(launches, ...) expect_failure(__FILE__, __LINE__, [&] { launches; }, {__VA_ARGS__})

// y[i] = sum of x over the block of i, by way of shared memory. kFault plants one.
enum class Fault { kNone, kNoBarrier, kNoSecondBarrier, kReturnsEarly };

template <Fault kFault>
__global__ void block_sum(float* y, const float* x, int n) {
  __shared__ float values[64];
  const int i = static_cast<int>(blockIdx.x * blockDim.x + threadIdx.x);
  if (kFault == Fault::kReturnsEarly && i >= n) return;
  values[threadIdx.x] = i < n ? x[i] : 0;
  if (kFault != Fault::kNoBarrier) __syncthreads();
  for (int step = 32; step > 0; step /= 2) {
    if (static_cast<int>(threadIdx.x) < step) values[threadIdx.x] += values[threadIdx.x + static_cast<unsigned>(step)];
    if (kFault != Fault::kNoSecondBarrier) __syncthreads();
  }
  if (i < n) y[i] = values[0];
}

template <Fault kFault>
void run_block_sum() {
  const std::vector<float> values = test::integers<float>(100, -9, 9);
  Buffer<float> x("x", values), y("y", 100);
  SIMT_LAUNCH(block_sum<kFault>, ({2, 64}), y.data(), x.data(), 100);
  float first = 0, second = 0;
  for (size_t i = 0; i < 100; ++i) (i < 64 ? first : second) += values[i];
  for (size_t i = 0; i < 100; ++i) EXPECT(y.values()[i] == (i < 64 ? first : second));
}

__global__ void barrier_in_branch(bool another_else) {
  if (threadIdx.x < 32) {
    __syncthreads();
  } else if (another_else) {
    __syncthreads();
  }
}

// Off by one at the end of x, or of the rows of shared memory.
__global__ void shifted_copy(float* y, const float* x, int n, int shift) {
  const int i = static_cast<int>(threadIdx.x);
  if (i < n) y[i] = x[i + shift];
}

__global__ void local_index(float* y, int at) {
  float values[4] = {1, 2, 3, 4};
  for (int i = 0; i < 4; ++i) values[i] *= y[i];
  y[threadIdx.x] = values[at];
}

__global__ void dynamic_index(float* y, int at) {
  auto* values = reinterpret_cast<float*>(simt::dynamic_shared());
  values[threadIdx.x] = 1;
  __syncthreads();
  y[threadIdx.x] = values[at];
}

__global__ void uninitialized(float* y, int written) {
  __shared__ float values[32];
  if (static_cast<int>(threadIdx.x) < written) values[threadIdx.x] = 0;
  y[threadIdx.x] = values[threadIdx.x];
}

__global__ void vector_load(float* y, const float* x, int shift) {
  const float4 v = *reinterpret_cast<const float4*>(x + shift);
  y[threadIdx.x] = v.x + v.y + v.z + v.w;
}

__global__ void vector_ldg(float* y, const float* x, int shift) {
  const float4 v = __ldg(reinterpret_cast<const float4*>(x + shift));
  y[threadIdx.x] = v.x + v.y + v.z + v.w;
}

__global__ void warp_sum(float* y, const float* x, uint32_t mask, int width) {
  float sum = x[threadIdx.x];
  for (int lanes = width / 2; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(mask, sum, lanes, width);
  y[threadIdx.x] = sum;
}

__global__ void half_warp_sum(float* y, const float* x, uint32_t mask) {
  float sum = x[threadIdx.x];
  if (threadIdx.x < 16) {
    for (int lanes = 8; lanes > 0; lanes /= 2) sum += __shfl_xor_sync(mask, sum, lanes);
  }
  y[threadIdx.x] = sum;
}

template <bool kWithBarrier>
__global__ void warp_exchange(float* y, const float* x) {
  __shared__ float values[32];
  values[threadIdx.x] = x[threadIdx.x];
  if (kWithBarrier) __syncwarp();
  y[threadIdx.x] = values[31 - threadIdx.x];
}

// Every thread's 16 bytes through shared memory, a stage ahead.
enum class Wait { kRight, kMissing, kOneTooFew, kNoBarrier };

template <Wait kWait>
__global__ void staged_copy(float* y, const float* x, int stages) {
  auto* arena = reinterpret_cast<float*>(simt::dynamic_shared());
  const int t = static_cast<int>(threadIdx.x);
  const auto issue = [&](int stage) {
    if (stage < stages)
      jb::ptx::cp_async_16(jb::ptx::shared_address(arena + (stage % 2 * 32 + t) * 4), x + (stage * 32 + t) * 4);
    jb::ptx::cp_async_commit();
  };
  issue(0);
  for (int stage = 0; stage < stages; ++stage) {
    issue(stage + 1);
    if (kWait == Wait::kRight || kWait == Wait::kNoBarrier) jb::ptx::cp_async_wait<1>();
    if (kWait == Wait::kOneTooFew) jb::ptx::cp_async_wait<2>();
    if (kWait != Wait::kNoBarrier) __syncthreads();
    for (int i = 0; i < 4; ++i) y[(stage * 32 + t) * 4 + i] = arena[(stage % 2 * 32 + 31 - t) * 4 + i];
    __syncthreads();
  }
}

template <Wait kWait>
void run_staged_copy() {
  const std::vector<float> values = test::normal(3 * 128);
  Buffer<float> x("x", values), y("y", values.size());
  SIMT_LAUNCH(staged_copy<kWait>, ({1, 32, 1024}), y.data(), x.data(), 3);
  for (size_t i = 0; i < values.size(); ++i) {
    EXPECT(y.values()[i] == values[i / 128 * 128 + (31 - i % 128 / 4) * 4 + i % 4]);
  }
}

template <bool kAtomic>
__global__ void count(int* counter) {
  if (kAtomic) {
    atomicAdd(counter, 1);
  } else {
    *counter += 1;
  }
}

// C [16, 8] = A [16, 16] B [16, 8] by one warp; B is loaded transposed from its rows.
template <typename T, bool kHalf>
__global__ void multiply(float* c, const T* a, const T* b) {
  auto* arena = reinterpret_cast<T*>(simt::dynamic_shared());
  const unsigned lane = threadIdx.x;
  for (unsigned i = lane; i < 256; i += 32) arena[i] = a[i];
  for (unsigned i = lane; i < 128; i += 32) arena[256 + i] = b[i];
  __syncwarp();
  uint32_t fa[4], fb[2];
  jb::ptx::ldmatrix_x4(fa, jb::ptx::shared_address(arena + lane % 16 * 16 + lane / 16 * 8));
  jb::ptx::ldmatrix_x2_trans(fb, jb::ptx::shared_address(arena + 256 + lane % 16 * 8));
  float d[4] = {0, 0, 0, 0};
  if (kHalf) {
    jb::ptx::mma_m16n8k16_f16(d, fa, fb[0], fb[1]);
  } else {
    jb::ptx::mma_m16n8k16_bf16(d, fa, fb[0], fb[1]);
  }
  for (unsigned r = 0; r < 4; ++r) c[(lane / 4 + r / 2 * 8) * 8 + lane % 4 * 2 + r % 2] = d[r];
}

template <typename T, bool kHalf, typename Round>
void check_multiply(Round&& round) {
  std::vector<float> a = test::integers<float>(256, -8, 8), b = test::integers<float>(128, -8, 8);
  std::vector<T> ta, tb;
  for (float v : a) ta.push_back(round(v));
  for (float v : b) tb.push_back(round(v));
  Buffer<T> x("a", ta), w("b", tb);
  Buffer<float> c("c", 128);
  SIMT_LAUNCH((multiply<T, kHalf>), ({1, 32, 768}), c.data(), x.data(), w.data());
  for (size_t i = 0; i < 16; ++i) {
    for (size_t j = 0; j < 8; ++j) {
      float sum = 0;
      for (size_t k = 0; k < 16; ++k) sum += a[i * 16 + k] * b[k * 8 + j];
      EXPECT(c.values()[i * 8 + j] == sum);
    }
  }
}

}  // namespace

TEST(block_sum) { simt::for_each_order(test::random()(), run_block_sum<Fault::kNone>); }

TEST(a_race_is_found) {
  EXPECT_FAILURE(run_block_sum<Fault::kNoBarrier>(), "block_sum<kFault>: block (", "thread (", "race: ", "__shared__",
                 "no barrier between");
  EXPECT_FAILURE(run_block_sum<Fault::kNoSecondBarrier>(), "race: ", "__shared__");
  const std::vector<float> values = test::normal(32);
  Buffer<float> x("x", values), y("y", 32);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(warp_exchange<true>, ({1, 32}), y.data(), x.data());
    for (size_t i = 0; i < 32; ++i) EXPECT(y.values()[i] == values[31 - i]);
  });
  EXPECT_FAILURE(SIMT_LAUNCH(warp_exchange<false>, ({1, 32}), y.data(), x.data()), "race: ");
}

TEST(a_race_between_blocks_is_found) {
  simt::for_each_order(test::random()(), [&] {
    Buffer<int> counter("counter", std::vector<int>{0});
    SIMT_LAUNCH(count<true>, ({3, 40}), counter.data());
    EXPECT(counter.values()[0] == 120);
  });
  Buffer<int> counter("counter", std::vector<int>{0});
  EXPECT_FAILURE(SIMT_LAUNCH(count<false>, ({3, 1}), counter.data()), "counter[0]", "another block");
}

TEST(a_barrier_that_not_all_reach_is_found) {
  EXPECT_FAILURE(SIMT_LAUNCH(barrier_in_branch, ({1, 64}), false), "reached by 32 of 64 threads", "has returned");
  EXPECT_FAILURE(SIMT_LAUNCH(barrier_in_branch, ({1, 64}), true), "different barriers", "emulator_test.cpp:");
  EXPECT_FAILURE(run_block_sum<Fault::kReturnsEarly>(), "block (1, 0, 0)", "reached by 36 of 64 threads",
                 "has returned");
}

TEST(an_address_out_of_bounds_is_found) {
  Buffer<float> x("x", test::normal(32)), y("y", 32);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(shifted_copy, ({1, 64}), y.data(), x.data(), 32, 0);
    EXPECT_SAME_BITS(y.values(), x.values());
  });
  EXPECT_FAILURE(SIMT_LAUNCH(shifted_copy, ({1, 64}), y.data(), x.data(), 32, 1), "shifted_copy: block (0, 0, 0)",
                 "thread (31, 0, 0)", "read of 4 bytes out of bounds", "past the end of x, which has 128");
  EXPECT_FAILURE(SIMT_LAUNCH(shifted_copy, ({1, 32}), y.data(), x.data(), 32, -1), "before the begin of x");
  EXPECT_FAILURE(SIMT_LAUNCH(shifted_copy, ({1, 33}), y.data(), x.data(), 33, -1), "out of bounds");
  EXPECT_FAILURE(SIMT_LAUNCH(dynamic_index, ({1, 32, 128}), y.data(), 32), "dynamic shared memory, which has 128");
  std::vector<float> host(32);
  EXPECT_FAILURE(SIMT_LAUNCH(shifted_copy, ({1, 32}), y.data(), host.data(), 32, 0), "read of 4 bytes");
  Buffer<float> z("z", test::normal(32));
  SIMT_LAUNCH(local_index, ({1, 1}), z.data(), 3);
  EXPECT_FAILURE(SIMT_LAUNCH(local_index, ({1, 1}), z.data(), 4), "array index out of bounds", "emulator_test.cpp");
}

TEST(a_misaligned_vector_is_found) {
  Buffer<float> x("x", test::normal(32)), y("y", 1);
  SIMT_LAUNCH(vector_load, ({1, 1}), y.data(), x.data(), 4);
  SIMT_LAUNCH(vector_ldg, ({1, 1}), y.data(), x.data(), 4);
  EXPECT_FAILURE(SIMT_LAUNCH(vector_load, ({1, 1}), y.data(), x.data(), 2), "misaligned");
  EXPECT_FAILURE(SIMT_LAUNCH(vector_ldg, ({1, 1}), y.data(), x.data(), 2), "misaligned read of 16 bytes");
}

TEST(shared_memory_begins_as_poison) {
  Buffer<float> y("y", 32);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(uninitialized, ({1, 32}), y.data(), 30);
    for (size_t i = 0; i < 32; ++i) EXPECT(std::isnan(y.values()[i]) == (i >= 30));
  });
}

TEST(a_wrong_mask_is_found) {
  const std::vector<float> values = test::integers<float>(64, -99, 99);
  Buffer<float> x("x", values), y("y", 64);
  simt::for_each_order(test::random()(), [&] {
    SIMT_LAUNCH(warp_sum, ({1, 64}), y.data(), x.data(), 0xffffffffu, 32);
    float sum = 0;
    for (size_t i = 32; i < 64; ++i) sum += values[i];
    EXPECT(y.values()[40] == sum);
    SIMT_LAUNCH(warp_sum, ({1, 32}), y.data(), x.data(), 0xffffffffu, 8);
    EXPECT(y.values()[9] ==
           values[8] + values[9] + values[10] + values[11] + values[12] + values[13] + values[14] + values[15]);
    SIMT_LAUNCH(half_warp_sum, ({1, 32}), y.data(), x.data(), 0xffffu);
  });
  EXPECT_FAILURE(SIMT_LAUNCH(warp_sum, ({1, 32}), y.data(), x.data(), 0xffffu, 32), "mask 0x0000ffff");
  EXPECT_FAILURE(SIMT_LAUNCH(half_warp_sum, ({1, 32}), y.data(), x.data(), 0xffffffffu), "waits for lanes",
                 "has returned");
  EXPECT_FAILURE(SIMT_LAUNCH(half_warp_sum, ({1, 32}), y.data(), x.data(), 0xffu), "mask 0x000000ff");
  EXPECT_FAILURE(SIMT_LAUNCH(warp_sum, ({1, 16}), y.data(), x.data(), 0xffffffffu, 16), "names lane 16");
}

TEST(a_missing_wait_is_found) {
  simt::for_each_order(test::random()(), run_staged_copy<Wait::kRight>);
  EXPECT_FAILURE(run_staged_copy<Wait::kMissing>(), "cp.async has not delivered");
  EXPECT_FAILURE(run_staged_copy<Wait::kOneTooFew>(), "cp.async has not delivered");
  EXPECT_FAILURE(run_staged_copy<Wait::kNoBarrier>(), "dynamic shared memory");
}

TEST(mma_and_ldmatrix) {
  simt::for_each_order(test::random()(), [] {
    check_multiply<__nv_bfloat16, false>(__float2bfloat16_rn);
    check_multiply<__half, true>(__float2half_rn);
  });
}

TEST(conversions_of_half_precision) {
  for (uint32_t bits = 0; bits < 0x10000; ++bits) {
    const __half h{static_cast<uint16_t>(bits)};
    const float wide = __half2float(h);
    if (std::isnan(wide)) continue;
    EXPECT(__float2half_rn(wide).bits == h.bits);
    const __nv_bfloat16 b{static_cast<uint16_t>(bits)};
    if (!std::isnan(__bfloat162float(b))) EXPECT(__float2bfloat16_rn(__bfloat162float(b)).bits == b.bits);
    // Half way to the next number: to the even one.
    const __half next{static_cast<uint16_t>(bits + 1)};
    if ((bits & 0x7fff) < 0x7bff) {
      const float middle = (wide + __half2float(next)) / 2;
      EXPECT(__float2half_rn(middle).bits == ((bits & 1) != 0 ? next.bits : h.bits));
    }
  }
  EXPECT(__float2half_rn(65519.0f).bits == 0x7bff && __float2half_rn(65520.0f).bits == 0x7c00);
}
