#include "jaubert/elementwise.h"

#include <algorithm>

#include "cuda/both.h"

TEST(unary_and_its_gradient) {
  test::Both both;
  for (jb_unary_op op = JB_AFFINE; op <= JB_DIVIDE; ++op) {
    const int64_t n = test::odd_size(1100), shift = test::integers(1, 0, 5)[0];  // an address that is no multiple of 16
    std::vector<float> values = test::normal(n + shift);
    if (op == JB_LOG || op == JB_SQRT || op == JB_RSQRT || op == JB_POW) {
      for (float& v : values) v = std::abs(v) + 0.1f;
    }
    values[0] = op == JB_LOG ? 0.0f : 40.0f;
    auto x = both.array(values), y = both.empty<float>(n + shift);
    auto dy = both.array(test::normal(n + shift)), dx = both.empty<float>(n + shift);
    const float alpha = op == JB_CLAMP ? -0.5f : 1.7f, beta = 0.9f;
    BOTH_OK(jb_unary_forward(ctx, op, y[d] + shift, x[d] + shift, n, alpha, beta));
    EXPECT_SAME(y, 3e-6, 1e-6);
    y.set(1, y.values(0));
    BOTH_OK(jb_unary_backward(ctx, op, dx[d] + shift, dy[d] + shift, x[d] + shift, y[d] + shift, n, alpha, beta));
    EXPECT_SAME(dx, 5e-6, 2e-6);
  }
}

TEST(casts_between_all_types) {
  test::Both both;
  const int64_t n = 259;
  std::vector<float> values = test::normal(n, 300);
  const float special[] = {0.0f, -0.0f, 1e30f, -1e30f, INFINITY, -INFINITY, 65519.0f, 65520.0f, 1e-7f, 0.5f};
  std::copy(std::begin(special), std::end(special), values.begin());
  const int64_t sizes[] = {4, 2, 2, 4, 8, 1};
  auto x = both.array(values);
  for (jb_dtype from = JB_F32; from <= JB_BOOL; ++from) {
    auto middle = both.empty<int8_t>(n * sizes[from]);
    BOTH_OK(jb_cast(ctx, middle[d], from, x[d], JB_F32, n));
    EXPECT_EQUAL(middle);
    for (jb_dtype to = JB_F32; to <= JB_BOOL; ++to) {
      for (int64_t first : {0, 1}) {  // the second is not aligned
        auto y = both.empty<int8_t>(n * sizes[to]);
        BOTH_OK(jb_cast(ctx, y[d] + first * sizes[to], to, middle[d] + first * sizes[from], from, n - first));
        EXPECT_EQUAL(y);
      }
    }
  }
  auto y = both.empty<int32_t>(1);
  BOTH_OK(jb_cast(ctx, y[d], JB_I32, both.array<float>({NAN})[d], JB_F32, 1));
  EXPECT_EQUAL(y);
  BOTH_REFUSE(jb_cast(ctx, y[d], 9, x[d], JB_F32, 1), "cast: 9 is not an element type");
}

TEST(fills_and_ranges) {
  test::Both both;
  const int64_t n = 1031, sizes[] = {4, 2, 2, 4, 8, 1};
  for (jb_dtype dtype = JB_F32; dtype <= JB_BOOL; ++dtype) {
    auto y = both.empty<int8_t>(n * sizes[dtype]);
    BOTH_OK(jb_fill(ctx, dtype, y[d], n, -2.75));
    EXPECT_EQUAL(y);
    BOTH_OK(jb_arange(ctx, dtype, y[d], n, -3, 2));
    EXPECT_EQUAL(y);
  }
  auto y = both.empty<float>(n);
  BOTH_OK(jb_arange(ctx, JB_F32, y[d], n, 0.1, 0.3));
  EXPECT_SAME(y, 1e-7, 0);
}

TEST(accumulates) {
  test::Both both;
  for (int64_t n : {0, 1, 5, 1000}) {
    auto y = both.array(test::normal(n)), x = both.array(test::normal(n));
    BOTH_OK(jb_accumulate(ctx, JB_F32, y[d], x[d], n, 0.37f));
    EXPECT_SAME(y, 1e-6, 1e-7);
  }
}

namespace {

// A shape of up to four axes, with strides of an operand that is broadcast along some, in any order.
struct Operand {
  std::vector<int64_t> strides;
  int64_t elements = 1;
};

std::vector<int64_t> random_shape() {
  std::vector<int64_t> shape;
  for (int64_t axis = test::integers(1, 0, 5)[0]; axis > 0; --axis) shape.push_back(test::integers(1, 1, 8)[0]);
  return shape;
}

Operand random_operand(const std::vector<int64_t>& shape, bool broadcast) {
  std::vector<size_t> order(shape.size());
  for (size_t i = 0; i < order.size(); ++i) order[i] = i;
  std::shuffle(order.begin(), order.end(), test::random());
  Operand operand{std::vector<int64_t>(shape.size()), 1};
  for (size_t axis : order) {
    if (broadcast && test::integers(1, 0, 3)[0] == 0) continue;
    operand.strides[axis] = operand.elements;
    operand.elements *= shape[axis];
  }
  return operand;
}

int64_t total_of(const std::vector<int64_t>& shape) {
  int64_t total = 1;
  for (int64_t size : shape) total *= size;
  return total;
}

template <typename T>
void check_binary(jb_dtype dtype, jb_binary_op first, jb_binary_op last) {
  test::Both both;
  for (jb_binary_op op = first; op <= last; ++op) {
    const std::vector<int64_t> shape = random_shape();
    const int64_t n = total_of(shape);
    const Operand left = random_operand(shape, true), right = random_operand(shape, true);
    std::vector<T> a = test::integers<T>(left.elements, dtype == JB_BOOL ? 0 : -5, dtype == JB_BOOL ? 2 : 6);
    std::vector<T> b = test::integers<T>(right.elements, dtype == JB_BOOL ? 0 : 1, dtype == JB_BOOL ? 2 : 6);
    if (op == JB_POWER && dtype == JB_F32) {
      for (T& v : a) v = static_cast<T>(std::abs(static_cast<double>(v)) + 0.5);
    }
    auto x = both.array(a), z = both.array(b), y = both.empty<T>(n);
    auto flags = both.empty<int8_t>(n);
    const auto rank = static_cast<int32_t>(shape.size());
    BOTH_OK(jb_binary_forward(ctx, op, dtype, op >= JB_EQ ? static_cast<void*>(flags[d]) : y[d], x[d], z[d], rank,
                              shape.data(), left.strides.data(), right.strides.data()));
    EXPECT_SAME(y, dtype == JB_F32 ? 2e-6 : 0, 0);
    EXPECT_EQUAL(flags);
  }
}

}  // namespace

TEST(binary_with_broadcasting) {
  check_binary<float>(JB_F32, JB_ADD, JB_GE);
  check_binary<int32_t>(JB_I32, JB_ADD, JB_GE);
  check_binary<int64_t>(JB_I64, JB_ADD, JB_GE);
  check_binary<int8_t>(JB_BOOL, JB_EQ, JB_XOR);
  test::Both both;
  auto x = both.empty<int8_t>(4);
  BOTH_REFUSE(jb_binary_forward(ctx, JB_ADD, JB_BOOL, x[d], x[d], x[d], 0, nullptr, nullptr, nullptr),
              "add: not defined for bool");
  BOTH_REFUSE(jb_binary_forward(ctx, 16, JB_F32, x[d], x[d], x[d], 0, nullptr, nullptr, nullptr), "binary: 16");
}

TEST(where_and_strided_copies) {
  test::Both both;
  for (int turn = 0; turn < 12; ++turn) {
    const std::vector<int64_t> shape = random_shape();
    const int64_t n = total_of(shape);
    const auto rank = static_cast<int32_t>(shape.size());
    const Operand condition = random_operand(shape, true), left = random_operand(shape, true);
    const Operand right = random_operand(shape, true), to = random_operand(shape, false);
    auto c = both.array(test::integers<int8_t>(condition.elements, 0, 2));
    auto a = both.array(test::normal(left.elements)), b = both.array(test::normal(right.elements));
    auto y = both.empty<float>(n);
    BOTH_OK(jb_where_forward(ctx, JB_F32, y[d], c[d], a[d], b[d], rank, shape.data(), condition.strides.data(),
                             left.strides.data(), right.strides.data()));
    EXPECT_EQUAL(y);
    BOTH_OK(
        jb_strided_copy(ctx, JB_F32, y[d], a[d], rank, shape.data(), to.strides.data(), left.strides.data(), turn % 2));
    EXPECT_EQUAL(y);
    auto flags = both.empty<int8_t>(n);
    BOTH_OK(jb_strided_copy(ctx, JB_BOOL, flags[d], c[d], rank, shape.data(), to.strides.data(),
                            condition.strides.data(), 0));
    EXPECT_EQUAL(flags);
  }
  auto y = both.empty<float>(6);
  const int64_t shape[] = {2, 3}, strides[] = {0, 1};
  BOTH_REFUSE(jb_strided_copy(ctx, JB_F32, y[d], y[d], 2, shape, strides, nullptr, 0), "axis 0 of size 2 has stride 0");
  BOTH_REFUSE(jb_strided_copy(ctx, JB_I32, y[d], y[d], 2, shape, nullptr, nullptr, 1), "accumulate is for float32");
}
