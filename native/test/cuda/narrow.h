// The same numbers as float32 on the CPU and as bfloat16 or float16 on the GPU, and how near the results have to be:
// what the GPU rounds to T is off by at most 2 times (gradients 3 times) what one rounding of each of its terms brings.
#ifndef JAUBERT_TEST_CUDA_NARROW_H
#define JAUBERT_TEST_CUDA_NARROW_H

#include "cuda/both.h"
#include "simt/check.h"

namespace test {

// The type of activations on the CPU (0) and the GPU (1).
template <typename T>
constexpr jb_dtype type_of(int d) {
  return d == 0 ? JB_F32 + 0 : std::is_same_v<T, jb::bf16> ? JB_BF16 + 0 : JB_F16 + 0;
}

template <typename T>
class Narrow {
 public:
  // The values, rounded to T. With a shift, they begin so many elements behind an address that is aligned.
  Narrow(const Both& both, const std::vector<float>& values, int64_t shift = 0)
      : shift_(shift), wide_(both.array(with_shift<float>(values))), narrow_(both.array(with_shift<T>(values))) {
    set_cpu(1);
  }
  // Of a value that no result is.
  Narrow(const Both& both, int64_t n, int64_t shift = 0)
      : Narrow(both, std::vector<float>(static_cast<size_t>(n), 77), shift) {}

  void* operator[](int d) const { return at(d, 0); }
  void* at(int d, int64_t i) const {
    return d == 0 ? static_cast<void*>(wide_[0] + shift_ + i) : static_cast<void*>(narrow_[1] + shift_ + i);
  }
  std::vector<float> floats(int d) const {
    std::vector<float> values = d == 0 ? wide_.values(0) : widen(narrow_.values(1));
    values.erase(values.begin(), values.begin() + shift_);
    return values;
  }
  std::vector<double> doubles(int d) const { return simt::doubles(floats(d)); }
  // Gives the CPU what the GPU has.
  void set_cpu(int from) { wide_.set(0, widen(narrow_.values(from))); }

 private:
  template <typename To>
  std::vector<To> with_shift(const std::vector<float>& values) const {
    std::vector<float> all(static_cast<size_t>(shift_), 77);
    all.insert(all.end(), values.begin(), values.end());
    return simt::to<To>(all);
  }
  static std::vector<float> widen(const std::vector<T>& values) {
    std::vector<float> wide;
    for (T v : values) wide.push_back(jb::to_float(v));
    return wide;
  }

  int64_t shift_;
  Array<float> wide_;
  Array<T> narrow_;
};

// What a result is made of: |x|, and more of the kind.
inline std::vector<double> sizes(const std::vector<double>& x) {
  std::vector<double> size;
  for (double v : x) size.push_back(std::abs(v));
  return size;
}

// noise is what float32 itself is off by.
template <typename T>
void expect_rounded(const char* file, int line, const char* what, const std::vector<double>& actual,
                    const std::vector<double>& expected, std::vector<double> terms, double noise, double factor) {
  for (double& t : terms) t = simt::kRounding<T> * t + noise;
  simt::expect_as_good(file, line, what, actual, expected, expected, terms, factor);
}

}  // namespace test

// Of a Narrow<T> array: one rounding of the CPU's result.
#define EXPECT_ROUNDED(T, array, noise)                                                       \
  test::expect_rounded<T>(__FILE__, __LINE__, #array, (array).doubles(1), (array).doubles(0), \
                          test::sizes((array).doubles(0)), noise, 2)
#define EXPECT_ROUNDED_GRADIENT(T, array, noise)                                              \
  test::expect_rounded<T>(__FILE__, __LINE__, #array, (array).doubles(1), (array).doubles(0), \
                          test::sizes((array).doubles(0)), noise, 3)
// Of more roundings: `terms` is the sum of the absolute values that were rounded.
#define EXPECT_ROUNDED_TERMS(T, array, terms, noise, factor) \
  test::expect_rounded<T>(__FILE__, __LINE__, #array, (array).doubles(1), (array).doubles(0), terms, noise, factor)

#endif
