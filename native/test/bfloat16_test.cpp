// The linear layer in bfloat16: to the bit the sums that its contract names, whatever the instruction set.
#include <bit>

#include "jaubert/linear.h"
#include "test.h"

namespace {

float widened(uint16_t x) { return std::bit_cast<float>(static_cast<uint32_t>(x) << 16); }

uint16_t rounded(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  return static_cast<uint16_t>((bits + 0x7fff + ((bits >> 16) & 1)) >> 16);
}

std::vector<uint16_t> draw(int64_t n) {
  std::vector<uint16_t> y;
  for (const float x : test::normal(n)) y.push_back(rounded(x));
  return y;
}

// A matrix that is read by its rows or by its columns.
struct View {
  const std::vector<uint16_t>& x;
  int64_t down, across;
  float at(int64_t i, int64_t p) const { return widened(x[static_cast<size_t>(i * down + p * across)]); }
};

// Of each pair along the summed index the second product is added first.
float sum_of_pairs(const View& a, const View& b, int64_t i, int64_t j, int64_t k) {
  float sum = 0;
  for (int64_t p = 0; p < k; p += 2) {
    if (p + 1 < k) sum = std::fma(a.at(i, p + 1), b.at(j, p + 1), sum);
    sum = std::fma(a.at(i, p), b.at(j, p), sum);
  }
  return sum;
}

// Of 16 pairs the first and the second products are added up by themselves.
float sum_of_tiles(const View& a, const View& b, int64_t i, int64_t j, int64_t k) {
  float sum = 0;
  for (int64_t tile = 0; tile < k; tile += 32) {
    float of[2] = {0, 0};
    for (int64_t p = tile; p < std::min(tile + 32, k); ++p) of[p % 2] = std::fma(a.at(i, p), b.at(j, p), of[p % 2]);
    sum += of[0] + of[1];
  }
  return sum;
}

bool has_tiles() {
  const std::string isa = jb_isa_name();
  return isa == "amx" || isa == "plain tiles";
}

std::vector<float> sums(const View& a, const View& b, int64_t m, int64_t n, int64_t k) {
  std::vector<float> y;
  for (int64_t i = 0; i < m; ++i) {
    for (int64_t j = 0; j < n; ++j) {
      y.push_back(has_tiles() ? sum_of_tiles(a, b, i, j, k) : sum_of_pairs(a, b, i, j, k));
    }
  }
  return y;
}

std::vector<uint16_t> all_rounded(const std::vector<float>& x) {
  std::vector<uint16_t> y;
  for (const float v : x) y.push_back(rounded(v));
  return y;
}

struct Sizes {
  int64_t rows, out, in;
};

// Around the sizes of tiles, with and without an odd end; large enough not to be computed by dot products.
constexpr Sizes kSizes[] = {{29, 31, 7},     {15, 65, 62},    {100, 9, 33},  {57, 40, 1025},
                            {330, 33, 1026}, {161, 30, 2048}, {4099, 10, 9}, {300, 200, 60}};

}  // namespace

TEST(forward_to_the_bit) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const std::vector<uint16_t> x = draw(s.rows * s.in), weight = draw(s.out * s.in);
    const std::vector<float> bias = test::normal(s.out);
    std::vector<float> z = sums({x, s.in, 1}, {weight, s.in, 1}, s.rows, s.out, s.in);
    for (size_t i = 0; i < z.size(); ++i) z[i] += bias[i % bias.size()];
    std::vector<uint16_t> y(z.size() + 1, 7), kept(y);
    const jb_linear_args args{.weight = weight.data(),
                              .bias = bias.data(),
                              .preactivation = kept.data(),
                              .rows = s.rows,
                              .out = s.out,
                              .in = s.in,
                              .activation = JB_ACT_RELU};
    EXPECT_OK(jb_linear_forward(ctx, JB_BF16, y.data(), x.data(), &args));
    EXPECT(y.back() == 7 && kept.back() == 7);
    y.pop_back();
    kept.pop_back();
    EXPECT_SAME_BITS(kept, all_rounded(z));
    for (float& v : z) v = v > 0 ? v : 0.0F;
    EXPECT_SAME_BITS(y, all_rounded(z));
  }
}

TEST(backward_to_the_bit) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    const std::vector<uint16_t> x = draw(s.rows * s.in), weight = draw(s.out * s.in), dy = draw(s.rows * s.out);
    const std::vector<float> dx = sums({dy, s.out, 1}, {weight, 1, s.in}, s.rows, s.in, s.out);
    // Sums over very many rows are made in parts.
    std::vector<float> dweight(static_cast<size_t>(s.out * s.in));
    for (int64_t first = 0; first < s.rows; first += 4096) {
      const int64_t rows = std::min<int64_t>(4096, s.rows - first);
      const std::vector<uint16_t> dy_part(dy.begin() + first * s.out, dy.begin() + (first + rows) * s.out);
      const std::vector<uint16_t> x_part(x.begin() + first * s.in, x.begin() + (first + rows) * s.in);
      const std::vector<float> part = sums({dy_part, 1, s.out}, {x_part, 1, s.in}, s.out, s.in, rows);
      for (size_t i = 0; i < part.size(); ++i) dweight[i] += part[i];
    }
    std::vector<uint16_t> found_dx(dx.size() + 1, 7);
    std::vector<float> found_dweight(dweight.size() + 1, 7);
    jb_linear_args args{.weight = weight.data(), .rows = s.rows, .out = s.out, .in = s.in};
    const auto backward = [&] {
      return jb_linear_backward(ctx, JB_BF16, found_dx.data(), found_dweight.data(), nullptr, nullptr, dy.data(),
                                x.data(), &args);
    };
    EXPECT_OK(backward());
    EXPECT(found_dx.back() == 7 && found_dweight.back() == 7);
    found_dx.pop_back();
    found_dweight.pop_back();
    EXPECT_SAME_BITS(found_dx, all_rounded(dx));
    EXPECT_SAME_BITS(found_dweight, dweight);

    args.accumulate = JB_ADD_TO_DX | JB_ADD_TO_DWEIGHT;
    EXPECT_OK(backward());
    for (size_t i = 0; i < dx.size(); ++i) EXPECT(found_dx[i] == rounded(widened(rounded(dx[i])) + dx[i]));
  }
}

TEST(few_rows_are_near_the_exact_sums) {
  const test::Context ctx;
  for (const Sizes& s : {Sizes{1, 5, 6}, Sizes{3, 70, 384}, Sizes{17, 33, 512}, Sizes{200, 3, 130}, Sizes{2, 3, 1}}) {
    const std::vector<uint16_t> x = draw(s.rows * s.in), weight = draw(s.out * s.in);
    std::vector<uint16_t> y(static_cast<size_t>(s.rows * s.out));
    const jb_linear_args args{.weight = weight.data(), .rows = s.rows, .out = s.out, .in = s.in};
    EXPECT_OK(jb_linear_forward(ctx, JB_BF16, y.data(), x.data(), &args));
    for (int64_t i = 0; i < s.rows; ++i) {
      for (int64_t j = 0; j < s.out; ++j) {
        double sum = 0, size = 0;
        for (int64_t p = 0; p < s.in; ++p) {
          const double term = static_cast<double>(widened(x[static_cast<size_t>(i * s.in + p)])) *
                              static_cast<double>(widened(weight[static_cast<size_t>(j * s.in + p)]));
          sum += term;
          size += std::abs(term);
        }
        const double found = static_cast<double>(widened(y[static_cast<size_t>(i * s.out + j)]));
        EXPECT(std::abs(found - sum) <= 0x1p-8 * std::abs(sum) + 1e-6 * size);
      }
    }
  }
}

TEST(nothing_to_sum) {
  const test::Context ctx;
  std::vector<float> dweight(6, 3);
  const jb_linear_args args{.out = 2, .in = 3};
  EXPECT_OK(jb_linear_backward(ctx, JB_BF16, nullptr, dweight.data(), nullptr, nullptr, nullptr, nullptr, &args));
  EXPECT_SAME_BITS(dweight, std::vector<float>(6));
  std::vector<uint16_t> y(10, 7);
  const std::vector<float> bias{1.5F, -2};
  const jb_linear_args with_bias{.bias = bias.data(), .rows = 5, .out = 2};
  EXPECT_OK(jb_linear_forward(ctx, JB_BF16, y.data(), nullptr, &with_bias));
  for (size_t i = 0; i < y.size(); ++i) EXPECT(widened(y[i]) == bias[i % 2]);
}

TEST(the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), three(3);
  for (const Sizes& s : {Sizes{513, 96, 384}, Sizes{40, 700, 130}}) {
    const std::vector<uint16_t> x = draw(s.rows * s.in), weight = draw(s.out * s.in), dy = draw(s.rows * s.out);
    std::vector<uint16_t> y[2], dx[2];
    std::vector<float> dweight[2], dbias[2];
    for (const int i : {0, 1}) {
      const jb_ctx ctx = i == 0 ? one : three;
      y[i].resize(dy.size());
      dx[i].resize(x.size());
      dweight[i].resize(weight.size());
      dbias[i].resize(static_cast<size_t>(s.out));
      const jb_linear_args args{.weight = weight.data(), .rows = s.rows, .out = s.out, .in = s.in};
      EXPECT_OK(jb_linear_forward(ctx, JB_BF16, y[i].data(), x.data(), &args));
      EXPECT_OK(jb_linear_backward(ctx, JB_BF16, dx[i].data(), dweight[i].data(), dbias[i].data(), nullptr, dy.data(),
                                   x.data(), &args));
    }
    EXPECT_SAME_BITS(y[0], y[1]);
    EXPECT_SAME_BITS(dx[0], dx[1]);
    EXPECT_SAME_BITS(dweight[0], dweight[1]);
    EXPECT_SAME_BITS(dbias[0], dbias[1]);
  }
}
