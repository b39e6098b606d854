// Vector functions against libm in double precision, and Philox against Random123's published answers.
#include "support/simd.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <cstdio>

#include "gemm/words.h"
#include "philox_reference.h"
#include "support/flush.h"
#include "support/philox.h"
#include "support/simd_math.h"
#include "test.h"

using namespace jb::JB_ISA;

namespace {

float next_up(float x) { return std::nextafterf(x, INFINITY); }

// This file is compiled for every instruction set, also those that this CPU may lack.
bool runs_here() {
#if defined(__AVX512BF16__)
  return std::string(jb_isa_name()) == "avx512bf16" || std::string(jb_isa_name()) == "amx";
#elif defined(JB_SIMD_AVX512)
  return std::string(jb_isa_name()).starts_with("avx512") || std::string(jb_isa_name()) == "amx";
#else
  return true;
#endif
}

// The distance between floats around x, of subnormals at the least.
double ulp_of(double x) {
  const float f = static_cast<float>(std::fabs(x));
  if (std::isinf(f)) return std::ldexp(1.0, 104);
  return static_cast<double>(next_up(f)) - f;
}

using Vector = vf (*)(vf);
using Reference = double (*)(double);

// Every float would take minutes: all bit patterns with a stride that is prime.
template <typename Visit>
void sweep(float low, float high, Visit visit) {
  alignas(64) float x[kLanes];
  int n = 0;
  for (uint64_t bits = 0; bits < uint64_t{1} << 32; bits += 1009) {
    const uint32_t word = static_cast<uint32_t>(bits);
    float value;
    std::memcpy(&value, &word, 4);
    if (!(value >= low && value <= high)) continue;
    x[n++] = value;
    if (n == kLanes) {
      visit(load(x));
      n = 0;
    }
  }
}

// absolute > 0: the error counts as right below that bound, whatever its ulps are.
void check(const char* name, Vector f, Reference reference, float low, float high, double ulps, double absolute = 0) {
  double worst = 0, worst_at = 0, worst_absolute = 0;
  sweep(low, high, [&](vf x) {
    const vf y = f(x);
    for (int i = 0; i < kLanes; ++i) {
      const double right = reference(x[i]);
      double error = std::fabs(y[i] - right);
      if (std::isinf(y[i]) && std::isinf(static_cast<float>(right)) && (y[i] > 0) == (right > 0)) error = 0;
      if (std::isnan(y[i])) error = INFINITY;
      worst_absolute = std::max(worst_absolute, error);
      if (error > absolute && error / ulp_of(right) > worst) {
        worst = error / ulp_of(right);
        worst_at = x[i];
      }
    }
  });
  std::printf("%-22s [%9g, %9g]  %.3f ulp at %.9g, absolute %.3g\n", name, low, high, worst, worst_at, worst_absolute);
  if (worst > ulps)
    test::fail(__FILE__, __LINE__, name, " at ", worst_at, " is off by ", worst, " ulp, allowed ", ulps);
}

void check_at(const char* name, Vector f, float x, float right) {
  const vf y = f(splat(x));
  for (int i = 0; i < kLanes; ++i) {
    const bool same = std::isnan(right) ? std::isnan(y[i]) : y[i] == right && std::signbit(y[i]) == std::signbit(right);
    if (!same) test::fail(__FILE__, __LINE__, name, "(", x, ") is ", y[i], ", not ", right);
  }
}

double normal_phi(double x) { return 0.5 * std::erfc(-x / std::sqrt(2.0)); }
double reference_gelu(double x) { return x * normal_phi(x); }
double reference_gelu_derivative(double x) { return normal_phi(x) + x * std::exp(-x * x / 2) / std::sqrt(2 * M_PI); }
double reference_sigmoid(double x) { return 1 / (1 + std::exp(-x)); }
double reference_gelu_tanh(double x) {
  return x * reference_sigmoid(2 * std::sqrt(2 / M_PI) * (x + 0.044715 * x * x * x));
}
double reference_gelu_tanh_derivative(double x) {
  const double c = 2 * std::sqrt(2 / M_PI);
  const double s = reference_sigmoid(c * (x + 0.044715 * x * x * x));
  return s + x * s * (1 - s) * c * (1 + 3 * 0.044715 * x * x);
}

}  // namespace

TEST(functions_against_double_precision) {
  if (!runs_here()) return;
  const float inf = INFINITY, max = std::numeric_limits<float>::max();
  check("exp", exp, std::exp, -110, 95, 1.0);
  check("exp_nonpositive", exp_nonpositive, std::exp, -120, 0, 1.0, 1.3e-38);
  check("exp2_nonpositive", exp2_nonpositive, std::exp2, -160, 0, 1.0, 1.3e-38);
  check("log", log, std::log, 0, inf, 1.0);
  check("log1p_nonnegative", log1p_nonnegative, std::log1p, 0, inf, 2.0);
  check("tanh", tanh, std::tanh, -inf, inf, 2.5);
  check("sigmoid", sigmoid, reference_sigmoid, -inf, inf, 2.5);
  check("erf", erf, std::erf, -inf, inf, 2.0);
  check("gelu", gelu, reference_gelu, -max, 3e38f, 5.5, 2e-44);
  check("gelu_derivative", gelu_derivative, reference_gelu_derivative, -max, max, 4.0, 3e-7);
  check("gelu_tanh", gelu_tanh, reference_gelu_tanh, -1, 3e38f, 4.0);
  check("gelu_tanh", gelu_tanh, reference_gelu_tanh, -max, 3e38f, 4.0, 1e-7);
  check("gelu_tanh_derivative", gelu_tanh_derivative, reference_gelu_tanh_derivative, -1e6f, 1e6f, 4.0, 5e-7);
  check(
      "sin", [](vf x) { return sincos(x).sin; }, std::sin, -1e9f, 1e9f, 2.0, 1.2e-7);
  check(
      "cos", [](vf x) { return sincos(x).cos; }, std::cos, -1e9f, 1e9f, 2.0, 1.2e-7);
}

TEST(functions_of_special_values) {
  if (!runs_here()) return;
  const float inf = INFINITY, nan = NAN;
  check_at("exp", exp, 0.0f, 1.0f);
  check_at("exp", exp, inf, inf);
  check_at("exp", exp, -inf, 0.0f);
  check_at("exp", exp, nan, nan);
  check_at("exp_nonpositive", exp_nonpositive, -inf, 0.0f);
  check_at("exp_nonpositive", exp_nonpositive, 0.0f, 1.0f);
  check_at("exp_nonpositive", exp_nonpositive, nan, nan);
  check_at("exp2_nonpositive", exp2_nonpositive, -inf, 0.0f);
  check_at("exp2_nonpositive", exp2_nonpositive, 0.0f, 1.0f);
  check_at("exp2_nonpositive", exp2_nonpositive, nan, nan);
  check_at("log", log, 0.0f, -inf);
  check_at("log", log, -0.0f, -inf);
  check_at("log", log, 1.0f, 0.0f);
  check_at("log", log, inf, inf);
  check_at("log", log, -1.0f, nan);
  check_at("log", log, -inf, nan);
  check_at("log", log, nan, nan);
  check_at("log1p_nonnegative", log1p_nonnegative, inf, inf);
  check_at("log1p_nonnegative", log1p_nonnegative, nan, nan);
  for (Vector odd : {static_cast<Vector>(tanh), static_cast<Vector>(erf)}) {
    check_at("odd", odd, inf, 1.0f);
    check_at("odd", odd, -inf, -1.0f);
    check_at("odd", odd, -0.0f, -0.0f);
    check_at("odd", odd, nan, nan);
  }
  check_at("sigmoid", sigmoid, -inf, 0.0f);
  check_at("sigmoid", sigmoid, nan, nan);
  for (Vector gate : {static_cast<Vector>(gelu), static_cast<Vector>(gelu_tanh)}) {
    check_at("gelu", gate, inf, inf);
    check_at("gelu", gate, -inf, -0.0f);
    check_at("gelu", gate, -1e30f, -0.0f);
    check_at("gelu", gate, 0.0f, 0.0f);
    check_at("gelu", gate, nan, nan);
  }
  for (Vector slope : {static_cast<Vector>(gelu_derivative), static_cast<Vector>(gelu_tanh_derivative)}) {
    check_at("slope", slope, inf, 1.0f);
    check_at("slope", slope, nan, nan);
    check_at("slope", slope, 0.0f, 0.5f);
  }
}

TEST(partial_loads_and_lane_operations) {
  if (!runs_here()) return;
  float memory[kLanes + 2];
  for (int n = 0; n <= kLanes; ++n) {
    for (int i = 0; i < kLanes + 2; ++i) memory[i] = static_cast<float>(i + 1);
    const vf x = load_partial(memory + 1, n, -7.0f);
    for (int i = 0; i < kLanes; ++i) EXPECT(x[i] == (i < n ? i + 2 : -7));
    store_partial(memory + 1, splat(9.0f), n);
    for (int i = 0; i < kLanes + 2; ++i) {
      EXPECT(memory[i] == (i >= 1 && i < n + 1 ? 9 : i + 1));
    }
  }
  const vf numbers = to_float(lane_numbers());
  EXPECT(sum(numbers) == kLanes * (kLanes - 1) / 2);
  EXPECT(largest(numbers) == kLanes - 1);
  EXPECT(std::isnan(max(splat(1.0f), splat(NAN))[0]) && std::isnan(min(splat(1.0f), splat(NAN))[0]));
  EXPECT(round(splat(2.5f))[0] == 2 && round(splat(-3e9f))[0] == -3e9f && floor(splat(-0.5f))[0] == -1);
}

TEST(philox_gives_the_published_answers_for_every_lane) {
  if (!runs_here()) return;
  using Four = std::array<uint32_t, 4>;
  // kat_vectors of Random123 1.14.
  const Four zeros{}, ones{~0u, ~0u, ~0u, ~0u}, pi{0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344};
  EXPECT((philox_scalar<10>(zeros, {0, 0}) == Four{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT((philox_scalar<10>(ones, {~0u, ~0u}) == Four{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT((philox_scalar<10>(pi, {0xa4093822, 0x299f31d0}) == Four{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
  EXPECT((philox_scalar<7>(zeros, {0, 0}) == Four{0x5f6fb709, 0x0d893f64, 0x4f121f81, 0x4f730a48}));
  EXPECT((philox_scalar<7>(ones, {~0u, ~0u}) == Four{0x5207ddc2, 0x45165e59, 0x4d8ee751, 0x8c52f662}));
  EXPECT((philox_scalar<7>(pi, {0xa4093822, 0x299f31d0}) == Four{0x4dfccaba, 0x190a87f0, 0xc47362ba, 0xb6b5242a}));
  const int64_t seed = 0x123456789abcdef0, offset = -3;
  const Philox<10> numbers(seed, offset);
  for (uint64_t group : {uint64_t{0}, uint64_t{5}, (uint64_t{1} << 32) - 3, (uint64_t{7} << 40) + 1}) {
    const PhiloxWords x = numbers.consecutive(group);
    for (int j = 0; j < 4 * kLanes; ++j) {
      const uint64_t g = group + static_cast<uint64_t>(j / 4);
      const Four right = philox_scalar<10>({static_cast<uint32_t>(g), static_cast<uint32_t>(g >> 32),
                                            static_cast<uint32_t>(offset), static_cast<uint32_t>(offset >> 32)},
                                           {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
      EXPECT(x.words[j / kLanes][j % kLanes] == right[static_cast<size_t>(j % 4)]);
      EXPECT(numbers.group(g) == right);
    }
    const uint64_t rows[4] = {group, group + 65536, (uint64_t{1} << 32) - 1, 3 * group};
    for (uint32_t ahead : {0u, 1u, 65535u}) {
      PhiloxWords one[1], two[2];
      numbers.four_rows(one, Philox<10>::Rows(rows), ahead);
      numbers.four_rows(two, Philox<10>::Rows(rows), ahead);
      for (int r = 0; r < 4; ++r) {
        for (int j = 0; j < 2 * kLanes; ++j) {
          const uint32_t right =
              numbers.group(rows[r] + ahead + static_cast<uint64_t>(j / 4))[static_cast<size_t>(j % 4)];
          EXPECT(two[j / kLanes].words[r][j % kLanes] == right);
          if (j < kLanes) EXPECT(one[0].words[r][j] == right);
        }
      }
    }
  }
}

TEST(a_mask_keeps_what_its_numbers_say) {
  if (!runs_here()) return;
  const int64_t seed = test::integers<int64_t>(1, INT64_MIN, INT64_MAX)[0], offset = -3;
  for (float p : {1e-6f, 0.1f, 0.3f, 0.9999999f}) {
    const Dropout dropout(p, seed, offset);
    std::vector<int16_t> memory(static_cast<size_t>(Dropout::room(301)));
    for (uint64_t index : {0, 1, 2, 7, 8, 1001}) {
      const int16_t* mask = dropout.keep_range(memory.data(), index, 301);
      EXPECT(mask >= memory.data() && mask + 301 <= memory.data() + memory.size());
      for (uint64_t j = 0; j < 301; ++j) EXPECT(mask[j] == (test::keeps(seed, offset, index + j, p) ? -1 : 0));
    }
  }
  const int16_t masks[] = {-1, 0, 0, -1, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0};
  const vi wide = load_mask(masks);
  EXPECT(wide[0] == -1 && wide[1] == 0 && wide[2] == 0 && wide[3] == -1);
  EXPECT(drop(splat(INFINITY), vi{}, 2.0f)[0] == 0 && drop(splat(3.0f), ~vi{}, 2.0f)[0] == 6);
}

TEST(pairs_of_bfloat16_are_added_one_after_the_other) {
  if (!runs_here()) return;
  const jb::FlushDenormals flush;
  for (int round = 0; round < 200000; ++round) {
    // Bits of any kind in every third round, NaN and denormal numbers among them; else numbers of a similar size.
    const auto draw = [&](int64_t n) {
      std::vector<uint32_t> bits = test::integers<uint32_t>(n, 0, int64_t{1} << 32);
      for (uint32_t& x : bits) {
        if (round % 3 != 0) x = (x & 0x83ff83ff) | 0x3c003c00;
      }
      return bits;
    };
    const std::vector<uint32_t> a = draw(kLanes), b = draw(kLanes), c = draw(kLanes);
    const auto vector = [](const std::vector<uint32_t>& x) { return load(reinterpret_cast<const float*>(x.data())); };
    const vf y = gemm::Pairs::multiply_add(vector(a), vector(b), vector(c));
    for (int i = 0; i < kLanes; ++i) {
      const auto at = static_cast<size_t>(i);
      const auto even = [](uint32_t x) { return std::bit_cast<float>(x << 16); };
      const auto odd = [](uint32_t x) { return std::bit_cast<float>(x & 0xffff0000); };
      const float first = std::fma(odd(a[at]), odd(b[at]), std::bit_cast<float>(c[at]));
      const float expected = std::fma(even(a[at]), even(b[at]), first);
      EXPECT(std::isnan(expected) ? std::isnan(y[i]) : float_to_bits(y)[i] == std::bit_cast<int32_t>(expected));
    }
  }
}

TEST(bfloat16_in_memory) {
  if (!runs_here()) return;
  const jb::FlushDenormals flush;
  for (uint64_t bits = 0; bits < (uint64_t{1} << 32); bits += 65521) {
    const float x = std::bit_cast<float>(static_cast<uint32_t>(bits));
    jb::BFloat16 memory[kLanes + 1] = {};
    store_partial(memory, splat(x), kLanes - 1);
    const auto found = static_cast<uint32_t>(memory[0]);
    EXPECT(static_cast<uint32_t>(memory[kLanes - 1]) == 0);
    store(memory, splat(x));
    EXPECT(memory[0] == memory[kLanes - 1] && static_cast<uint32_t>(memory[0]) == found);
    if (std::isnan(x)) {
      EXPECT((found & 0x7fff) > 0x7f80 && found >> 15 == bits >> 31);
      continue;
    }
    // Of the two neighbours the nearer, of two as near the even one; denormal numbers are 0.
    const float low = std::bit_cast<float>(static_cast<uint32_t>(bits) & 0xffff0000);
    const double high =
        std::isinf(low) ? low : std::bit_cast<float>((static_cast<uint32_t>(bits) & 0xffff0000) + 0x10000);
    const double below = std::fabs(static_cast<double>(x) - low), above = std::fabs(high - static_cast<double>(x));
    const bool up =
        std::isinf(high) ? (bits & 0xffff) >= 0x8000 : below > above || (below == above && (bits >> 16) % 2 == 1);
    uint32_t expected = static_cast<uint32_t>(bits >> 16) + (up && !std::isinf(x) ? 1 : 0);
    if ((bits & 0x7f800000) == 0) expected = static_cast<uint32_t>(bits >> 31) << 15;
    EXPECT(found == expected);
    EXPECT(float_to_bits(load(memory))[kLanes - 1] == static_cast<int32_t>(found << 16));
    EXPECT(load_partial(memory, 1, 7)[0] == load(memory)[0] && load_partial(memory, 1, 7)[kLanes - 1] == 7);
  }
}
