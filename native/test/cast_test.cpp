#include <bit>
#include <limits>

#include "jaubert/elementwise.h"
#include "test.h"

namespace {

constexpr float kInf = std::numeric_limits<float>::infinity();

template <typename To, typename From>
std::vector<To> cast(jb_dtype to, jb_dtype from, const std::vector<From>& x) {
  const test::Context ctx;
  std::vector<To> y(x.size());
  EXPECT_OK(jb_cast(ctx, y.data(), to, x.data(), from, static_cast<int64_t>(x.size())));
  return y;
}

// The value of a 16-bit float, by its definition.
double value_of(uint16_t bits, int exponent_bits) {
  const int mantissa_bits = 15 - exponent_bits;
  const int bias = (1 << (exponent_bits - 1)) - 1;
  const int exponent = (bits >> mantissa_bits) & ((1 << exponent_bits) - 1);
  const int mantissa = bits & ((1 << mantissa_bits) - 1);
  const double sign = bits >> 15 ? -1 : 1;
  if (exponent == (1 << exponent_bits) - 1) return mantissa != 0 ? NAN : sign * kInf;
  if (exponent == 0) return sign * std::ldexp(mantissa, 1 - bias - mantissa_bits);
  return sign * std::ldexp((1 << mantissa_bits) + mantissa, exponent - bias - mantissa_bits);
}

std::vector<uint16_t> all_halves() {
  std::vector<uint16_t> bits(65536);
  for (size_t i = 0; i < bits.size(); ++i) bits[i] = static_cast<uint16_t>(i);
  return bits;
}

// For each x: no 16-bit float is nearer than the one it became, and at a tie that one is even. Of a denormal x it is 0.
void expect_nearest(jb_dtype dtype, int exponent_bits, const std::vector<float>& x) {
  const auto y = cast<uint16_t>(dtype, JB_F32, x);
  const auto alone = cast<uint16_t>(dtype, JB_F32, std::vector<float>{x[0]});
  EXPECT(alone[0] == y[0]);
  const double step = std::ldexp(1, 2 * ((1 << (exponent_bits - 1)) - 1) - (1 << (exponent_bits - 1)) + 2);
  for (size_t i = 0; i < x.size(); ++i) {
    if (std::isnan(x[i])) {
      EXPECT(std::isnan(value_of(y[i], exponent_bits)));
      continue;
    }
    EXPECT(std::signbit(x[i]) == (y[i] >> 15 != 0));
    const auto size = static_cast<uint16_t>(y[i] & 0x7fff);
    if (std::fpclassify(x[i]) == FP_SUBNORMAL) {
      EXPECT(size == 0);
      continue;
    }
    // Infinity stands for the number that would follow the largest.
    const auto value = [&](int bits) {
      const double v = value_of(static_cast<uint16_t>(bits), exponent_bits);
      return std::isinf(v) ? step : v;
    };
    const double target = std::min(std::abs(static_cast<double>(x[i])), step);
    const double error = std::abs(value(size) - target);
    const bool infinite = std::isinf(value_of(size, exponent_bits));
    const double below = size > 0 ? std::abs(value(size - 1) - target) : INFINITY;
    const double above = infinite ? INFINITY : std::abs(value(size + 1) - target);
    EXPECT(error <= below && error <= above);
    if (error == below || error == above) EXPECT(size % 2 == 0);
  }
}

}  // namespace

TEST(every_16_bit_float_becomes_its_value_and_comes_back) {
  for (const auto& [dtype, exponent_bits] : {std::pair{JB_F16, 5}, std::pair{JB_BF16, 8}}) {
    const auto bits = all_halves();
    const auto floats = cast<float>(dtype, JB_F32, std::vector<float>{});
    EXPECT(floats.empty());
    const auto values = cast<float>(JB_F32, dtype, bits);
    const auto back = cast<uint16_t>(dtype, JB_F32, values);
    for (size_t i = 0; i < bits.size(); ++i) {
      // Of bfloat16 the denormal numbers are those of float32, and 0.
      const bool flushed = dtype == JB_BF16 && (bits[i] & 0x7f80) == 0;
      const double expected = flushed ? 0 : value_of(bits[i], exponent_bits);
      EXPECT(std::isnan(expected) ? std::isnan(values[i]) : values[i] == expected);
      if (!std::isnan(expected)) EXPECT(back[i] == (flushed ? bits[i] & 0x8000 : bits[i]));
    }
  }
}

TEST(rounding_to_16_bits_is_to_the_nearest_even) {
  std::vector<float> x = {0.0F,   -0.0F,        NAN,          kInf,        -kInf,      65504,      65519.996F,
                          65520,  1e30F,        -3.4e38F,     0x1p-24F,    0x1p-25F,   0x1.8p-25F, 0x1p-26F,
                          3e-39F, 1 + 0x1p-11F, 1 + 0x3p-11F, 1 + 0x1p-8F, 1 + 0x3p-8F};
  std::uniform_int_distribution<uint32_t> bits;
  for (int i = 0; i < 20000; ++i) x.push_back(std::bit_cast<float>(bits(test::random())));
  for (float v : test::normal(5000, 1e-4F)) x.push_back(v);
  for (float v : test::normal(5000, 1e-7F)) x.push_back(v);
  expect_nearest(JB_F16, 5, x);
  expect_nearest(JB_BF16, 8, x);
}

TEST(numbers_are_converted_as_in_c_and_kept_in_range) {
  const std::vector<float> x = {1.9F, -1.9F, 0.0F, NAN, kInf, -kInf, 3e9F, -3e9F, 1e30F, 0.25F};
  constexpr int32_t low = std::numeric_limits<int32_t>::min(), high = std::numeric_limits<int32_t>::max();
  EXPECT_SAME_BITS(cast<int32_t>(JB_I32, JB_F32, x),
                   std::vector<int32_t>({1, -1, 0, 0, high, low, high, low, high, 0}));
  constexpr int64_t least = std::numeric_limits<int64_t>::min(), most = std::numeric_limits<int64_t>::max();
  EXPECT_SAME_BITS(cast<int64_t>(JB_I64, JB_F32, x),
                   std::vector<int64_t>({1, -1, 0, 0, most, least, 3000000000, -3000000000, most, 0}));
  EXPECT_SAME_BITS(cast<uint8_t>(JB_BOOL, JB_F32, x), std::vector<uint8_t>({1, 1, 0, 1, 1, 1, 1, 1, 1, 1}));
  EXPECT_SAME_BITS(cast<float>(JB_F32, JB_BOOL, std::vector<uint8_t>{0, 1}), std::vector<float>({0, 1}));
  EXPECT_SAME_BITS(cast<int64_t>(JB_I64, JB_I32, std::vector<int32_t>{low, -1, high}),
                   std::vector<int64_t>({low, -1, high}));
  EXPECT_SAME_BITS(cast<int32_t>(JB_I32, JB_I64, std::vector<int64_t>{int64_t{1} << 40 | 5, -1}),
                   std::vector<int32_t>({5, -1}));
  const auto halves = cast<uint16_t>(JB_F16, JB_I64, std::vector<int64_t>{1, -2, 70000});
  EXPECT_SAME_BITS(halves, std::vector<uint16_t>({0x3c00, 0xc000, 0x7c00}));
  const auto many = test::integers<int32_t>(100003, -1000, 1000);
  EXPECT_SAME_BITS(cast<int32_t>(JB_I32, JB_F32, cast<float>(JB_F32, JB_I32, many)), many);
  const test::Context ctx;
  EXPECT_REFUSED(jb_cast(ctx, nullptr, JB_F32, nullptr, 9, 0), "9 is not an element type");
}

TEST(fill_and_arange) {
  const test::Context ctx;
  for (const int64_t n : {0, 1, 33, 70001}) {
    std::vector<float> f(static_cast<size_t>(n));
    EXPECT_OK(jb_fill(ctx, JB_F32, f.data(), n, 0.1));
    for (float v : f) EXPECT(v == 0.1F);
    std::vector<uint16_t> h(static_cast<size_t>(n));
    EXPECT_OK(jb_fill(ctx, JB_BF16, h.data(), n, 1.0));
    for (uint16_t v : h) EXPECT(v == 0x3f80);
    std::vector<int64_t> i(static_cast<size_t>(n));
    EXPECT_OK(jb_arange(ctx, JB_I64, i.data(), n, 5, -3));
    for (int64_t k = 0; k < n; ++k) EXPECT(i[static_cast<size_t>(k)] == 5 - 3 * k);
    EXPECT_OK(jb_arange(ctx, JB_F32, f.data(), n, -1, 0.1));
    std::vector<double> expected(f.size());
    for (size_t k = 0; k < expected.size(); ++k) expected[k] = -1 + static_cast<double>(k) * 0.1;
    EXPECT_CLOSE(f, expected, 1e-7, 1e-15);
  }
}
