#include "jaubert/matmul.h"

#include "matmul_reference.h"

namespace {

using test::expect_product;
using test::kSizes;
using test::multiply;
using test::Sizes;

// Several packings each: of columns of B, of the summed index, of rows of a transposed A; and rows of A in the same
// sets of the cache.
const Sizes kLargeSizes[] = {{150, 1601, 390}, {140, 301, 2603}, {1500, 130, 401}, {150, 70, 1024}};

// One product of dense matrices.
jb_matmul_args product(const Sizes& s, bool ta, bool tb, float alpha = 1, float beta = 0) {
  return {.transpose_a = ta, .transpose_b = tb, .m = s.m, .n = s.n, .k = s.k, .alpha = alpha, .beta = beta, .batch = 1};
}

}  // namespace

TEST(products_of_all_layouts) {
  const test::Context ctx;
  for (const Sizes& s : kSizes) {
    for (int layout = 0; layout < 4; ++layout) {
      const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
      const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
      for (const float beta : {0.0F, 1.0F, -0.5F}) {
        auto c = test::normal(s.m * s.n);
        if (beta == 0) std::fill(c.begin(), c.end(), NAN);  // must not be read
        const test::Product expected = multiply(a, b, c, ta, tb, s, 1.5, beta);
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), test::at(product(s, ta, tb, 1.5F, beta))));
        expect_product(c, expected);
      }
    }
  }
}

TEST(large_products_of_all_layouts_for_any_number_of_threads) {
  const test::Context one(1), two(2), five(5);
  for (const Sizes& s : kLargeSizes) {
    for (int layout = 0; layout < 4; ++layout) {
      const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
      const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n), old = test::normal(s.m * s.n);
      auto c = old, d = old, e = old;
      const jb_matmul_args args = product(s, ta, tb, -0.5F, 2);
      EXPECT_OK(jb_matmul(one, c.data(), a.data(), b.data(), &args));
      EXPECT_OK(jb_matmul(two, d.data(), a.data(), b.data(), &args));
      EXPECT_OK(jb_matmul(five, e.data(), a.data(), b.data(), &args));
      EXPECT_SAME_BITS(c, d);
      EXPECT_SAME_BITS(c, e);
      expect_product(c, multiply(a, b, old, ta, tb, s, -0.5, 2));
    }
  }
}

// Every number of rows and of columns that the edge of a tile can have.
TEST(products_of_all_small_sizes) {
  const test::Context ctx;
  for (int64_t m = 1; m <= 30; ++m) {
    for (int64_t n = 1; n <= 34; ++n) {
      for (int layout = 0; layout < 4; ++layout) {
        const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0;
        const Sizes s{m, n, 1 + (m * 7 + n) % 37};
        const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
        std::vector<float> c(static_cast<size_t>(m * n), NAN);
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), test::at(product(s, ta, tb))));
        expect_product(c, multiply(a, b, c, ta, tb, s, 1, 0));
      }
    }
  }
}

TEST(batches_with_strides_and_shared_matrices) {
  const test::Context ctx;
  for (const int64_t batch : {0, 1, 3, 50}) {
    for (const Sizes& s : {Sizes{5, 7, 3}, Sizes{33, 20, 64}, Sizes{1, 1, 9}, Sizes{201, 129, 37}}) {
      for (int layout = 0; layout < 8; ++layout) {
        const bool ta = (layout & 1) != 0, tb = (layout & 2) != 0, shared = (layout & 4) != 0;
        const int64_t stride_a = s.m * s.k, stride_b = shared ? 0 : s.k * s.n + 2, stride_c = s.m * s.n;
        const auto a = test::normal(batch * stride_a), b = test::normal(shared ? s.k * s.n : batch * stride_b);
        std::vector<float> c(static_cast<size_t>(batch * stride_c), NAN);
        jb_matmul_args args = product(s, ta, tb);
        args.batch = batch;
        args.stride_a = stride_a;
        args.stride_b = stride_b;
        args.stride_c = stride_c;
        EXPECT_OK(jb_matmul(ctx, c.data(), a.data(), b.data(), &args));
        for (int64_t i = 0; i < batch; ++i) {
          const std::vector<float> ai(a.begin() + i * stride_a, a.begin() + (i + 1) * stride_a);
          const std::vector<float> bi(b.begin() + i * stride_b, b.begin() + i * stride_b + s.k * s.n);
          const std::vector<float> ci(c.begin() + i * stride_c, c.begin() + (i + 1) * stride_c);
          expect_product(ci, multiply(ai, bi, ci, ta, tb, s, 1, 0));
        }
      }
    }
  }
}

TEST(products_have_the_same_bits_for_any_number_of_threads) {
  const test::Context one(1), two(2), five(5);
  for (const Sizes& s : {Sizes{400, 384, 384}, Sizes{384, 96, 4099}, Sizes{97, 131, 700}}) {
    const auto a = test::normal(s.m * s.k), b = test::normal(s.k * s.n);
    std::vector<float> c(static_cast<size_t>(s.m * s.n)), d(c), e(c);
    const jb_matmul_args args = product(s, true, false);
    EXPECT_OK(jb_matmul(one, c.data(), a.data(), b.data(), &args));
    EXPECT_OK(jb_matmul(two, d.data(), a.data(), b.data(), &args));
    EXPECT_OK(jb_matmul(five, e.data(), a.data(), b.data(), &args));
    EXPECT_SAME_BITS(c, d);
    EXPECT_SAME_BITS(c, e);
  }
}

TEST(impossible_products_are_refused) {
  const test::Context ctx;
  float x[4] = {};
  jb_matmul_args args = product({-1, 2, 2}, false, false);
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, &args), "m = -1");
  args.m = 2;
  EXPECT_REFUSED(jb_matmul(ctx, x, nullptr, x, &args), "a is null");
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, nullptr), "args is null");
  const jb_matmul_args close{
      .m = 1, .n = 2, .k = 2, .alpha = 1, .batch = 2, .stride_a = 2, .stride_b = 4, .stride_c = 1};
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, &close), "stride_c is 1");
  args = product({INT64_MAX, 2, INT64_MAX}, false, false);
  EXPECT_REFUSED(jb_matmul(ctx, x, x, x, &args), "too many");
}
