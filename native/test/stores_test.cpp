// Results that are written past the caches, because they are large, have the bits of those that are not.
#include "jaubert/dropout.h"
#include "jaubert/elementwise.h"
#include "jaubert/loss.h"
#include "jaubert/norm.h"
#include "jaubert/random.h"
#include "test.h"

namespace {

constexpr int64_t kLarge = (int64_t{32} << 20) / 4 + 12345;  // floats; above what goes past the caches

// n floats that begin `ahead` floats behind a multiple of 64 bytes.
class Buffer {
 public:
  Buffer(const test::Context& ctx, int64_t n, int64_t ahead = 0)
      : ctx_(ctx),
        bytes_((n + ahead) * 4),
        memory_(static_cast<float*>(jb_allocate(ctx, bytes_))),
        data_(memory_ + ahead) {
    EXPECT(memory_ != nullptr);
  }
  ~Buffer() { jb_release(ctx_, memory_, bytes_); }
  Buffer(const Buffer&) = delete;
  Buffer& operator=(const Buffer&) = delete;
  operator float*() const { return data_; }

 private:
  jb_ctx ctx_;
  int64_t bytes_;
  float* memory_;
  float* data_;
};

void fill(const test::Context& ctx, float* x, int64_t n) {
  EXPECT_OK(jb_random_normal(ctx, x, n, 0, 1, static_cast<int64_t>(test::random()()), 0));
}

void expect_same(const float* a, const float* b, int64_t n) {
  for (int64_t i = 0; i < n; ++i) {
    if (std::memcmp(a + i, b + i, sizeof(float)) != 0) {
      test::fail(__FILE__, __LINE__, "[", i, "] of ", n, " differ: ", a[i], " and ", b[i]);
    }
  }
}

}  // namespace

TEST(elementwise) {
  const test::Context ctx;
  for (int64_t ahead : {0, 3}) {
    const Buffer x(ctx, kLarge, 1), z(ctx, kLarge, 2), y(ctx, kLarge, ahead), in_place(ctx, kLarge);
    fill(ctx, x, kLarge);
    fill(ctx, z, kLarge);
    EXPECT_OK(jb_unary_forward(ctx, JB_GELU, y, x, kLarge, 0, 0));
    EXPECT_OK(jb_copy(ctx, in_place, x, kLarge * 4));
    EXPECT_OK(jb_unary_forward(ctx, JB_GELU, in_place, in_place, kLarge, 0, 0));
    expect_same(y, in_place, kLarge);
    EXPECT_OK(jb_unary_backward(ctx, JB_GELU, y, z, x, nullptr, kLarge, 0, 0));
    EXPECT_OK(jb_copy(ctx, in_place, z, kLarge * 4));
    EXPECT_OK(jb_unary_backward(ctx, JB_GELU, in_place, in_place, x, nullptr, kLarge, 0, 0));
    expect_same(y, in_place, kLarge);
    const int64_t shape[1] = {kLarge}, strides[1] = {1};
    for (jb_binary_op op : {JB_ADD, JB_SUB, JB_MUL, JB_DIV}) {
      EXPECT_OK(jb_binary_forward(ctx, op, JB_F32, y, x, z, 1, shape, strides, strides));
      EXPECT_OK(jb_copy(ctx, in_place, x, kLarge * 4));
      EXPECT_OK(jb_binary_forward(ctx, op, JB_F32, in_place, in_place, z, 1, shape, strides, strides));
      expect_same(y, in_place, kLarge);
    }
  }
}

TEST(dropout_and_uniform) {
  const test::Context ctx;
  const Buffer x(ctx, kLarge), y(ctx, kLarge), unaligned(ctx, kLarge, 5);
  fill(ctx, x, kLarge);
  EXPECT_OK(jb_dropout(ctx, JB_F32, y, x, kLarge, 0.1F, 7, 9));
  EXPECT_OK(jb_dropout(ctx, JB_F32, x, x, kLarge, 0.1F, 7, 9));
  expect_same(y, x, kLarge);
  EXPECT_OK(jb_random_uniform(ctx, y, kLarge, -1, 1, 5, 3));
  EXPECT_OK(jb_random_uniform(ctx, unaligned, kLarge, -1, 1, 5, 3));
  expect_same(y, unaligned, kLarge);
}

TEST(layernorm) {
  const test::Context ctx;
  for (int64_t hidden : {384, 401}) {
    const int64_t rows = kLarge / hidden + 1, n = rows * hidden;
    const Buffer x(ctx, n), residual(ctx, n), bias(ctx, hidden), gamma(ctx, hidden), beta(ctx, hidden), mean(ctx, rows),
        rstd(ctx, rows), dgamma(ctx, hidden), dbeta(ctx, hidden), dbias(ctx, hidden);
    for (float* vector : {static_cast<float*>(bias), static_cast<float*>(gamma), static_cast<float*>(beta)})
      fill(ctx, vector, hidden);
    fill(ctx, x, n);
    fill(ctx, residual, n);
    // Memory at an odd place is written through the caches.
    const Buffer y(ctx, n), sum(ctx, n), y_cached(ctx, n, 1), sum_cached(ctx, n, 1);
    const jb_layernorm_args args{.gamma = gamma,
                                 .beta = beta,
                                 .mean = mean,
                                 .rstd = rstd,
                                 .rows = rows,
                                 .hidden = hidden,
                                 .eps = 1e-12F,
                                 .residual = residual,
                                 .bias = bias,
                                 .p = 0.1F,
                                 .seed = 3,
                                 .offset = 4};
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, y, sum, x, &args));
    EXPECT_OK(jb_add_dropout_layernorm_forward(ctx, JB_F32, y_cached, sum_cached, x, &args));
    expect_same(y, y_cached, n);
    expect_same(sum, sum_cached, n);
    EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, y, x, dbias, dgamma, dbeta, residual, sum, &args));
    EXPECT_OK(jb_add_dropout_layernorm_backward(ctx, JB_F32, y_cached, sum_cached, dbias, dgamma, dbeta, residual, sum,
                                                &args));
    expect_same(y, y_cached, n);
    expect_same(x, sum_cached, n);
    EXPECT_OK(jb_layernorm_forward(ctx, JB_F32, y, residual, &args));
    EXPECT_OK(jb_layernorm_forward(ctx, JB_F32, y_cached, residual, &args));
    expect_same(y, y_cached, n);
    EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, y, dgamma, dbeta, x, residual, &args));
    EXPECT_OK(jb_layernorm_backward(ctx, JB_F32, y_cached, dgamma, dbeta, x, residual, &args));
    expect_same(y, y_cached, n);
  }
}

TEST(cross_entropy) {
  const test::Context ctx;
  const int64_t classes = 30521, rows = kLarge / classes + 1, n = rows * classes;
  const Buffer logits(ctx, n), gradient(ctx, n, 3), lse(ctx, rows), loss(ctx, 1), total(ctx, 1);
  fill(ctx, logits, n);
  const std::vector<int32_t> labels = test::integers(rows, -1, classes);
  const jb_cross_entropy_args args{.labels = labels.data(),
                                   .lse = lse,
                                   .total = total,
                                   .rows = rows,
                                   .classes = classes,
                                   .ignore_index = -1,
                                   .label_smoothing = 0.1F};
  EXPECT_OK(jb_cross_entropy_forward(ctx, JB_F32, loss, logits, &args));
  EXPECT_OK(jb_cross_entropy_backward(ctx, JB_F32, gradient, loss, logits, &args));
  EXPECT_OK(jb_cross_entropy_backward(ctx, JB_F32, logits, loss, logits, &args));
  expect_same(gradient, logits, n);
}
