// A small test runner. TEST(name) { ... } in any file of this folder becomes a test; EXPECT... end it on failure.
#ifndef JAUBERT_TEST_TEST_H
#define JAUBERT_TEST_TEST_H

#include <cmath>
#include <cstdint>
#include <cstring>
#include <random>
#include <sstream>
#include <stdexcept>
#include <string>
#include <vector>

#include "jaubert/context.h"

namespace test {

struct Failure : std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct Registration {
  Registration(const char* file, const char* name, void (*body)());
};

// Runs the tests whose "file.name" begins with one of the arguments, or all, and gives what main returns.
int run(int argc, char** argv);

// Random numbers that differ from run to run; the seed is printed, and JAUBERT_TEST_SEED sets it.
std::mt19937_64& random();

inline std::vector<float> normal(int64_t n, float deviation = 1) {
  std::normal_distribution<float> distribution(0, deviation);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = distribution(random());
  return values;
}

inline std::vector<float> uniform(int64_t n, float low, float high) {
  std::uniform_real_distribution<float> distribution(low, high);
  std::vector<float> values(static_cast<size_t>(n));
  for (float& value : values) value = distribution(random());
  return values;
}

// Integers of [low, high).
template <typename T = int32_t>
std::vector<T> integers(int64_t n, int64_t low, int64_t high) {
  std::uniform_int_distribution<int64_t> distribution(low, high - 1);
  std::vector<T> values(static_cast<size_t>(n));
  for (T& value : values) value = static_cast<T>(distribution(random()));
  return values;
}

// The address of a temporary, for the length of the call that it is an argument of.
template <typename T>
const T* at(const T& value) {
  return &value;
}

class Context {
 public:
  explicit Context(int32_t threads = 2) : ctx_(jb_context_create(threads)) {
    if (ctx_ == nullptr) throw Failure(jb_last_error());
  }
  ~Context() { jb_context_destroy(ctx_); }
  Context(const Context&) = delete;
  Context& operator=(const Context&) = delete;
  operator jb_ctx() const { return ctx_; }

 private:
  jb_ctx ctx_;
};

template <typename... Parts>
[[noreturn]] void fail(const char* file, int line, const Parts&... parts) {
  std::ostringstream words;
  words.precision(9);
  words << file << ":" << line << ": ";
  (words << ... << parts);
  throw Failure(words.str());
}

template <typename Actual, typename Expected>
void expect_close(const char* file, int line, const Actual& actual, const Expected& expected, double relative,
                  double absolute) {
  if (actual.size() != expected.size()) fail(file, line, actual.size(), " values, expected ", expected.size());
  for (size_t i = 0; i < actual.size(); ++i) {
    const double a = static_cast<double>(actual[i]), e = static_cast<double>(expected[i]);
    if (std::isnan(e) ? std::isnan(a) : a == e) continue;
    if (!(std::abs(a - e) <= absolute + relative * std::abs(e))) {
      fail(file, line, "[", i, "] of ", actual.size(), " is ", a, ", expected ", e, ", off by ", std::abs(a - e));
    }
  }
}

template <typename Vector>
void expect_same_bits(const char* file, int line, const Vector& a, const Vector& b) {
  if (a.size() != b.size()) fail(file, line, a.size(), " values against ", b.size());
  for (size_t i = 0; i < a.size(); ++i) {
    if (std::memcmp(&a[i], &b[i], sizeof(a[i])) != 0) {
      fail(file, line, "[", i, "] of ", a.size(), " differ: ", +a[i], " and ", +b[i]);
    }
  }
}

// Distance in units in the last place of the float nearest to `expected`.
inline double ulps(float actual, double expected) {
  const auto nearest = static_cast<float>(expected);
  if (std::isnan(expected) || std::isinf(nearest) || !std::isfinite(actual)) {
    return (std::isnan(expected) && std::isnan(actual)) || actual == nearest ? 0 : INFINITY;
  }
  const float size = std::max(std::abs(nearest), 1.17549435e-38F);
  return std::abs(static_cast<double>(actual) - expected) / static_cast<double>(std::nextafter(size, INFINITY) - size);
}

}  // namespace test

#define TEST(name)                                                                   \
  static void test_##name();                                                         \
  static const test::Registration registration_##name{__FILE__, #name, test_##name}; \
  static void test_##name()

#define EXPECT(condition)                                                      \
  do {                                                                         \
    if (!(condition)) test::fail(__FILE__, __LINE__, #condition, " is false"); \
  } while (false)

// A call of the ABI that has to succeed.
#define EXPECT_OK(call)                                                                       \
  do {                                                                                        \
    if ((call) != JB_OK) test::fail(__FILE__, __LINE__, #call, " failed: ", jb_last_error()); \
  } while (false)

// A call that has to be refused with words that contain `part`.
#define EXPECT_REFUSED(call, part)                                                                             \
  do {                                                                                                         \
    if ((call) != JB_INVALID_ARGUMENT) test::fail(__FILE__, __LINE__, #call, " was not refused");              \
    if (std::string(jb_last_error()).find(part) == std::string::npos) {                                        \
      test::fail(__FILE__, __LINE__, #call, " says \"", jb_last_error(), "\", which does not contain ", part); \
    }                                                                                                          \
  } while (false)

// |actual[i] - expected[i]| <= absolute + relative * |expected[i]|; NaN equals NaN.
#define EXPECT_CLOSE(actual, expected, relative, absolute) \
  test::expect_close(__FILE__, __LINE__, actual, expected, relative, absolute)

#define EXPECT_SAME_BITS(a, b) test::expect_same_bits(__FILE__, __LINE__, a, b)

#endif
