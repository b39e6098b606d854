// What the tests of kernels share: inputs in a kernel's precision, and how good a result has to be.
//
// The rule: against a reference in double precision, the largest error of a kernel is at most 2 times (for gradients 3
// times) that of a plain implementation that rounds to the same types. A plain implementation may be exact by chance,
// so each test also gives, for each element, the error that one rounding of what it is made of can bring; the rule is
// applied to the larger.
#ifndef JAUBERT_TEST_SIMT_CHECK_H
#define JAUBERT_TEST_SIMT_CHECK_H

#include <algorithm>
#include <vector>

#include "common/philox.cuh"
#include "common/vector.cuh"
#include "simt/launch.h"
#include "test.h"

namespace simt {

// Half the distance between neighbouring numbers, relative to them.
template <typename T>
inline constexpr double kRounding = 0x1p-24;
template <>
inline constexpr double kRounding<jb::bf16> = 0x1p-8;
template <>
inline constexpr double kRounding<jb::f16> = 0x1p-11;

template <typename T>
std::vector<T> to(const std::vector<float>& x) {
  std::vector<T> y;
  for (float v : x) y.push_back(jb::from_float<T>(v));
  return y;
}

template <typename T>
std::vector<double> doubles(const std::vector<T>& x) {
  std::vector<double> y;
  for (T v : x) y.push_back(static_cast<double>(jb::to_float(v)));
  return y;
}

// Normal numbers, as T.
template <typename T>
std::vector<T> normal(int64_t n, float deviation = 1, float mean = 0) {
  std::vector<float> x = test::normal(n, deviation);
  for (float& v : x) v += mean;
  return to<T>(x);
}

// x as it is after it was stored as T.
template <typename T>
float rounded(float x) {
  return jb::to_float(jb::from_float<T>(x));
}

// A mask as native/cpu draws it.
inline jb::Dropout dropout(float p, int64_t seed, int64_t offset, const int64_t* base = nullptr) {
  return {{static_cast<uint64_t>(seed), static_cast<uint64_t>(offset), base},
          static_cast<uint32_t>(static_cast<double>(p) * 65536 + 0.5) * 0x10001u,
          static_cast<float>(1.0 / (1.0 - static_cast<double>(p)))};
}

inline void expect_as_good(const char* file, int line, const char* what, const std::vector<double>& actual,
                           const std::vector<double>& expected, const std::vector<double>& naive,
                           const std::vector<double>& one_rounding, double factor) {
  if (actual.size() != expected.size() || naive.size() != expected.size() || one_rounding.size() != expected.size()) {
    test::fail(file, line, what, ": ", actual.size(), " values, expected ", expected.size());
  }
  double worst_naive = 0;
  for (size_t i = 0; i < expected.size(); ++i) worst_naive = std::max(worst_naive, std::abs(naive[i] - expected[i]));
  for (size_t i = 0; i < expected.size(); ++i) {
    const double error = std::abs(actual[i] - expected[i]);
    if (!(error <= factor * std::max(worst_naive, one_rounding[i]))) {
      test::fail(file, line, what, "[", i, "] of ", actual.size(), " is ", actual[i], ", expected ", expected[i],
                 ", off by ", error, "; the plain implementation by at most ", worst_naive, ", one rounding by ",
                 one_rounding[i]);
    }
  }
}
#define EXPECT_AS_GOOD(actual, expected, naive, one_rounding) \
  ::simt::expect_as_good(__FILE__, __LINE__, #actual, actual, expected, naive, one_rounding, 2)
#define EXPECT_GRADIENT_AS_GOOD(actual, expected, naive, one_rounding) \
  ::simt::expect_as_good(__FILE__, __LINE__, #actual, actual, expected, naive, one_rounding, 3)

}  // namespace simt

#endif
