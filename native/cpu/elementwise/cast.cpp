// Conversion between element types, and tensors made from a value or a range.
#include <bit>
#include <cmath>
#include <limits>
#include <type_traits>

#include "jaubert/elementwise.h"
#include "support/bfloat16.h"
#include "support/dtype.h"
#include "support/kernel.h"
#include "support/parallel.h"
#include "support/simd.h"

namespace jb::JB_ISA {
namespace {

// ---- From and to float16
// ---------------------------------------------------------------------------------------------

// Without F16C. Numbers of less than 2^-14, a multiple of 2^-24, are normal ones in float32: they are that number of
// times 2^-24, and do not pass through a float that would be flushed.
JB_INLINE float from_float16(Float16 x) {
  const auto half = static_cast<uint32_t>(x);
  const uint32_t sign = (half & 0x8000) << 16;
  const uint32_t rest = (half & 0x7fff) << 13;
  const bool special = (half & 0x7c00) == 0x7c00;
  const uint32_t whole = rest + (special ? 0x70000000 : 0x38000000);
  const float small = static_cast<float>(static_cast<int32_t>(half & 0x3ff)) * 0x1p-24F;
  const uint32_t value = (half & 0x7c00) == 0 ? std::bit_cast<uint32_t>(small) : whole;
  return std::bit_cast<float>(value | sign);
}

JB_INLINE Float16 to_float16(float x) {
  const auto bits = std::bit_cast<uint32_t>(x);
  const uint32_t sign = (bits >> 16) & 0x8000;
  const uint32_t size = bits & 0x7fffffff;
  uint32_t half;
  if (size >= 0x7f800000) {
    half = size > 0x7f800000 ? 0x7e00 : 0x7c00;
  } else if (size >= 0x477ff000) {  // 65520 and more round to infinity
    half = 0x7c00;
  } else if (size < 0x38800000) {  // below 2^-14: to a multiple of 2^-24, by adding 0.5 whose last place that is
    half = std::bit_cast<uint32_t>(std::bit_cast<float>(size) + 0.5F) - 0x3f000000;
  } else {
    half = (size - 0x38000000 + 0xfff + ((size >> 13) & 1)) >> 13;
  }
  return static_cast<Float16>(sign | half);
}

// ---- One element ----------------------------------------------------------------------------------------------------

// As C does where C defines it. Beyond the range of an integer the nearest one, and 0 for NaN, as in Java.
template <typename To, typename From>
JB_INLINE To truncate(From x) {
  constexpr From kBeyond = static_cast<From>(std::numeric_limits<To>::max()) + From{1};  // exact: a power of two
  constexpr From kLow = static_cast<From>(std::numeric_limits<To>::min());
  if (!(x < kBeyond)) return x >= kBeyond ? std::numeric_limits<To>::max() : To{0};
  return x > kLow ? static_cast<To>(x) : std::numeric_limits<To>::min();
}

template <typename To, typename From>
JB_INLINE To convert(From x) {
  if constexpr (std::is_same_v<From, BFloat16>) {
    return convert<To>(widen(x));
  } else if constexpr (std::is_same_v<From, Float16>) {
    return convert<To>(from_float16(x));
  } else if constexpr (std::is_same_v<From, Bool>) {
    return convert<To>(static_cast<int32_t>(static_cast<uint8_t>(x) != 0));
  } else if constexpr (std::is_same_v<To, BFloat16>) {
    return narrow_to<BFloat16>(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, Float16>) {
    return to_float16(static_cast<float>(x));
  } else if constexpr (std::is_same_v<To, Bool>) {
    return static_cast<Bool>(x != From{0});
  } else if constexpr (std::is_floating_point_v<From> && std::is_integral_v<To>) {
    return truncate<To>(x);
  } else if constexpr (std::is_same_v<To, float>) {
    return flush(static_cast<float>(x));
  } else {
    return static_cast<To>(x);
  }
}

// ---- Rows -----------------------------------------------------------------------------------------------------------

template <typename To, typename From>
void convert_row(To* y, const From* x, int64_t n) {
  int64_t i = 0;
#ifdef __F16C__
  if constexpr (std::is_same_v<To, Float16> && std::is_same_v<From, float>) {
    for (; i + 8 <= n; i += 8) {
      const __m128i half = _mm256_cvtps_ph(_mm256_loadu_ps(x + i), _MM_FROUND_TO_NEAREST_INT);
      _mm_storeu_si128(reinterpret_cast<__m128i*>(y + i), half);
    }
  }
  if constexpr (std::is_same_v<To, float> && std::is_same_v<From, Float16>) {
    for (; i + 8 <= n; i += 8) {
      _mm256_storeu_ps(y + i, _mm256_cvtph_ps(_mm_loadu_si128(reinterpret_cast<const __m128i*>(x + i))));
    }
  }
#endif
  if constexpr (std::is_same_v<To, BFloat16> && std::is_same_v<From, float>) {
    for (; i + kLanes <= n; i += kLanes) store(y + i, load(x + i));
  }
  for (; i < n; ++i) y[i] = convert<To>(x[i]);
}

}  // namespace
}  // namespace jb::JB_ISA

JB_KERNEL(jb_cast)(jb_ctx ctx, jb_out y_out, jb_dtype y_dtype, jb_in x_in, jb_dtype x_dtype, int64_t n) {
  return guard([&] {
    check_array("cast", "y", y_out, n);
    check_array("cast", "x", x_in, n);
    with_dtype("cast", y_dtype, [&](auto y_zero) {
      with_dtype("cast", x_dtype, [&](auto x_zero) {
        auto* y = static_cast<decltype(y_zero)*>(y_out);
        const auto* x = static_cast<const decltype(x_zero)*>(x_in);
        parallel_for(ctx, n, grain_for(n, 1),
                     [&](int64_t begin, int64_t end) { convert_row(y + begin, x + begin, end - begin); });
      });
    });
  });
}

JB_KERNEL(jb_fill)(jb_ctx ctx, jb_dtype dtype, jb_out y_out, int64_t n, double value) {
  return guard([&] {
    check_array("fill", "y", y_out, n);
    with_dtype("fill", dtype, [&](auto zero) {
      using T = decltype(zero);
      auto* y = static_cast<T*>(y_out);
      const T converted = convert<T>(value);
      parallel_for(ctx, n, grain_for(n, 1),
                   [&](int64_t begin, int64_t end) { std::fill(y + begin, y + end, converted); });
    });
  });
}

JB_KERNEL(jb_arange)(jb_ctx ctx, jb_dtype dtype, jb_out y_out, int64_t n, double start, double step) {
  return guard([&] {
    check_array("arange", "y", y_out, n);
    with_dtype("arange", dtype, [&](auto zero) {
      using T = decltype(zero);
      auto* y = static_cast<T*>(y_out);
      parallel_for(ctx, n, grain_for(n, 1), [&](int64_t begin, int64_t end) {
        for (int64_t i = begin; i < end; ++i) y[i] = convert<T>(start + static_cast<double>(i) * step);
      });
    });
  });
}
